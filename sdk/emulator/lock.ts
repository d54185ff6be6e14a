import { linkSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Locks of this very process: after a crash, a container may run under the same process id as the one that died. */
const held = new Set<string>();
/** How often a lock is tried that others remove at the same time. */
const maxAttempts = 50;
const millisecondsBetween = 10;

/** Reserves a data folder for one emulator, or says who has it; returns what gives it back. */
export function lock(folder: string): () => void {
  const path = join(realpathSync(folder), "emulator.lock");
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    if (take(path)) {
      return () => {
        if (held.delete(path)) rmSync(path, { force: true });
      };
    }
    const holder = holderOf(path);
    if (holder !== undefined) {
      throw new Error(
        `The data folder ${folder} is in use by another emulator, in process ${holder}. Stop that one first, ` +
          `or remove ${path} if process ${holder} is something else.`,
      );
    }
    removeStale(path);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millisecondsBetween);
  }
  throw new Error(`could not lock the data folder ${folder}: ${path} comes and goes. Remove it.`);
}

/** Creates a lock with the process id in it, in one step: one that is empty for a moment would look stale. */
function take(path: string): boolean {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, path);
    held.add(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Removes the lock of a dead process. Of several that find it, one may at a time: another's new lock could be removed. */
function removeStale(path: string): void {
  const turn = `${path}.stale`;
  if (!take(turn)) {
    if (holderOf(turn) === undefined) rmSync(turn, { force: true });
    return;
  }
  if (holderOf(path) === undefined) rmSync(path, { force: true });
  held.delete(turn);
  rmSync(turn, { force: true });
}

/** The process that holds a lock; undefined when it is dead, and the lock is stale. */
function holderOf(path: string): number | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (pid === process.pid) return held.has(path) ? pid : undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH" ? undefined : pid;
  }
}
