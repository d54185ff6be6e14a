import { spawn } from "node:child_process";
import { atEnd } from "./ending";
import { familyOf, killFamily, type ProcessInfo, signalAll } from "./family";

/** Says what a command did. */
export interface CommandResult {
  readonly command: string;
  /** The exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams in the order of their arrival. */
  readonly output: string;
  readonly seconds: number;
}

/** Sets how a command runs. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** What it reads from its standard input, which is closed after it. @default nothing */
  readonly input?: string | Buffer | undefined;
  /** Seconds until it is killed, with all that it started. */
  readonly timeLimit: number;
}

/** Thrown for a command with an unexpected end. The message has its whole output. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly result: CommandResult;

  constructor(what: string, result: CommandResult, cwd: string) {
    super(`${result.command}\n${what} (after ${result.seconds.toFixed(1)} s, in ${cwd})\n${result.output}`);
    this.result = result;
  }
}

/** A command that runs. */
export interface RunningCommand {
  readonly pid: number;
  /** What it has printed so far. */
  output(): string;
  /** Lists the living processes of this command, itself first. */
  processes(): ProcessInfo[];
  /** Sends a signal to those of its processes that match, and returns their ids. */
  kill(signal: NodeJS.Signals, matching?: (one: ProcessInfo) => boolean): number[];
  /** Ends with the command, with any exit code; fails only at the time limit. */
  readonly done: Promise<CommandResult>;
}

const running = new Set<number>();
atEnd("processes", () => running.forEach(killFamily));

/** Starts a command as the leader of a session of its own, so that all it starts can be found and killed. */
export function startCommand(file: string, args: readonly string[], options: CommandOptions): RunningCommand {
  const command = [file, ...args].map(quoted).join(" ");
  const started = performance.now();
  const child = spawn(file, args, { cwd: options.cwd, env: options.env, detached: true, stdio: "pipe" });
  const pid = child.pid;
  const text = { stdout: "", stderr: "", output: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      text[stream] += chunk;
      text.output += chunk;
    });
  }
  child.stdin.on("error", () => {
    // It ended without reading its input.
  });
  child.stdin.end(options.input ?? "");
  if (pid !== undefined) running.add(pid);

  const done = new Promise<CommandResult>((resolve, reject) => {
    let expired = false;
    const timer = setTimeout(() => {
      expired = true;
      if (pid !== undefined) killFamily(pid);
    }, options.timeLimit * 1000);
    let afterExit: NodeJS.Timeout | undefined;
    const settle = (code: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(timer);
      clearTimeout(afterExit);
      child.stdout.destroy();
      child.stderr.destroy();
      if (pid !== undefined && familyOf(pid).length === 0) running.delete(pid);
      const seconds = (performance.now() - started) / 1000;
      const result = { command, code, signal, ...text, seconds };
      if (expired)
        reject(new CommandError(`was killed at its time limit of ${options.timeLimit} s`, result, options.cwd));
      else resolve(result);
    };
    child.on("error", (cause) => {
      clearTimeout(timer);
      reject(new Error(`${command}: cannot be started in ${options.cwd}: ${cause.message}`, { cause }));
    });
    child.on("close", settle);
    child.on("exit", (code, signal) => {
      // A process that outlives it and holds its output open must not hold us.
      afterExit = setTimeout(() => settle(code, signal), 2000);
    });
  });
  // The caller may wait for a background command later, or never.
  done.catch(() => {});

  return {
    pid: pid ?? -1,
    output: () => text.output,
    processes: () => (pid === undefined ? [] : familyOf(pid)),
    kill: (signal, matching = () => true) =>
      pid === undefined ? [] : signalAll(familyOf(pid).filter(matching), signal),
    done,
  };
}

/** Runs a command to its end, with any exit code. */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return startCommand(file, args, options).done;
}

/** Kills all processes of a command, whether it has ended or not. */
export function killLeftovers(pid: number): void {
  // The system reuses process ids: once the family is gone, the id is no longer ours.
  if (!running.has(pid)) return;
  killFamily(pid);
  running.delete(pid);
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
