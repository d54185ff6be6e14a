import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "vitest";
import { CommandError, type CommandResult, runCommand } from "../engine/command";
import { type Environment, foldersWith, inheritedEnvironment } from "../engine/environment";
import { withLock } from "../engine/lock";
import { engineCache } from "../engine/recipe";
import { repositoryRoot } from "../engine/repository";
import { engineIsRequired } from "../engine/vitest";

/** Where the commands of `test/outside` keep what they download: outside of the repository, beside the engine. */
export const cache = join(dirname(engineCache(process.env)), "outside");

/** Installs npm packages at exact versions into the cache, once, and returns their folder. Keys are aliases. */
export function installed(purpose: string, packages: Readonly<Record<string, string>>): Promise<string> {
  return cached(`${purpose}-${process.platform}-${process.arch}`, JSON.stringify(packages), async (folder) => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: packages }));
    await must("npm", [...quietly, "install"], folder);
  });
}

/** What npm is called with: no audit, no banner, and the local cache first. */
export const quietly = ["--no-audit", "--no-fund", "--silent", "--prefer-offline"];

/** Makes a folder of the cache once, and returns it; the recipe is part of its name. */
async function cached(name: string, recipe: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cache, `${name}-${createHash("sha256").update(recipe).digest("hex").slice(0, 12)}`);
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return;
    const draft = `${folder}.draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    await make(draft);
    renameSync(draft, folder);
  });
  return folder;
}

/** Runs a command that must succeed. */
export async function must(
  file: string,
  args: readonly string[],
  cwd: string,
  more: Environment = {},
): Promise<CommandResult> {
  const result = await run(file, args, cwd, more);
  if (result.code !== 0) throw new CommandError(`failed with exit code ${result.code}`, result, cwd);
  return result;
}

/** Runs a command to its end, whatever its exit code. */
export function run(
  file: string,
  args: readonly string[],
  cwd: string,
  more: Environment = {},
): Promise<CommandResult> {
  const set = Object.entries({ ...inheritedEnvironment(process.env), ...more });
  const env = Object.fromEntries(set.filter((entry): entry is [string, string] => entry[1] !== undefined));
  return runCommand(file, args, { cwd, env, timeLimit: 600 });
}

/** Builds a tool from the Go module of its name in `test/outside/go`, once, and returns its file; undefined without Go. */
export async function goTool(name: string): Promise<string | undefined> {
  if (foldersWith("go", process.env["PATH"]).length === 0) return undefined;
  const module = join(repositoryRoot(), "test", "outside", "go", name);
  const recipe = readFileSync(join(module, "go.mod"), "utf8") + process.platform + process.arch;
  const tool = /^tool (\S+)$/m.exec(recipe)?.[1] ?? "";
  const folder = await cached(name, recipe, async (draft) => {
    await must("go", ["build", "-buildvcs=false", "-o", join(draft, name), tool], module, { GOWORK: "off" });
  });
  return join(folder, name);
}

/** Has tests that need a tool fail where tools are required, and skips them loudly elsewhere. */
export function missing(context: TestContext, what: string): never {
  if (engineIsRequired(process.env)) throw new Error(`${what} is required here`);
  const line = "!".repeat(100);
  process.stderr.write(
    `\n${line}\nA TEST IS SKIPPED: ${what} is not on this machine: ${context.task.name}\n${line}\n\n`,
  );
  return context.skip(what);
}

/** Installs a Python package into the cache, once, and returns the folder for PYTHONPATH; undefined without Python. */
export async function pythonTool(name: string, requirement: string): Promise<string | undefined> {
  if (foldersWith("python3", process.env["PATH"]).length === 0) return undefined;
  const { stdout } = await must("python3", ["-c", "import sys; print(sys.version_info[:2])"], repositoryRoot());
  return cached(name, requirement + stdout + process.platform + process.arch, async (draft) => {
    await must("python3", ["-m", "pip", "install", "--quiet", "--target", draft, requirement], draft);
  });
}
