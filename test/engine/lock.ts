import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "./family";

/** Sets how long a lock is believed, and what hears of waiting. */
export interface LockOptions {
  /** Called at least once a second, while another process holds the lock. */
  readonly onWait?: ((holder: number, seconds: number) => void) | undefined;
  /** Seconds without a sign of life after which a holder counts as dead, even when its process lives. @default 30 */
  readonly staleAfter?: number | undefined;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

/** Runs work while this process alone holds the lock file; takes it from a process that died. */
export async function withLock<T>(file: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const staleAfter = options.staleAfter ?? 30;
  const own: Holder = { pid: process.pid, host: hostname(), token: randomBytes(8).toString("hex") };
  mkdirSync(dirname(file), { recursive: true });
  const started = performance.now();
  while (!take(file, own)) {
    const holder = readHolder(file);
    if (holder && isDead(holder, file, staleAfter)) {
      discard(file, holder);
      continue;
    }
    const seconds = (performance.now() - started) / 1000;
    if (holder) options.onWait?.(holder.pid, seconds);
    await delay(seconds < 2 ? 50 : 1000);
  }
  // The sign of life: process ids are used again, and mean nothing in another container that shares the folder.
  const beat = setInterval(() => touch(file), (staleAfter * 1000) / 10);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (readHolder(file)?.token === own.token) rmSync(file, { force: true });
  }
}

/** A link appears with its whole text or not at all, so a lock never lacks its holder. */
function take(file: string, own: Holder): boolean {
  const draft = `${file}.${own.token}`;
  writeFileSync(draft, JSON.stringify(own));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a dead holder's lock away; puts it back when another process was faster and it is its lock. */
function discard(file: string, dead: Holder): void {
  const aside = `${file}.${randomBytes(8).toString("hex")}.dead`;
  try {
    renameSync(file, aside);
    if (readHolder(aside)?.token !== dead.token) linkSync(aside, file);
  } catch {
    // Another process moved it first: the next attempt sees what is there now.
  } finally {
    rmSync(aside, { force: true });
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch (error) {
    // What cannot be read, a full disk's work, belongs to nobody and ages like every lock.
    return error instanceof SyntaxError ? { pid: 0, host: "", token: "" } : undefined;
  }
}

function isDead(holder: Holder, file: string, staleAfter: number): boolean {
  if (holder.host === hostname() && !isRunning(holder.pid)) return true;
  try {
    return Date.now() - statSync(file).mtimeMs > staleAfter * 1000;
  } catch {
    return false;
  }
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Another process took it. The work goes on, and one rename puts its result in place.
  }
}
