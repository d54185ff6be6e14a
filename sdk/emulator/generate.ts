import { createHash, randomBytes } from "node:crypto";
import type { DependencyEntry, DependencyEntryInput, LogEntry, LogEntryInput, LogLevel } from "./records";

const processPart = randomBytes(5).toString("hex");
let counter = 0;

/** Returns a new id. It sorts after all earlier ids, as Celigo's do. */
export function newId(now: Date): string {
  const seconds = Math.max(0, Math.floor(now.getTime() / 1000))
    .toString(16)
    .padStart(8, "0")
    .slice(-8);
  counter = (counter + 1) % 0x1000000;
  return seconds + processPart + counter.toString(16).padStart(6, "0");
}

/** Returns an id made from a name: always the same one. */
export function idOf(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 24);
}

/** The path at which a resource of each type refers to its script. */
const scriptPaths: Readonly<Record<string, string>> = {
  flows: "pageProcessors[0].hooks.postResponseMap._scriptId",
  exports: "hooks.preSavePage._scriptId",
  imports: "hooks.preMap._scriptId",
  apis: "_scriptId",
};

/** Completes a dependency entry that a test declared. */
export function dependencyEntry(
  type: string,
  index: number,
  scriptId: string,
  input: DependencyEntryInput,
): DependencyEntry {
  return {
    id: idOf(`${scriptId}/${type}/${index}`),
    paths: [scriptPaths[type] ?? "hooks._scriptId"],
    accessLevel: "owner",
    dependencyIds: { scripts: [scriptId] },
    ...input,
  };
}

/** Completes a log entry that a test declared. */
export function logEntry(input: LogEntryInput, now: Date): LogEntry {
  return { timestamp: now.toISOString(), level: "info", executionId: newId(now), ...input };
}

const logged: readonly { readonly level: LogLevel; readonly message: (n: number) => string }[] = [
  { level: "info", message: (n) => `preSavePage started with ${20 + (n % 5) * 20} records` },
  { level: "debug", message: (n) => `options.pageIndex = ${n}` },
  { level: "warn", message: (n) => `Order SO-${1000 + n} has no ship date; today is used` },
  { level: "error", message: (n) => `TypeError: Cannot read properties of undefined (reading 'lines') at order ${n}` },
];

/** Generates entries of all four levels, 250 ms apart, up to now. Four of them make one execution. */
export function logEntries(count: number, now: Date): LogEntry[] {
  let executionId = "";
  return Array.from({ length: count }, (_, n) => {
    const { level, message } = logged[n % logged.length] as (typeof logged)[number];
    if (n % logged.length === 0) executionId = newId(now);
    const timestamp = new Date(now.getTime() - (count - 1 - n) * 250).toISOString();
    return { timestamp, level, message: message(n), executionId, metadata: { functionName: "preSavePage" } };
  });
}
