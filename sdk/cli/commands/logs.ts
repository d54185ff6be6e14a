import { type Command, Option } from "commander";
import type { CeligoClient } from "../../../provider/api/client";
import {
  type AccountOptions,
  findScript,
  helpWith,
  openAccount,
  scriptCommand,
  scriptHelp,
  withAccountOptions,
} from "../account";
import { noteOfMore, type ReadPage, readNewest, serverTime, timesOf, usualLimit } from "../entries";
import { interrupted } from "../interruption";
import { type RangeOptions, toInterval, withRangeOptions } from "../options";
import { jsonOf } from "../output";
import { clearCommand } from "./logs-clear";
import { follow } from "./logs-follow";
import { jsonLineOf, type Level, type LogEntry, levels, lineOf, shapeOf } from "./logs-line";

interface Options extends AccountOptions, RangeOptions {
  readonly level?: Level;
  readonly follow?: boolean;
  /** Milliseconds between two polls. */
  readonly interval: number;
}

/** The subcommand that shows what a script logged, and follows it. */
export function logsCommand(): Command {
  const command = scriptCommand("logs", "show what a script logged").addOption(
    new Option("--level <level>", "only entries of this level").choices(levels),
  );
  withRangeOptions(command)
    .addOption(new Option("--follow", "go on with what comes in, until Ctrl-C").conflicts("until"))
    .addOption(new Option("--interval <seconds>", "how often --follow asks").argParser(toInterval).default(2000, "2"));
  return withAccountOptions(command)
    .addCommand(clearCommand())
    .addHelpText(
      "after",
      helpWith(
        [
          scriptHelp,
          'A script that is named "clear" is given by its id.',
          "The newest entry stands last. Times are in UTC, also those given without a zone; so are dates.",
          "With --follow --json, each entry is a line of its own. Scripts log while pulumi-celigo debug on lasts.",
        ],
        [
          "logs normalize-orders --level error --since 2h",
          "logs normalize-orders --follow",
          "logs clear normalize-orders --yes",
        ],
      ),
    )
    .action(run);
}

async function run(word: string, options: Options): Promise<void> {
  if (!options.follow) {
    return show(word, options);
  }
  await Promise.race([showForever(word, options), interrupted()]);
  // A request may be under way, for which nobody waits any more.
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
): Promise<{ readonly client: CeligoClient; readonly readPage: ReadPage<LogEntry> }> {
  const account = await openAccount(options);
  const { client } = account;
  const { id } = await findScript(account, word);
  const readPage: ReadPage<LogEntry> = async (query) => {
    const { logs = [], pagination } = await client.getScriptLogs(id, { ...query, ...(level && { level }) });
    return { entries: logs, total: pagination?.total, hasMore: pagination?.hasMore ?? false };
  };
  return { client, readPage };
}

function textOf(entries: readonly LogEntry[]): string {
  return entries.map(lineOf).join("\n");
}
