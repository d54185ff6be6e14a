import * as pulumi from "@pulumi/pulumi";
import { contentHash, labelOf, readContent } from "../provider/content/content";
import { placesIn } from "../provider/content/syntax";
import { isObject } from "../provider/json";
import { isAsset, isUnknown } from "../provider/pulumi-wire";
import type { Code } from "../provider/script/inputs";
import { count, nearest } from "../provider/text";

/** A key in content: two braces around a name, without spaces. Other braces, such as those of Handlebars, stay. */
const keyPattern = /\{\{([A-Za-z_][A-Za-z0-9_]*)\}\}/g;

/** Content with its values put in. */
export interface SubstitutedCode {
  /** The content that is sent: the text with the values, or what the program gave where there is nothing to put in. */
  readonly content: unknown;
  /** The code as far as it is known, for the checks that follow. */
  readonly code: Partial<Code>;
  /** The hash of the code before substitution; none when it cannot be read. */
  readonly codeHash?: string;
  /** Why the values cannot be put in. */
  readonly problems: readonly string[];
}

/**
 * Reads content and puts in the values of its keys.
 *
 * @param content The content in the form of Pulumi's wire. The check of the inputs refuses any other value.
 * @param isSecret Whether messages must show nothing of the content.
 */
export async function putIn(content: unknown, values: unknown, isSecret: boolean): Promise<SubstitutedCode> {
  const fault = values === undefined || isUnknown(values) ? undefined : checkSubstitutions(values);
  const problems = fault ? [`substitutions ${fault}`] : [];
  const label = labelOf(content);
  if (isUnknown(content) || !(typeof content === "string" || isAsset(content))) {
    return { content, code: { label }, problems };
  }
  const text = await readContent(content).catch(() => undefined);
  if (text === undefined) {
    // The check of the inputs reports it.
    return { content, code: { label }, problems };
  }
  const codeHash = contentHash(text);
  if (values === undefined || fault) {
    return { content, code: { label, text }, codeHash, problems };
  }
  if (isUnknown(values)) {
    return { content: pulumi.runtime.unknownValue, code: { label }, codeHash, problems };
  }
  const substitutions = values as Substitutions;
  const keys = explainKeys(text, substitutions, label, isSecret);
  if (keys.length > 0) {
    // Code with a key that has no value need not be valid.
    return { content: pulumi.runtime.unknownValue, code: { label }, codeHash, problems: keys };
  }
  const result = substitute(text, substitutions);
  return { content: result, code: { label, text: result, values: Object.values(substitutions) }, codeHash, problems };
}

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

/**
 * Lists the keys of content that have no value, and the values that have no key.
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
  const places = new Map<string, number>();
  const locate = placesIn(template);
  for (const { 1: key = "", index } of template.matchAll(keyPattern)) {
    places.set(key, places.get(key) ?? locate(index).line);
  }
  const used = [...places.keys()];
  const without = [...places].filter(([key]) => !Object.hasOwn(substitutions, key));
  const unused = Object.keys(substitutions).filter((key) => !places.has(key));
  return [
    ...some(without, ([key, line]) => {
      return `${label}:${line}: ${isSecret ? "a {{key}}" : `{{${key}}}`} has no value in substitutions`;
    }),
    ...some(unused, (key) => {
      const near = isSecret ? undefined : nearest(key, used);
      return `substitutions has a value for ${key}, but ${label} has no {{${key}}}${near ? `: did you mean {{${near}}}?` : ""}`;
    }),
  ];
}

/** How many problems of one kind are shown. */
const maxProblems = 20;

function some<Item>(items: readonly Item[], explain: (item: Item) => string): string[] {
  const more = items.length - maxProblems;
  const last = more > 0 ? [`substitutions: ${count(more, "more key")} of the same kind`] : [];
  return [...items.slice(0, maxProblems).map(explain), ...last];
}

/** Says what is wrong with substitutions as such; nothing when they are texts by the names of keys. */
function checkSubstitutions(value: unknown): string | undefined {
  if (!isObject(value)) {
    return "must be an object of texts by key";
  }
  const wrongKey = Object.keys(value).find((key) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key));
  if (wrongKey !== undefined) {
    return `has the key ${JSON.stringify(wrongKey)}: a key is a name of letters, digits and _`;
  }
  const wrong = Object.entries(value).find(([, one]) => typeof one !== "string");
  return wrong && `must have a text for ${wrong[0]}, not ${wrong[1] === null ? "nothing" : `a ${typeof wrong[1]}`}`;
}
