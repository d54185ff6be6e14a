import { styleText } from "node:util";
import { printable } from "../../provider/text";

/** Characters that take two columns of a terminal. */
const wide = /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]|\uFE0F/u;

/** The narrowest column of a table that is cut to a terminal's width. */
const narrowest = 12;

/**
 * Returns rows of cells as lines with aligned columns, two spaces apart.
 *
 * @param columns Cuts the widest columns until the table fits, those of ids last. Default: the terminal's width, and no cut in a file or a pipe.
 */
export function tableOf(
  rows: readonly (readonly string[])[],
  columns = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
): string {
  const shown = rows.map((row) => row.map((cell) => printable(cell) || "-"));
  const widths = (shown[0] ?? []).map((_, column) => Math.max(...shown.map((row) => widthOf(row[column] ?? ""))));
  const all = [...widths.keys()];
  const total = () => widths.reduce((sum, width) => sum + width + 2, -2);
  // Half an id is of no use: columns of ids are cut last.
  const texts = all.filter((column) => !shown.slice(1).every((row) => /^(?:-|[\da-f]{24})$/.test(row[column] ?? "")));
  const widestOf = (among: readonly number[]) =>
    among.filter((column) => (widths[column] ?? 0) > narrowest).sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
  while (total() > columns) {
    const widest = widestOf(texts) ?? widestOf(all);
    if (widest === undefined) {
      break;
    }
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  const fit = (cell: string, column: number) => {
    const short = cutTo(cell, widths[column] ?? 0);
    return short + " ".repeat((widths[column] ?? 0) - widthOf(short));
  };
  return shown.map((row) => row.map(fit).join("  ").trimEnd()).join("\n");
}

/**
 * Returns a comparison of items by texts in them, in the same order in every locale.
 *
 * @param keys The names of the texts. A later one decides between items that are equal in the earlier ones.
 */
export function by<Key extends PropertyKey>(
  ...keys: readonly Key[]
): (one: Readonly<Record<Key, string>>, other: Readonly<Record<Key, string>>) => number {
  return (one, other) => {
    const key = keys.find((key) => one[key] !== other[key]);
    return key === undefined ? 0 : one[key] < other[key] ? -1 : 1;
  };
}

/** Shortens a text to a width, and marks the cut. */
function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) {
    return text;
  }
  const characters = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  while (widthOf(characters.join("")) > width - 1) {
    characters.pop();
  }
  return `${characters.join("")}…`;
}

function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) {
    return text.length;
  }
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
