#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { messageOf } from "../../provider/errors";
import { version } from "../../provider/version";
import { addCommand, type CommandDefinition, UsageError } from "./command";
import { auditCommand } from "./commands/audit";
import { debugCommand } from "./commands/debug";
import { depsCommand } from "./commands/deps";
import { emulatorCommand } from "./commands/emulator";
import { getCommand } from "./commands/get";
import { listCommand } from "./commands/list";
import { logsCommand } from "./commands/logs";
import { compareCommand } from "./compare/compare";
import { doctorCommand } from "./doctor/doctor";
import { graphCommand } from "./graph/graph";
import { importCommand } from "./import/import";
import { pullCommand } from "./pull/pull";

/** Exit codes of every command. A command may have more. */
const exitCodes = { failed: 1, usage: 2 } as const;

/** All commands, in the order of the help. */
export const commands: readonly CommandDefinition[] = [
  importCommand,
  pullCommand,
  listCommand,
  getCommand,
  depsCommand,
  graphCommand,
  compareCommand,
  auditCommand,
  logsCommand,
  debugCommand,
  doctorCommand,
  emulatorCommand,
];

if (require.main === module) {
  main();
}

function main(): void {
  const program = new Command("pulumi-celigo")
    .description("Celigo integrator.io scripts with Pulumi: import, inspect, compare and debug them.")
    .version(version)
    // Options after a subcommand belong to the subcommand.
    .enablePositionalOptions()
    .exitOverride();
  for (const command of commands) {
    addCommand(program, command);
  }

  // The reader may stop early, as head does: that is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") {
      process.exit();
    }
    console.error(`error: could not write the output: ${messageOf(error)}`);
    process.exit(exitCodes.failed);
  });
  process.stderr.on("error", () => {});

  program.parseAsync().catch((error: unknown) => {
    if (error instanceof CommanderError) {
      // Commander has printed the error or the help.
      process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
    } else {
      console.error(`error: ${messageOf(error)}`);
      process.exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
    }
  });
}
