import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import { type CommandResult, type RunningCommand, startCommand } from "../engine/command";
import { compileCache, type Environment, inheritedEnvironment } from "../engine/environment";
import { repositoryRoot } from "../engine/repository";
import { temporaryFolder } from "../engine/temporary";

const root = repositoryRoot();
const main = join(root, "dist", "sdk", "cli", "main.js");
const nowhere = temporaryFolder("commandline");

/** How the command is run. */
export interface CallOptions {
  readonly env?: Environment;
  /** What it reads from its standard input. @default nothing */
  readonly input?: string;
  /** @default a folder without a Pulumi project */
  readonly cwd?: string;
  /** Seconds until it is killed. @default 60 */
  readonly timeLimit?: number;
}

/** Starts the command as it is published. */
export function startCli(
  args: readonly string[],
  { env = {}, cwd = nowhere, timeLimit = 60 }: CallOptions = {},
): RunningCommand {
  return startCommand(process.execPath, [main, ...args], { cwd, env: environmentOf(env), timeLimit });
}

/** Runs the command, which must never print a token or a stack. */
export async function runCli(args: readonly string[], options: CallOptions = {}): Promise<CommandResult> {
  return checked(await startCli(args, options).done);
}

/** Runs a line of the shell, in which `celigo` is the command. */
export async function runInShell(
  line: string,
  { env = {}, cwd = nowhere, input }: CallOptions = {},
): Promise<CommandResult> {
  const script = `celigo() { '${process.execPath}' '${main}' "$@"; }; ${line}`;
  return checked(
    await startCommand("bash", ["-c", script], { cwd, env: environmentOf(env), input, timeLimit: 60 }).done,
  );
}

/** Says whether there is a command that gives another one a terminal. */
export const hasTerminal = String(spawnSync("script", ["--version"]).stdout).includes("util-linux");
if (!hasTerminal) {
  const line = "!".repeat(100);
  process.stderr.write(
    `\n${line}\nTESTS AT A TERMINAL ARE SKIPPED: there is no script of util-linux on PATH\n${line}\n\n`,
  );
}

/** Runs the command at a terminal, of which both streams come back as one. */
export async function runAtTerminal(args: readonly string[], { env = {}, input, cwd = nowhere }: CallOptions = {}) {
  const line = [process.execPath, main, ...args].map((word) => `'${word}'`).join(" ");
  // A runner's own variables say that there are no colours.
  const whole = environmentOf({ CI: undefined, TERM: "xterm-256color", NO_COLOR: undefined, ...env });
  const { done } = startCommand("script", ["-qec", line, "/dev/null"], { cwd, env: whole, input, timeLimit: 60 });
  return checked(await done);
}

/** Returns what a run prints that ends well, and has nothing to remark. */
export async function printed(args: readonly string[], env: Environment): Promise<string> {
  const { stdout, stderr, code } = await runCli(args, { env });
  expect([stderr, code]).toEqual(["", 0]);
  return stdout;
}

/** Returns the one line that a run says which has failed. */
export async function complaintOf(code: 1 | 2, args: readonly string[], options: CallOptions = {}): Promise<string> {
  const result = await runCli(args, options);
  expect([result.stdout, result.code]).toEqual(["", code]);
  expect(result.stderr).toMatch(/^error: [^\n]+\n$/);
  return result.stderr.trimEnd();
}

function environmentOf(env: Environment): Record<string, string> {
  const whole = Object.entries({ ...inheritedEnvironment(process.env), ...compileCache, ...env });
  return Object.fromEntries(whole.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function checked(result: CommandResult): CommandResult {
  expect(result.output).not.toMatch(/token-of|\n {4}at /);
  return result;
}
