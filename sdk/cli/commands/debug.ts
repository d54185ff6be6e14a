import { Option } from "commander";
import { jsonOf } from "../../../provider/text";
import { type Account, labelOf, liveScript } from "../account";
import type { CommandDefinition } from "../command";
import { serverTime } from "../entries";
import { type AccountOptions, durationText, toHourAtMost } from "../options";
import type { NamedScript } from "../records";
import { scriptCommand } from "../script-command";

interface OnOptions extends AccountOptions {
  /** Milliseconds. */
  readonly for: number;
}

/** Milliseconds until debug logging ends after `debug off`. The API may refuse a time in the past. */
const soon = 5000;

const onCommand = scriptCommand<OnOptions>({
  name: "on",
  summary: "turn debug logging on for a while",
  options: [
    new Option("--for <duration>", "how long, such as 90s, 30m or 1h, at most 1h")
      .argParser(toHourAtMost)
      .default(1_800_000, "30m"),
  ],
  examples: ["debug on normalize-orders", "debug on normalize-orders --for 1h"],
  run: (account, script, options) => setDebug(account, script, options, options.for, "is on until", "for"),
});

const offCommand = scriptCommand({
  name: "off",
  summary: "turn debug logging off",
  notes: ["Logging ends within seconds."],
  examples: ["debug off normalize-orders"],
  run: (account, script, options) => setDebug(account, script, options, soon, "ends at", "in"),
});

/** Turns the debug logging of a script on or off. */
export const debugCommand: CommandDefinition = {
  name: "debug",
  summary: "turn the debug logging of a script on or off",
  subcommands: [onCommand, offCommand],
};

/** Sets when debug logging ends, by the server's clock, and reports it. */
async function setDebug(
  { client }: Account,
  found: NamedScript,
  { json }: AccountOptions,
  milliseconds: number,
  verb: string,
  preposition: string,
): Promise<void> {
  // Comes first: a response is needed to know the server's clock.
  const script = await liveScript(client, found);
  const until = new Date(serverTime(client).getTime() + milliseconds);
  await client.setDebugUntil(script.id, until);
  const debugUntil = until.toISOString();
  const text = `Debug logging of ${labelOf(script)} ${verb} ${debugUntil}, ${preposition} ${durationText(milliseconds)}.`;
  console.log(json ? jsonOf({ ...script, debugUntil }) : text);
}
