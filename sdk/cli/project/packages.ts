import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { messageOf } from "../../../provider/errors";
import { objectOf } from "../../../provider/json";
import { type Manifest, manifestAbove } from "../../../provider/version";

/**
 * Finds a package as the code in a folder does, or returns what is wrong. Links in its folder are resolved.
 *
 * @param door What the code imports: the package's name, and the path of one of its exports.
 */
export function findPackage(folder: string, door: string): Manifest | string {
  try {
    return manifestAbove(dirname(createRequire(join(folder, "_")).resolve(door))) ?? `${door} has no package.json`;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND";
    return isMissing ? `not found from ${folder}` : messageOf(error);
  }
}

/** Returns an entry of an object in a package.json; empty when there is none. */
export function entryOf(found: Manifest | undefined, object: string, name: string): string {
  return String(objectOf(found?.fields[object])[name] ?? "");
}
