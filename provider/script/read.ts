import type { CeligoClient, ScriptRecord } from "../api/client";
import { CeligoError, isNotFound, reasonOf } from "../errors";
import type { RawInputs } from "./inputs";
import { canBeVouchedFor, Listing } from "./listing";
import type { Writer } from "./read-then-write";
import { maxLooks, pause, readListed } from "./search";

/** Milliseconds after its creation for which a 404 need not mean that a script is gone: reads can lag behind writes. */
const youth = 60_000;

/** Reads scripts for the verbs. One object serves all scripts of a process: the API and the account are proven once. */
export class Reader {
  readonly #connect: () => Writer;
  /** The proof that the API is at the configured address. */
  #proof: Promise<unknown> | undefined;
  /** The scripts of the account with their owners, listed when the first script is not found. */
  #listed: Promise<ScriptRecord[]> | undefined;
  /** Whether the account has a script of the state, and so is the right one. */
  #isProven = false;
  /** The list of the refresh that goes on. */
  #listing: Listing | undefined;

  constructor(connect: () => Writer) {
    this.#connect = connect;
  }

  /**
   * Reads a script; returns nothing when it is in the recycle bin or does not exist.
   *
   * @param known What the state knows of it.
   * @param subject What the verb could not do when this fails.
   * @param isDeleteSent Whether the DELETE was sent: then a 404 is what the verb waits for.
   */
  async read(id: string, known: RawInputs, subject: string, isDeleteSent = false): Promise<ScriptRecord | undefined> {
    // What is wrong with the configuration is not about this script.
    const { client } = this.#connect();
    try {
      const record = await this.#get(client, id);
      return record.deletedAt ? undefined : record;
    } catch (error) {
      if (!isNotFound(error)) {
        throw error instanceof CeligoError ? error.about(subject) : error;
      }
      if (isDeleteSent) {
        return undefined;
      }
      const notFound = error.about(subject);
      await this.#proveApi(client, id, notFound);
      return await this.#confirmGone(id, known, notFound).catch((failure: unknown) => {
        throw failure instanceof CeligoError ? failure.about(subject) : failure;
      });
    }
  }

  /** Tells whether a list shows a script as the state knows it, so that a refresh need not read it. */
  async isListedAsKnown(id: string, known: RawInputs): Promise<boolean> {
    if (!canBeVouchedFor(known)) {
      return false;
    }
    if (!this.#listing || this.#listing.hasAsked(id)) {
      const { client, backoff = 500 } = this.#connect();
      this.#listing = new Listing(client, backoff / 5);
    }
    const isListed = await this.#listing.vouchesFor(id, known);
    this.#isProven ||= isListed;
    return isListed;
  }

  async #get(client: CeligoClient, id: string): Promise<ScriptRecord> {
    const record = await client.getScript(id);
    this.#isProven = true;
    return record;
  }

  /** Returns the script after all, or nothing when it is gone: neither the list nor a later read shows it. */
  async #confirmGone(id: string, known: RawInputs, notFound: CeligoError): Promise<ScriptRecord | undefined> {
    const { client, backoff = 500 } = this.#connect();
    this.#listed ??= client.listEveryScript({ include: ["_userId"] });
    const listed = await this.#listed.catch((error: unknown) => {
      this.#listed = undefined;
      throw error;
    });
    if (listed.some(({ _id }) => _id === id)) {
      return readListed(client, id, backoff);
    }
    if (!this.#isProven) {
      assertRightAccount(listed, known, notFound);
    }
    const age = Date.now() + (client.clockOffset ?? 0) - Date.parse(String(known["createdAt"]));
    for (let look = 1; age < youth && look <= maxLooks; look++) {
      await pause(backoff, look);
      try {
        const record = await this.#get(client, id);
        return record.deletedAt ? undefined : record;
      } catch (error) {
        if (!isNotFound(error)) {
          throw error;
        }
      }
    }
    return undefined;
  }

  /**
   * Asserts that this 404 comes from the API: a wrong address responds with 404 to everything. The API lists dependents even
   * for a script that does not exist.
   */
  async #proveApi(client: CeligoClient, id: string, notFound: CeligoError): Promise<void> {
    this.#proof ??= client.listScriptDependencies(id);
    await this.#proof.catch((error: unknown) => {
      this.#proof = undefined;
      throw nowhere(notFound, error);
    });
  }
}

/**
 * Asserts that the token's account can be the one that the state describes. In another account no script is found, either.
 */
function assertRightAccount(listed: readonly ScriptRecord[], known: RawInputs, notFound: CeligoError): void {
  const owners = new Set(listed.map(({ _userId }) => _userId).filter((owner) => owner !== undefined));
  const isForeign = known["userId"] !== undefined && owners.size > 0 && !owners.has(String(known["userId"]));
  if (listed.length > 0 && !isForeign) {
    return;
  }
  const reason = isForeign
    ? `no script in this token's account has the owner that the state knows, ${known["userId"]}`
    : "this token's account has no scripts at all";
  throw new CeligoError({
    ...notFound,
    reason: `not found, and ${reason}`,
    hint:
      "Check that the token belongs to the account of this stack. If it does, and its scripts were deleted, remove them from the state " +
      "with pulumi state delete, and run pulumi up.",
    code: "wrong_account",
    status: undefined,
    cause: notFound.cause,
  });
}

/** Returns the error for a 404 that may not come from the API: the request that would confirm it failed as well. */
function nowhere(notFound: CeligoError, error: unknown): CeligoError {
  return new CeligoError({
    ...notFound,
    reason: `${notFound.reason}; could not confirm that this 404 comes from integrator.io: ${reasonOf(error)}`,
    hint: error instanceof CeligoError ? error.hint : undefined,
    cause: notFound.cause,
    sharedCause: "Celigo answered 404",
  });
}
