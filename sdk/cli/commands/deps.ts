import { singular } from "../../../provider/script/dependents";
import { jsonOf } from "../../../provider/text";
import { by, tableOf } from "../output";
import { listDependents, readLive } from "../records";
import { scriptCommand } from "../script-command";

/** Lists what uses a script. */
export const depsCommand = scriptCommand({
  name: "deps",
  summary: "list the flows, imports and other resources that use a script",
  examples: ["deps normalize-orders", "deps 66f1a0c4b7d2e35a9c01d4e1 --json"],
  async run({ client }, script, { json }) {
    const dependents = Object.entries(await listDependents(client, script))
      .flatMap(([type, entries]) =>
        entries.map(({ name = "", id, accessLevel = "", paths = [], dependencyIds = {} }) => {
          return { type, name, id, accessLevel, paths, dependencyIds };
        }),
      )
      .sort(by("type", "name", "id"));
    if (dependents.length === 0) {
      // Celigo answers the same for an id that no script has.
      await readLive(client, script.id);
    }
    if (json) {
      console.log(jsonOf(dependents));
    } else if (dependents.length === 0) {
      console.log("Nothing uses it.");
    } else {
      const rows = dependents.map(({ type, name, id, accessLevel, paths }) => {
        return [singular(type), name, id, accessLevel, paths.join(", ")];
      });
      console.log(tableOf([["TYPE", "NAME", "ID", "ACCESS", "PATHS"], ...rows]));
    }
  },
});
