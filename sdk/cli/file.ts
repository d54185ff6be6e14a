import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { CeligoError, messageOf } from "../../provider/errors";

/** Writes a file atomically: it is never there in part. */
export function writeWhole(file: string, content: string | Buffer): void {
  // Replaces the target of a link, not the link.
  const target = statSync(file, { throwIfNoEntry: false }) ? realpathSync(file) : file;
  const draft = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, content, { flag: "wx" });
    renameSync(draft, target);
  } catch (error) {
    try {
      rmSync(draft, { force: true });
    } catch {
      // The first error says more.
    }
    throw notWritten(file, messageOf(error).replaceAll(draft, file));
  }
}

/** Returns the error for a file that could not be written. */
export function notWritten(file: string, reason: string, hint?: string): CeligoError {
  return new CeligoError({ subject: `could not write ${file}`, reason, hint });
}
