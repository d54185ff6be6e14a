import type { ScriptRecord } from "../api/client";
import { Attempts, attemptsNote, mayRetry } from "../api/retry";
import { CeligoError, reasonOf } from "../errors";
import type { Connected } from "./connection";

/** What follows from a read: a result, or a request to send immediately. */
export type Verdict<Result> = { readonly result: Result } | { readonly send: () => Promise<Result> };

/**
 * Reads the script, decides, and writes immediately. After a transient failure it waits and reads again before it retries:
 * the write may have succeeded, and somebody may have changed the script since.
 *
 * @param look Reads the script; returns nothing when it is gone.
 * @param judge Decides what follows. A request of it is sent immediately or not at all. Both learn whether one was sent before.
 */
export async function lookAndWrite<Result>(
  { client, backoff }: Connected,
  look: (isSent: boolean) => Promise<ScriptRecord | undefined>,
  judge: (live: ScriptRecord | undefined, isSent: boolean) => Promise<Verdict<Result>>,
): Promise<Result> {
  const attempts = new Attempts();
  let failure: CeligoError | undefined;
  let isSent = false;
  let isOver = false;
  for (;;) {
    const outcome = await client.together(async () => {
      const live = await look(isSent).catch((error: unknown) => {
        throw failure?.outcomeUnknown ? unsure(failure, error) : error;
      });
      const verdict = await judge(live, isSent);
      if ("result" in verdict) {
        return verdict;
      }
      if (failure && isOver) {
        throw givenUp(failure, attempts.failures);
      }
      isSent = true;
      return verdict.send().then((result) => ({ result }), retriableFailure);
    });
    if ("result" in outcome) {
      return outcome.result;
    }
    failure = outcome.failure;
    const delay = attempts.delayAfter(failure.status, { backoff, retryAfter: failure.retryAfter ?? 0 });
    isOver = delay === 0;
    if (isOver && !failure.outcomeUnknown) {
      throw givenUp(failure, attempts.failures);
    }
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}

/** Returns a failure after which the write may be attempted again; throws any other. */
function retriableFailure(error: unknown): { readonly failure: CeligoError } {
  if (error instanceof CeligoError && mayRetry(error, "after a read")) {
    return { failure: error };
  }
  throw error;
}

/** Returns the error for a write that failed, when the read after it failed too: the write may have succeeded. */
function unsure(failure: CeligoError, error: unknown): CeligoError {
  const done = failure.operation === "deleteScript" ? "deleted" : "updated";
  return failure.with({
    reason: `${failure.reason}; could not check whether it was ${done}: ${reasonOf(error)}`,
    hint: "Run the command again: it looks before it sends.",
  });
}

function givenUp(failure: CeligoError, attempts: number): CeligoError {
  return failure.with({ reason: `${failure.reason}${attemptsNote(attempts)}` });
}
