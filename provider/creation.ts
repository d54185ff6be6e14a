import type { CeligoClient, ScriptBody, ScriptRecord } from "./client";
import { contentHash } from "./content";
import { CeligoError, isAnswerLost, isNotFound, reasonOf } from "./errors";
import type { OnNameTaken } from "./management";

/** The body of a script that is to be created. */
export type NewScript = ScriptBody & Required<Pick<ScriptBody, "name" | "content">>;

/** How a script came to be: by this run, or before it. */
export interface Creation {
  readonly record: ScriptRecord;
  /** Whether the script was there before, and still has to be brought to the program's state. */
  readonly isAdopted: boolean;
  /** What is wrong with a script that was created all the same: that it is not alone, or that this is not known. */
  readonly doubt?: string;
}

/** What happens when a name is taken, and who says so. */
export interface NamePolicy {
  readonly onNameTaken: OnNameTaken;
  /** Whether the script says it itself, which wins over what is set for the stack or in the environment. */
  readonly isOwn: boolean;
}

/** New scripts of a name that nobody owns. */
interface Found {
  /** Those with the content that was sent. */
  readonly same: readonly ScriptRecord[];
  /** Those with another: somebody has changed it, or made it. */
  readonly other: readonly ScriptRecord[];
}

/** How often a creation is sent when its answers are lost. */
const maxTries = 5;
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
  readonly #owned: Set<string>;
  readonly #queues = new Map<string, Promise<unknown>>();
  #before: Promise<ScriptRecord[]> | undefined;

  /**
   * @param owned Ids of the scripts that resources of this process are known to manage; grows.
   * @param backoff Milliseconds before a creation is sent again for the first time; doubles each time.
   */
  constructor(client: CeligoClient, owned: Set<string>, backoff = 500) {
    this.#client = client;
    this.#owned = owned;
    this.#backoff = backoff;
  }

  /** Creates a script, or takes over the one that has its name, as `onNameTaken` says. */
  create(body: NewScript, policy: NamePolicy): Promise<Creation> {
    // Creations of one name go one after the other, so that none mistakes another's script for its own.
    const turn = (this.#queues.get(body.name) ?? Promise.resolve()).then(async () => {
      const creation = (await this.#adopt(body, policy)) ?? (await this.#post(body, policy));
      this.#owned.add(creation.record._id);
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
    const taken = listed.filter((record) => record.name === body.name && !this.#owned.has(record._id));
    const live = await this.#readAll(taken);
    const [only] = live;
    if (!only) {
      return undefined;
    }
    if (policy.onNameTaken === "adopt" && live.length === 1) {
      return { record: only, isAdopted: true };
    }
    throw nameTaken(body, live, nameTakenHint(live.length > 1, policy));
  }

  async #post(body: NewScript, policy: NamePolicy): Promise<Creation> {
    const startedAt = Date.now();
    for (let attempt = 1; ; attempt++) {
      // A server that has not answered may still be at work: it gets time before anybody looks.
      const settle = () => new Promise((resolve) => setTimeout(resolve, this.#backoff * 2 ** (attempt - 1)));
      try {
        const record = await this.#client.createScript(body);
        if (attempt === 1) {
          return { record, isAdopted: false };
        }
        await settle();
        const doubt = await this.#findTwins(body, startedAt, record._id);
        return { record, isAdopted: false, ...(doubt === undefined ? {} : { doubt }) };
      } catch (error) {
        if (!isAnswerLost(error)) {
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
        if (attempt === maxTries) {
          throw error.with({
            reason: `${error.reason} (tried ${maxTries} times; it was looked for, and not created)`,
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
    const since = startedAt + this.#client.clockOffset - clockTolerance;
    const known = new Set((await this.#listBefore(body)).map(({ _id }) => _id));
    const candidates = listed.filter(
      ({ _id, name, createdAt }) =>
        name === body.name &&
        _id !== except &&
        !this.#owned.has(_id) &&
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

/** Says how to go on when a name is taken. */
function nameTakenHint(several: boolean, policy: NamePolicy): string {
  if (policy.onNameTaken === "adopt") {
    return (
      "Only a single one can be adopted: delete or rename the others in Celigo, take one over by its id (pulumi import, see the README), " +
      'or set onNameTaken to "create" for another one.'
    );
  }
  const takeOver = several
    ? "Delete or rename all but one in Celigo to take that one over. "
    : `To take it over, also after an interrupted run: ${adopting(policy)}. `;
  return (
    `${takeOver}For another one of the name, set onNameTaken to "create". ` +
    "If it belongs to a resource of this stack that you renamed, give that an alias."
  );
}

/** Returns the command that takes scripts over by their names, once. */
function adopting({ isOwn }: NamePolicy): string {
  return isOwn
    ? 'set onNameTaken to "adopt" for this script, and run pulumi up --refresh'
    : "CELIGO_ON_NAME_TAKEN=adopt pulumi up --refresh";
}

function nameTaken(body: NewScript, live: readonly ScriptRecord[], hint: string): CeligoError {
  const hash = contentHash(body.content);
  const list = live.slice(0, 5).map((record) => {
    const isSame = contentHash(record.content ?? "") === hash;
    return `${record._id} (last changed ${record.lastModified ?? "at an unknown time"}, ${isSame ? "the same" : "other"} content)`;
  });
  const several = live.length > 1;
  const more = live.length > list.length ? ` and ${live.length - list.length} more` : "";
  return new CeligoError({
    subject: `could not create script "${body.name}"`,
    reason: `the account already has ${several ? `${live.length} scripts` : "a script"} of that name: ${list.join(", ")}${more}`,
    hint,
    operation: "createScript",
    code: "name_taken",
  });
}

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
