/** What the emulator remembers of one request. Headers and bodies, and so tokens, are not kept. */
export interface RequestRecord {
  /** Time of arrival by the emulator's clock, in ISO 8601. */
  readonly at: string;
  /** HTTP method. */
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Operation id; undefined outside the API. */
  readonly operation: string | undefined;
  /** Name of the account that the token belongs to; undefined for a bad token. */
  readonly account: string | undefined;
  /** Status of the answer; 0 while there is none, and for good when the connection was cut. */
  readonly status: number;
  /** Size of the request's body. */
  readonly requestBytes: number;
  /** Size of the answer's body, as far as it was sent. */
  readonly responseBytes: number;
}

/** Members that requests are counted by. */
export interface RequestFilter {
  /** Operation id. @default any */
  readonly operation?: string;
  /** HTTP method. @default any */
  readonly method?: string;
  /** Status of the answer; 0 counts the unanswered. @default any */
  readonly status?: number;
  /** Name of the account. @default any */
  readonly account?: string;
}

/** A record that is still being written. */
export type OpenRecord = { -readonly [Member in keyof RequestRecord]: RequestRecord[Member] };

export class RequestLog {
  #records: OpenRecord[] = [];

  get records(): readonly RequestRecord[] {
    return this.#records;
  }

  open(record: OpenRecord): OpenRecord {
    this.#records.push(record);
    return record;
  }

  count({ operation, method, status, account }: RequestFilter = {}): number {
    return this.#records.filter(
      (record) =>
        (operation === undefined || record.operation === operation) &&
        (method === undefined || record.method === method.toUpperCase()) &&
        (status === undefined || record.status === status) &&
        (account === undefined || record.account === account),
    ).length;
  }

  reset(): void {
    this.#records = [];
  }
}
