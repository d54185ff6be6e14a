import { readFileSync, realpathSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CeligoError, messageOf } from "../../../provider/errors";
import { isGraph } from "./formats";

/** Makes sure, before anything is asked of Celigo, that a graph can be written to a file. */
export function checkTarget(file: string): void {
  const folder = dirname(file);
  if (!statsOf(folder)?.isDirectory()) {
    throw notWritten(file, `there is no folder ${folder}`, "Make it, or give another --out.");
  }
  const stats = statsOf(file);
  if (stats && !stats.isFile()) {
    throw notWritten(file, "it is not a file", "Give another --out.");
  }
  if (stats && !isGraph(readOrThrow(file))) {
    throw notWritten(
      file,
      "the file holds something else than a graph of this command",
      "Remove it, or give another --out.",
    );
  }
}

/** Writes a file as a whole or not at all. */
export function writeWhole(file: string, text: string): void {
  // Through a link, the file that it leads to is meant.
  const target = statsOf(file) ? realpathSync(file) : file;
  const draft = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text, { flag: "wx" });
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw notWritten(file, messageOf(error));
  }
}

function readOrThrow(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw notWritten(file, messageOf(error));
  }
}

function statsOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function notWritten(file: string, reason: string, hint?: string): CeligoError {
  return new CeligoError({ subject: `could not write ${file}`, reason, hint });
}
