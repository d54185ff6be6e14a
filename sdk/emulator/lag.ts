/** How long a change stays unseen: at least this time, and at least this many requests. */
export interface Lag {
  readonly milliseconds: number;
  readonly requests: number;
}

interface Pending<Value> {
  readonly key: string;
  readonly value: Value;
  readonly since: number;
  requests: number;
}

/** A view of changing values that lags behind the changes, as a replica of a database does. */
export class LaggingView<Value> {
  readonly #seen: Map<string, Value>;
  #pending: Pending<Value>[] = [];

  constructor(values: Iterable<readonly [string, Value]>) {
    this.#seen = new Map(values);
  }

  /** Adds a change, to be seen later. */
  write(key: string, value: Value): void {
    this.#pending.push({ key, value, since: Date.now(), requests: 0 });
  }

  /** Adds a value that is seen at once. */
  show(key: string, value: Value): void {
    this.#seen.set(key, value);
  }

  /** Returns the values that one request sees. It counts for the changes of one key only, where one is given. */
  see({ milliseconds, requests }: Lag, key?: string): ReadonlyMap<string, Value> {
    const now = Date.now();
    const waiting: Pending<Value>[] = [];
    for (const change of this.#pending) {
      if (now - change.since >= milliseconds && change.requests >= requests) this.#seen.set(change.key, change.value);
      else waiting.push(change);
    }
    for (const change of waiting) if (key === undefined || key === change.key) change.requests += 1;
    this.#pending = waiting;
    return this.#seen;
  }
}
