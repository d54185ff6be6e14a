/** Waits for Ctrl-C, or for the signal by which systems end a process; a second one ends it at once. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

/**
 * Runs work that Ctrl-C ends by itself, as it ends a program that was started from here, and only then lets Ctrl-C end this
 * process: the work can put away what it has made.
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
