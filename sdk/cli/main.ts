#!/usr/bin/env node
import { Command } from "commander";
import { messageOf } from "../../provider/errors";
import { version } from "../../provider/version";
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

/** Exit codes of the command: a run that failed, and a command line that is wrong. A subcommand may have others. */
const exitCodes = { failed: 1, usage: 2 } as const;

const program = new Command("pulumi-celigo")
  .description("Celigo integrator.io scripts beside Pulumi.")
  .version(version)
  // What stands behind a subcommand is that one's own.
  .enablePositionalOptions()
  .exitOverride();
const commands = [
  listCommand(),
  getCommand(),
  depsCommand(),
  auditCommand(),
  logsCommand(),
  debugCommand(),
  compareCommand(),
  importCommand(),
  graphCommand(),
  doctorCommand(),
  emulatorCommand(),
];
for (const command of commands) {
  program.addCommand(command);
  inherit(command, program);
}

// Whoever reads what is printed may stop, as head does: that is no error. Nor need anybody read the notes.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") {
    process.exit();
  }
  console.error(`error: could not write the output: ${messageOf(error)}`);
  process.exit(exitCodes.failed);
});
process.stderr.on("error", () => {});

program.parseAsync().catch((error: unknown) => {
  const code = (error as { readonly code?: string }).code ?? "";
  if (code.startsWith("commander.")) {
    // Commander has said what is wrong, or has shown the help that was asked for.
    process.exitCode = (error as { readonly exitCode?: number }).exitCode === 0 ? 0 : exitCodes.usage;
  } else {
    console.error(`error: ${messageOf(error)}`);
    process.exitCode = exitCodes.failed;
  }
});

/** A command that is added does not inherit by itself: without this, its own usage errors would end the process. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) {
    inherit(below, command);
  }
}
