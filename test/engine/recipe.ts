import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import type { Environment } from "./environment";
import { repositoryRoot } from "./repository";

/** Describes one of the two Go modules that the engine is built from. */
export interface GoModule {
  readonly folder: string;
  /** The Go package of its `tool` line. */
  readonly package: string;
  /** The file that it is built into. */
  readonly binary: string;
}

/** Run by the CLI for each dynamic resource: the host is the one of the program's own Pulumi SDK. */
export const dynamicProviderScript = `#!/bin/sh
host=$(node -p 'require.resolve("@pulumi/pulumi/cmd/dynamic-provider")' 2>/dev/null) || {
  echo "pulumi-resource-pulumi-nodejs: @pulumi/pulumi cannot be resolved from $PWD: run npm install there" >&2
  exit 1
}
exec node "$host" "$@"
`;

/** Lists the Go modules of the engine, which are two because they need different versions of Pulumi's SDK. */
export function goModules(): GoModule[] {
  return ["language", "cli"].map((name) => {
    const folder = join(repositoryRoot(), "test", "engine", "go", name);
    const tool = /^tool (\S+)$/m.exec(readFileSync(join(folder, "go.mod"), "utf8"))?.[1];
    if (!tool) throw new Error(`${join(folder, "go.mod")} has no tool line`);
    return { folder, package: tool, binary: basename(tool) };
  });
}

/** Returns the version of the CLI that is built here, or fetched by npm, as the go.mod pins it. */
export function pinnedVersion(): string {
  const file = join(repositoryRoot(), "test", "engine", "go", "cli", "go.mod");
  const version = /\sgithub\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/.exec(readFileSync(file, "utf8"))?.[1];
  if (!version) throw new Error(`${file} requires no github.com/pulumi/pulumi/pkg/v3`);
  return version;
}

/** Returns what the name of a built engine's folder begins with: all that it is made of but the Go version. */
export function recipeKey(): string {
  const hash = createHash("sha256").update(dynamicProviderScript);
  for (const { folder } of goModules()) {
    for (const file of ["go.mod", "go.sum"]) hash.update(readFileSync(join(folder, file)));
  }
  return `${pinnedVersion()}-${process.platform}-${process.arch}-${hash.digest("hex").slice(0, 12)}`;
}

/** Returns the folder, outside of the repository, in which engines are kept. */
export function engineCache(environment: Environment): string {
  return join(environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), ".cache"), "pulumi-celigo", "engine");
}
