import { createInterface } from "node:readline";
import type { Command } from "commander";
import {
  type AccountOptions,
  findLiveScript,
  helpWith,
  labelOf,
  openAccount,
  scriptCommand,
  scriptHelp,
  withAccountOptions,
} from "../account";
import { jsonOf } from "../output";
import type { NamedScript } from "../records";

interface Options extends AccountOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** The subcommand that deletes a script's execution log. */
export function clearCommand(): Command {
  const command = scriptCommand("clear", "delete a script's whole execution log, after asking")
    .option("--yes", "do not ask")
    .option("--json", "print JSON");
  return withAccountOptions(command)
    .addHelpText(
      "after",
      helpWith(
        [scriptHelp, "Without a terminal to ask at, --yes is required."],
        ["logs clear normalize-orders", "logs clear 66f1a0c4b7d2e35a9c01d4e1 --yes"],
      ),
    )
    .action(run);
}

async function run(this: Command, word: string, options: Options): Promise<void> {
  const { parent } = this;
  // They would be taken for this command's own, and it deletes more than they say.
  const misplaced = parent?.options.find((option) => parent.getOptionValueSource(option.attributeName()) === "cli");
  if (misplaced) {
    this.error(`error: option '${misplaced.long}' cannot stand before clear`, { code: "commander.misplacedOption" });
  }
  if (!options.yes && !(process.stdin.isTTY && process.stderr.isTTY)) {
    this.error("error: there is no terminal to ask at: --yes is required", { code: "commander.yesMissing" });
  }
  const account = await openAccount(options);
  const script = await findLiveScript(account, word);
  if (!options.yes && !(await confirm(`Delete the whole execution log of ${labelOf(script)}?`))) {
    console.error("Nothing was deleted.");
    report(script, false, options);
    process.exitCode = 1;
    return;
  }
  await account.client.deleteScriptLogs(script.id);
  report(script, true, options);
}

function report(script: NamedScript, cleared: boolean, { json }: Options): void {
  if (json) {
    console.log(jsonOf({ ...script, cleared }));
  } else if (cleared) {
    console.log(`The execution log of ${labelOf(script)} is deleted.`);
  }
}

/** Asks at the terminal; anything but a yes is a no. */
function confirm(question: string): Promise<boolean> {
  // The terminal edits the line itself, so that Ctrl-C ends the process as ever.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  return new Promise((resolve) => {
    lines.once("close", () => resolve(false));
    lines.question(`${question} [y/N] `, (answer) => {
      resolve(/^\s*y(es)?\s*$/i.test(answer));
      lines.close();
    });
  });
}
