import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandError, runCommand } from "./command";
import { inheritedEnvironment } from "./environment";
import { repositoryRoot } from "./repository";
import { removeTemporaryFolder, temporaryFolder } from "./temporary";

let packed: Promise<Buffer> | undefined;

/** Unpacks this package into a folder as npm would publish it, from the `dist` that is there; packs it once per process. */
export async function unpackPackage(into: string): Promise<void> {
  packed ??= pack();
  const archive = await packed;
  mkdirSync(into, { recursive: true });
  await must("tar", ["-xzf", "-", "--strip-components=1", "-C", into], into, archive);
}

/** Lists the packages that this package needs at run time. */
export function runtimeDependencies(): string[] {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot(), "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  return Object.keys(manifest.dependencies);
}

/** Packs this package into a folder, from the `dist` that is there, and returns the path of the archive. */
export async function packInto(folder: string): Promise<string> {
  // Without its scripts: `prepack` builds anew, and other tests are reading dist.
  await must("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], repositoryRoot());
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!archive) throw new Error(`npm pack left nothing in ${folder}`);
  return join(folder, archive);
}

/** In memory, since a test runner ends its processes without a chance to remove a file. */
async function pack(): Promise<Buffer> {
  const folder = temporaryFolder("pack");
  try {
    return readFileSync(await packInto(folder));
  } finally {
    removeTemporaryFolder(folder);
  }
}

async function must(file: string, args: readonly string[], cwd: string, input?: Buffer): Promise<void> {
  const result = await runCommand(file, args, { cwd, env: inheritedEnvironment(process.env), input, timeLimit: 120 });
  if (result.code !== 0) throw new CommandError(`failed with exit code ${result.code}`, result, cwd);
}
