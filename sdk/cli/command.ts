import type { Argument, Command, Option } from "commander";
import { printable } from "../../provider/text";

/** A command of `pulumi-celigo`, as data. */
export interface CommandDefinition<
  Words extends readonly unknown[] = readonly unknown[],
  Options extends object = object,
> {
  readonly name: string;
  /** One line for the list of commands and the top of the help. */
  readonly summary: string;
  /** What follows the name, in this order. */
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** Lines that the help shows below the options. */
  readonly notes?: readonly string[];
  /**
   * What each exit code means.
   * @default "0 done, 1 failed, 2 wrong usage"
   */
  readonly exitCodes?: string;
  /** Command lines without `pulumi-celigo`. */
  readonly examples?: readonly string[];
  readonly subcommands?: readonly CommandDefinition[];
  /** Runs the command. A command without it needs one of its subcommands. */
  run?(words: Words, options: Options): Promise<void>;
}

/** A command line that cannot be run. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Adds a command with its subcommands to the command line. */
export function addCommand(parent: Command, definition: CommandDefinition): void {
  const { name, summary, arguments: words = [], options = [], subcommands = [] } = definition;
  const command = parent.command(name).description(summary).addHelpText("after", helpOf(definition));
  for (const word of words) {
    command.addArgument(word);
  }
  for (const option of options) {
    command.addOption(option);
  }
  for (const subcommand of subcommands) {
    addCommand(command, subcommand);
  }
  const { run } = definition;
  if (run) {
    command.action(() => run(command.processedArgs, command.opts()));
  } else {
    command.allowExcessArguments().action(() => {
      if (command.args.length === 0) {
        command.help({ error: true });
      }
      const words = command.args.map((word) => shellWord(printable(word))).join(" ");
      const choices = subcommands.map((subcommand) => `pulumi-celigo ${name} ${subcommand.name} ${words}`);
      const names = subcommands.map((subcommand) => subcommand.name).join(" or ");
      throw new UsageError(`${name} needs ${names}. Run: ${choices.join(", or: ")}`);
    });
  }
  // The subcommand would not see an option that stands before it.
  command.hook("preSubcommand", (_, subcommand) => {
    const misplaced = options.find((option) => command.getOptionValueSource(option.attributeName()) === "cli");
    if (misplaced) {
      throw new UsageError(`option '${misplaced.long}' cannot stand before ${subcommand.name()}`);
    }
  });
}

/** Quotes a word for a POSIX shell, where it needs that. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function helpOf({ notes = [], examples = [], exitCodes, run }: CommandDefinition): string {
  const codes = run ? ["", `Exit codes: ${exitCodes ?? "0 done, 1 failed, 2 wrong usage"}.`] : [];
  const lines = examples.map((example) => `  $ pulumi-celigo ${example}`);
  return [...(notes.length > 0 ? ["", ...notes] : []), ...codes, ...(run ? ["", "Examples:", ...lines] : [])].join(
    "\n",
  );
}
