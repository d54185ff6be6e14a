import type { ScriptLogsQuery } from "../../../provider/api/client";
import { jsonOf, printable, printableLines } from "../../../provider/text";
import type { ScriptLogEntry } from "../../logs";
import { coloured } from "../output";

/** The severity of an entry. */
export type Level = NonNullable<ScriptLogsQuery["level"]>;

/** The levels, the most severe first. */
export const levels = ["error", "warn", "info", "debug"] as const satisfies readonly Level[];

const styles = { error: "red", warn: "yellow", info: "cyan", debug: "gray" } as const satisfies Record<Level, string>;
const levelWidth = Math.max(...levels.map((level) => level.length));

/** Returns an entry as text. The lines of a message are aligned. */
export function lineOf({ timestamp = "", level, message = "" }: ScriptLogEntry): string {
  const time = printable(timestamp) || "-";
  const word = printable(level ?? "-")
    .toUpperCase()
    .padEnd(levelWidth);
  const indent = " ".repeat(time.length + word.length + 4);
  const text = printableLines(message.trimEnd()).replaceAll("\n", `\n${indent}`);
  const shown = level && Object.hasOwn(styles, level) ? coloured(styles[level], word) : word;
  return `${time}  ${shown}  ${text}`.trimEnd();
}

/** Returns the JSON of an entry. */
export function shapeOf({ timestamp, level, message, executionId, metadata }: ScriptLogEntry): object {
  return { timestamp, level, message, executionId, metadata };
}

/** Returns an entry as one line of JSON. */
export function jsonLineOf(entry: ScriptLogEntry): string {
  return jsonOf(shapeOf(entry), 0);
}
