import type { RequestError } from "got";

/** How often one request is tried when it fails for another reason than the rate limit. */
const maxTries = 5;
/** Milliseconds for which a request that is refused for the rate limit is repeated, and the longest wait of any. */
const patience = 5 * 60_000;
/** Failures of the network that come before anything is sent. */
const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH", "EHOSTDOWN"]);

/** What is known of a request's tries so far. */
export interface Progress {
  /** When it was first refused for the rate limit, in milliseconds since the epoch. */
  limitedSince?: number;
  /** Tries that failed for another reason than the rate limit. */
  failures: number;
}

/** How long to wait before the next try. */
export interface Waits {
  /** Milliseconds before the first repetition; doubles each time, with jitter. */
  readonly backoff: number;
  /** What the server's `Retry-After` asks for, in milliseconds. */
  readonly retryAfter: number;
}

/** The rules for one request. */
export interface RetryRules extends Waits {
  /** Whether the request may be sent again although it may have been carried out. */
  readonly repeatable: boolean;
}

/** Counts a failed try and returns the milliseconds until the next one, or 0 to give up. */
export function delayBeforeRetry(error: RequestError, progress: Progress, rules: RetryRules): number {
  const status = statusOf(error);
  const delay = delayAfter(status, progress, rules);
  const isPassing = status === undefined ? isNetworkFailure(error) : status === 429 || isTrouble(status);
  return isPassing && (rules.repeatable || !mayHaveWorked(error)) ? delay : 0;
}

/** Counts a try that failed for a passing reason, and returns the milliseconds until the next one, or 0 to give up. */
export function delayAfter(status: number | undefined, progress: Progress, { backoff, retryAfter }: Waits): number {
  const jitter = 0.5 + Math.random() / 2;
  const isHopeless = retryAfter > patience;
  if (status === 429) {
    progress.limitedSince ??= Date.now();
    const isOver = Date.now() - progress.limitedSince > patience;
    return isHopeless || isOver ? 0 : Math.max(retryAfter, 2 * backoff * jitter) + (backoff / 5) * jitter;
  }
  progress.failures++;
  return isHopeless || progress.failures >= maxTries
    ? 0
    : Math.max(retryAfter, backoff * 2 ** (progress.failures - 1) * jitter);
}

/** Returns the status of a whole answer; `undefined` where none arrived, or one that was cut, late or too large. */
export function statusOf(error: Partial<RequestError>): number | undefined {
  return /^(HTTP|MaxRedirects)Error$/.test(error.name ?? "") ? error.response?.statusCode : undefined;
}

/** Tells whether the server may have carried the request out although no proper answer arrived. */
export function mayHaveWorked(error: Partial<RequestError>): boolean {
  const status = statusOf(error);
  if (status !== undefined) {
    return isTrouble(status);
  }
  if (error.name === "TimeoutError") {
    return (error as { event?: string }).event !== "connect";
  }
  // A connection can break for the same reasons for which none is made, and also for a fault of its encryption.
  const { syscall = "connect" } = (error.cause ?? {}) as { readonly syscall?: string };
  const isUnsent = neverSent.has(error.code ?? "") && /^(connect|getaddrinfo)$/.test(syscall);
  const isBroken = isNetworkFailure(error) || /^ERR_SSL/.test(error.code ?? "");
  return error.name === "CancelError" || (isBroken && !isUnsent);
}

/** Tells whether the server says that it was in trouble, rather than what it thinks of the request. */
function isTrouble(status: number): boolean {
  return status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

function isNetworkFailure(error: Partial<RequestError>): boolean {
  // ERR_… is a fault of the program, and a certificate that is refused today is refused again at once.
  const isFault = error.code === undefined || /^ERR_|CERT|SIGNATURE/.test(error.code);
  return error.name === "TimeoutError" || error.name === "ReadError" || !isFault;
}
