import { Option } from "commander";
import type { ScriptLogsQuery } from "../../../provider/api/client";
import { jsonOf, printable, printableLines } from "../../../provider/text";
import { executionLog, type ScriptLogEntry } from "../../logs";
import { assertRange, type RangeOptions, rangeNote, rangeOptions, showNewest, timesOf, usualLimit } from "../entries";
import { interrupted } from "../interruption";
import { toNumber } from "../options";
import { coloured } from "../output";
import { scriptCommand } from "../script-command";
import { clearCommand } from "./logs-clear";
import { follow } from "./logs-follow";

type Level = NonNullable<ScriptLogsQuery["level"]>;

interface Options extends RangeOptions {
  readonly level?: Level;
  readonly follow?: boolean;
  /** Seconds between two polls. */
  readonly interval: number;
}

/** The levels, the most severe first. */
const levels = ["error", "warn", "info", "debug"] as const satisfies readonly Level[];
const colours = { error: "red", warn: "yellow", info: "cyan", debug: "gray" } as const satisfies Record<Level, string>;
const levelWidth = Math.max(...levels.map((level) => level.length));

/** Shows what a script logged, and follows it. */
export const logsCommand = scriptCommand<Options>({
  name: "logs",
  summary: "show what a script logged",
  options: [
    new Option("--level <level>", "only entries of this level").choices(levels),
    ...rangeOptions,
    new Option("--follow", "keep showing new entries until Ctrl-C").conflicts("until"),
    new Option("--interval <seconds>", "how often --follow asks Celigo")
      .argParser(toNumber(0.1, 3600, "Give seconds, from 0.1 to 3600.", /^\d+(\.\d+)?$/))
      .default(2),
  ],
  notes: [
    'Give a script that is named "clear" by its id.',
    rangeNote,
    "With --follow --json, each entry is one line. A script only logs while debug logging is on: pulumi-celigo debug on.",
  ],
  examples: [
    "logs normalize-orders --level error --since 2h",
    "logs normalize-orders --follow",
    "logs clear normalize-orders --yes",
  ],
  subcommands: [clearCommand],
  check: assertRange,
  async run({ client }, { id }, options) {
    const { level, limit = usualLimit, interval, json } = options;
    const readPage = executionLog(client, id, level ? { level } : {});
    if (!options.follow) {
      return showNewest(client, readPage, options, { shapeOf, textOf });
    }
    const showForever = async () => {
      const { since } = await timesOf(options, client, readPage);
      for await (const entries of follow(client, readPage, since, limit, interval)) {
        if (entries.length > 0) {
          console.log(json ? entries.map((entry) => jsonOf(shapeOf(entry), 0)).join("\n") : textOf(entries));
        }
      }
    };
    await Promise.race([showForever(), interrupted()]);
    // A request may still run.
    process.stdout.write("", () => process.exit());
  },
});

/** Returns the JSON of an entry. */
function shapeOf({ timestamp, level, message, executionId, metadata }: ScriptLogEntry): object {
  return { timestamp, level, message, executionId, metadata };
}

function textOf(entries: readonly ScriptLogEntry[]): string {
  return entries.map(lineOf).join("\n");
}

/** Returns an entry as text. The lines of a message are aligned. */
function lineOf({ timestamp = "", level, message = "" }: ScriptLogEntry): string {
  const time = printable(timestamp) || "-";
  const word = printable(level ?? "-")
    .toUpperCase()
    .padEnd(levelWidth);
  const indent = " ".repeat(time.length + word.length + 4);
  const text = printableLines(message.trimEnd()).replaceAll("\n", `\n${indent}`);
  const shown = level && Object.hasOwn(colours, level) ? coloured(colours[level], word) : word;
  return `${time}  ${shown}  ${text}`.trimEnd();
}
