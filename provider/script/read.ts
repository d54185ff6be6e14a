import type { ScriptAudit, ScriptRecord } from "../api/client";
import { CeligoError, isNotFound, reasonOf, rethrowWith } from "../errors";
import type { Connect } from "./connection";
import type { RawInputs } from "./inputs";
import { canBeVouchedFor, Listing } from "./listing";
import { maxLooks, pause, readListed } from "./search";

/** Milliseconds after its creation for which a 404 need not mean that a script is gone: reads can lag behind writes. */
const youth = 60_000;
const foreignCode = "wrong_account";

/** Reads scripts for the verbs. One object serves all scripts of a process: the API and the account are proven once. */
export class Reader {
  readonly #connect: Connect;
  /** The scripts of the account with their owners, listed when the first script is not found. They prove the API, too. */
  #listed: Promise<ScriptRecord[]> | undefined;
  /** Whether the account has a script of the state, and so is the right one. */
  #isProven = false;
  /** The scripts of the state, by id, as far as this process has heard of them. */
  readonly #known = new Map<string, RawInputs>();
  /** The search for a script of the state before the first creation, where the list shows none. */
  #search: Promise<unknown> | undefined;
  #listing: Listing | undefined;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  note(id: string, known: RawInputs): void {
    this.#known.set(id, known);
  }

  /**
   * Asserts before a creation that this is the account of the state. Makes requests only where the list shows no script of the
   * state.
   *
   * @param subject What the verb could not do when this fails.
   */
  async assertAccount(listed: readonly ScriptRecord[], subject: string): Promise<void> {
    const [first] = this.#known;
    if (!first) {
      return;
    }
    this.#isProven ||= listed.some(({ _id }) => this.#known.has(_id));
    if (this.#isProven) {
      return;
    }
    const [id, known] = first;
    this.#search ??= this.read(id, known, subject);
    await this.#search.catch((error: unknown) => {
      this.#search = undefined;
      rethrowWith(({ code, reason }) => ({
        subject,
        ...(code === foreignCode ? { reason: `script ${id} of this stack was ${reason}` } : {}),
      }))(error);
    });
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
    this.#connect();
    this.note(id, known);
    try {
      const record = await this.#getLatest(id, known);
      return record.deletedAt ? undefined : record;
    } catch (error) {
      if (!isNotFound(error)) {
        return rethrowWith(() => ({ subject }))(error);
      }
      if (isDeleteSent) {
        return undefined;
      }
      return this.#confirmGone(id, known, error.about(subject)).catch(rethrowWith(() => ({ subject })));
    }
  }

  /** Tells whether a list shows a script as the state knows it, so that a refresh need not read it. */
  async isListedAsKnown(id: string, known: RawInputs): Promise<boolean> {
    if (!canBeVouchedFor(known)) {
      return false;
    }
    if (!this.#listing || this.#listing.hasAsked(id)) {
      const { client, backoff } = this.#connect();
      this.#listing = new Listing(client, backoff / 5);
    }
    const isListed = await this.#listing.vouchesFor(id, known);
    this.#isProven ||= isListed;
    return isListed;
  }

  async #get(id: string): Promise<ScriptRecord> {
    const record = await this.#connect().client.getScript(id);
    this.#isProven = true;
    return record;
  }

  /** Reads a script. A read that shows what was before the last write of the state is made again. */
  async #getLatest(id: string, { lastModified }: RawInputs): Promise<ScriptRecord> {
    const connection = this.#connect();
    for (let look = 1; ; look++) {
      const record = await this.#get(id);
      if (look > maxLooks || !(Date.parse(record.lastModified ?? "") < Date.parse(String(lastModified)))) {
        return record;
      }
      await pause(connection, look);
    }
  }

  /** Returns the script after all, or nothing when it is gone: the API has a list, and neither that nor a later read shows it. */
  async #confirmGone(id: string, known: RawInputs, notFound: CeligoError): Promise<ScriptRecord | undefined> {
    const connection = this.#connect();
    const { client } = connection;
    this.#listed ??= client.listEveryScript({ include: ["_userId"] });
    const listed = await this.#listed.catch((error: unknown) => {
      this.#listed = undefined;
      throw nowhere(notFound, error);
    });
    if (listed.some(({ _id }) => _id === id)) {
      return readListed(connection, id);
    }
    const age = Date.now() + (client.clockOffset ?? 0) - Date.parse(String(known["createdAt"]));
    for (let look = 1; age < youth && look <= maxLooks; look++) {
      await pause(connection, look);
      try {
        const record = await this.#get(id);
        return record.deletedAt ? undefined : record;
      } catch (error) {
        if (!isNotFound(error)) {
          throw error;
        }
      }
    }
    if (!this.#isProven) {
      await this.#assertRightAccount(listed, id, known, notFound);
    }
    return undefined;
  }

  /**
   * Asserts that the token's account can be the one that the state describes. In another account no script is found, either.
   */
  async #assertRightAccount(
    listed: readonly ScriptRecord[],
    id: string,
    { userId }: RawInputs,
    notFound: CeligoError,
  ): Promise<void> {
    const owners = new Set(listed.map(({ _userId }) => _userId).filter((owner) => owner !== undefined));
    // A creation that was not confirmed may leave a state without the owner; other scripts of the state have it.
    const known = userId === undefined ? [...this.#known.values()].map(({ userId }) => userId) : [userId];
    const expected = known.filter((owner) => owner !== undefined).map(String);
    const isForeign = expected.length > 0 && owners.size > 0 && !expected.some((owner) => owners.has(owner));
    if ((listed.length > 0 && !isForeign) || (await this.#wasDeletedHere(id))) {
      return;
    }
    const reason = isForeign
      ? `no script in this token's account has the owner that the state knows, ${expected[0]}`
      : "this token's account has no scripts at all";
    throw new CeligoError({
      ...notFound,
      reason: `not found, and ${reason}`,
      hint:
        "Check that the token belongs to the account of this stack. If it does, and its scripts were deleted, remove them from the state " +
        "with pulumi state delete, and run pulumi up.",
      code: foreignCode,
      status: undefined,
      cause: notFound.cause,
    });
  }

  /** Tells whether the account's audit log says that the script was deleted, as after a destroy that was cut off. */
  async #wasDeletedHere(id: string): Promise<boolean> {
    const { client } = this.#connect();
    const { audit = [] } = await client
      .getScriptAudit(id, { action: "deleted", limit: 1 })
      .catch(() => ({}) as ScriptAudit);
    return audit.some(({ action }) => action === "deleted");
  }
}

/** Returns the error for a 404 that may not come from the API: a wrong address responds with 404 to everything, also to a list. */
function nowhere(notFound: CeligoError, error: unknown): CeligoError {
  return new CeligoError({
    ...notFound,
    reason: `${notFound.reason}; could not confirm that this 404 comes from integrator.io: ${reasonOf(error)}`,
    hint: error instanceof CeligoError ? error.hint : undefined,
    cause: notFound.cause,
    sharedCause: "Celigo answered 404",
  });
}
