import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CommandError, type CommandResult, runCommand } from "../engine/command";
import { type Environment, inheritedEnvironment } from "../engine/environment";
import { withLock } from "../engine/lock";
import { engineCache } from "../engine/recipe";

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
export async function cached(name: string, recipe: string, make: (folder: string) => Promise<void>): Promise<string> {
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
