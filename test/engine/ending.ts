/** The clean-up, in this order: a running process would write into a folder that is being removed. */
const works = { processes: [] as (() => void)[], folders: [] as (() => void)[] };

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

process.once("exit", cleanUp);
for (const signal of signals) process.on(signal, endBySignal);

/**
 * Registers a clean-up for the end of this process, also by a signal such as Ctrl-C, for which Node emits no `exit`. A process
 * with its own listeners for the signal ends by them.
 */
export function atEnd(what: keyof typeof works, work: () => void): void {
  works[what].push(work);
}

function cleanUp(): void {
  for (const work of [...works.processes, ...works.folders]) work();
}

/** Ends the process with the same signal, so that its parent sees the usual exit code: 130, 143, 129. */
function endBySignal(signal: NodeJS.Signals): void {
  // By name, since a process may have loaded this file twice, from the source and from `dist`.
  if (process.listeners(signal).some(({ name }) => name !== endBySignal.name)) return;
  cleanUp();
  process.off(signal, endBySignal);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
