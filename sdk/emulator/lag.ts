/** How long a change stays hidden: at least this time, and at least this many requests. */
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

/** A view that lags behind its values, like a replica of a database. */
export class LaggingView<Value> {
  readonly #seen: Map<string, Value>;
  #pending: Pending<Value>[] = [];

  constructor(values: Iterable<readonly [string, Value]>) {
    this.#seen = new Map(values);
  }

  /** Adds a change that shows later. */
  write(key: string, value: Value): void {
    this.#pending.push({ key, value, since: Date.now(), requests: 0 });
  }

  /** Adds a value that shows immediately. */
  show(key: string, value: Value): void {
    this.#seen.set(key, value);
  }

  /** Returns the values that one request sees. With a key, the request counts for the changes of that key only. */
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
