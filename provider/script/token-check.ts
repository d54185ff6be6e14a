import type { CeligoClient } from "../api/client";
import { CeligoError, closeSentence, messageOf } from "../errors";
import type { Tell } from "../messages";
import { withPatience } from "./preview";

interface Connected {
  readonly client: Pick<CeligoClient, "checkAccess" | "assertToken">;
  readonly checkToken?: boolean;
}

/** Finds out, in a preview with changes, whether Celigo can be asked and accepts the token. */
export class TokenCheck {
  readonly #connect: () => Connected;
  readonly #tell: Tell;
  #proof: Promise<boolean> | undefined;
  #isRefused = false;

  constructor(connect: () => Connected, tell: Tell) {
    this.#connect = connect;
    this.#tell = tell;
  }

  /**
   * Tells whether Celigo can be asked; if not, says once at the stack of the resource why not. With `checkToken`, one request
   * proves it. Without, only a missing token is noticed: what a lookup finds out later comes to {@link refuse}.
   *
   * @throws CeligoError, once, when a setting is invalid, or the token is missing or refused and `checkToken` is set.
   */
  async prove(urn: string): Promise<boolean> {
    if (this.#proof) {
      return this.#proof.catch(() => false);
    }
    this.#proof = this.#ask(urn);
    return this.#proof;
  }

  /** Notes that a lookup failed; returns whether that was said, or is now, at the stack of the resource. */
  async refuse(urn: string, error: unknown): Promise<boolean> {
    if (!(error instanceof CeligoError && error.status === 401)) {
      return false;
    }
    if (!this.#isRefused) {
      this.#isRefused = true;
      await this.#tell(stackOf(urn), `${closeSentence(error.about(unchecked).message)} ${toBeError}`, "warning");
    }
    return true;
  }

  async #ask(urn: string): Promise<boolean> {
    const { client, checkToken } = this.#connect();
    try {
      await (checkToken ? withPatience(client.checkAccess()) : client.assertToken());
      return true;
    } catch (thrown) {
      const reason = messageOf(thrown);
      const error =
        thrown instanceof CeligoError ? thrown : new CeligoError({ subject: "", reason, sharedCause: reason });
      if (error.sharedCause === undefined) {
        return true;
      }
      const isRefused = error.status === 401 || error.status === 403 || error.code === "missing_token";
      if (isRefused && checkToken) {
        throw error.about(unchecked);
      }
      const message = closeSentence(error.about(unchecked).message);
      await this.#tell(stackOf(urn), isRefused ? `${message} ${toBeError}` : message, "warning");
      return false;
    }
  }
}

const toBeError = "With celigo:checkToken set to true, this is an error.";
const unchecked = "this preview checked neither what uses the changed scripts nor their live lines";

/** Returns the URN of the stack that a resource is in. */
function stackOf(urn: string): string {
  const [stack = "", project = ""] = urn.split("::");
  return `${stack}::${project}::pulumi:pulumi:Stack::${project}-${stack.split(":").at(-1)}`;
}
