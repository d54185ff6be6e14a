import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isObject, parseJson } from "./json";

/** The package.json of a package. */
export interface Manifest {
  /** The folder that it lies in. */
  readonly folder: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The version of this package, as its package.json says. */
export const version = String(manifestAbove(__dirname)?.fields["version"] ?? "unknown");

/** Finds the package.json, one with a version, of the package that a folder belongs to. */
export function manifestAbove(folder: string): Manifest | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const fields = readJson(join(at, "package.json"));
    if (isObject(fields) && "version" in fields) {
      return { folder: at, fields };
    }
    if (dirname(at) === at) {
      return undefined;
    }
  }
}

function readJson(file: string): unknown {
  try {
    return parseJson(readFileSync(file, "utf8"));
  } catch {
    // Not here: the caller looks one folder up.
    return undefined;
  }
}
