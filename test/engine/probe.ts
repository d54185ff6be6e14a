import { delimiter, join } from "node:path";
import { runCommand } from "./command";
import { type Environment, foldersWith, inheritedEnvironment, isExecutable } from "./environment";
import { removeTemporaryFolder, temporaryFolder } from "./temporary";

/** The first CLI whose `import --file` takes inputs and outputs, without which scripts cannot be imported. */
export const oldestVersion = "3.254.0";

/** Returns the version of the Pulumi CLI in a folder, or throws the reason why it cannot run our programs. */
export async function probeFolder(folder: string, environment: Environment): Promise<string> {
  if (!isExecutable(join(folder, "pulumi"))) throw new Error(`${folder} holds no executable pulumi`);
  const path = [folder, environment.PATH].filter(Boolean).join(delimiter);
  for (const companion of ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]) {
    if (foldersWith(companion, path).length === 0) {
      throw new Error(`${join(folder, "pulumi")} comes without ${companion}, beside it or on PATH`);
    }
  }
  // The CLI writes a log into its home even for this.
  const home = temporaryFolder("probe");
  try {
    const env = {
      ...inheritedEnvironment(environment),
      PATH: path,
      PULUMI_HOME: home,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const result = await runCommand(join(folder, "pulumi"), ["version"], { cwd: home, env, timeLimit: 30 });
    const version = /^v?(\d+\.\d+\.\d+\S*)/.exec(result.stdout)?.[1];
    if (result.code !== 0 || !version) {
      throw new Error(
        `${result.command} prints no version (exit code ${result.code}): ${result.output.trim().slice(0, 500)}`,
      );
    }
    return version;
  } finally {
    removeTemporaryFolder(home);
  }
}

/** Says whether a version is at least another, by its three numbers. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [a, b] = [version, minimum].map((text) => text.split(/[.+-]/).slice(0, 3).map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
