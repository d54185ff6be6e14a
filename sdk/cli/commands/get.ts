import { Option } from "commander";
import { contentHash } from "../../../provider/content/content";
import { fieldsOf } from "../../../provider/script/fields";
import { jsonOf, printable, printableLines } from "../../../provider/text";
import { findScript, labelOf, openAccount } from "../account";
import type { CommandDefinition } from "../command";
import { writeWhole } from "../file";
import { type AccountOptions, accountNotes, accountOptions, jsonOption, scriptArgument, scriptNote } from "../options";
import { readLive } from "../records";

interface Options extends AccountOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Prints the content of a script. */
export const getCommand: CommandDefinition<[string], Options> = {
  name: "get",
  summary: "print the content of a script",
  arguments: [scriptArgument],
  options: [
    new Option("--out <file>", "write the exact bytes to this file").conflicts("json"),
    jsonOption,
    ...accountOptions,
  ],
  notes: [
    scriptNote,
    "A file or a pipe gets exactly the bytes that Celigo has. A terminal gets no control characters except line ends and",
    "tabs; standard error then shows name, id, time of the last change and contentHash.",
    ...accountNotes,
  ],
  examples: ["get normalize-orders --out normalize-orders.js", "get 66f1a0c4b7d2e35a9c01d4e1 --json"],
  run: ([word], options) => get(word, options),
};

async function get(word: string, options: Options): Promise<void> {
  const account = await openAccount(options);
  const { id } = await findScript(account, word);
  const record = await readLive(account.client, id);
  const { content = "", name = "", lastModified = "" } = record;
  const hash = contentHash(content);
  if (options.json) {
    console.log(jsonOf({ id, name, ...fieldsOf(record), contentHash: hash, content }));
    return;
  }
  if (options.out !== undefined) {
    writeWhole(options.out, content);
    console.log(`${options.out}: ${labelOf({ id, name })}, last modified ${printable(lastModified)}`);
    return;
  }
  if (process.stderr.isTTY) {
    console.error(`${labelOf({ id, name })}, last modified ${printable(lastModified)}, ${hash}`);
  }
  process.stdout.write(process.stdout.isTTY ? printableLines(content) : content);
}
