/** Keeps what was made of content that was seen a moment ago. Drops the oldest values when they grow too large. */
export class Recent<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly size: number }>();
  readonly #limit: number;
  #size = 0;

  /** @param limit The sum of sizes to keep, beside the value that was added last. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Keeps a value in place of an earlier one of the same key, and returns it. */
  keep(key: string, value: Value, size: number): Value {
    this.#drop(key);
    for (const oldest of this.#entries.keys()) {
      if (this.#size + size <= this.#limit) {
        break;
      }
      this.#drop(oldest);
    }
    this.#entries.set(key, { value, size });
    this.#size += size;
    return value;
  }

  #drop(key: string): void {
    this.#size -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }
}
