import { readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Locks of this very process: after a crash, a container may run under the same process id as the one that died. */
const held = new Set<string>();

/** Reserves a data folder for one emulator, or says who has it; returns what gives it back. */
export function lock(folder: string): () => void {
  const path = join(realpathSync(folder), "emulator.lock");
  for (let attempt = 1; ; attempt++) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      held.add(path);
      return () => {
        if (held.delete(path)) rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || attempt === 3) throw error;
      const holder = holderOf(path);
      if (holder !== undefined) {
        throw new Error(
          `The data folder ${folder} is in use by another emulator, in process ${holder}. Stop that one first, ` +
            `or remove ${path} if process ${holder} is something else.`,
        );
      }
      rmSync(path, { force: true });
    }
  }
}

/** The process that holds a lock; undefined when it is dead, and the lock is stale. */
function holderOf(path: string): number | undefined {
  const pid = Number(readFileSync(path, "utf8"));
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (pid === process.pid) return held.has(path) ? pid : undefined;
  try {
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH" ? undefined : pid;
  }
}
