import { printableLines } from "../text";

/** What a frame shows of a long line, in UTF-16 units. */
const frameWidth = 100;

/**
 * Returns the line and a caret below the column, both indented. A very long line is cut around the column; tabs are
 * kept, so that the caret stands right.
 */
export function frameOf(text: string, line: number, column: number): string {
  const whole = text.split("\n")[line - 1] ?? "";
  const { shown, at } = cut(whole, column - 1);
  const margin = `  ${line} | `;
  const caret = `${printableLines(shown.padEnd(at).slice(0, at)).replace(/[^\t]/g, " ")}^`;
  return `${margin}${printableLines(shown)}\n${" ".repeat(margin.length - 2)}| ${caret}`;
}

/** Returns a part of a line that is short enough to show, and where in it the index has come to stand. */
function cut(line: string, index: number): { shown: string; at: number } {
  if (line.length <= frameWidth) {
    return { shown: line, at: index };
  }
  const room = frameWidth - 2;
  let start = Math.max(0, Math.min(index - room / 2, line.length - room));
  let end = Math.min(line.length, start + room);
  // A cut between the halves of a character would show as garbage.
  start += isLowSurrogate(line, start) ? 1 : 0;
  end -= isLowSurrogate(line, end) ? 1 : 0;
  const lead = start > 0 ? "…" : "";
  return { shown: lead + line.slice(start, end) + (end < line.length ? "…" : ""), at: index - start + lead.length };
}

function isLowSurrogate(line: string, index: number): boolean {
  const unit = line.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
