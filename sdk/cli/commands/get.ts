import type { Command } from "commander";
import { contentHash } from "../../../provider/content/content";
import { fieldsOf } from "../../../provider/script/fields";
import {
  type AccountOptions,
  findScript,
  helpWith,
  labelOf,
  openAccount,
  scriptCommand,
  scriptHelp,
  withAccountOptions,
} from "../account";
import { jsonOf, printable, printableLines } from "../output";
import { readLive } from "../records";

interface Options extends AccountOptions {
  readonly json?: boolean;
}

/** The subcommand that prints a script as Celigo has it. */
export function getCommand(): Command {
  const command = scriptCommand("get", "print the content of a script").option(
    "--json",
    "print JSON: the script with its content",
  );
  return withAccountOptions(command)
    .addHelpText(
      "after",
      helpWith(
        [
          scriptHelp,
          "A file or a pipe gets exactly the bytes that Celigo has. A terminal gets no control characters but line ends and",
          "tabs, and a line on standard error with name, id, time of the last change and contentHash.",
        ],
        ["get normalize-orders > normalize-orders.js", "get 66f1a0c4b7d2e35a9c01d4e1 --json"],
      ),
    )
    .action(run);
}

async function run(word: string, options: Options): Promise<void> {
  const account = await openAccount(options);
  const { id } = await findScript(account, word);
  const record = await readLive(account.client, id);
  const { content = "", name = "", lastModified = "" } = record;
  const hash = contentHash(content);
  if (options.json) {
    console.log(jsonOf({ id, name, ...fieldsOf(record), contentHash: hash, content }));
    return;
  }
  if (process.stderr.isTTY) {
    console.error(`${labelOf({ id, name })}, last modified ${printable(lastModified)}, ${hash}`);
  }
  process.stdout.write(process.stdout.isTTY ? printableLines(content) : content);
}
