import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Describes one living process. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** The session, where the system tells it (Linux). */
  readonly session: number | undefined;
  readonly command: string;
}

/**
 * Lists the living processes of a session, its leader included.
 *
 * The process group is not enough: Pulumi gives each plugin a group of its own. The session stays the same, also for those
 * whose parent is dead.
 */
export function familyOf(leader: number): ProcessInfo[] {
  const all = livingProcesses();
  const family = new Set(
    all.filter((one) => one.session === leader || one.group === leader || one.pid === leader).map((one) => one.pid),
  );
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const one of all) if (family.has(one.parent)) family.add(one.pid);
  }
  return all.filter((one) => family.has(one.pid));
}

/** Sends a signal to processes, and returns the ids of those that were still there. */
export function signalAll(processes: readonly ProcessInfo[], signal: NodeJS.Signals): number[] {
  return processes.map((one) => one.pid).filter((pid) => sendSignal(pid, signal));
}

/** Kills all processes of a session, also new ones, and returns when all are gone. */
export function killFamily(leader: number): void {
  const deadline = Date.now() + 5000;
  for (let family = familyOf(leader); family.length > 0 && Date.now() < deadline; family = familyOf(leader)) {
    signalAll(family, "SIGKILL");
    // The system takes a moment to end a process.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

/** Tells whether a process is alive. A zombie is not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    return !hasEnded(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function livingProcesses(): ProcessInfo[] {
  return existsSync("/proc/self/stat") ? fromProc() : fromPs();
}

function fromProc(): ProcessInfo[] {
  const processes: ProcessInfo[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      if (hasEnded(stat)) continue;
      const [, parent, group, session] = fieldsOf(stat);
      processes.push({
        pid: Number(name),
        parent: Number(parent),
        group: Number(group),
        session: Number(session),
        command: readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").join(" ").trim(),
      });
    } catch {
      // It ended while we looked.
    }
  }
  return processes;
}

/** The fields after the program's name, which stands in brackets and may itself hold blanks and brackets. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function hasEnded(stat: string): boolean {
  return ["Z", "X"].includes(fieldsOf(stat)[0] ?? "");
}

function fromPs(): ProcessInfo[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat=,command="], { encoding: "utf8" });
  return (stdout ?? "").split("\n").flatMap((line) => {
    const [, pid, parent, group, state, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (!pid || state?.startsWith("Z")) return [];
    return [
      { pid: Number(pid), parent: Number(parent), group: Number(group), session: undefined, command: command ?? "" },
    ];
  });
}
