import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandError, runCommand } from "./command";
import { inheritedEnvironment } from "./environment";
import { repositoryRoot } from "./repository";
import { temporaryFolder } from "./temporary";

let packed: Promise<string> | undefined;

/** Packs this package as npm would publish it, once per process, from the `dist` that is there. */
export function packedPackage(): Promise<string> {
  packed ??= pack();
  return packed;
}

/** Unpacks the packed package into a folder. */
export async function unpackPackage(into: string): Promise<void> {
  mkdirSync(into, { recursive: true });
  await must("tar", ["-xzf", await packedPackage(), "--strip-components=1", "-C", into], into);
}

/** Lists the packages that this package needs at run time. */
export function runtimeDependencies(): string[] {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot(), "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  return Object.keys(manifest.dependencies);
}

async function pack(): Promise<string> {
  const folder = temporaryFolder("pack");
  // Without its scripts: `prepack` builds anew, and other tests are reading dist.
  await must("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], repositoryRoot());
  const [archive] = readdirSync(folder);
  if (!archive) throw new Error(`npm pack left nothing in ${folder}`);
  return join(folder, archive);
}

async function must(file: string, args: readonly string[], cwd: string): Promise<void> {
  const result = await runCommand(file, args, { cwd, env: inheritedEnvironment(process.env), timeLimit: 120 });
  if (result.code !== 0) throw new CommandError(`failed with exit code ${result.code}`, result, cwd);
}
