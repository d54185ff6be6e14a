import { maskToken, printable, shorten } from "../text";

/** How many lines of a diff to show. */
const maxLines = 40;
/** How many characters of a line to show: minified code has only one line. */
const maxWidth = 160;
/** Milliseconds for the comparison. Two long texts with nothing in common take very long. */
const timeout = 1000;

/** The names of the two texts. */
export interface DifferenceLabels {
  readonly from: string;
  readonly to: string;
}

/** Returns the unified diff of two texts, cut at 40 lines; `undefined` when they are equal. */
export async function differenceOf(from: string, to: string, labels: DifferenceLabels): Promise<string | undefined> {
  if (from === to) {
    return undefined;
  }
  // Loaded only when there is a diff to show.
  const { structuredPatch } = await import("diff");
  const patch = structuredPatch("", "", from, to, "", "", { context: 3, timeout });
  const head = [`--- ${labels.from}`, `+++ ${labels.to}`];
  if (!patch) {
    return [...head, `too different to show: ${countLines(from)} lines became ${countLines(to)}`].join("\n");
  }
  const body = patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...lines.map(showLine),
  ]);
  const rest = body.length - maxLines;
  return [...head, ...body.slice(0, maxLines), ...(rest > 0 ? [`… and ${rest} more lines`] : [])].join("\n");
}

/** Makes a line short and safe to print. */
function showLine(line: string): string {
  return printable(shorten(maskToken(line).replaceAll("\t", "    "), maxWidth));
}

/** Counts the lines that differ, such as `+3 -1 lines`; `undefined` for equal texts. */
export async function countDifference(from: string, to: string): Promise<string | undefined> {
  if (from === to) {
    return undefined;
  }
  const { structuredPatch } = await import("diff");
  const lines = structuredPatch("", "", from, to, "", "", { context: 0, timeout })?.hunks.flatMap((hunk) => hunk.lines);
  const begin = (mark: string) => lines?.filter((line) => line.startsWith(mark)).length;
  return `+${begin("+") ?? countLines(to)} -${begin("-") ?? countLines(from)} lines`;
}

function countLines(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}
