import { isDeepStrictEqual } from "node:util";
import { Option } from "commander";
import type { ScriptAuditQuery } from "../../../provider/api/client";
import { auditLog, type ScriptAuditEntry } from "../../logs";
import { assertRange, type RangeOptions, rangeNote, rangeOptions, showNewest } from "../entries";
import { tableOf } from "../output";
import { scriptCommand } from "../script-command";

type Action = NonNullable<ScriptAuditQuery["action"]>;

interface Options extends RangeOptions {
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
export const auditCommand = scriptCommand<Options>({
  name: "audit",
  summary: "show who changed a script, and when",
  options: [new Option("--action <action>", "only entries of this action").choices(actions), ...rangeOptions],
  notes: [rangeNote],
  examples: ["audit normalize-orders --action updated --since 7d", "audit normalize-orders --json"],
  check: assertRange,
  run({ client }, { id }, options) {
    const { action } = options;
    return showNewest(client, auditLog(client, id, action ? { action } : {}), options, {
      shapeOf: ({ _id, ...entry }) => ({ id: _id, ...entry }),
      textOf: (entries) => tableOf([["TIME", "ACTION", "USER", "CHANGED"], ...entries.map(rowOf)]),
    });
  },
});

function rowOf({ timestamp = "", action, userName, userId = "", changes }: ScriptAuditEntry): string[] {
  return [timestamp, action ?? "", userName ?? userId, changedFields(changes).join(", ")];
}

/** Lists the fields whose values differ: Celigo may also send those that are equal. */
function changedFields({ before, after }: NonNullable<ScriptAuditEntry["changes"]> = {}): string[] {
  const [from, to] = [before, after].map((values) => new Map(Object.entries(values ?? {})));
  const fields = new Set([...(from?.keys() ?? []), ...(to?.keys() ?? [])]);
  return [...fields].filter((field) => !isDeepStrictEqual(from?.get(field), to?.get(field))).sort();
}
