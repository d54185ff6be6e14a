import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command";
import { type Environment, foldersWith, inheritedEnvironment, isExecutable } from "./environment";
import { withLock } from "./lock";
import { tell, tellWhile } from "./progress";
import { dynamicProviderScript, engineCache, type GoModule, goModules, pinnedVersion, recipeKey } from "./recipe";

const dynamicProvider = "pulumi-resource-pulumi-nodejs";

/** Returns the folder of an engine that was built on this machine before, if there is one. */
export async function cachedBuild(environment: Environment): Promise<string | undefined> {
  const cache = engineCache(environment);
  if (!existsSync(cache)) return undefined;
  const go = await goVersion(environment);
  if (go) {
    const folder = join(cache, `${recipeKey()}-${go}`);
    return isComplete(folder) ? folder : undefined;
  }
  const built = readdirSync(cache).filter((name) => name.startsWith(`${recipeKey()}-go`));
  return built.map((name) => join(cache, name)).find(isComplete);
}

/** Builds the engine from Go modules into the cache, or waits for another process that does, and returns its folder. */
export async function buildEngine(environment: Environment): Promise<string> {
  const go = await goVersion(environment);
  if (!go) throw new Error("there is no go on PATH to build the Pulumi CLI with");
  const cache = engineCache(environment);
  const name = `${recipeKey()}-${go}`;
  const folder = join(cache, name);
  let told = -15;
  const onWait = (holder: number, seconds: number) => {
    if (seconds - told < 15) return;
    told = seconds;
    tell(`process ${holder} is building the Pulumi CLI, waiting for it: ${Math.round(seconds)} s`);
  };
  await withLock(
    join(cache, `${name}.lock`),
    async () => {
      if (isComplete(folder)) return;
      const draft = join(cache, `.building-${name}`);
      // Left by a build that was killed: we hold the lock.
      rmSync(draft, { recursive: true, force: true });
      mkdirSync(draft, { recursive: true });
      tell(
        `building the Pulumi CLI ${pinnedVersion()} from Go modules: about 7 minutes, once per machine, into ${folder}`,
      );
      for (const module of goModules()) await buildModule(module, draft, environment);
      const script = join(draft, dynamicProvider);
      writeFileSync(script, dynamicProviderScript);
      chmodSync(script, 0o755);
      rmSync(folder, { recursive: true, force: true });
      renameSync(draft, folder);
    },
    { onWait },
  );
  return folder;
}

/** A cache may be cleaned file by file. */
function isComplete(folder: string): boolean {
  return [...goModules().map((module) => module.binary), dynamicProvider].every((name) =>
    isExecutable(join(folder, name)),
  );
}

async function buildModule(module: GoModule, into: string, environment: Environment): Promise<void> {
  const version = `github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${pinnedVersion()}`;
  const args = ["build", "-buildvcs=false", "-ldflags", `-s -w -X ${version}`];
  const build = runCommand("go", [...args, "-o", join(into, module.binary), module.package], {
    cwd: module.folder,
    env: { ...inheritedEnvironment(environment), GOWORK: "off" },
    timeLimit: 45 * 60,
  });
  const result = await tellWhile(`go build ${module.binary}`, build);
  if (result.code === 0) return;
  const tail = result.output.trimEnd().split("\n").slice(-30).join("\n");
  throw new Error(`go build of ${module.binary} in ${module.folder} failed (exit code ${result.code}):\n${tail}`);
}

/** Asks Go for its version. Go must not fetch another toolchain, since every test process asks. */
async function goVersion(environment: Environment): Promise<string | undefined> {
  if (foldersWith("go", environment.PATH).length === 0) return undefined;
  const env = { ...inheritedEnvironment(environment), GOTOOLCHAIN: "local" };
  const result = await runCommand("go", ["env", "GOVERSION"], { cwd: tmpdir(), env, timeLimit: 30 });
  if (result.code !== 0)
    throw new Error(`${result.command} failed (exit code ${result.code}): ${result.output.trim()}`);
  return result.stdout.trim();
}
