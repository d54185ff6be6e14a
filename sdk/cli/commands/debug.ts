import { Option } from "commander";
import { jsonOf } from "../../../provider/text";
import { findLiveScript, labelOf, openAccount } from "../account";
import type { CommandDefinition } from "../command";
import { serverTime } from "../entries";
import {
  type AccountOptions,
  accountNotes,
  accountOptions,
  durationText,
  jsonOption,
  scriptArgument,
  scriptNote,
  toHourAtMost,
} from "../options";

interface Options extends AccountOptions {
  readonly json?: boolean;
}

/** Milliseconds until debug logging ends after `debug off`. The API may refuse a time in the past. */
const soon = 5000;

const onCommand: CommandDefinition<[string], Options & { readonly for: number }> = {
  name: "on",
  summary: "turn debug logging on for a while",
  arguments: [scriptArgument],
  options: [
    new Option("--for <duration>", "how long, such as 90s, 30m or 1h, at most 1h")
      .argParser(toHourAtMost)
      .default(1_800_000, "30m"),
    jsonOption,
    ...accountOptions,
  ],
  notes: [scriptNote, ...accountNotes],
  examples: ["debug on normalize-orders", "debug on normalize-orders --for 1h"],
  run: ([word], options) =>
    setDebug(word, options, options.for, (script, end) => {
      return `Debug logging of ${script} is on until ${end}, for ${durationText(options.for)}.`;
    }),
};

const offCommand: CommandDefinition<[string], Options> = {
  name: "off",
  summary: "turn debug logging off",
  arguments: [scriptArgument],
  options: [jsonOption, ...accountOptions],
  notes: [scriptNote, "Logging ends within seconds.", ...accountNotes],
  examples: ["debug off normalize-orders"],
  run: ([word], options) =>
    setDebug(word, options, soon, (script, end) => {
      return `Debug logging of ${script} ends at ${end}, in ${durationText(soon)}.`;
    }),
};

/** Turns the debug logging of a script on or off. */
export const debugCommand: CommandDefinition = {
  name: "debug",
  summary: "turn the debug logging of a script on or off",
  subcommands: [onCommand, offCommand],
};

/** Sets when debug logging ends, by the server's clock, and reports it. */
async function setDebug(
  word: string,
  options: Options,
  milliseconds: number,
  textOf: (script: string, end: string) => string,
): Promise<void> {
  const account = await openAccount(options);
  // Comes first: a response is needed to know the server's clock.
  const script = await findLiveScript(account, word);
  const until = new Date(serverTime(account.client).getTime() + milliseconds);
  await account.client.setDebugUntil(script.id, until);
  const debugUntil = until.toISOString();
  console.log(options.json ? jsonOf({ ...script, debugUntil }) : textOf(labelOf(script), debugUntil));
}
