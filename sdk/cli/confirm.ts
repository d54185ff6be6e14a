import { createInterface } from "node:readline";

/** Tells whether there is a terminal to ask at. */
export function canAsk(): boolean {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY);
}

/** Asks a question at the terminal. Anything but `y` or `yes` is a no. */
export function confirm(question: string): Promise<boolean> {
  // The terminal edits the line itself, so that Ctrl-C ends the process.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  return new Promise((resolve) => {
    lines.once("close", () => resolve(false));
    lines.question(`${question} [y/N] `, (answer) => {
      resolve(/^\s*y(es)?\s*$/i.test(answer));
      lines.close();
    });
  });
}
