import { Command, Option } from "commander";
import {
  type Account,
  type AccountOptions,
  findLiveScript,
  helpWith,
  labelOf,
  openAccount,
  scriptCommand,
  scriptHelp,
  withAccountOptions,
} from "../account";
import { serverTime } from "../entries";
import { durationText, toHourAtMost } from "../options";
import { jsonOf } from "../output";
import type { NamedScript } from "../records";

interface OffOptions extends AccountOptions {
  readonly json?: boolean;
}

interface OnOptions extends OffOptions {
  /** Milliseconds. */
  readonly for: number;
}

/** Milliseconds until debug logging ends that is switched off: a time that has passed need not be taken by the API. */
const soon = 5000;

/** The subcommand that switches the debug logging of a script. */
export function debugCommand(): Command {
  const on = scriptCommand("on", "let a script log for a while").addOption(
    new Option("--for <duration>", "how long, such as 90s, 30m or 1h, at most 1h")
      .argParser(toHourAtMost)
      .default(1_800_000, "30m"),
  );
  const off = scriptCommand("off", "let a script log no more");
  const onHelp = helpWith([scriptHelp], ["debug on normalize-orders", "debug on normalize-orders --for 1h"]);
  const offHelp = helpWith([scriptHelp, "It ends within seconds."], ["debug off normalize-orders"]);
  return new Command("debug")
    .description("switch the debug logging of a script on or off")
    .addCommand(withAccountOptions(withJson(on)).addHelpText("after", onHelp).action(switchOn))
    .addCommand(withAccountOptions(withJson(off)).addHelpText("after", offHelp).action(switchOff));
}

function withJson(command: Command): Command {
  return command.option("--json", "print JSON");
}

async function switchOn(word: string, options: OnOptions): Promise<void> {
  const account = await openAccount(options);
  const { script, debugUntil } = await setDebug(account, word, options.for);
  const text = `Debug logging of ${labelOf(script)} is on until ${debugUntil}, for ${durationText(options.for)}.`;
  console.log(options.json ? jsonOf({ ...script, debugUntil }) : text);
}

async function switchOff(word: string, options: OffOptions): Promise<void> {
  const account = await openAccount(options);
  const { script, debugUntil } = await setDebug(account, word, soon);
  const text = `Debug logging of ${labelOf(script)} ends at ${debugUntil}, in ${durationText(soon)}.`;
  console.log(options.json ? jsonOf({ ...script, debugUntil }) : text);
}

/** Lets debug logging end so long from now, by the server's clock. */
async function setDebug(
  account: Account,
  word: string,
  milliseconds: number,
): Promise<{ readonly script: NamedScript; readonly debugUntil: string }> {
  // Comes first: the server's clock is known from an answer.
  const script = await findLiveScript(account, word);
  const until = new Date(serverTime(account.client).getTime() + milliseconds);
  await account.client.setDebugUntil(script.id, until);
  return { script, debugUntil: until.toISOString() };
}
