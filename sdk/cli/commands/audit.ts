import { isDeepStrictEqual } from "node:util";
import { Option } from "commander";
import type { ScriptAuditQuery } from "../../../provider/api/client";
import { jsonOf } from "../../../provider/text";
import { auditLog, type ScriptAuditEntry } from "../../logs";
import { findScript, openAccount } from "../account";
import type { CommandDefinition } from "../command";
import { noteOfMore, readNewest, timesOf, usualLimit } from "../entries";
import {
  type AccountOptions,
  accountNotes,
  accountOptions,
  assertRange,
  type RangeOptions,
  rangeNote,
  rangeOptions,
  scriptArgument,
  scriptNote,
} from "../options";
import { byCodeUnit, tableOf } from "../output";

type Action = NonNullable<ScriptAuditQuery["action"]>;

interface Options extends AccountOptions, RangeOptions {
  readonly action?: Action;
}

const actions = [
  "created",
  "updated",
  "deleted",
  "executed",
  "enabled",
  "disabled",
] as const satisfies readonly Action[];

/** Shows who changed a script. */
export const auditCommand: CommandDefinition<[string], Options> = {
  name: "audit",
  summary: "show who changed a script, and when",
  arguments: [scriptArgument],
  options: [
    new Option("--action <action>", "only entries of this action").choices(actions),
    ...rangeOptions,
    ...accountOptions,
  ],
  notes: [scriptNote, rangeNote, ...accountNotes],
  examples: ["audit normalize-orders --action updated --since 7d", "audit normalize-orders --json"],
  run: ([word], options) => audit(word, options),
};

async function audit(word: string, options: Options): Promise<void> {
  assertRange(options);
  const account = await openAccount(options);
  const { client } = account;
  const { id } = await findScript(account, word);
  const { action, limit = usualLimit } = options;
  const readPage = auditLog(client, id, action ? { action } : {});
  const read = await readNewest(readPage, await timesOf(options, client, readPage), limit);
  const entries = read.entries.slice(-limit);
  if (options.json) {
    console.log(jsonOf(entries.map(({ _id, ...entry }) => ({ id: _id, ...entry }))));
  } else if (entries.length === 0) {
    console.log("No entries.");
  } else {
    const rows = entries.map(({ timestamp = "", action = "", userName, userId = "", changes }) => {
      return [timestamp, action, userName ?? userId, changedFields(changes).join(", ")];
    });
    console.log(tableOf([["TIME", "ACTION", "USER", "CHANGED"], ...rows]));
  }
  noteOfMore(entries.length, read, options);
}

/** Lists the fields whose values differ: Celigo may also send those that are equal. */
function changedFields({ before, after }: NonNullable<ScriptAuditEntry["changes"]> = {}): string[] {
  const [from, to] = [before, after].map((values) => new Map(Object.entries(values ?? {})));
  const fields = new Set([...(from?.keys() ?? []), ...(to?.keys() ?? [])]);
  return [...fields].filter((field) => !isDeepStrictEqual(from?.get(field), to?.get(field))).sort(byCodeUnit);
}
