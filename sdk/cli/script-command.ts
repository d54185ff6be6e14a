import { Argument } from "commander";
import { type Account, findScript, openAccount } from "./account";
import type { CommandDefinition } from "./command";
import { type AccountOptions, accountNotes, accountOptions } from "./options";
import type { NamedScript } from "./records";

/** What a command on one script has of its own. The argument, the options of an account and their notes are added. */
interface ScriptCommand<Options extends AccountOptions> extends Omit<CommandDefinition, "arguments" | "run"> {
  /** Asserts that the options fit together, before any request. */
  check?(options: Options): void;
  run(account: Account, script: NamedScript, options: Options): Promise<void>;
}

/** Makes a command on one script, which is found by its id, its name or its logical name. */
export function scriptCommand<Options extends AccountOptions = AccountOptions>({
  options = [],
  notes = [],
  check,
  run,
  ...others
}: ScriptCommand<Options>): CommandDefinition<[string], Options> {
  return {
    ...others,
    arguments: [new Argument("<script>", "id, exact name or logical name")],
    options: [...options, ...accountOptions],
    notes: [
      "Give a script by its id, its exact name, or the logical name of its resource in the stack.",
      ...notes,
      ...accountNotes,
    ],
    async run([word], options) {
      check?.(options);
      const account = await openAccount(options);
      await run(account, await findScript(account, word), options);
    },
  };
}
