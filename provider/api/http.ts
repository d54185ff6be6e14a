import { AsyncLocalStorage } from "node:async_hooks";
import type { Got, Method } from "got";
import type PQueue from "p-queue";
import { type Configuration, howToSetToken } from "../config";
import { CeligoError } from "../errors";
import { version } from "../version";
import { explainFailure, pausedCode } from "./http-errors";
import { Attempts, judge, mayRetry, statusOf } from "./retry";
import type { operations } from "./schema";

/** One request to the API. */
export interface Call {
  /** The `operationId` of `provider/api/openapi.yaml`. */
  readonly operation: keyof operations;
  /** What is attempted and on what, to follow "could not". */
  readonly attempt: string;
  readonly method: Method;
  /** The path below the API's address, or a whole URL that the server gave. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: unknown;
  /** Whether the request may be sent again although it may have been carried out. */
  readonly repeatable: boolean;
  /**
   * Whether it is sent at once or not at all, and only once: what it rests on was looked at a moment before.
   * @default false
   */
  readonly atOnce?: boolean | undefined;
}

/** A successful answer. */
export interface Answer {
  readonly status: number;
  /** The parsed JSON, or `undefined` when there is no body. */
  readonly body: unknown;
  /** The URL of the next page, from the `Link` header. */
  readonly next: string | undefined;
}

/** Options of a {@link Transport}. */
export interface TransportOptions extends Omit<Configuration, "onNameTaken"> {
  /**
   * Milliseconds before the first repetition of a failed request; doubles each time, with jitter.
   * @default 500
   */
  readonly backoff?: number;
  /**
   * Whether a request that failed is sent again, where that can help and does no harm.
   * @default true
   */
  readonly retries?: boolean;
  /**
   * The largest answer that is read, in bytes.
   * @default 67108864 (64 MiB)
   */
  readonly maxResponseBytes?: number;
}

/** The options with their defaults. */
export type ResolvedOptions = TransportOptions & Required<Pick<TransportOptions, "backoff" | "maxResponseBytes">>;

/** What got keeps of a request for us. */
interface Context {
  readonly call: Call;
  readonly attempts: Attempts;
}

/** Milliseconds for reaching the server, within the time for one try. */
const connectTimeout = 10_000;

/** Sends requests with the token, within the limits of the configuration, and repeats those that may be repeated. */
export class Transport {
  readonly #options: ResolvedOptions;
  #open: Promise<{ got: Got; queue: PQueue }> | undefined;
  /** No request starts before this time (milliseconds since the epoch): a 429 holds back all of them. */
  #pausedUntil = 0;
  #clockOffset: number | undefined;
  /** Is set within {@link together}. */
  readonly #hasPlace = new AsyncLocalStorage<true>();

  constructor(options: TransportOptions) {
    this.#options = { backoff: 500, maxResponseBytes: 64 * 1024 * 1024, ...options };
  }

  /** How far the server's clock is ahead of this machine's, in milliseconds; not known before it has told the time. */
  get clockOffset(): number | undefined {
    return this.#clockOffset;
  }

  /**
   * Sends one request.
   *
   * @throws CeligoError in every case of failure.
   */
  async send(call: Call): Promise<Answer> {
    const { token, baseUrl } = this.#options;
    if (!token) {
      throw new CeligoError({
        subject: `could not ${call.attempt}`,
        reason: "no API token is set",
        hint: howToSetToken,
        operation: call.operation,
        code: "missing_token",
      });
    }
    const { got, queue } = await this.#opened(token.value);
    const url = new URL(call.path.startsWith("/") ? `${baseUrl}${call.path}` : call.path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined && value !== "") {
        url.searchParams.set(name, String(value));
      }
    }
    try {
      const request = () => {
        const context: Context = { call, attempts: new Attempts() };
        return got(url, {
          method: call.method,
          ...(call.body === undefined ? {} : { json: call.body }),
          context: { ...context },
        });
      };
      const response = await (this.#hasPlace.getStore() ? request() : queue.add(request));
      if (response.statusCode > 299) {
        // For got, a redirect that is not followed is a success.
        throw Object.assign(new Error("redirect"), { name: "HTTPError", response });
      }
      const serverTime = Date.parse(response.headers.date ?? "");
      if (!Number.isNaN(serverTime)) {
        this.#clockOffset = serverTime - Date.now();
      }
      return {
        status: response.statusCode,
        body: response.body === "" ? undefined : JSON.parse(response.body),
        next: nextPage(response.headers.link, response.url),
      };
    } catch (error) {
      throw explainFailure(call, error, this.#options);
    }
  }

  /**
   * Runs requests that belong together in one of the places that there are for requests: none of them waits for another's
   * end before it begins.
   */
  async together<Result>(work: () => Promise<Result>): Promise<Result> {
    const { token } = this.#options;
    if (!token || this.#hasPlace.getStore()) {
      return work();
    }
    const { queue } = await this.#opened(token.value);
    return queue.add(() => this.#hasPlace.run(true, work));
  }

  #opened(token: string): Promise<{ got: Got; queue: PQueue }> {
    this.#open ??= this.#load(token);
    return this.#open;
  }

  /** Loads the HTTP library with the first request: a preview without changes needs none of it. */
  async #load(token: string): Promise<{ got: Got; queue: PQueue }> {
    const { baseUrl, maxConcurrency, requestTimeout, backoff, retries = true, maxResponseBytes } = this.#options;
    const { origin } = new URL(baseUrl);
    const [{ got }, { default: Queue }] = await Promise.all([import("got"), import("p-queue")]);
    const isSameOrigin = (location: string, base?: string) =>
      URL.canParse(location, base) && new URL(location, base).origin === origin;
    return {
      queue: new Queue({ concurrency: maxConcurrency }),
      got: got.extend({
        headers: {
          authorization: `Bearer ${token}`,
          accept: "application/json",
          "user-agent": `pulumi-celigo/${version}`,
        },
        followRedirect: (response) => isSameOrigin(response.headers.location ?? "", response.url),
        methodRewriting: false,
        timeout: {
          connect: Math.min(connectTimeout, requestTimeout * 1000),
          request: requestTimeout * 1000,
        },
        retry: {
          calculateDelay: ({ error, retryAfter }) => {
            if (!retries) {
              return 0;
            }
            const { call, attempts } = error.options.context as unknown as Context;
            const status = statusOf(error);
            // got's retryAfter is not a number when the header is neither a number nor a date.
            const delay = attempts.delayAfter(status, { backoff, retryAfter: retryAfter || 0 });
            if (status === 429) {
              this.#pausedUntil = Math.max(this.#pausedUntil, Date.now() + delay);
            }
            const repetition = call.repeatable ? "harmless" : "if not carried out";
            return !call.atOnce && mayRetry(judge(call.method, error), repetition) ? delay : 0;
          },
        },
        hooks: {
          beforeRequest: [
            async (options) => {
              if (!isSameOrigin(String(options.url))) {
                throw new Error(`the server pointed to another address, ${options.url}, which was not followed`);
              }
              if ((options.context as Partial<Context>).call?.atOnce && this.#pausedUntil > Date.now()) {
                throw Object.assign(new Error("the account's rate limit was reached a moment ago"), {
                  code: pausedCode,
                });
              }
              for (let wait = this.#pausedUntil - Date.now(); wait > 0; wait = this.#pausedUntil - Date.now()) {
                await new Promise((resolve) => setTimeout(resolve, wait));
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

function nextPage(link: string | string[] | undefined, base: string): string | undefined {
  const links = [link ?? []].flat().join(", ");
  for (const [, target = "", parameters = ""] of links.matchAll(/<([^>]*)>((?:"[^"]*"|[^",])*)/g)) {
    for (const [, name, quoted, bare] of parameters.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"([^"]*)"|([^\s;"]*))/g)) {
      if (name?.toLowerCase() === "rel" && /(^|\s)next(\s|$)/i.test(quoted ?? bare ?? "")) {
        return new URL(target, base).href;
      }
    }
  }
  return undefined;
}
