import { jsonOf } from "../../../provider/text";
import { labelOf, liveScript } from "../account";
import { UsageError } from "../command";
import { canAsk, confirm } from "../confirm";
import { type AccountOptions, yesOption } from "../options";
import { scriptCommand } from "../script-command";

interface Options extends AccountOptions {
  readonly yes?: boolean;
}

/** Deletes the execution log of a script. */
export const clearCommand = scriptCommand<Options>({
  name: "clear",
  summary: "delete the whole execution log of a script, after asking",
  options: [yesOption],
  notes: ["Outside a terminal, pass --yes to confirm."],
  examples: ["logs clear normalize-orders", "logs clear 66f1a0c4b7d2e35a9c01d4e1 --yes"],
  check({ yes }) {
    if (!yes && !canAsk()) {
      throw new UsageError("not a terminal: pass --yes to confirm");
    }
  },
  async run({ client }, found, { yes, json }) {
    const script = await liveScript(client, found);
    const cleared = yes || (await confirm(`Delete the whole execution log of ${labelOf(script)}?`));
    if (cleared) {
      await client.deleteScriptLogs(script.id);
    } else {
      console.error("Nothing was deleted.");
      process.exitCode = 1;
    }
    if (json) {
      console.log(jsonOf({ ...script, cleared }));
    } else if (cleared) {
      console.log(`The execution log of ${labelOf(script)} is deleted.`);
    }
  },
});
