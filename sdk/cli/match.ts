import { InvalidArgumentError, Option } from "commander";
import { CeligoError } from "../../provider/errors";
import { count, enumerate, nearestParts, quote } from "../../provider/text";

export const matchOption = new Option(
  "--match <pattern>",
  "only scripts whose name matches this regular expression",
).argParser(toPattern);

/**
 * Returns the scripts of which a name matches; all of them without a pattern.
 *
 * @param namesOf The names of a script that count.
 * @param subject What was attempted, for the error.
 * @throws CeligoError with the nearest names when nothing matches.
 */
export function matching<Script>(
  scripts: readonly Script[],
  pattern: RegExp | undefined,
  namesOf: (script: Script) => readonly string[],
  subject: string,
): readonly Script[] {
  if (!pattern) {
    return scripts;
  }
  const found = scripts.filter((script) => namesOf(script).some((name) => pattern.test(name)));
  if (found.length > 0) {
    return found;
  }
  const near = nearestParts(wordOf(pattern), scripts.flatMap(namesOf)).map(quote);
  throw new CeligoError({
    subject,
    reason:
      scripts.length === 0 ? "there are no scripts" : `none of ${count(scripts.length, "script")} matches ${pattern}`,
    hint: near.length > 0 ? `The nearest names: ${enumerate(near)}.` : "Run pulumi-celigo list to see their names.",
    code: "not_found",
  });
}

/** Parses a regular expression. */
function toPattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError("It is not a regular expression.");
  }
}

/** Returns the longest text in a pattern that stands for itself. */
function wordOf({ source }: RegExp): string {
  const words = source.replace(/\\[a-z]\w*/gi, " ").split(/[\\^$.*+?()[\]{}| ]+/);
  return words.reduce((longest, word) => (word.length > longest.length ? word : longest), "");
}
