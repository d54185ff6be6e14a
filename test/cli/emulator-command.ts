import { expect, vi } from "vitest";
import type { CommandResult, RunningCommand } from "../engine/command";
import { startCli } from "./command-line";

/** The emulator as a process of its own. */
export interface EmulatorCommand {
  readonly url: string;
  readonly port: number;
  /** The process. */
  readonly command: RunningCommand;
  /** What it has printed since it said that it listens. */
  lines(): string[];
  /** Sends the signal, to it alone, and waits for its end. */
  end(signal?: NodeJS.Signals): Promise<CommandResult>;
}

/** Runs `pulumi-celigo emulator`, and waits until it listens; at a free port, unless the options name one. */
export async function startEmulatorCommand(...options: readonly string[]): Promise<EmulatorCommand> {
  const command = startCli(["emulator", "--port", "0", ...options], { timeLimit: 300 });
  const last = "  Press Ctrl-C to stop.\n";
  await Promise.race([
    vi.waitUntil(() => command.output().includes(last), { timeout: 20_000 }),
    command.done.then(({ output }) => expect.fail(`the emulator ended: ${output}`)),
  ]);
  const url = /^integrator\.io emulator listens at (http:\S+)\n/.exec(command.output())?.[1] ?? "";
  return {
    url,
    port: Number(new URL(url).port),
    command,
    lines: () => command.output().split(last)[1]?.trimEnd().split("\n").filter(Boolean) ?? [],
    end(signal = "SIGINT") {
      command.kill(signal, ({ pid }) => pid === command.pid);
      return command.done;
    },
  };
}
