import { mkdirSync, readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { CeligoError } from "../../../provider/errors";
import { enumerateSome } from "../../../provider/text";
import { writeWhole } from "../file";

/** A file to write. */
export interface PlannedFile {
  readonly path: string;
  readonly bytes: Buffer;
  /** Whether it is the code of a script. */
  readonly isScript?: boolean;
}

/**
 * Returns those of the files that are not there as planned.
 *
 * @throws CeligoError when one is there that differs, unless it is to be overwritten.
 */
export function missingFiles(files: readonly PlannedFile[], { overwrite }: { overwrite: boolean }): PlannedFile[] {
  const states = files.map((file) => ({ file, bytes: read(file.path) }));
  const differing = states.filter(({ file, bytes }) => bytes && !bytes.equals(file.bytes)).map(({ file }) => file.path);
  if (differing.length > 0 && !overwrite) {
    throw new CeligoError({
      subject: "could not write the scripts' files",
      reason: `${enumerateSome(differing.map((path) => relative(".", path)))} would be overwritten, and nothing was changed`,
      hint: "Move what you want to keep, or give --overwrite to take what Celigo has.",
    });
  }
  return states.filter(({ file, bytes }) => !bytes?.equals(file.bytes)).map(({ file }) => file);
}

/** Writes files; one that is cut off leaves none by that name, or the former one. */
export function writeFiles(files: readonly PlannedFile[]): void {
  for (const { path, bytes } of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeWhole(path, bytes);
  }
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}
