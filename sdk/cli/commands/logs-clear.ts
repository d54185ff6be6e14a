import { jsonOf } from "../../../provider/text";
import { findLiveScript, labelOf, openAccount } from "../account";
import { type CommandDefinition, UsageError } from "../command";
import { canAsk, confirm } from "../confirm";
import {
  type AccountOptions,
  accountNotes,
  accountOptions,
  jsonOption,
  scriptArgument,
  scriptNote,
  yesOption,
} from "../options";
import type { NamedScript } from "../records";

interface Options extends AccountOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Deletes the execution log of a script. */
export const clearCommand: CommandDefinition<[string], Options> = {
  name: "clear",
  summary: "delete the whole execution log of a script, after asking",
  arguments: [scriptArgument],
  options: [yesOption, jsonOption, ...accountOptions],
  notes: [scriptNote, "Outside a terminal, pass --yes to confirm.", ...accountNotes],
  examples: ["logs clear normalize-orders", "logs clear 66f1a0c4b7d2e35a9c01d4e1 --yes"],
  run: ([word], options) => clear(word, options),
};

async function clear(word: string, options: Options): Promise<void> {
  if (!options.yes && !canAsk()) {
    throw new UsageError("not a terminal: pass --yes to confirm");
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
