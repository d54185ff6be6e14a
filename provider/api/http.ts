import { AsyncLocalStorage } from "node:async_hooks";
import type { Got } from "got";
import type PQueue from "p-queue";
import { type Configuration, howToSetToken } from "../config";
import { CeligoError } from "../errors";
import { version } from "../version";
import { addressHint, explainFailure } from "./http-errors";
import { nextPage } from "./link";
import { findProxy, proxyAgents, unusable } from "./proxy";
import { Attempts, isOutage, isRepeatable, judge, mayRetry, rateLimitedCode, Service, statusOf } from "./retry";
import type { operations } from "./schema";

/** One request to the API. */
export interface Call {
  /** The `operationId` in `provider/api/openapi.yaml`. */
  readonly operation: keyof operations;
  /** What is attempted and on what, in words that follow "could not". */
  readonly attempt: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The path below the API's address, or a whole URL that the server gave. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: unknown;
}

/** A successful response. */
export interface ApiResponse {
  readonly status: number;
  /** The body, which is not parsed yet. */
  readonly text: string;
  /** The URL of the next page, from the `Link` header. */
  readonly next: string | undefined;
}

/** Options of a `CeligoClient`. */
export interface TransportOptions extends Omit<Configuration, "onNameTaken" | "checkToken" | "allLines"> {
  /**
   * Milliseconds before the second attempt of a request; doubles with each attempt, with jitter.
   * @default 500
   */
  readonly backoff?: number;
  /**
   * Whether to retry a failed request where that is safe and can help.
   * @default true
   */
  readonly retries?: boolean;
  /**
   * The largest response body to read, in bytes after decompression.
   * @default 67108864 (64 MiB)
   */
  readonly maxResponseBytes?: number;
}

export type ResolvedOptions = TransportOptions & Required<Pick<TransportOptions, "backoff" | "maxResponseBytes">>;

interface Context {
  readonly call: Call;
  readonly attempts: Attempts;
  /** Send now or fail: no waiting for a rate-limit pause, no retry. For a write based on a read just made. */
  readonly isNow: boolean;
}

/** How many times the first backoff no request is sent after one gave up on the server or the token: 30 s by default. */
const restFactor = 60;
/** Milliseconds to reach the server, within the time for one attempt. */
const connectTimeout = 10_000;

/** The transport in whose queue the current work has a place. One storage for all: Node visits each of them at each promise. */
const placeIn = new AsyncLocalStorage<Transport>();

/** Sends requests with the token, within the limits of the configuration, and retries those that are safe to retry. */
export class Transport {
  readonly #options: ResolvedOptions;
  readonly #service: Service;
  #open: Promise<{ got: Got; queue: PQueue }> | undefined;
  #clockOffset: number | undefined;

  constructor(options: TransportOptions) {
    this.#options = { backoff: 500, maxResponseBytes: 64 * 1024 * 1024, ...options };
    this.#service = new Service(restFactor * this.#options.backoff);
  }

  /** Milliseconds by which the server's clock is ahead of this machine's; unknown before the first response. */
  get clockOffset(): number | undefined {
    return this.#clockOffset;
  }

  /** How many requests are sent at a time. */
  get maxConcurrency(): number {
    return this.#options.maxConcurrency;
  }

  /** What to check when something answers that need not be the API. */
  protected get addressHint(): string {
    return addressHint(this.#options.baseUrl);
  }

  /**
   * Returns the token.
   *
   * @throws CeligoError when none is set.
   */
  protected tokenFor({ attempt, operation }: { readonly attempt: string; readonly operation?: string }): string {
    const { token } = this.#options;
    if (!token) {
      const reason = "no API token is set";
      const subject = `could not ${attempt}`;
      throw new CeligoError({
        subject,
        reason,
        hint: howToSetToken,
        operation,
        code: "missing_token",
        sharedCause: reason,
      });
    }
    return token.value;
  }

  /**
   * Sends one request.
   *
   * @param read Takes from the response what the caller needs; throws SchemaMismatch when it is not there.
   * @throws CeligoError in every case of failure.
   */
  protected async send<Result>(call: Call, read: (response: ApiResponse) => Result): Promise<Result> {
    const { baseUrl } = this.#options;
    const { got, queue } = await this.#opened(this.tokenFor(call));
    const url = new URL(call.path.startsWith("/") ? `${baseUrl}${call.path}` : call.path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined && value !== "") {
        url.searchParams.set(name, String(value));
      }
    }
    const attempts = new Attempts();
    try {
      const json = call.body === undefined ? {} : { json: call.body };
      const hasPlace = placeIn.getStore() === this;
      const context: Context = { call, attempts, isNow: hasPlace && call.method !== "GET" };
      const request = () => got(url, { method: call.method, ...json, context: { ...context } });
      const response = await (hasPlace ? request() : queue.add(request));
      if (response.statusCode > 299) {
        // For got, a redirect that it does not follow is a success.
        throw Object.assign(new Error("redirect"), { name: "HTTPError", response });
      }
      this.#service.respond(true);
      const serverTime = Date.parse(response.headers.date ?? "");
      if (!Number.isNaN(serverTime)) {
        this.#clockOffset = serverTime - Date.now();
      }
      const next = nextPage([response.headers.link ?? []].flat().join(", "), response.url);
      return read({ status: response.statusCode, text: response.body, next });
    } catch (error) {
      const failure = explainFailure(call, error, this.#options, attempts.failures);
      this.#service.giveUp(failure, attempts);
      throw failure;
    }
  }

  /**
   * Runs several requests in one place of the queue, such as a read and the write that depends on it. Once the first has
   * started, the next one does not wait for requests of others. A write is sent immediately or not at all, and once only.
   */
  async together<Result>(work: () => Promise<Result>): Promise<Result> {
    const { token } = this.#options;
    if (!token || placeIn.getStore() === this) {
      return work();
    }
    const { queue } = await this.#opened(token.value);
    return queue.add(() => placeIn.run(this, work));
  }

  #opened(token: string): Promise<{ got: Got; queue: PQueue }> {
    this.#open ??= this.#load(token);
    return this.#open;
  }

  /** Loads the HTTP library with the first request, because a preview without changes makes none. */
  async #load(token: string): Promise<{ got: Got; queue: PQueue }> {
    const { baseUrl, maxConcurrency, requestTimeout, backoff, retries = true, maxResponseBytes } = this.#options;
    const { origin } = new URL(baseUrl);
    const proxy = findProxy(baseUrl);
    const [{ got }, { default: Queue }, agent] = await Promise.all([
      import("got"),
      import("p-queue"),
      proxyAgents(proxy),
    ]);
    const isSameOrigin = (location: string, base: string) =>
      URL.canParse(location, base) && new URL(location, base).origin === origin;
    return {
      queue: new Queue({ concurrency: maxConcurrency }),
      got: got.extend({
        headers: {
          authorization: `Bearer ${token}`,
          accept: "application/json",
          "user-agent": `pulumi-celigo/${version}`,
        },
        agent: agent ?? {},
        // got also asks about a response without a location, several times.
        followRedirect: ({ headers: { location }, url }) => location === undefined || isSameOrigin(location, url),
        methodRewriting: false,
        timeout: {
          connect: Math.min(connectTimeout, requestTimeout * 1000),
          request: requestTimeout * 1000,
        },
        retry: {
          calculateDelay: ({ error, retryAfter }) => {
            if (!retries || error.code === rateLimitedCode) {
              return 0;
            }
            const { call, attempts, isNow } = error.options.context as unknown as Context;
            const status = statusOf(error);
            attempts.servedBefore ??= this.#service.served;
            // got's retryAfter is not a number when the header is neither a number nor a date.
            const delay = attempts.delayAfter(status, { backoff, retryAfter: retryAfter || 0 });
            if (status === 429) {
              const wait = this.#service.refuse(delay);
              return isNow ? 0 : wait;
            }
            if (status !== undefined) {
              this.#service.respond(!isOutage(status));
            }
            const repetition = isRepeatable(call.method) ? "harmless" : "if not carried out";
            return !isNow && mayRetry(judge(call.method, error), repetition) ? delay : 0;
          },
        },
        hooks: {
          beforeRequest: [
            async (options) => {
              if (proxy && !agent) {
                throw unusable(proxy);
              }
              if (!(options.url instanceof URL && options.url.origin === origin)) {
                throw new Error(`the server pointed to another address, ${options.url}, which was not followed`);
              }
              const { isNow } = options.context as unknown as Context;
              const obstacle = await this.#service.wait(isNow);
              if (obstacle) {
                throw obstacle;
              }
            },
          ],
        },
        handlers: [
          (options, next) => {
            const request = next(options);
            if ("cancel" in request) {
              request.on("downloadProgress", ({ transferred }) => {
                if (transferred > maxResponseBytes) {
                  request.cancel();
                }
              });
            }
            return request;
          },
        ],
      }),
    };
  }
}
