import type { CeligoClient } from "../api/client";
import type { Tell } from "../engine";
import { CeligoError, messageOf } from "../errors";
import { withPatience } from "./preview";

interface Connected {
  readonly client: Pick<CeligoClient, "checkAccess">;
  readonly checkToken?: boolean;
}

/** Finds out with one request, in a preview with changes, whether Celigo can be asked and accepts the token. */
export class TokenCheck {
  readonly #connect: () => Connected;
  readonly #tell: Tell;
  #proof: Promise<boolean> | undefined;

  constructor(connect: () => Connected, tell: Tell) {
    this.#connect = connect;
    this.#tell = tell;
  }

  /**
   * Tells whether Celigo can be asked; if not, says once at the stack of the resource why not.
   *
   * @throws CeligoError, once, when a setting is invalid, or the token is missing or refused and `checkToken` is set.
   */
  async prove(urn: string): Promise<boolean> {
    if (this.#proof) {
      return this.#proof.catch(() => false);
    }
    this.#proof = this.#ask(stackOf(urn));
    return this.#proof;
  }

  async #ask(stack: string): Promise<boolean> {
    try {
      await withPatience(this.#connect().client.checkAccess());
      return true;
    } catch (thrown) {
      const reason = messageOf(thrown);
      const error =
        thrown instanceof CeligoError ? thrown : new CeligoError({ subject: "", reason, sharedCause: reason });
      if (error.sharedCause === undefined) {
        return true;
      }
      if (error.code === "invalid_configuration") {
        throw error;
      }
      const failure = error.about("this preview checked neither what uses the changed scripts nor their live lines");
      const isRefused = error.status === 401 || error.status === 403 || error.code === "missing_token";
      if (isRefused && this.#connect().checkToken) {
        throw failure;
      }
      const advice = isRefused ? " With celigo:checkToken set to true, this is an error." : "";
      await this.#tell(stack, `${failure.message}${advice}`, "warning");
      return false;
    }
  }
}

/** Returns the URN of the stack that a resource is in. */
function stackOf(urn: string): string {
  const [stack = "", project = ""] = urn.split("::");
  return `${stack}::${project}::pulumi:pulumi:Stack::${project}-${stack.split(":").at(-1)}`;
}
