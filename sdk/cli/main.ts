#!/usr/bin/env node
import { Command } from "commander";
import { messageOf } from "../../provider/errors";
import { version } from "../../provider/version";
import { compareCommand } from "./compare";
import { emulatorCommand } from "./emulator";

/** Exit codes of the command: a run that failed, and a command line that is wrong. A subcommand may have others. */
const exitCodes = { failed: 1, usage: 2 } as const;

const program = new Command("pulumi-celigo")
  .description("Celigo integrator.io scripts beside Pulumi.")
  .version(version)
  .exitOverride();
// A command that is added does not inherit by itself: without this, its own usage errors would end the process.
for (const command of [compareCommand(), emulatorCommand()]) {
  program.addCommand(command.copyInheritedSettings(program));
}

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
