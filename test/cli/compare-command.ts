import { join } from "node:path";
import { expect } from "vitest";
import { type CommandResult, runCommand } from "../engine/command";
import { compileCache, type Environment, inheritedEnvironment } from "../engine/environment";
import { repositoryRoot } from "../engine/repository";

const root = repositoryRoot();

/** What `--json` prints. */
export interface Report {
  readonly here: { readonly side: string; readonly kind: string };
  readonly there: { readonly side: string; readonly kind: string };
  readonly scripts: readonly {
    readonly name: string;
    readonly status: string;
    readonly differs: readonly string[];
    readonly here?: { readonly id: string; readonly contentHash?: string; readonly logicalName?: string };
    readonly there?: { readonly id: string; readonly contentHash?: string; readonly logicalName?: string };
    readonly diff?: string;
    readonly note?: string;
  }[];
  readonly summary: Readonly<Record<string, number>>;
}

/** Runs the command, which must not print a token, whatever happens. */
export async function run(args: readonly string[], env: Environment = {}): Promise<CommandResult> {
  const whole = Object.entries({ ...inheritedEnvironment(process.env), ...compileCache, ...env });
  const set = whole.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const main = join(root, "dist", "sdk", "cli", "main.js");
  const options = { cwd: root, env: Object.fromEntries(set), timeLimit: 60 };
  const result = await runCommand(process.execPath, [main, "compare", ...args], options);
  expect(result.output).not.toMatch(/token-of|\n {4}at /);
  return result;
}

/** Returns the lines of a comparison that has found differences, or none. */
export async function linesOf(code: 0 | 3, args: readonly string[], env: Environment): Promise<string[]> {
  const result = await run(args, env);
  expect([result.stderr, result.code]).toEqual(["", code]);
  return result.stdout.trimEnd().split("\n");
}

export async function reportOf(code: 0 | 3, args: readonly string[], env: Environment): Promise<Report> {
  return JSON.parse((await linesOf(code, [...args, "--json"], env)).join("\n")) as Report;
}

/** Returns the one line that a run says which has failed. */
export async function complaintOf(code: 1 | 2, args: readonly string[], env: Environment = {}): Promise<string> {
  const result = await run(args, env);
  expect([result.stdout, result.code]).toEqual(["", code]);
  expect(result.stderr).toMatch(/^error: [^\n]+\n$/);
  return result.stderr.trimEnd();
}
