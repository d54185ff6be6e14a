/** Waits for Ctrl-C, or for the signal by which systems end a process; a second one ends it at once. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}
