import type { CeligoClient, NewScript, ScriptRecord } from "../api/client";
import { attemptsNote, backoffAfter, maxAttempts } from "../api/retry";
import { contentHash } from "../content/content";
import { CeligoError, isNotFound, isOutcomeUnknown, reasonOf, UnfinishedError } from "../errors";
import type { RawInputs, ScriptInputs } from "./inputs";
import { type ScriptOutputs, toOutputs, type WholeBody } from "./mapping";
import { adopting, type NamePolicy, nameTaken } from "./name-taken";
import type { Ownership } from "./owners";

/** How a script came to be: by this run, or before it. */
export interface Creation {
  readonly record: ScriptRecord;
  /** Whether the script was there before, and still has to be brought to the program's state. */
  readonly isAdopted: boolean;
  /** What is wrong with a script that was created all the same: that it is not alone, or that this is not known. */
  readonly doubt?: string;
}

/** New scripts of a name that nobody owns. */
interface Found {
  /** Those with the content that was sent. */
  readonly same: readonly ScriptRecord[];
  /** Those with another: somebody has changed it, or made it. */
  readonly other: readonly ScriptRecord[];
}

/** What makes a new script as the program says. */
export interface Finishing {
  readonly client: CeligoClient;
  readonly body: WholeBody;
  readonly inputs: ScriptInputs;
  /** Brings an adopted script to the program's state. */
  readonly update: (id: string, known: ScriptOutputs) => Promise<ScriptOutputs>;
}

/** How often it is waited that the program comes to a resource that has a script of the same name. */
const maxWaits = 10;
/**
 * Milliseconds by which `createdAt` may lie before the attempt: the server's `Date` header has whole seconds, may be missing,
 * and may be of a machine in between with a clock of its own. What was there before the run is known by its id.
 */
const clockTolerance = 30_000;

/**
 * Creates scripts exactly once, although the API gives a name to as many scripts as it is asked to, and the answer to a
 * POST can be lost. One object serves all scripts of a process: it knows which scripts have an owner.
 */
export class Creator {
  readonly #client: CeligoClient;
  readonly #backoff: number;
  readonly #ownership: Ownership;
  readonly #queues = new Map<string, Promise<unknown>>();
  #before: Promise<ScriptRecord[]> | undefined;

  /**
   * @param backoff Milliseconds before a creation is sent again for the first time; doubles each time.
   */
  constructor(client: CeligoClient, ownership: Ownership, backoff = 500) {
    this.#client = client;
    this.#ownership = ownership;
    this.#backoff = backoff;
  }

  /** Creates a script, or takes over the one that has its name, as `onNameTaken` says. */
  create(body: NewScript, policy: NamePolicy): Promise<Creation> {
    // Creations of one name go one after the other, so that none mistakes another's script for its own.
    const turn = (this.#queues.get(body.name) ?? Promise.resolve()).then(async () => {
      const creation = (await this.#adopt(body, policy)) ?? (await this.#post(body, policy));
      this.#ownership.take(creation.record._id, creation);
      return creation;
    });
    this.#queues.set(
      body.name,
      turn.catch(() => {}),
    );
    return turn;
  }

  /** Lists the scripts that were there before this process created any. */
  async #listBefore(body: NewScript): Promise<readonly ScriptRecord[]> {
    this.#before ??= this.#client.listScripts({ include: ["name"] });
    return this.#before.catch((error: unknown) => {
      this.#before = undefined;
      throw error instanceof CeligoError ? error.about(`could not create script "${body.name}"`) : error;
    });
  }

  async #adopt(body: NewScript, policy: NamePolicy): Promise<Creation | undefined> {
    const listed = await this.#listBefore(body);
    if (policy.onNameTaken === "create") {
      return undefined;
    }
    const named = listed.filter(({ name }) => name === body.name);
    const isAwaited = ({ _id }: ScriptRecord) => this.#ownership.isAwaited(_id);
    for (let waits = 0; named.some(isAwaited) && waits < maxWaits; waits++) {
      // The program may come to the other resource in a moment: Pulumi registers all of them at once.
      await new Promise((resolve) => setTimeout(resolve, this.#backoff));
    }
    const live = await this.#readAll(
      named.filter((record) => !this.#ownership.isHeld(record._id) || isAwaited(record)),
    );
    const [only] = live;
    if (!only) {
      return undefined;
    }
    if (policy.onNameTaken === "adopt" && live.length === 1) {
      return { record: only, isAdopted: true };
    }
    throw nameTaken(body, live, { ...policy, isManaged: live.some(isAwaited) });
  }

  async #post(body: NewScript, policy: NamePolicy): Promise<Creation> {
    const startedAt = Date.now();
    for (let attempt = 1; ; attempt++) {
      // A server that has not answered may still be at work: it gets time before anybody looks.
      const settle = () => new Promise((resolve) => setTimeout(resolve, backoffAfter(attempt, this.#backoff)));
      try {
        const record = await this.#client.createScript(body);
        if (attempt === 1) {
          return { record, isAdopted: false };
        }
        await settle();
        const doubt = await this.#findTwins(body, startedAt, record._id);
        return { record, isAdopted: false, ...(doubt === undefined ? {} : { doubt }) };
      } catch (error) {
        if (!isOutcomeUnknown(error)) {
          throw error;
        }
        await settle();
        const { same, other } = await this.#find(body, startedAt).catch((failure: unknown) => {
          throw error.with({
            reason: `${error.reason}, and whether it was created could not be found out: ${reasonOf(failure)}`,
            hint:
              policy.onNameTaken === "create"
                ? 'Look in Celigo first, and delete a new script of that name: with onNameTaken "create" the next pulumi up makes another.'
                : "Run pulumi up again: should the script be there, it says so, and how to go on.",
          });
        });
        const [found, ...others] = same;
        if (others.length > 0 || (!found && other.length > 0)) {
          throw ambiguous(body, same.length > 0 ? same : other, same.length > 0, policy);
        }
        if (found) {
          return { record: found, isAdopted: false };
        }
        if (attempt === maxAttempts) {
          throw error.with({
            reason: `${error.reason}${attemptsNote(attempt, "the script does not exist, so none succeeded")}`,
          });
        }
      }
    }
  }

  /** Says whether an earlier try of the same creation, that had seemed not to work, has worked after all. */
  async #findTwins(body: NewScript, startedAt: number, id: string): Promise<string | undefined> {
    try {
      const { same: twins } = await this.#find(body, startedAt, id);
      return twins.length === 0
        ? undefined
        : `an earlier try whose answer was lost made ${twins.map(({ _id }) => _id).join(", ")}, too; delete that in Celigo`;
    } catch (error) {
      return `whether an earlier try whose answer was lost made another one could not be found out; look for it in Celigo: ${reasonOf(error)}`;
    }
  }

  /** Finds the scripts that a POST whose answer was lost can have made: of that name, new, and nobody's, by content. */
  async #find(body: NewScript, startedAt: number, except?: string): Promise<Found> {
    const listed = await this.#client.listScripts({ include: ["name", "createdAt"] });
    // Without the server's clock, any time may be that of the attempt.
    const since = startedAt + (this.#client.clockOffset ?? Number.NEGATIVE_INFINITY) - clockTolerance;
    const known = new Set((await this.#listBefore(body)).map(({ _id }) => _id));
    const candidates = listed.filter(
      ({ _id, name, createdAt }) =>
        name === body.name &&
        _id !== except &&
        !this.#ownership.isHeld(_id) &&
        !known.has(_id) &&
        // What has no time that can be read is taken for new.
        !(Date.parse(createdAt ?? "") < since),
    );
    const hash = contentHash(body.content);
    const found = await this.#readAll(candidates);
    const isSame = ({ content }: ScriptRecord) => contentHash(content ?? "") === hash;
    return { same: found.filter(isSame), other: found.filter((record) => !isSame(record)) };
  }

  async #readAll(records: readonly ScriptRecord[]): Promise<ScriptRecord[]> {
    const read = await Promise.all(
      records.map(({ _id }) =>
        this.#client.getScript(_id).catch((error: unknown) => {
          if (isNotFound(error)) {
            return undefined;
          }
          throw error;
        }),
      ),
    );
    return read.filter((record) => record !== undefined && !record.deletedAt) as ScriptRecord[];
  }
}

/**
 * Returns the outputs of a script that was just created or adopted.
 *
 * @throws UnfinishedError with the script's id when it is not known to be as the program says: the resource stays in the state.
 */
export async function finish(
  { record, isAdopted, doubt }: Creation,
  { client, body, inputs, update }: Finishing,
): Promise<ScriptOutputs> {
  const id = record._id;
  const known = isAdopted
    ? toOutputs(record, inputs)
    : { ...toOutputs({ ...body, _id: id }, inputs), isUnconfirmed: true };
  try {
    const outputs = isAdopted
      ? await update(id, known)
      : toOutputs(await confirm(client, record, body.name), inputs, body.content);
    if (doubt === undefined) {
      return outputs;
    }
    throw notAlone(id, body.name, doubt);
  } catch (error) {
    throw new UnfinishedError(error, id, { ...known, __provider: (inputs as unknown as RawInputs)["__provider"] });
  }
}

/** Reads a script again when the response to its POST lacks the content. */
async function confirm(client: CeligoClient, record: ScriptRecord, name: string): Promise<ScriptRecord> {
  return record.content !== undefined
    ? record
    : client.getScript(record._id).catch((error: unknown) => {
        throw notReadBack(record._id, name, error);
      });
}

/** Says that a lost creation may have made one of several scripts, or one that was changed. */
function ambiguous(body: NewScript, found: readonly ScriptRecord[], isSame: boolean, policy: NamePolicy): CeligoError {
  const list = found.map(({ _id, createdAt }) => `${_id} (created ${createdAt ?? "at an unknown time"})`).join(", ");
  return new CeligoError({
    subject: `could not create script "${body.name}"`,
    reason: isSame
      ? `the answer was lost, and there are now ${found.length} new scripts of that name and content: ${list}`
      : `the answer was lost, and there ${found.length === 1 ? "is a new script" : `are ${found.length} new scripts`} of that name with other content: ${list}`,
    hint: isSame
      ? `Delete all but one of them in Celigo, and then: ${adopting(policy)}`
      : `If one of them is this script, with a change of somebody's: ${adopting(policy)}. Else delete or rename it in Celigo.`,
    operation: "createScript",
    code: "ambiguous_creation",
  });
}

/** Says that a script was made, and perhaps another one by an earlier try. */
function notAlone(id: string, name: string, doubt: string): CeligoError {
  return new CeligoError({
    subject: `script "${name}" (${id}) was created, but maybe not alone`,
    reason: doubt,
    hint: "Then run pulumi up again.",
  });
}

/** Says that a script was made, and what it has become is not known. */
function notReadBack(id: string, name: string, error: unknown): unknown {
  return error instanceof CeligoError
    ? error.with({
        subject: `script "${name}" (${id}) was created, but could not be read back`,
        hint: "Run pulumi up again: it goes on from there, and creates nothing twice.",
      })
    : error;
}
