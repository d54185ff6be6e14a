import { inspect } from "node:util";
import { oneLine } from "./text";

/** The code of a response that does not match the API's schema, with a status that says that the request was carried out. */
export const invalidResponseCode = "invalid_response";

type OptionalDetail =
  | "hint"
  | "operation"
  | "status"
  | "code"
  | "field"
  | "transient"
  | "outcomeUnknown"
  | "retryAfter"
  | "sharedCause";

/** What a {@link CeligoError} is made of. No text in it holds the token. */
export type CeligoErrorDetails = Pick<CeligoError, "subject" | "reason"> &
  Partial<Pick<CeligoError, OptionalDetail>> & {
    /** The original error, without anything that could hold a request's headers. */
    readonly cause?: unknown;
  };

type Words = Partial<Pick<CeligoErrorDetails, "subject" | "reason" | "hint">>;

/**
 * The one error that this package throws.
 *
 * Its message is one line: what failed, on which script, why, and what to do next.
 * It never holds the token: not in its message, its fields or its cause, and not in what `util.inspect` or JSON show.
 */
export class CeligoError extends Error {
  override readonly name = "CeligoError";
  /** What failed, such as `could not update script "Orders" (0123…)`. */
  readonly subject: string;
  /** Why it failed, in the server's own words where there are any. */
  readonly reason: string;
  /** What to do next, as a full sentence. */
  readonly hint: string | undefined;
  /** The API operation, by the `operationId` of `provider/api/openapi.yaml`. */
  readonly operation: string | undefined;
  /** The HTTP status code, when a complete response arrived. */
  readonly status: number | undefined;
  /** The code of the server's first error, or of the network failure. Always text, although the API also sends integers. */
  readonly code: string | undefined;
  /** The field that the server's first error names. */
  readonly field: string | undefined;
  /**
   * Whether a later attempt may work.
   * @default false
   */
  readonly transient: boolean;
  /**
   * Whether the server may have carried out the request, although no proper response arrived.
   * @default false
   */
  readonly outcomeUnknown: boolean;
  /** Milliseconds that the server asked to wait before the next attempt. */
  readonly retryAfter: number | undefined;
  /** The bare cause, where it is about the token, the address or the server, and so the same for every script. */
  readonly sharedCause: string | undefined;
  /** Tells Pulumi's program runner to print the message without a stack. */
  readonly __pulumiRunError = true;

  constructor(details: CeligoErrorDetails) {
    const text = oneLine(`${details.subject}: ${details.reason}`);
    super(
      details.hint === undefined ? text : `${closeSentence(text)} ${oneLine(details.hint)}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    // Pulumi prints the stack of what a program or a provider throws; users need the line only.
    this.stack = "";
    this.subject = details.subject;
    this.reason = details.reason;
    this.hint = details.hint;
    this.operation = details.operation;
    this.status = details.status;
    this.code = details.code;
    this.field = details.field;
    this.transient = details.transient ?? false;
    this.outcomeUnknown = details.outcomeUnknown ?? false;
    this.retryAfter = details.retryAfter;
    this.sharedCause = details.sharedCause;
  }

  /** Returns a copy with another subject, for a caller that knows more about what was attempted. */
  about(subject: string): CeligoError {
    return this.with({ subject });
  }

  /** Returns a copy with other words. With another reason or hint, it is about one script. */
  with(words: Words): CeligoError {
    const sharedCause = "reason" in words || "hint" in words ? undefined : this.sharedCause;
    return new CeligoError({ ...this, hint: this.hint, cause: this.cause, ...words, sharedCause });
  }

  /** Shows the message only. Pulumi attaches a promise to errors, and to inspect all that it holds takes a minute. */
  [inspect.custom](): string {
    return this.message;
  }
}

/**
 * A script exists, but is not yet as the program says. The state keeps the resource with the script's id, so that the next
 * `pulumi up` continues from there.
 */
export class UnfinishedError extends CeligoError {
  readonly id: string;
  /** What the state keeps of the script. */
  readonly properties: Readonly<Record<string, unknown>>;

  constructor(cause: unknown, id: string, properties: Readonly<Record<string, unknown>>) {
    super(
      cause instanceof CeligoError
        ? { ...cause, hint: cause.hint, cause }
        : { subject: `could not finish script ${id}`, reason: messageOf(cause), cause },
    );
    this.id = id;
    this.properties = properties;
  }
}

/** Shows a cause that all scripts share in full once in a process. Later messages are short. */
export class SharedCauses {
  /** The subject that each cause was first shown for. */
  readonly #firsts = new Map<string, string>();

  /**
   * Returns a failure: a short one when a message about another subject has already shown its cause. A failure of a request
   * that may have been carried out stays whole, and so does one that says more than the cause.
   *
   * @param subject How messages about other scripts may name this one.
   */
  once(thrown: unknown, subject = thrown instanceof CeligoError ? thrown.subject : ""): unknown {
    if (!(thrown instanceof CeligoError) || thrown.outcomeUnknown) {
      return thrown;
    }
    const { sharedCause, operation } = thrown;
    if (sharedCause === undefined || !thrown.reason.startsWith(sharedCause)) {
      return thrown;
    }
    const first = this.#firsts.get(sharedCause);
    if (first === undefined || (first === subject && operation !== undefined)) {
      this.#firsts.set(sharedCause, subject);
      return thrown;
    }
    const [script] = /script .*$/.exec(first) ?? [];
    const reason = script
      ? `same cause as for ${script}: ${sharedCause}`
      : `${sharedCause} (the same for every script)`;
    return thrown.with({ reason, hint: undefined });
  }
}

/**
 * Tells whether the API says that the script does not exist, or is in the recycle bin. A 404 in another form, such as a
 * proxy's own page, does not count.
 */
export function isNotFound(error: unknown): error is CeligoError & { readonly status: 404 } {
  return error instanceof CeligoError && error.status === 404 && error.code !== undefined;
}

/** Tells whether the server refused the token: it is wrong, expired, or of another region. */
export function isUnauthorized(error: unknown): error is CeligoError & { readonly status: 401 } {
  return error instanceof CeligoError && error.status === 401;
}

/** Tells whether the server may have carried out the request, although no proper response arrived. */
export function isOutcomeUnknown(error: unknown): error is CeligoError & { readonly outcomeUnknown: true } {
  return error instanceof CeligoError && error.outcomeUnknown;
}

/** Tells whether a later attempt may work: the server is in trouble, or the network is. */
export function isTransient(error: unknown): error is CeligoError & { readonly transient: true } {
  return error instanceof CeligoError && error.transient;
}

/** Makes a handler that throws a CeligoError again with other words. Anything else is thrown as it is. */
export function rethrowWith(wordsFor: (error: CeligoError) => Words): (thrown: unknown) => never {
  return (thrown) => {
    throw thrown instanceof CeligoError ? thrown.with(wordsFor(thrown)) : thrown;
  };
}

/** Returns the message of anything that was thrown, as one line. */
export function messageOf(thrown: unknown): string {
  return oneLine(thrown instanceof Error ? thrown.message : String(thrown));
}

/** Returns only why something failed, for a message that has its own subject and hint. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof CeligoError ? thrown.reason : messageOf(thrown);
}

/** Ends text with a full stop, if it has no end: a hint may end with a command. */
export function closeSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
