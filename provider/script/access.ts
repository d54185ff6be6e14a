import { CeligoError, closeSentence, messageOf } from "../errors";
import type { Tell } from "../messages";
import type { Connect } from "./connection";

/** Milliseconds that a preview waits for what Celigo says of one script. */
const patience = 10_000;
/** How many lookups in a row may get no response before the preview stops asking. */
const maxSilences = 3;
/** Failures that every other lookup would have as well. */
const commonCodes: readonly unknown[] = ["missing_token", "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH"];
const toBeError = "With celigo:checkToken set to true, this is an error.";
const unchecked = "this preview checked neither what uses the changed scripts nor their live lines";

/** Whether a preview with changes can ask Celigo, by its settings and by what became of its lookups. */
export class Access {
  readonly #connect: Connect;
  readonly #tell: Tell;
  #proof: Promise<void> | undefined;
  #isRefused = false;
  #isClosed = false;
  /** How many lookups have got no response since the last one that did. */
  #silences = 0;
  #hasWorked = false;

  constructor(connect: Connect, tell: Tell) {
    this.#connect = connect;
    this.#tell = tell;
  }

  /** Whether Celigo is unreachable or refuses the token: the preview asks no more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the last lookup has worked, so that the next ones may overlap. */
  get isServed(): boolean {
    return this.#hasWorked && this.#silences === 0 && !this.#isClosed;
  }

  /**
   * Finds out whether Celigo can be asked; if not, says once at the stack of the resource why not. With `checkToken`, one
   * request proves it. Without, only a missing token is noticed: a lookup finds out the rest.
   *
   * @throws CeligoError, once, when a setting is invalid, or the token is missing or refused and `checkToken` is set.
   */
  async prove(urn: string): Promise<void> {
    const isFirst = this.#proof === undefined;
    this.#proof ??= this.#ask(urn);
    await this.#proof.catch((error: unknown) => {
      this.#isClosed = true;
      if (isFirst) {
        throw error;
      }
    });
  }

  succeed(): void {
    this.#silences = 0;
    this.#hasWorked = true;
  }

  /**
   * Notes that a lookup failed: one that is slow, or was cut off, says nothing of the others.
   *
   * @returns Whether that was said, or is now, at the stack of the resource.
   */
  async fail(urn: string, error: unknown): Promise<boolean> {
    const { status, code } = error instanceof CeligoError ? error : {};
    this.#silences = status === undefined ? this.#silences + 1 : 0;
    this.#isClosed = status === 401 || status === 403 || commonCodes.includes(code) || this.#silences === maxSilences;
    if (!(error instanceof CeligoError && status === 401)) {
      return false;
    }
    if (!this.#isRefused) {
      this.#isRefused = true;
      await this.#tell(stackOf(urn), `${closeSentence(error.about(unchecked).message)} ${toBeError}`, "warning");
    }
    return true;
  }

  async #ask(urn: string): Promise<void> {
    const { client, checkToken } = this.#connect();
    try {
      await (checkToken ? withPatience(client.checkAccess()) : client.assertToken());
    } catch (thrown) {
      const reason = messageOf(thrown);
      const error =
        thrown instanceof CeligoError ? thrown : new CeligoError({ subject: "", reason, sharedCause: reason });
      if (error.sharedCause === undefined) {
        return;
      }
      const isRefused = error.status === 401 || error.status === 403 || error.code === "missing_token";
      if (isRefused && checkToken) {
        throw error.about(unchecked);
      }
      this.#isClosed = true;
      const message = closeSentence(error.about(unchecked).message);
      await this.#tell(stackOf(urn), isRefused ? `${message} ${toBeError}` : message, "warning");
    }
  }
}

function stackOf(urn: string): string {
  const [stack = "", project = ""] = urn.split("::");
  return `${stack}::${project}::pulumi:pulumi:Stack::${project}-${stack.split(":").at(-1)}`;
}

/** Gives up waiting: a preview must not hang for the sake of a remark. */
export async function withPatience<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patience / 1000} s`)), patience);
  });
  return Promise.race([answer, limit]).finally(() => clearTimeout(timer));
}
