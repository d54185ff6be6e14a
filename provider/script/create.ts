import type { CeligoClient, NewScript, ScriptRecord } from "../api/client";
import { attemptsNote, maxAttempts } from "../api/retry";
import { CeligoError, invalidResponseCode, isOutcomeUnknown, reasonOf, rethrowWith } from "../errors";
import { whoAndWhen } from "./conflict";
import type { Connect } from "./connection";
import { adopting, type NamePolicy, nameTaken } from "./name-taken";
import type { Ownership } from "./owners";
import type { Reader } from "./read";
import { type Found, Search } from "./search";
import { isSameContent, isSameName, plain } from "./stored";

export interface Creation {
  readonly record: ScriptRecord;
  /** Whether the script was there before, and still has to be brought to the program's state. */
  readonly isAdopted: boolean;
  /** Why the response to the POST did not tell which script it made, which a look then found. */
  readonly foundAfter?: CeligoError;
  /** Why the script may have been created twice. */
  readonly doubt?: string;
}

/** How many times to wait for Pulumi to register another resource with the same script name. */
const maxWaits = 10;
/**
 * Creates scripts exactly once, although the API allows many scripts of one name, and the response to a POST can be lost.
 * One object serves all scripts of a process: it knows which scripts have an owner.
 */
export class Creator {
  readonly #connect: Connect;
  readonly #ownership: Ownership;
  readonly #reader: Reader;
  readonly #search: Search;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(connect: Connect, ownership: Ownership, reader: Reader) {
    this.#connect = connect;
    this.#ownership = ownership;
    this.#reader = reader;
    this.#search = new Search(connect, ownership);
  }

  create(body: NewScript, policy: NamePolicy, resource: string | undefined): Promise<Creation> {
    // Creations of one name go one after the other, so that none mistakes another's script for its own.
    const name = plain(body.name);
    const turn = (this.#queues.get(name) ?? Promise.resolve()).then(async () => {
      const creation = (await this.#adopt(body, policy)) ?? (await this.#post(body, policy));
      this.#ownership.take(creation.record._id, resource, creation.isAdopted);
      return creation;
    });
    this.#queues.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  }

  /** Returns the ids of other scripts of a name that no resource manages. Uses the list that creations share. */
  async namesakes(name: string, own: string): Promise<readonly string[]> {
    const listed = await this.#search.listBefore(name);
    return listed
      .filter((one) => one._id !== own && isSameName(one.name, name) && !this.#ownership.isHeld(one._id))
      .map(({ _id }) => _id);
  }

  async #adopt(body: NewScript, policy: NamePolicy): Promise<Creation | undefined> {
    const listed = await this.#search.listBefore(body.name);
    await this.#reader.assertAccount(listed, `could not create script "${body.name}"`);
    if (policy.onNameTaken === "create") {
      return undefined;
    }
    const isAwaited = ({ _id }: ScriptRecord) => this.#ownership.isAwaited(_id);
    for (
      let waits = 0;
      listed.some((one) => isSameName(one.name, body.name) && isAwaited(one)) && waits < maxWaits;
      waits++
    ) {
      // Pulumi may register the other resource in a moment.
      await new Promise((resolve) => setTimeout(resolve, this.#connect().backoff));
    }
    const isFree = (one: ScriptRecord) => !this.#ownership.isHeld(one._id) || isAwaited(one);
    const live = await this.#search.readNamed(body.name, listed, isFree);
    const [only] = live;
    if (!only) {
      return undefined;
    }
    if (policy.onNameTaken === "adopt" && live.length === 1) {
      return { record: only, isAdopted: true };
    }
    throw nameTaken(body, live, policy, live.some(isAwaited));
  }

  async #post(body: NewScript, policy: NamePolicy): Promise<Creation> {
    const startedAt = Date.now();
    for (let attempt = 1; ; attempt++) {
      try {
        const record = await this.#connect()
          .client.createScript(body)
          .then((made) => this.#assertNew(made, body));
        const doubt = attempt === 1 ? undefined : await this.#findTwins(record, body, startedAt);
        return { record, isAdopted: false, ...(doubt === undefined ? {} : { doubt }) };
      } catch (error) {
        if (!isOutcomeUnknown(error)) {
          throw attempt > 1 && error instanceof CeligoError ? refusedAfterLoss(error, policy) : error;
        }
        const found = await this.#search.afterLostResponse(body, startedAt, attempt).catch((failure: unknown) => {
          throw error.with({
            reason: `${error.reason}; could not check whether it was created: ${reasonOf(failure)}`,
            hint: goingOn(policy),
          });
        });
        const [record, ...others] = found.same;
        if (others.length > 0 || found.dated.length > 0 || (!record && found.other.length > 0)) {
          throw ambiguous(body, found, policy);
        }
        if (record) {
          return { record, isAdopted: false, foundAfter: error };
        }
        if (isDone(error)) {
          throw error.with({
            reason: `${error.reason}; the list of scripts does not show a new script of that name`,
            hint: goingOn(policy),
          });
        }
        if (attempt === maxAttempts) {
          throw error.with({
            reason: `${error.reason}${attemptsNote(attempt, "the list of scripts does not show it")}`,
          });
        }
      }
    }
  }

  /** Asserts that a POST's response is about the new script: the state would have another one. */
  async #assertNew(record: ScriptRecord, { name, content }: NewScript): Promise<ScriptRecord> {
    const before = await this.#search.listBefore(name);
    const isOld = this.#ownership.isHeld(record._id) || before.some(({ _id }) => _id === record._id);
    const isOther =
      record.name !== undefined && !isSameName(record.name, name) && !isSameContent(record.content ?? "", content);
    if (isOld || isOther) {
      throw new CeligoError({
        subject: `could not create script "${name}"`,
        reason: `the response names script ${record._id}, which ${isOld ? "was there before" : "has another name and content"}`,
        operation: "createScript",
        code: invalidResponseCode,
        outcomeUnknown: true,
      });
    }
    return record;
  }

  /** Says whether an earlier attempt of the same creation, that had seemed to fail, has worked after all. */
  async #findTwins(record: ScriptRecord, body: NewScript, startedAt: number): Promise<string | undefined> {
    try {
      const twins = await this.#search.besides(record, body, startedAt);
      return twins.length === 0
        ? undefined
        : `an earlier attempt whose response was lost also made ${twins.map(({ _id }) => _id).join(", ")}; delete that in Celigo`;
    } catch (error) {
      return `could not check whether an earlier attempt whose response was lost made another one; look for it in Celigo: ${reasonOf(error)}`;
    }
  }
}

/** Reads a script again when the response to its POST lacks the content. */
export async function confirm(client: CeligoClient, record: ScriptRecord, name: string): Promise<ScriptRecord> {
  return record.content !== undefined
    ? record
    : client.getScript(record._id).catch(
        rethrowWith(() => ({
          subject: `script "${name}" (${record._id}) was created, but could not be read back`,
          hint: "Run pulumi up again: it goes on from there, and creates nothing twice.",
        })),
      );
}

/** Says that a lost creation may have made one of several scripts, one that was changed, or one that looks too old. */
function ambiguous(body: NewScript, { same, dated, other }: Found, policy: NamePolicy): CeligoError {
  const isDated = same.length === 0 && dated.length > 0;
  const candidates = same.length > 0 ? [...same, ...dated] : isDated ? dated : other;
  const isOne = candidates.length === 1;
  const scripts = `${isOne ? "is a" : `are ${candidates.length}`} ${isDated ? "" : "new "}script${isOne ? "" : "s"} of that name`;
  const trait = isDated
    ? "and content, dated before the attempt"
    : same.length > 0
      ? "and content"
      : "with other content";
  const list = candidates
    .map(({ _id, createdAt }) => `${_id} (created ${createdAt ?? "at an unknown time"})`)
    .join(", ");
  return new CeligoError({
    subject: `could not create script "${body.name}"`,
    reason: `the response was lost, and there ${scripts} ${trait}: ${list}`,
    hint: isOne
      ? `If it is this script, ${isDated ? "and the clocks differ" : "with a change of somebody's"}: ${adopting(policy)}. Otherwise delete or rename it in Celigo.`
      : `Delete or rename all but one of them in Celigo, and then: ${adopting(policy)}`,
    operation: "createScript",
    code: "ambiguous_creation",
  });
}

/** Says that an earlier attempt may have created the script, although the last one was refused: a list can lag. */
function refusedAfterLoss(error: CeligoError, policy: NamePolicy): CeligoError {
  return error.with({
    reason: `${error.reason}; an earlier attempt whose response was lost may have created it`,
    hint: [error.hint, goingOn(policy)].filter((hint) => hint !== undefined).join(" "),
  });
}

function goingOn({ onNameTaken }: NamePolicy): string {
  return onNameTaken === "create"
    ? 'Look in Celigo first, and delete a new script of that name: with onNameTaken "create" the next pulumi up makes another.'
    : "Run pulumi up again: should the script be there, it says so, and how to go on.";
}

/** Tells whether the server says that it carried out the request, and only its response is not usable. */
function isDone({ code }: CeligoError): boolean {
  return code === invalidResponseCode;
}

/** Says which script was found after a lost response. Another run may have created it, with the same name and content. */
export async function foundNote(client: CeligoClient, record: ScriptRecord, after: CeligoError): Promise<string> {
  return (
    `script "${record.name}" (${record._id}): the response to its creation was ${isDone(after) ? "malformed" : "lost"}. ` +
    "This script was found, created " +
    `${await whoAndWhen(client, record, "created")}. If another run created it, remove it from the state with pulumi state ` +
    "delete, and run pulumi up."
  );
}

export function notAlone(id: string, name: string, doubt: string): CeligoError {
  return new CeligoError({
    subject: `script "${name}" (${id}) was created, possibly twice`,
    reason: doubt,
    hint: "Then run pulumi up again.",
  });
}
