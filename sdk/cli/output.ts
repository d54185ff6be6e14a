import { styleText } from "node:util";
import { printable } from "../../provider/text";

/** Characters that take two columns of a terminal. */
const wide = /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]|\uFE0F/u;

/** Returns rows of cells as lines with aligned columns, two spaces apart. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map((cell) => printable(cell) || "-"));
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => widthOf(row[column] ?? ""))));
  const pad = (cell: string, column: number) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell));
  return shown.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}

/** Compares texts in the same order in every locale. */
export function byCodeUnit(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function widthOf(text: string): number {
  const characters = [...new Intl.Segmenter().segment(text)];
  return characters.reduce((width, { segment }) => width + (wide.test(segment) ? 2 : 1), 0);
}

/** A colour that is readable on light and dark backgrounds. */
export type Colour = "red" | "green" | "yellow" | "cyan" | "gray";

/** Returns a text in a colour, if standard output is a terminal with colours and NO_COLOR is not set. */
export function coloured(colour: Colour, text: string): string {
  // In Node, FORCE_COLOR wins over NO_COLOR. Not here.
  const isWanted = process.stdout.isTTY && !process.env["NO_COLOR"] && process.stdout.hasColors();
  return isWanted ? styleText(colour, text) : text;
}
