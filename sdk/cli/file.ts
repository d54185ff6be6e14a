import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { CeligoError, messageOf } from "../../provider/errors";

/** Writes a file as a whole or not at all. */
export function writeWhole(file: string, content: string | Buffer): void {
  // Through a link, the file that it leads to is meant.
  const target = statSync(file, { throwIfNoEntry: false }) ? realpathSync(file) : file;
  const draft = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, content, { flag: "wx" });
    renameSync(draft, target);
  } catch (error) {
    try {
      rmSync(draft, { force: true });
    } catch {
      // What kept the draft from being written says more.
    }
    throw notWritten(file, messageOf(error));
  }
}

/** Says why a file was not written. */
export function notWritten(file: string, reason: string, hint?: string): CeligoError {
  return new CeligoError({ subject: `could not write ${file}`, reason, hint });
}
