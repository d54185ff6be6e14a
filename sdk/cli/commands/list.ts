import { Option } from "commander";
import { messageOf } from "../../../provider/errors";
import { fieldNames, fieldsOf, wireNameOf } from "../../../provider/script/fields";
import { jsonOf } from "../../../provider/text";
import { type Account, openAccount } from "../account";
import type { CommandDefinition } from "../command";
import { matching, matchOption } from "../match";
import { type AccountOptions, accountNotes, accountOptions } from "../options";
import { by, tableOf } from "../output";
import { inQueue, listDependents, listRecords, type NamedScript } from "../records";

interface Options extends AccountOptions {
  readonly match?: RegExp;
  readonly used?: boolean;
}

/** Lists the scripts of an account. */
export const listCommand: CommandDefinition<[], Options> = {
  name: "list",
  summary: "list the scripts of the account",
  options: [
    matchOption,
    new Option("--used", "also show how many resources use each script; one request a script"),
    ...accountOptions,
  ],
  notes: [
    "In a Pulumi project, the table shows which scripts the stack manages, by their logical names.",
    "Sorted by name. Leaves out scripts in the recycle bin. JSON has every field but the content.",
    ...accountNotes,
  ],
  examples: ["list", "list --stack prod --used", "list --match '^orders-' --json"],
  run: (_, options) => list(options),
};

async function list(options: Options): Promise<void> {
  const { match, json, used } = options;
  const account = await openAccount(options);
  // Scripts in the recycle bin are not in a list.
  const listed = fieldNames.filter((name) => name !== "deletedAt").flatMap((name) => wireNameOf(name) ?? []);
  const records = await listRecords(account.client, json ? listed : ["lastModified"]);
  const all = records.map((record) => ({ id: record._id, name: "", ...fieldsOf(record) }));
  const meant = matching(all, match, ({ name }) => [name], "could not list scripts").toSorted(by("name", "id"));
  const managed = await logicalNames(account);
  const uses = used ? await inQueue(account.client, meant, (script) => countUses(account, script)) : undefined;
  const scripts = meant.map((script, index) => ({
    ...script,
    logicalName: managed?.get(script.id),
    usedBy: uses?.[index],
  }));
  if (json) {
    console.log(jsonOf(scripts));
  } else if (scripts.length === 0) {
    console.log("The account has no scripts.");
  } else {
    const head = ["NAME", "ID", "LAST MODIFIED", ...(managed ? ["MANAGED AS"] : []), ...(uses ? ["USED BY"] : [])];
    const rows = scripts.map(({ id, name, lastModified = "", logicalName = "", usedBy }) => [
      ...[name, id, lastModified],
      ...(managed ? [logicalName] : []),
      ...(uses ? [String(usedBy)] : []),
    ]);
    console.log(tableOf([head, ...rows]));
  }
}

/** Returns the logical names of the scripts that the stack manages, by id; nothing without a stack that can be read. */
async function logicalNames({ stack }: Account): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const managed = await stack?.scripts();
    return managed && new Map(managed.map(({ id, logicalName }) => [id, logicalName]));
  } catch (error) {
    console.error(`note: the list does not show what the stack manages: ${messageOf(error)}`);
    return undefined;
  }
}

/** Counts what uses a script. */
async function countUses({ client }: Account, script: NamedScript): Promise<number> {
  return Object.values(await listDependents(client, script)).flat().length;
}
