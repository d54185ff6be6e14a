/**
 * What steers a terminal, reorders text or hides in it: control characters, line separators, lone surrogates, and
 * format characters such as bidirectional controls and zero-width spaces. A joiner stays where it joins: scripts such
 * as Persian and many emoji need it.
 */
const steering = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}|(?<![^\0-\x7F])[\u200C\u200D]/gu;

/** The longest name that Celigo allows, which is also the longest that a message quotes. */
const maxQuoted = 100;

/** Returns text that is safe to print on one line: each character that steers a terminal or hides becomes U+FFFD. */
export function printable(text: string): string {
  return text.replace(steering, "\uFFFD");
}

/** Returns text that is safe to print, with its lines and tabs. */
export function printableLines(text: string): string {
  const lines = text.split(/\r\n|\r|\n/);
  return lines.map((line) => line.split("\t").map(printable).join("\t")).join("\n");
}

/** Joins the lines of a message with spaces, and makes it safe to print. */
export function oneLine(text: string): string {
  const lines = text.split(/[\t-\r\u0085\u2028\u2029]+/).map((line) => line.trim());
  return printable(lines.filter(Boolean).join(" "));
}

/** Escapes each character that steers a terminal or hides, such as `\u001b`; line feeds stay. */
export function escapeHidden(text: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text.replace(steering, (found) => (found === "\n" ? found : found.split("").map(escaped).join("")));
}

/**
 * Returns JSON that is safe to print.
 *
 * @param indent Spaces for each level.
 * @default 2; 0 gives one line
 */
export function jsonOf(value: unknown, indent = 2): string {
  return escapeHidden(JSON.stringify(value, undefined, indent));
}

/** Puts text in quotation marks, safe to print and cut at 100 characters. Nothing in it can look like the end of the quotation. */
export function quote(text: string): string {
  return jsonOf(shorten(text, maxQuoted));
}

/** Cuts text that is longer than a number of UTF-16 units, with an ellipsis as its last one. */
export function shorten(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : text;
}

/** The tokens that the configuration has held in this process. */
const knownTokens = new Set<string>();

/** Notes the configuration's token, for {@link maskToken}. */
export function noteToken(token: string | undefined): void {
  knownTokens.add(token?.trim() ?? "");
}

/** Puts stars in the place of the tokens of the environment and the configuration, so that a frame or a diff can't show them. */
export function maskToken(text: string): string {
  const tokens = [process.env["CELIGO_API_TOKEN"]?.trim() ?? "", ...knownTokens];
  return tokens.reduce((masked, token) => (token ? masked.replaceAll(token, "*".repeat(token.length)) : masked), text);
}

/** Lists things as in a sentence: `a, b and c`. */
export function enumerate(items: readonly (string | number)[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** Lists the first few things, and how many more there are: `a, b and 3 more`. */
export function enumerateSome(items: readonly (string | number)[], most = 5): string {
  return enumerate(items.length <= most + 1 ? items : [...items.slice(0, most), `${items.length - most} more`]);
}

/** Counts things: `1 script`, `2 scripts`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Returns the one of `known` that is most like `word`, for a "did you mean"; `undefined` when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3));
  // Words that differ much in length are not near, and long ones would take long to compare.
  const isComparable = ({ length }: string) =>
    Math.max(length, word.length) <= 2 * maxQuoted && Math.abs(length - word.length) <= limit;
  const ranked = known
    .filter(isComparable)
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return ranked && ranked.distance <= limit ? ranked.candidate : undefined;
}

/** Returns the few of `known` that have a part most like `word`, the nearest first, each once. */
export function nearestParts(word: string, known: readonly string[], most = 3): string[] {
  const limit = Math.floor(word.length / 3);
  // Long texts would take long to compare.
  const isComparable = ({ length }: string) => length > 0 && length <= 2 * maxQuoted;
  const ranked = [...new Set(isComparable(word) ? known : [])]
    .filter(isComparable)
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase(), true) }))
    .sort((one, other) => one.distance - other.distance || one.candidate.length - other.candidate.length);
  const farthest = Math.min(limit, (ranked[0]?.distance ?? 0) + 1);
  return ranked
    .filter(({ distance }) => distance <= farthest)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** Counts the characters to change; with `isPart`, to make `a` a part of `b`. */
function editDistance(a: string, b: string, isPart = false): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => (isPart ? 0 : index));
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return isPart ? Math.min(...row) : (row[b.length] ?? 0);
}
