import { join } from "node:path";
import { runCommand } from "./command";
import { type Environment, foldersWith, inheritedEnvironment, isExecutable } from "./environment";
import { withLock } from "./lock";
import { tellWhile } from "./progress";
import { engineCache, pinnedVersion } from "./recipe";
import { removeTemporaryFolder, temporaryFolder } from "./temporary";

/** Has npm's `pulumi` launcher download the official CLI into the cache, and returns its folder. */
export async function downloadEngine(environment: Environment): Promise<string> {
  const version = pinnedVersion();
  const home = join(engineCache(environment), "npm");
  const folder = join(home, "versions", version, "bin");
  if (isExecutable(join(folder, "pulumi"))) return folder;
  if (foldersWith("npx", environment.PATH).length === 0) throw new Error("there is no npx on PATH to download it with");
  await withLock(join(engineCache(environment), `npm-${version}.lock`), async () => {
    if (isExecutable(join(folder, "pulumi"))) return;
    const cwd = temporaryFolder("npx");
    try {
      const env = { ...inheritedEnvironment(environment), PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" };
      const download = runCommand("npx", ["--yes", `pulumi@${version}`, "version"], { cwd, env, timeLimit: 600 });
      const result = await tellWhile(`npx pulumi@${version} downloads the Pulumi CLI`, download);
      if (result.code !== 0 || !isExecutable(join(folder, "pulumi"))) {
        const tail = result.output.trimEnd().split("\n").slice(-10).join("\n");
        throw new Error(`npx pulumi@${version} could not download the CLI (exit code ${result.code}):\n${tail}`);
      }
    } finally {
      removeTemporaryFolder(cwd);
    }
  });
  return folder;
}
