import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { isBelow } from "../../../provider/content/content";
import { CeligoError } from "../../../provider/errors";
import { enumerateSome } from "../../../provider/text";
import { writeWhole } from "../file";
import { shownPath } from "./entry";

/** A file to write. */
export interface PlannedFile {
  readonly path: string;
  readonly bytes: Buffer;
  /** Whether it is the code of a script. */
  readonly isScript?: boolean;
}

/**
 * Returns the files that do not exist as planned.
 *
 * @throws CeligoError when an existing file differs, unless it may be overwritten.
 */
export function missingFiles(files: readonly PlannedFile[], overwrite: boolean): PlannedFile[] {
  const missing = files.filter(({ path, bytes }) => !(existsSync(path) && readFileSync(path).equals(bytes)));
  const differing = missing.filter(({ path }) => existsSync(path)).map(({ path }) => shownPath(path));
  if (differing.length > 0 && !overwrite) {
    throw new CeligoError({
      subject: "could not write the scripts' files",
      reason: `${enumerateSome(differing)} would be overwritten, and nothing was changed`,
      hint: "Move the files that you want to keep, or pass --overwrite.",
    });
  }
  return missing;
}

/**
 * Asserts that no link on the way to a file leads out of a folder: what is written there would land elsewhere.
 *
 * @throws CeligoError that names the link.
 */
export function assertNotLinkedOut(files: readonly PlannedFile[], folder: string): void {
  const home = existsSync(folder) ? realpathSync(folder) : folder;
  for (let way of new Set(files.map(({ path }) => resolve(path)))) {
    for (; isBelow(folder, way); way = dirname(way)) {
      if (lstatSync(way, { throwIfNoEntry: false })?.isSymbolicLink() && !isBelow(home, target(way))) {
        throw new CeligoError({
          subject: "could not write the scripts' files",
          reason: `${relative(".", way)} is a link that leads out of ${relative(".", folder) || "this folder"}, and nothing was changed`,
          hint: "Remove the link, or give another folder with --out.",
        });
      }
    }
  }
}

/** Returns where a link leads to; a link to nothing leads out. */
function target(link: string): string {
  return existsSync(link) ? realpathSync(link) : "/";
}

/** Writes files, each atomically. */
export function writeFiles(files: readonly PlannedFile[]): void {
  for (const { path, bytes } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeWhole(path, bytes);
  }
}
