/** The record of one request, without headers and bodies, and so without tokens. */
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
  /** Status of the response; 0 before it, and after a cut connection. */
  readonly status: number;
  /** Size of the request's body. */
  readonly requestBytes: number;
  /** Size of the response's body, as far as it was sent. */
  readonly responseBytes: number;
}

/** Which requests to count. */
export interface RequestFilter {
  /** Operation id. @default any */
  readonly operation?: string;
  /** HTTP method. @default any */
  readonly method?: string;
  /** Status of the response; 0 counts requests without one. @default any */
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
