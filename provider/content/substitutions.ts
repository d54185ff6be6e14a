import { nearest } from "../text";

/** A key in content: two braces around a name, without spaces. Whatever else has braces, such as Handlebars, is left alone. */
const keyPattern = /\{\{([A-Za-z_][A-Za-z0-9_]*)\}\}/g;

/** The values of the keys in content, by key. */
export type Substitutions = Readonly<Record<string, string>>;

/** Puts values in the place of their keys. */
export function substitute(template: string, substitutions: Substitutions | undefined): string {
  return substitutions === undefined
    ? template
    : template.replace(keyPattern, (whole, key: string) =>
        Object.hasOwn(substitutions, key) ? (substitutions[key] ?? whole) : whole,
      );
}

/** Returns the offset in content from which an offset in the result of {@link substitute} comes: in a value, that of its key. */
export function originOf(template: string, substitutions: Substitutions, offset: number): number {
  let growth = 0;
  for (const { 0: whole, 1: key = "", index } of template.matchAll(keyPattern)) {
    const value = Object.hasOwn(substitutions, key) ? substitutions[key] : undefined;
    if (value === undefined) {
      continue;
    }
    if (offset < index + growth + value.length) {
      return Math.min(index, offset - growth);
    }
    growth += value.length - whole.length;
  }
  return offset - growth;
}

/**
 * Says which keys of content have no value, and which values no key, for a person to correct.
 *
 * @param label What stands before the line: a file's path, where there is one.
 * @param isSecret Whether messages must show nothing of the content.
 */
export function explainKeys(
  template: string,
  substitutions: Substitutions,
  label: string,
  isSecret: boolean,
): string[] {
  const given = Object.keys(substitutions);
  const places = new Map<string, number>();
  for (const { 1: key = "", index } of template.matchAll(keyPattern)) {
    places.set(key, places.get(key) ?? template.slice(0, index).split("\n").length);
  }
  const used = [...places.keys()];
  const without = [...places]
    .filter(([key]) => !Object.hasOwn(substitutions, key))
    .map(([key, line]) => `${label}:${line}: ${isSecret ? "a {{key}}" : `{{${key}}}`} has no value in substitutions`);
  const unused = given
    .filter((key) => !places.has(key))
    .map((key) => {
      const near = isSecret ? undefined : nearest(key, used);
      return `substitutions has a value for ${key}, but ${label} has no {{${key}}}${near ? `: did you mean {{${near}}}?` : ""}`;
    });
  return [...without, ...unused];
}

/** Says what is wrong with substitutions as such; nothing when they are texts by the names of keys. */
export function checkSubstitutions(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return "must be an object of texts by key";
  }
  const wrongKey = Object.keys(value).find((key) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key));
  if (wrongKey !== undefined) {
    return `has the key ${JSON.stringify(wrongKey)}: a key is a name of letters, digits and _`;
  }
  const wrong = Object.entries(value).find(([, one]) => typeof one !== "string");
  return wrong && `must have a text for ${wrong[0]}, not ${wrong[1] === null ? "nothing" : `a ${typeof wrong[1]}`}`;
}
