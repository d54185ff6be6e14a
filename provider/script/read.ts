import type { CeligoClient, ScriptRecord } from "../api/client";
import { CeligoError, isNotFound, reasonOf } from "../errors";

/** Reads scripts for the verbs. One object serves all scripts of a process: the API is proven once. */
export class Reader {
  readonly #client: () => CeligoClient;
  /** The proof that the API answers at the configured address. */
  #proof: Promise<unknown> | undefined;

  constructor(client: () => CeligoClient) {
    this.#client = client;
  }

  /**
   * Reads a script; returns nothing when it is in the recycle bin or does not exist.
   *
   * @param subject What the verb could not do when this fails.
   */
  async read(id: string, subject: string): Promise<ScriptRecord | undefined> {
    // What is wrong with the configuration is not about this script.
    const client = this.#client();
    try {
      const record = await client.getScript(id);
      return record.deletedAt ? undefined : record;
    } catch (error) {
      if (isNotFound(error)) {
        await this.#proveApi(client, id, error.about(subject));
        return undefined;
      }
      throw error instanceof CeligoError ? error.about(subject) : error;
    }
  }

  /**
   * Asserts that this 404 comes from the API: a wrong address answers 404 to everything. The API lists the dependents
   * also of a script that does not exist.
   */
  async #proveApi(client: CeligoClient, id: string, notFound: CeligoError): Promise<void> {
    this.#proof ??= client.listScriptDependencies(id);
    await this.#proof.catch((error: unknown) => {
      this.#proof = undefined;
      throw nowhere(notFound, error);
    });
  }
}

/** Says that a script was not found by something that need not be the API, as it does not answer another request either. */
function nowhere(notFound: CeligoError, error: unknown): CeligoError {
  return notFound.with({
    reason: `${notFound.reason}; whether the API itself says so is not known, as it was asked what uses the script: ${reasonOf(error)}`,
    hint: error instanceof CeligoError ? error.hint : undefined,
  });
}
