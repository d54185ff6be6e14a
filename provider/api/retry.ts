import type { RequestError } from "got";
import type { CeligoError } from "../errors";
import { proxyTrouble } from "./proxy";
import { SchemaMismatch } from "./validate";

/** How many attempts a request gets. An attempt that the rate limit refuses does not count. */
export const maxAttempts = 5;
/** Milliseconds for which a request is retried that the rate limit refuses, and the longest single wait. */
const patience = 5 * 60_000;
/** Network failures that happen before anything is sent. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  proxyTrouble,
]);

/** The code of a request that was not sent, because the account's rate limit holds it back. */
export const rateLimitedCode = "rate_limited";

export class HeldBack extends Error {
  readonly code = rateLimitedCode;
  /** What another request met a moment ago; none for the rate limit. */
  readonly failure: CeligoError | undefined;

  constructor(message: string, failure?: CeligoError) {
    super(message);
    this.failure = failure;
  }
}

export interface Verdict {
  /** Whether a later attempt may work: the server is in trouble, or the network is. */
  readonly transient: boolean;
  /** Whether the server may have carried out the request, although no proper response arrived. */
  readonly outcomeUnknown: boolean;
}

/** When a request may be sent again. */
export type Repetition =
  /** It does no harm when it is carried out twice. */
  | "harmless"
  /** Only when the failed attempt was certainly not carried out. */
  | "if not carried out"
  /** The caller reads the script before each attempt, and so finds out what an attempt did whose outcome is unknown. */
  | "after a read";

/** Judges a failure: may a later attempt work, and may this one have been carried out? */
export function judge(method: string, thrown: unknown): Verdict {
  const error = thrown as Partial<RequestError>;
  const status = error.code === rateLimitedCode ? 429 : statusOf(error);
  const mayBeDone = status === undefined ? mayHaveArrived(thrown) : isTrouble(status);
  return {
    transient: status === undefined ? isNetworkFailure(error) : status === 429 || isTrouble(status),
    outcomeUnknown: mayBeDone && method !== "GET",
  };
}

/** Tells whether a request does no harm when it is carried out twice. A second PUT can go over an edit of somebody else. */
export function isRepeatable(method: string): boolean {
  return method !== "POST" && method !== "PUT";
}

/** Tells whether to attempt a request again after a failure. */
export function mayRetry({ transient, outcomeUnknown }: Verdict, repetition: Repetition): boolean {
  switch (repetition) {
    case "harmless":
      return transient;
    case "if not carried out":
      return transient && !outcomeUnknown;
    case "after a read":
      return transient || outcomeUnknown;
  }
}

export class Attempts {
  /** How many attempts failed for another reason than the rate limit. */
  failures = 0;
  /** When the rate limit first refused the request, in milliseconds since the epoch. */
  #limitedSince: number | undefined;
  /** How many requests the server had served when the first attempt failed. */
  servedBefore: number | undefined;

  /**
   * Counts a failed attempt and returns the milliseconds until the next one; 0 means to give up.
   *
   * @param backoff Milliseconds before the second attempt; doubles with each attempt.
   * @param retryAfter Milliseconds that the server asks to wait; 0 when it does not.
   */
  delayAfter(status: number | undefined, { backoff, retryAfter }: Record<"backoff" | "retryAfter", number>): number {
    const jitter = 0.5 + Math.random() / 2;
    const asksTooMuch = retryAfter > patience;
    if (status === 429) {
      this.#limitedSince ??= Date.now();
      const isOver = Date.now() - this.#limitedSince > patience;
      return asksTooMuch || isOver ? 0 : Math.max(retryAfter, 2 * backoff * jitter) + (backoff / 5) * jitter;
    }
    this.failures++;
    const isLast = this.failures >= maxAttempts;
    return asksTooMuch || isLast ? 0 : Math.max(retryAfter, backoffAfter(this.failures, backoff) * jitter);
  }
}

/**
 * What the requests of one client find out for each other. A rate limit holds back all of them. When one gives up on the rate
 * limit, those that wait give up, too. When one gives up on the server or the token, no request is sent for a while.
 * All times are in milliseconds since the epoch.
 */
export class Service {
  readonly #rest: number;
  #pausedUntil = 0;
  /** The first and the last refusal in a row; any other response ends the row. */
  #firstRefusal = Number.NEGATIVE_INFINITY;
  #lastRefusal = Number.NEGATIVE_INFINITY;
  /** How many requests gave up on the rate limit. */
  #givenUp = 0;
  #closed: { readonly until: number; readonly failure: CeligoError } | undefined;
  /** How many responses showed that the server works and accepts the token. */
  served = 0;

  /** @param rest Milliseconds for which no request is sent after one gave up on the server or the token. */
  constructor(rest: number) {
    this.#rest = rest;
  }

  /** Waits until requests may be sent; returns why this one must not be. One that is to be sent now does not wait. */
  async wait(isNow: boolean): Promise<HeldBack | undefined> {
    const givenUp = this.#givenUp;
    for (let wait = this.#pausedUntil - Date.now(); wait > 0; wait = this.#pausedUntil - Date.now()) {
      if (isNow) {
        return new HeldBack("the account's rate limit was reached a moment ago");
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    if (this.#closed && this.#closed.until > Date.now()) {
      return new HeldBack("another request gave up", this.#closed.failure);
    }
    return givenUp === this.#givenUp
      ? undefined
      : new HeldBack("the account's rate limit is reached, and another request gave up waiting");
  }

  /** Notes a response that is no refusal by the rate limit. */
  respond(isServed: boolean): void {
    this.#lastRefusal = Number.NEGATIVE_INFINITY;
    if (isServed) {
      this.served++;
      this.#closed = undefined;
    }
  }

  /**
   * Notes that the rate limit refused a request, and holds back all requests.
   *
   * @param delay Milliseconds that the request is ready to wait; 0 when it gives up.
   * @returns The milliseconds that it waits; 0 when it gives up.
   */
  refuse(delay: number): number {
    const now = Date.now();
    // A row of refusals ends after a long time without requests.
    if (now - this.#lastRefusal > 2 * patience) {
      this.#firstRefusal = now;
    }
    this.#lastRefusal = now;
    if (delay === 0 || now - this.#firstRefusal > patience) {
      this.#givenUp++;
      return 0;
    }
    this.#pausedUntil = Math.max(this.#pausedUntil, now + delay);
    return delay;
  }

  /** Notes what a request gave up on. Requests that were served meanwhile show that it is about this request only. */
  giveUp(failure: CeligoError, { failures, servedBefore }: Attempts): void {
    const { status, code = "" } = failure;
    if (this.#closed && this.#closed.until > Date.now()) {
      return;
    }
    const isAway = status !== 429 && failures >= maxAttempts && servedBefore === this.served;
    const isRefused = status === 401 || (status === undefined && /CERT|SIGNATURE/.test(code));
    if (failure.sharedCause !== undefined && (isAway || isRefused)) {
      this.#closed = { until: Date.now() + this.#rest, failure };
    }
  }
}

export function backoffAfter(failures: number, backoff: number): number {
  return backoff * 2 ** (failures - 1);
}

/** Says how many attempts failed, for the end of a reason: ` (5 attempts)`; nothing for a single one. */
export function attemptsNote(failures: number, remark?: string): string {
  return failures > 1 ? ` (${failures} attempts${remark === undefined ? "" : `; ${remark}`})` : "";
}

/** Returns the status of a complete response; `undefined` when none arrived, or it was cut off, late or too large. */
export function statusOf(error: Partial<RequestError>): number | undefined {
  return /^(HTTP|MaxRedirects)Error$/.test(error.name ?? "") ? error.response?.statusCode : undefined;
}

/** Tells whether a request without a proper response may have reached the server. */
function mayHaveArrived(thrown: unknown): boolean {
  const error = thrown as Partial<RequestError>;
  if (error.name === "TimeoutError") {
    return (error as { event?: string }).event !== "connect";
  }
  // A connection can break for the same reasons for which none is made, and also for a fault of its encryption.
  const { syscall = "connect" } = (error.cause ?? {}) as { readonly syscall?: string };
  const isUnsent = neverSent.has(error.code ?? "") && /^(connect|getaddrinfo)$/.test(syscall);
  const isBroken = isNetworkFailure(error) || /^ERR_SSL/.test(error.code ?? "");
  const isUnreadable = error.name === "CancelError" || thrown instanceof SchemaMismatch;
  return isUnreadable || (isBroken && !isUnsent);
}

/** Tells whether a response says that every request would fail: the server does not work, or refuses the token. */
export function isOutage(status: number): boolean {
  return status === 401 || (status >= 502 && status <= 504);
}

/** Tells whether a status says that the server is in trouble, and not that it refuses the request. */
function isTrouble(status: number): boolean {
  return status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

function isNetworkFailure(error: Partial<RequestError>): boolean {
  // ERR_… is a fault of the program, and a certificate that is refused now is refused again.
  const isFault = error.code === undefined || /^ERR_|CERT|SIGNATURE/.test(error.code);
  return error.name === "TimeoutError" || error.name === "ReadError" || !isFault;
}
