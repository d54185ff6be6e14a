import { printableLines } from "../text";

/** The width of a frame in UTF-16 units. */
const frameWidth = 100;

/**
 * Returns the line and a caret below the column, both indented. A very long line is cut around the column. Tabs stay, so
 * that the caret is in the right place.
 */
export function frameOf(text: string, line: number, column: number): string {
  const whole = text.split("\n")[line - 1] ?? "";
  const { shown, at } = cut(whole, column - 1);
  const margin = `  ${line} | `;
  const caret = `${printableLines(shown.padEnd(at).slice(0, at)).replace(/[^\t]/g, " ")}^`;
  return `${margin}${printableLines(shown)}\n${" ".repeat(margin.length - 2)}| ${caret}`;
}

/** Cuts a line to the width of a frame, and returns the index in the cut line. */
function cut(line: string, index: number): { shown: string; at: number } {
  if (line.length <= frameWidth) {
    return { shown: line, at: index };
  }
  const room = frameWidth - 2;
  let start = Math.max(0, Math.min(index - room / 2, line.length - room));
  let end = Math.min(line.length, start + room);
  // Half a surrogate pair would print as garbage.
  start += isLowSurrogate(line, start) ? 1 : 0;
  end -= isLowSurrogate(line, end) ? 1 : 0;
  const lead = start > 0 ? "…" : "";
  return { shown: lead + line.slice(start, end) + (end < line.length ? "…" : ""), at: index - start + lead.length };
}

function isLowSurrogate(line: string, index: number): boolean {
  const unit = line.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
