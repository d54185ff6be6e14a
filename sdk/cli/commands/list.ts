import { Command } from "commander";
import { fieldNames, fieldsOf, wireNameOf } from "../../../provider/script/fields";
import { type AccountOptions, helpWith, openAccount, withAccountOptions } from "../account";
import { toPattern } from "../options";
import { byCodeUnit, jsonOf, tableOf } from "../output";
import { listRecords } from "../records";

interface Options extends AccountOptions {
  readonly match?: RegExp;
  readonly json?: boolean;
}

/** The subcommand that lists the scripts of an account. */
export function listCommand(): Command {
  const command = new Command("list")
    .description("list the scripts of the account")
    .option("--match <pattern>", "only scripts whose name matches this regular expression", toPattern)
    .option("--json", "print JSON, with all that Celigo says of them but the content");
  return withAccountOptions(command)
    .addHelpText(
      "after",
      helpWith(
        ["Sorted by name. Scripts in the recycle bin are left out."],
        ["list", "list --match '^orders-' --json"],
      ),
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
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
