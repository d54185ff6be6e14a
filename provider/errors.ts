import { inspect } from "node:util";

/** Details of a {@link CeligoError}; every text in them has already been cleared of the token. */
export interface CeligoErrorDetails {
  /** What was attempted and on what, such as `could not update script "Orders" (0123…)`. */
  readonly subject: string;
  /** What went wrong, in the server's own words where there are any. */
  readonly reason: string;
  /** What to do next, as a full sentence. */
  readonly hint?: string | undefined;
  /** The API operation, by the `operationId` of `provider/api/openapi.yaml`. */
  readonly operation?: string | undefined;
  /** The HTTP status code, when there was an answer. */
  readonly status?: number | undefined;
  /** The code of the server's first error, or of the network failure. */
  readonly code?: string | undefined;
  /** The field that the server's first error names. */
  readonly field?: string | undefined;
  /** Whether the request may have been carried out although no proper answer arrived. */
  readonly answerLost?: boolean;
  /** Milliseconds for which the server asks to wait before the next try. */
  readonly retryAfter?: number | undefined;
  /** The original error, without anything that could hold a request's headers. */
  readonly cause?: unknown;
}

/**
 * The one error that this package throws.
 *
 * Its message is a single line for people: what was attempted, on which script, why it failed and what to do next.
 * It never holds a token: not in its message, its fields, its cause, nor in what `util.inspect` or JSON show of it.
 */
export class CeligoError extends Error {
  override readonly name = "CeligoError";
  /** What was attempted and on what. */
  readonly subject: string;
  /** What went wrong, in the server's own words where there are any. */
  readonly reason: string;
  /** What to do next. */
  readonly hint: string | undefined;
  /** The API operation, by the `operationId` of `provider/api/openapi.yaml`. */
  readonly operation: string | undefined;
  /** The HTTP status code, when there was an answer. */
  readonly status: number | undefined;
  /** The code of the server's first error (always text, although the API also sends integers), or of the network failure. */
  readonly code: string | undefined;
  /** The field that the server's first error names. */
  readonly field: string | undefined;
  /** Whether the request may have been carried out although no proper answer arrived. */
  readonly answerLost: boolean;
  /** Milliseconds for which the server asked to wait before the next try, when it did. */
  readonly retryAfter: number | undefined;
  /** Marks the error as expected for Pulumi's program runner, which then prints the message without a stack. */
  readonly __pulumiRunError = true;

  constructor(details: CeligoErrorDetails) {
    const text = oneLine(`${details.subject}: ${details.reason}`);
    super(
      details.hint === undefined ? text : `${closeSentence(text)} ${oneLine(details.hint)}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    // Pulumi prints the stack of what a program or a provider throws: people are to see the line.
    this.stack = "";
    this.subject = details.subject;
    this.reason = details.reason;
    this.hint = details.hint;
    this.operation = details.operation;
    this.status = details.status;
    this.code = details.code;
    this.field = details.field;
    this.answerLost = details.answerLost ?? false;
    this.retryAfter = details.retryAfter;
  }

  /** Returns the same error, told of another subject: what a caller was about when a request of its failed. */
  about(subject: string): CeligoError {
    return this.with({ subject });
  }

  /** Returns the same error with other words. */
  with(words: Partial<Pick<CeligoErrorDetails, "subject" | "reason" | "hint">>): CeligoError {
    return new CeligoError({ ...this, hint: this.hint, cause: this.cause, ...words });
  }

  /** Shows the message only: Pulumi hangs a promise on errors, and walking through all that it holds takes a minute. */
  [inspect.custom](): string {
    return this.message;
  }
}

/**
 * A script that exists, but is not as the program says: its resource stays in the state with the script's id, so that
 * the next `pulumi up` goes on where this one stopped. Pulumi's dynamic host knows it by these three properties.
 */
export class UnfinishedError extends CeligoError {
  /** The script's id. */
  readonly id: string;
  /** What the state is to hold of it. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** What Pulumi shows. */
  readonly reasons: readonly string[];

  constructor(cause: unknown, id: string, properties: Readonly<Record<string, unknown>>) {
    super(
      cause instanceof CeligoError
        ? { ...cause, hint: cause.hint, cause }
        : { subject: `could not finish script ${id}`, reason: messageOf(cause), cause },
    );
    this.id = id;
    this.properties = properties;
    this.reasons = [this.message];
  }
}

/**
 * Tells whether the API says that the script does not exist, or is in the recycle bin. What answers 404 in another form,
 * such as a proxy with a page of its own, says nothing of scripts.
 */
export function isNotFound(error: unknown): error is CeligoError & { readonly status: 404 } {
  return error instanceof CeligoError && error.status === 404 && error.code !== undefined;
}

/** Tells whether the token is missing, wrong, expired or of another region. */
export function isUnauthorized(error: unknown): error is CeligoError & { readonly status: 401 } {
  return error instanceof CeligoError && error.status === 401;
}

/** Tells whether the request may have been carried out although no proper answer arrived. */
export function isAnswerLost(error: unknown): error is CeligoError & { readonly answerLost: true } {
  return error instanceof CeligoError && error.answerLost;
}

/** Tells whether a later request may work: the server was in trouble, or could not be reached. */
export function isPassing(error: unknown): error is CeligoError {
  if (!(error instanceof CeligoError)) {
    return false;
  }
  const { status } = error;
  return status === undefined || status === 408 || status === 429 || status >= 500;
}

/** Returns the message of anything that was thrown, as one line. */
export function messageOf(thrown: unknown): string {
  return oneLine(thrown instanceof Error ? thrown.message : String(thrown));
}

/** Returns what went wrong, without what was attempted and what to do: for a message that says those itself. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof CeligoError ? thrown.reason : messageOf(thrown);
}

function oneLine(text: string): string {
  // Other control characters, too: a server's words must not steer the terminal.
  const lines = text.split(/[\p{Cc}\u2028\u2029]+/u).map((line) => line.trim());
  return lines.filter(Boolean).join(" ");
}

function closeSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
