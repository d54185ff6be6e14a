import { Option } from "commander";
import { contentHash } from "../../../provider/content/content";
import { fieldsOf } from "../../../provider/script/fields";
import { jsonOf, printable, printableLines } from "../../../provider/text";
import { labelOf } from "../account";
import { writeWhole } from "../file";
import type { AccountOptions } from "../options";
import { readLive } from "../records";
import { scriptCommand } from "../script-command";

interface Options extends AccountOptions {
  readonly out?: string;
}

/** Prints the content of a script. */
export const getCommand = scriptCommand<Options>({
  name: "get",
  summary: "print the content of a script",
  options: [new Option("--out <file>", "write the exact bytes to this file").conflicts("json")],
  notes: [
    "A file or a pipe gets exactly the bytes that Celigo has. A terminal gets no control characters except line ends and",
    "tabs; standard error then shows name, id, time of the last change and contentHash.",
  ],
  examples: ["get normalize-orders --out normalize-orders.js", "get 66f1a0c4b7d2e35a9c01d4e1 --json"],
  async run({ client }, { id }, { out, json }) {
    const record = await readLive(client, id);
    const { content = "", name = "", lastModified = "" } = record;
    const hash = contentHash(content);
    const about = `${labelOf({ id, name })}, last modified ${printable(lastModified)}`;
    if (json) {
      console.log(jsonOf({ id, name, ...fieldsOf(record), contentHash: hash, content }));
    } else if (out !== undefined) {
      writeWhole(out, content);
      console.log(`${out}: ${about}`);
    } else {
      if (process.stderr.isTTY) {
        console.error(`${about}, ${hash}`);
      }
      process.stdout.write(process.stdout.isTTY ? printableLines(content) : content);
    }
  },
});
