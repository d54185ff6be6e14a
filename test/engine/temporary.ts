import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEnd } from "./ending";

const folders = new Set<string>();
atEnd("folders", () => folders.forEach(removeTemporaryFolder));

/** Makes a temporary folder that is removed when this process ends, if it is not removed before. */
export function temporaryFolder(purpose: string): string {
  mkdirSync(tmpdir(), { recursive: true });
  // The real path: Node and Pulumi resolve links in theirs, and messages are compared with it.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `pulumi-celigo-${purpose}-`)));
  folders.add(folder);
  return folder;
}

/** Removes a temporary folder and all that is in it. */
export function removeTemporaryFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  folders.delete(folder);
}
