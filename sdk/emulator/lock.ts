import { linkSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Locks of this process. After a crash, a container may get the process id of the one that died. */
const held = new Set<string>();
/** How many times to try for a lock that other processes remove at the same time. */
const maxAttempts = 50;
const millisecondsBetween = 10;

/** Locks a data folder for one emulator, and returns a function that unlocks it. Throws when another process has the lock. */
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

/** Creates a lock with the process id in one step: an empty lock would look stale. */
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

/** Removes the lock of a dead process. Only one process at a time does so, or it could remove the new lock of another. */
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

/** Returns the process that holds a lock; `undefined` when it is dead. */
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
