import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { AuditEntry, LogEntry, ScriptState } from "./records";

/** Where an account's scripts outlive the process. A write has happened when the call returns. */
export interface Store {
  load(): ScriptState[];
  /** The commit of every change of a script, so its audit entry is appended before. */
  saveScript(state: Pick<ScriptState, "record" | "dependents">): void;
  appendAudit(scriptId: string, entry: AuditEntry): void;
  appendLogs(scriptId: string, entries: readonly LogEntry[]): void;
  clearLogs(scriptId: string): void;
  /** Refuses every later write: the folder may belong to another emulator by then. */
  close(): void;
}

/** A store that forgets everything. */
export const memoryStore: Store = {
  load: () => [],
  saveScript() {},
  appendAudit() {},
  appendLogs() {},
  clearLogs() {},
  close() {},
};

/**
 * A folder with, for each script, `<id>.json` (replaced as a whole), `<id>.audit.jsonl` and `<id>.logs.jsonl` (appended
 * to). A process that is killed at any moment leaves a folder that loads.
 */
export class FolderStore implements Store {
  #closed = false;

  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  load(): ScriptState[] {
    const names = readdirSync(this.folder);
    for (const name of names.filter((name) => name.endsWith(".tmp"))) rmSync(join(this.folder, name));
    return names
      .filter((name) => name.endsWith(".json"))
      .map((name) => {
        const path = join(this.folder, name);
        const id = name.slice(0, -".json".length);
        const saved = parse(path, readFileSync(path, "utf8")) as Pick<ScriptState, "record" | "dependents">;
        return {
          ...saved,
          audit: loadLines(this.#path(id, "audit.jsonl")) as AuditEntry[],
          logs: loadLines(this.#path(id, "logs.jsonl")) as LogEntry[],
        };
      });
  }

  saveScript({ record, dependents }: Pick<ScriptState, "record" | "dependents">): void {
    const path = this.#path(record._id, "json");
    this.#assertOpen();
    writeFileSync(`${path}.tmp`, JSON.stringify({ record, dependents }), { flush: true });
    renameSync(`${path}.tmp`, path);
  }

  appendAudit(scriptId: string, entry: AuditEntry): void {
    this.#append(this.#path(scriptId, "audit.jsonl"), [entry]);
  }

  appendLogs(scriptId: string, entries: readonly LogEntry[]): void {
    this.#append(this.#path(scriptId, "logs.jsonl"), entries);
  }

  clearLogs(scriptId: string): void {
    this.#assertOpen();
    rmSync(this.#path(scriptId, "logs.jsonl"), { force: true });
  }

  close(): void {
    this.#closed = true;
  }

  #append(path: string, entries: readonly unknown[]): void {
    this.#assertOpen();
    appendFileSync(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { flush: true });
  }

  #path(scriptId: string, suffix: string): string {
    return join(this.folder, `${scriptId}.${suffix}`);
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error(`The emulator has stopped, so ${this.folder} is not written any more.`);
  }
}

function loadLines(path: string): unknown[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  // The end of an append that was killed half-way: nobody was told that it happened.
  if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
  return whole.split("\n").flatMap((line) => (line === "" ? [] : [parse(path, line)]));
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is damaged: ${(error as Error).message}. Remove it, or restore it.`, { cause: error });
  }
}
