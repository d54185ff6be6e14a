import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { objectOf, parseJson } from "./json";

export interface Manifest {
  readonly folder: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The version of this package, from its package.json. */
export const version = String(manifestAbove(__dirname)?.fields["version"] ?? "unknown");

/** Finds the package.json of the package that a folder belongs to: the nearest one with a version. */
export function manifestAbove(folder: string): Manifest | undefined {
  return manifestsAbove(folder).find(({ fields }) => "version" in fields);
}

/** Lists each package.json in a folder and in the folders above it, the nearest first; one that is no JSON has no fields. */
export function manifestsAbove(folder: string): Manifest[] {
  return foldersFrom(folder).flatMap((one) => {
    try {
      const fields = parseJson(readFileSync(join(one, "package.json"), "utf8"));
      return [{ folder: one, fields: objectOf(fields) }];
    } catch {
      // There is none here.
      return [];
    }
  });
}

/** Lists a folder and the folders above it, the nearest first. */
export function foldersFrom(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersFrom(above)];
}
