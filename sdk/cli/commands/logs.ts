import { Option } from "commander";
import type { CeligoClient } from "../../../provider/api/client";
import { jsonOf } from "../../../provider/text";
import { executionLog, type ReadPage, type ScriptLogEntry } from "../../logs";
import { findScript, openAccount } from "../account";
import type { CommandDefinition } from "../command";
import { noteOfMore, readNewest, serverTime, timesOf, usualLimit } from "../entries";
import { interrupted } from "../interruption";
import {
  type AccountOptions,
  accountNotes,
  accountOptions,
  assertRange,
  type RangeOptions,
  rangeNote,
  rangeOptions,
  scriptArgument,
  scriptNote,
  toInterval,
} from "../options";
import { clearCommand } from "./logs-clear";
import { follow } from "./logs-follow";
import { jsonLineOf, type Level, levels, lineOf, shapeOf } from "./logs-line";

interface Options extends AccountOptions, RangeOptions {
  readonly level?: Level;
  readonly follow?: boolean;
  /** Milliseconds between two polls. */
  readonly interval: number;
}

/** Shows what a script logged, and follows it. */
export const logsCommand: CommandDefinition<[string], Options> = {
  name: "logs",
  summary: "show what a script logged",
  arguments: [scriptArgument],
  options: [
    new Option("--level <level>", "only entries of this level").choices(levels),
    ...rangeOptions,
    new Option("--follow", "keep showing new entries until Ctrl-C").conflicts("until"),
    new Option("--interval <seconds>", "how often --follow asks Celigo").argParser(toInterval).default(2000, "2"),
    ...accountOptions,
  ],
  notes: [
    scriptNote,
    'Give a script that is named "clear" by its id.',
    rangeNote,
    "With --follow --json, each entry is one line. A script only logs while debug logging is on: pulumi-celigo debug on.",
    ...accountNotes,
  ],
  examples: [
    "logs normalize-orders --level error --since 2h",
    "logs normalize-orders --follow",
    "logs clear normalize-orders --yes",
  ],
  subcommands: [clearCommand],
  run: ([word], options) => logs(word, options),
};

async function logs(word: string, options: Options): Promise<void> {
  assertRange(options);
  if (!options.follow) {
    return show(word, options);
  }
  await Promise.race([showForever(word, options), interrupted()]);
  // A request may still run.
  process.stdout.write("", () => process.exit());
}

async function show(word: string, options: Options): Promise<void> {
  const { limit = usualLimit } = options;
  const { client, readPage } = await openLog(word, options);
  const read = await readNewest(readPage, await timesOf(options, client, readPage), limit);
  const entries = read.entries.slice(-limit);
  if (options.json) {
    console.log(jsonOf(entries.map(shapeOf)));
  } else {
    console.log(entries.length === 0 ? "No entries." : textOf(entries));
  }
  noteOfMore(entries.length, read, options);
}

async function showForever(word: string, options: Options): Promise<void> {
  const { limit = usualLimit, interval } = options;
  const { client, readPage } = await openLog(word, options);
  const { since } = await timesOf(options, client, readPage);
  for await (const entries of follow(readPage, { limit, since, interval, now: () => serverTime(client) })) {
    if (entries.length > 0) {
      console.log(options.json ? entries.map(jsonLineOf).join("\n") : textOf(entries));
    }
  }
}

async function openLog(
  word: string,
  { level, ...options }: Options,
): Promise<{ readonly client: CeligoClient; readonly readPage: ReadPage<ScriptLogEntry> }> {
  const account = await openAccount(options);
  const { client } = account;
  const { id } = await findScript(account, word);
  const readPage = executionLog(client, id, level ? { level } : {});
  return { client, readPage };
}

function textOf(entries: readonly ScriptLogEntry[]): string {
  return entries.map(lineOf).join("\n");
}
