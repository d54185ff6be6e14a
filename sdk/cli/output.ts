import { styleText } from "node:util";

/** Characters that would steer a terminal, or reorder what it shows. */
const steering = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/gu;
/** What terminals show in two columns. */
const wide = /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]|\uFE0F/u;

/** Returns a text as a terminal can show it on one line: control characters become U+FFFD. */
export function printable(text: string): string {
  return text.replace(steering, "\uFFFD");
}

/** Returns a text of several lines as a terminal can show it: lines and tabs stay, other control characters become U+FFFD. */
export function printableLines(text: string): string {
  const lines = text.split(/\r\n|\r|\n/);
  return lines.map((line) => line.split("\t").map(printable).join("\t")).join("\n");
}

/** Returns rows of cells as lines with aligned columns, two spaces apart; no cell is ever cut. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map((cell) => printable(cell) || "-"));
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => widthOf(row[column] ?? ""))));
  const pad = (cell: string, column: number) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell));
  return shown.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** Orders texts as tables list them: the same everywhere, whatever the language. */
export function byCodeUnit(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * Returns JSON in which control characters that a terminal would obey are escaped, too.
 *
 * @param indent Spaces for each level; 0 gives one line.
 */
export function jsonOf(value: unknown, indent = 2): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[\u007F-\u009F\u2028-\u202E\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function widthOf(text: string): number {
  const characters = [...new Intl.Segmenter().segment(text)];
  return characters.reduce((width, { segment }) => width + (wide.test(segment) ? 2 : 1), 0);
}

/** A colour that is readable on light and on dark. */
export type Colour = "red" | "green" | "yellow" | "cyan" | "gray";

/** Returns a text in a colour, where standard output is a terminal that has colours and nobody has said that it shall not. */
export function coloured(colour: Colour, text: string): string {
  // Node lets FORCE_COLOR win over NO_COLOR; here it cannot.
  const isWanted = process.stdout.isTTY && !process.env["NO_COLOR"] && process.stdout.hasColors();
  return isWanted ? styleText(colour, text) : text;
}
