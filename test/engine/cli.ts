import { buildEngine, cachedBuild } from "./build";
import { type Environment, foldersWith } from "./environment";
import { downloadEngine } from "./launcher";
import { isAtLeast, oldestVersion, probeFolder } from "./probe";

/** The environment variable with the folder of the Pulumi CLI, which wins over all other places. */
export const overrideVariable = "PULUMI_CELIGO_TEST_PULUMI";

/** A Pulumi CLI that can run Node programs with dynamic resources. */
export interface Engine {
  /** Holds `pulumi`; goes first on PATH. */
  readonly folder: string;
  readonly version: string;
  readonly foundBy: "override" | "path" | "cache" | "build" | "launcher";
}

/** Thrown when there is no Pulumi CLI, with the reason for each place. */
export class NoEngineError extends Error {
  override readonly name = "NoEngineError";
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    super(`no Pulumi CLI can be had on this machine:\n${reasons.map((reason) => `- ${reason}`).join("\n")}`);
    this.reasons = reasons;
  }
}

let found: Promise<Engine> | undefined;

/** Finds the Pulumi CLI, or builds it the first time, once per process. */
export function findEngine(): Promise<Engine> {
  found ??= lookUpEngine(process.env);
  return found;
}

/** Looks for a Pulumi CLI: the override, PATH, the cache, a build from Go modules, npm's launcher. */
export async function lookUpEngine(environment: Environment): Promise<Engine> {
  const override = environment[overrideVariable];
  if (override) {
    const version = await probeFolder(override, environment).catch((error: Error) => {
      throw new NoEngineError([`${overrideVariable}: ${error.message}`]);
    });
    return { folder: override, version, foundBy: "override" };
  }

  const reasons: string[] = [];
  const attempt = async (
    foundBy: Engine["foundBy"],
    locate: () => string | undefined | Promise<string | undefined>,
  ): Promise<Engine | undefined> => {
    try {
      const folder = await locate();
      if (folder === undefined) return undefined;
      const version = await probeFolder(folder, environment);
      if (isAtLeast(version, oldestVersion)) return { folder, version, foundBy };
      reasons.push(`${foundBy}: pulumi ${version} in ${folder} is older than ${oldestVersion}`);
    } catch (error) {
      reasons.push(`${foundBy}: ${(error as Error).message}`);
    }
    return undefined;
  };

  const onPath = foldersWith("pulumi", environment.PATH);
  if (onPath.length === 0) reasons.push("path: there is no pulumi on PATH");
  for (const folder of onPath) {
    const engine = await attempt("path", () => folder);
    if (engine) return engine;
  }
  const engine =
    (await attempt("cache", () => cachedBuild(environment))) ??
    (await attempt("build", () => buildEngine(environment))) ??
    (await attempt("launcher", () => downloadEngine(environment)));
  if (engine) return engine;
  throw new NoEngineError(reasons);
}
