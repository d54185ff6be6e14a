import { closeSync, constants, fstatSync, openSync } from "node:fs";

/** Waits for Ctrl-C or SIGTERM. A second signal ends the process at once. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

/** Waits until nobody reads standard output any more, as after `| head -1`. Only Linux tells before the next write. */
export function unread(): Promise<void> {
  return new Promise((resolve) => {
    if (process.platform !== "linux" || !fstatSync(1).isFIFO()) {
      return;
    }
    const timer = setInterval(() => {
      try {
        closeSync(openSync("/proc/self/fd/1", constants.O_WRONLY | constants.O_NONBLOCK));
      } catch {
        clearInterval(timer);
        resolve();
      }
    }, 200);
    timer.unref();
  });
}

/**
 * Delays Ctrl-C until some work ends, so that it can clean up. Ctrl-C also reaches a program that the work has started, and
 * ends it.
 */
export async function finishing<Result>(work: () => Promise<Result>): Promise<Result> {
  let isInterrupted = false;
  const note = () => {
    isInterrupted = true;
  };
  process.on("SIGINT", note);
  try {
    return await work();
  } finally {
    process.off("SIGINT", note);
    if (isInterrupted) {
      process.kill(process.pid, "SIGINT");
    }
  }
}
