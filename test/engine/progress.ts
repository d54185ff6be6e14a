/** Prints one line about the engine on the terminal, where a test runner does not hold it back. */
export function tell(line: string): void {
  process.stderr.write(`pulumi-celigo engine: ${line}\n`);
}

/** Tells every 15 seconds how long some work has been running, until it ends. */
export async function tellWhile<T>(what: string, work: Promise<T>): Promise<T> {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  tell(`${what} ...`);
  const timer = setInterval(() => tell(`${what}: ${seconds()} s`), 15_000);
  try {
    const result = await work;
    tell(`${what}: ended after ${seconds()} s`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
