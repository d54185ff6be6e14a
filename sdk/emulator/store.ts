import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { AuditEntry, LogEntry, ScriptState } from "./records";

/** Where an account keeps its scripts. A write is complete when the call returns. */
export interface Store {
  load(): ScriptState[];
  /** Writes a script and, in the same change, its new audit entry. */
  saveScript(state: Pick<ScriptState, "record" | "dependents">, entry?: AuditEntry): void;
  appendLogs(scriptId: string, entries: readonly LogEntry[]): void;
  clearLogs(scriptId: string): void;
  /** Refuses every later write: the folder may then belong to another emulator. */
  close(): void;
}

/** A store that keeps nothing. */
export const memoryStore: Store = {
  load: () => [],
  saveScript() {},
  appendLogs() {},
  clearLogs() {},
  close() {},
};

/**
 * A folder with three files for each script: `<id>.json` is replaced as a whole, `<id>.audit.jsonl` and `<id>.logs.jsonl`
 * are appended to. The folder loads after a kill at any moment.
 */
export class FolderStore implements Store {
  #closed = false;

  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  load(): ScriptState[] {
    const names = readdirSync(this.folder);
    for (const name of names.filter((name) => name.endsWith(".json.tmp"))) rmSync(join(this.folder, name));
    return names
      .filter((name) => /^[0-9a-f]{24}\.json$/.test(name))
      .map((name) => {
        const path = join(this.folder, name);
        const id = name.slice(0, -".json".length);
        return {
          ...loadScript(path, id),
          audit: loadLines(this.#path(id, "audit.jsonl")) as AuditEntry[],
          logs: loadLines(this.#path(id, "logs.jsonl")) as LogEntry[],
        };
      });
  }

  saveScript({ record, dependents }: Pick<ScriptState, "record" | "dependents">, entry?: AuditEntry): void {
    const path = this.#path(record._id, "json");
    this.#assertOpen();
    const takeBack = entry && this.#append(this.#path(record._id, "audit.jsonl"), [entry]);
    try {
      writeFileSync(`${path}.tmp`, JSON.stringify({ record, dependents }), { flush: true });
      // This commits the change.
      renameSync(`${path}.tmp`, path);
    } catch (error) {
      rmSync(`${path}.tmp`, { force: true });
      takeBack?.();
      throw error;
    }
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

  /** Appends entries, and returns what takes them back. */
  #append(path: string, entries: readonly unknown[]): () => void {
    this.#assertOpen();
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const takeBack = () => {
      if (existsSync(path)) truncateSync(path, size);
    };
    try {
      appendFileSync(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { flush: true });
      return takeBack;
    } catch (error) {
      // A full disk leaves half a line. The next one would continue it.
      takeBack();
      throw error;
    }
  }

  #path(scriptId: string, suffix: string): string {
    return join(this.folder, `${scriptId}.${suffix}`);
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error(`The emulator has stopped and no longer writes ${this.folder}.`);
  }
}

function loadScript(path: string, id: string): Pick<ScriptState, "record" | "dependents"> {
  const saved = parse(path, read(path));
  const { record, dependents } = isObject(saved) ? saved : {};
  if (isObject(record) && record["_id"] === id && isObject(dependents)) {
    return saved as Pick<ScriptState, "record" | "dependents">;
  }
  throw damaged(path, "it does not hold the script of its name");
}

function loadLines(path: string): unknown[] {
  if (!existsSync(path)) return [];
  const text = read(path);
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  // The end of an append that was killed. No client got a response to it.
  if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
  return whole.split("\n").flatMap((line) => {
    if (line === "") return [];
    const entry = parse(path, line);
    if (!isObject(entry)) throw damaged(path, "one of its lines is no entry");
    return [entry];
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw damaged(path, (error as Error).message, error);
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(path, (error as Error).message, error);
  }
}

function damaged(path: string, reason: string, cause?: unknown): Error {
  return new Error(`${path} is damaged: ${reason}. Remove it, or restore it.`, { cause });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
