import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { repositoryRoot } from "./repository";

/** Holds environment variables by name; `undefined` removes one. */
export type Environment = Readonly<Record<string, string | undefined>>;

// What a test runner, npm or the caller's own Pulumi and Celigo set-up would otherwise change in the runs.
const notInherited =
  /^(CELIGO_|PULUMI_|VITEST|npm_|NODE_OPTIONS$|NODE_PATH$|NODE_ENV$|NODE_V8_COVERAGE$|FORCE_COLOR$)/i;

/** Lets the Node processes that Pulumi starts share what they have compiled. */
export const compileCache = {
  NODE_OPTIONS: `--require ${JSON.stringify(join(repositoryRoot(), "test", "engine", "compile-cache.cjs"))}`,
};

/** Copies an environment without what the test runner, npm, Pulumi and Celigo keep in it. */
export function inheritedEnvironment(from: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) {
    if (value !== undefined && !notInherited.test(name)) kept[name] = value;
  }
  return kept;
}

/** Lists the folders of a PATH that hold an executable file of that name, in order. */
export function foldersWith(command: string, path: string | undefined): string[] {
  return (path ?? "").split(delimiter).filter((folder) => folder !== "" && isExecutable(join(folder, command)));
}

/** Says whether there is an executable file at a path. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
