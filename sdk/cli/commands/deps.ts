import { singular } from "../../../provider/script/dependents";
import { jsonOf } from "../../../provider/text";
import { findScript, openAccount } from "../account";
import type { CommandDefinition } from "../command";
import { type AccountOptions, accountNotes, accountOptions, jsonOption, scriptArgument, scriptNote } from "../options";
import { byCodeUnit, tableOf } from "../output";
import { readLive } from "../records";

interface Options extends AccountOptions {
  readonly json?: boolean;
}

/** Lists what uses a script. */
export const depsCommand: CommandDefinition<[string], Options> = {
  name: "deps",
  summary: "list the flows, imports and other resources that use a script",
  arguments: [scriptArgument],
  options: [jsonOption, ...accountOptions],
  notes: [scriptNote, ...accountNotes],
  examples: ["deps normalize-orders", "deps 66f1a0c4b7d2e35a9c01d4e1 --json"],
  run: ([word], options) => deps(word, options),
};

async function deps(word: string, options: Options): Promise<void> {
  const account = await openAccount(options);
  const { id } = await findScript(account, word);
  const dependencies = await account.client.listScriptDependencies(id);
  const dependents = Object.entries(dependencies)
    .flatMap(([type, entries]) =>
      entries.map((entry) => ({
        type,
        name: entry.name ?? "",
        id: entry.id ?? "",
        accessLevel: entry.accessLevel ?? "",
        paths: entry.paths ?? [],
        dependencyIds: entry.dependencyIds ?? {},
      })),
    )
    .sort((one, other) => {
      const byType = byCodeUnit(one.type, other.type);
      return byType || byCodeUnit(one.name, other.name) || byCodeUnit(one.id, other.id);
    });
  if (dependents.length === 0) {
    // Celigo answers the same for an id that no script has.
    await readLive(account.client, id);
  }
  if (options.json) {
    console.log(jsonOf(dependents));
  } else if (dependents.length === 0) {
    console.log("Nothing uses it.");
  } else {
    const rows = dependents.map(({ type, name, id, accessLevel, paths }) => {
      return [singular(type), name, id, accessLevel, paths.join(", ")];
    });
    console.log(tableOf([["TYPE", "NAME", "ID", "ACCESS", "PATHS"], ...rows]));
  }
}
