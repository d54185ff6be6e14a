import type { ScriptDependencies, ScriptDependent, ScriptRecord } from "../api/client";
import { CeligoError, reasonOf } from "../errors";

/** How many dependents a summary names. */
const maxNames = 5;
/** How many dependents the refusal of a delete describes. */
const maxPlaces = 20;

/** Says in a line who uses a script, such as `3 flows: "A", "B", "C"; 1 import: "D"`; nothing when nobody does. */
export function summarise(dependencies: ScriptDependencies): string | undefined {
  let room = maxNames;
  const parts = groupsOf(dependencies).map(([type, dependents]) => {
    const names = dependents.slice(0, room).map(({ id, name }) => quoted(name || id));
    room -= names.length;
    const count = `${dependents.length} ${type}`;
    const more = names.length < dependents.length ? ` and ${dependents.length - names.length} more` : "";
    return names.length === 0 ? count : `${count}: ${names.join(", ")}${more}`;
  });
  return parts.length === 0 ? undefined : parts.join("; ");
}

/** Says that a script cannot be deleted because of what uses it, and where each of them refers to it. */
export function dependentsError(live: ScriptRecord, dependencies: ScriptDependencies): CeligoError | undefined {
  const places = groupsOf(dependencies).flatMap(([type, dependents]) =>
    dependents.map(({ id, name, paths = [] }) => {
      const at = paths.length === 0 ? "" : ` at ${paths.join(", ")}`;
      return `${singular(type)} ${name ? `${quoted(name)} ` : ""}(${id})${at}`;
    }),
  );
  if (places.length === 0) {
    return undefined;
  }
  const more = places.length > maxPlaces ? `; and ${places.length - maxPlaces} more` : "";
  return new CeligoError({
    subject: `could not delete script "${live.name}" (${live._id})`,
    reason: `it is still used by ${places.slice(0, maxPlaces).join("; ")}${more}`,
    hint:
      "Detach it there in Celigo, and run the command again. To try the delete all the same, declare the script with " +
      'onDependents: "delete", run pulumi up, and then delete it.',
    operation: "deleteScript",
    code: "has_dependents",
  });
}

/** Says that a script is not deleted because nobody knows who uses it. */
export function unknownDependentsError(live: ScriptRecord, error: unknown): CeligoError {
  const known = error instanceof CeligoError ? error : undefined;
  return new CeligoError({
    ...known,
    subject: `could not delete script "${live.name}" (${live._id})`,
    reason: `what uses it could not be found out: ${reasonOf(error)}`,
    hint: `${known?.hint ? `${known.hint} ` : ""}To delete it all the same: onDependents: "delete", pulumi up, and then delete it.`,
    cause: error,
  });
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

/** Puts a name into quotation marks; what would steer the terminal, or turn the direction of text, as its number. */
function quoted(name: string): string {
  return JSON.stringify(name).replace(
    /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
