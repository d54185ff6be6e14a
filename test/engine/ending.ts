/** What is cleaned up, in this order: what still runs would write into a folder that is being removed. */
const works = { processes: [] as (() => void)[], folders: [] as (() => void)[] };

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

process.once("exit", cleanUp);
for (const signal of signals) process.on(signal, endBySignal);

/**
 * Registers what is to be cleaned up when this process ends, also by Ctrl-C: Node tells nobody that a signal ends it. Where the
 * process has listeners of its own for the signal, ending is left to them.
 */
export function atEnd(what: keyof typeof works, work: () => void): void {
  works[what].push(work);
}

function cleanUp(): void {
  for (const work of [...works.processes, ...works.folders]) work();
}

/** Ends the process by the very signal, so that its parent sees what a process without listeners would show: 130, 143, 129. */
function endBySignal(signal: NodeJS.Signals): void {
  // By name, since a process may have loaded this file twice, from the source and from `dist`.
  if (process.listeners(signal).some(({ name }) => name !== endBySignal.name)) return;
  cleanUp();
  process.off(signal, endBySignal);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
