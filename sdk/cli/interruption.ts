/** Waits for Ctrl-C or SIGTERM. A second signal ends the process at once. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
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
