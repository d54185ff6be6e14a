import type { ScriptDependencies, ScriptDependent } from "../api/client";
import { quote } from "../text";

const maxNames = 5;

/** Says in a line who uses a script, such as `3 flows: "A", "B", "C"; 1 import: "D"`; nothing when nobody does. */
export function summarise(dependencies: ScriptDependencies): string | undefined {
  let room = maxNames;
  const parts = groupsOf(dependencies).map(([type, dependents]) => {
    const names = dependents.slice(0, room).map(({ id, name }) => quote(name || id));
    room -= names.length;
    const count = `${dependents.length} ${type}`;
    const more = names.length < dependents.length ? ` and ${dependents.length - names.length} more` : "";
    return names.length === 0 ? count : `${count}: ${names.join(", ")}${more}`;
  });
  return parts.length === 0 ? undefined : parts.join("; ");
}

/** Says of each dependent its type, name and id, and where it refers to the script. */
export function describeDependents(dependencies: ScriptDependencies): string[] {
  return groupsOf(dependencies).flatMap(([type, dependents]) =>
    dependents.map(({ id, name, paths = [] }) => {
      const at = paths.length === 0 ? "" : ` at ${paths.join(", ")}`;
      return `${singular(type)} ${name ? `${quote(name)} ` : ""}(${id})${at}`;
    }),
  );
}

function groupsOf(dependencies: ScriptDependencies): (readonly [string, readonly ScriptDependent[]])[] {
  return Object.entries(dependencies)
    .filter(([, dependents]) => dependents.length > 0)
    .map(([type, dependents]) => [dependents.length === 1 ? singular(type) : type, dependents] as const);
}

/** Makes the API's plural of a resource type singular: `flows`, `imports`, `exports`. */
export function singular(type: string): string {
  return type.replace(/ies$/, "y").replace(/s$/, "");
}
