import { readFileSync } from "node:fs";
import { familyOf } from "../engine/family";

/** What a command and all that it has started needed. */
export interface Cost {
  /** CPU seconds. */
  readonly cpu: number;
  /** The peak memory of the largest process, in MB. */
  readonly memory: number;
}

/** Kernel ticks per second, the same on all Linux systems. */
const ticks = 100;

/** Watches the processes of a command until it is stopped; Linux only, as it reads /proc. */
export function watch(leader: number): () => Cost {
  const seconds = new Map<number, number>();
  let memory = 0;
  const look = () => {
    for (const { pid } of familyOf(leader)) {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        seconds.set(pid, (Number(fields[11]) + Number(fields[12])) / ticks);
        const peak = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
        memory = Math.max(memory, Number(peak?.[1] ?? 0) / 1024);
      } catch {
        // It ended while we looked.
      }
    }
  };
  const timer = setInterval(look, 50);
  return () => {
    clearInterval(timer);
    return { cpu: [...seconds.values()].reduce((sum, one) => sum + one, 0), memory };
  };
}
