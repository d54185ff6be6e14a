import { fieldNames, fieldsOf, wireNameOf } from "../../../provider/script/fields";
import { jsonOf } from "../../../provider/text";
import { openAccount } from "../account";
import type { CommandDefinition } from "../command";
import { type AccountOptions, accountNotes, accountOptions, jsonOption, matchOption } from "../options";
import { byCodeUnit, tableOf } from "../output";
import { listRecords } from "../records";

interface Options extends AccountOptions {
  readonly match?: RegExp;
  readonly json?: boolean;
}

/** Lists the scripts of an account. */
export const listCommand: CommandDefinition<[], Options> = {
  name: "list",
  summary: "list the scripts of the account",
  options: [matchOption, jsonOption, ...accountOptions],
  notes: [
    "Sorted by name. Leaves out scripts in the recycle bin. JSON has every field but the content.",
    ...accountNotes,
  ],
  examples: ["list", "list --match '^orders-' --json"],
  run: (_, options) => list(options),
};

async function list(options: Options): Promise<void> {
  const { match, json } = options;
  const { client } = await openAccount(options);
  // Scripts in the recycle bin are not in a list.
  const listed = fieldNames.filter((name) => name !== "deletedAt").flatMap((name) => wireNameOf(name) ?? []);
  const records = await listRecords(client, json ? listed : ["lastModified"]);
  const scripts = records
    .map((record) => ({ id: record._id, name: "", ...fieldsOf(record) }))
    .filter(({ name }) => match?.test(name) ?? true)
    .sort((one, other) => byCodeUnit(one.name, other.name) || byCodeUnit(one.id, other.id));
  if (json) {
    console.log(jsonOf(scripts));
  } else if (scripts.length === 0) {
    console.log(records.length === 0 ? "The account has no scripts." : `None of ${records.length} scripts matches.`);
  } else {
    const rows = scripts.map(({ id, name, lastModified = "" }) => [name, id, lastModified]);
    console.log(tableOf([["NAME", "ID", "LAST MODIFIED"], ...rows]));
  }
}
