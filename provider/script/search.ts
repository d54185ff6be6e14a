import type { NewScript, ScriptRecord } from "../api/client";
import { backoffAfter } from "../api/retry";
import { CeligoError, isNotFound, rethrowWith } from "../errors";
import type { Connect, Connected } from "./connection";
import type { Ownership } from "./owners";
import { isSameContent, isSameName } from "./stored";

/** New scripts of a name that no resource manages. */
export interface Found {
  /** Those that the POST can have made. */
  readonly same: readonly ScriptRecord[];
  /** Those with the content that was sent, but with a date before the attempt. */
  readonly dated: readonly ScriptRecord[];
  /** Those with other content, which somebody has changed or made. */
  readonly other: readonly ScriptRecord[];
}

/** How often a list is read for a script that it may not show yet. */
export const maxLooks = 3;
/** How often a list or a script is read that does not show what is known to be there. */
const maxWaits = 6;
/**
 * Milliseconds by which `createdAt` may lie before the attempt: the server's `Date` header has whole seconds, may be missing,
 * and may be of a machine in between with a clock of its own.
 */
const clockTolerance = 30_000;

/** Finds scripts by name, on servers whose lists and reads lag behind writes. */
export class Search {
  readonly #connect: Connect;
  readonly #ownership: Ownership;
  #before: Promise<ScriptRecord[]> | undefined;

  constructor(connect: Connect, ownership: Ownership) {
    this.#connect = connect;
    this.#ownership = ownership;
  }

  /** Lists the scripts that were there before this process created any. */
  async listBefore(name: string): Promise<readonly ScriptRecord[]> {
    this.#before ??= this.#connect().client.listEveryScript({ include: ["name"] });
    return this.#before.catch((error: unknown) => {
      this.#before = undefined;
      return rethrowWith(() => ({ subject: `could not create script "${name}"` }))(error);
    });
  }

  /**
   * Reads those scripts of a name in a list that can be what a creation is about. A list that shows one which does not exist
   * is old or wrong, and another one is read.
   */
  async readNamed(
    name: string,
    listed: readonly ScriptRecord[],
    isCandidate: (record: ScriptRecord) => boolean,
  ): Promise<ScriptRecord[]> {
    for (let look = 1; ; look++) {
      const candidates = listed.filter((record) => isSameName(record.name, name) && isCandidate(record));
      const read = await Promise.all(candidates.map(({ _id }) => readListed(this.#connect(), _id)));
      const live = read.filter((record) => record !== undefined);
      if (live.length === candidates.length) {
        return live;
      }
      if (look === maxWaits) {
        throw new CeligoError({
          subject: `could not create script "${name}"`,
          reason: "the list of scripts shows one of that name, but no script has its id",
          hint: "Run the command again in a minute.",
        });
      }
      await pause(this.#connect(), look);
      listed = await this.list();
    }
  }

  /**
   * Finds what the POSTs of one creation may have created, when none got a response. Looks several times, because the server
   * may still be working, and its list may lag. What a list shows after several POSTs may come from the first one. The search
   * for the others takes as many looks and as much time as the first one took to show.
   *
   * @param attempts How many POSTs were sent; looks followed each of them.
   */
  async afterLostResponse(body: NewScript, startedAt: number, attempts: number): Promise<Found> {
    const lostAt = Date.now();
    let first: { readonly looks: number; readonly until: number } | undefined;
    for (let look = 1; ; look++) {
      await pause(this.#connect(), Math.min(look, maxLooks));
      const found = await this.#newOnes(body, startedAt, await this.list());
      if ([found.same, found.dated, found.other].some(({ length }) => length > 0)) {
        first ??= { looks: (attempts - 1) * maxLooks + look, until: lostAt + Date.now() - startedAt };
      }
      const isOver = first ? look >= first.looks && Date.now() >= first.until : look >= maxLooks;
      if (isOver || (first && attempts === 1)) {
        return found;
      }
    }
  }

  /** Waits until the list shows a new script, and finds what earlier attempts may have created as well. */
  async besides(own: ScriptRecord, body: NewScript, startedAt: number): Promise<readonly ScriptRecord[]> {
    for (let look = 1; look <= maxWaits; look++) {
      await pause(this.#connect(), look + 1);
      const listed = await this.list();
      if (listed.some(({ _id }) => _id === own._id)) {
        const { same, dated } = await this.#newOnes(body, startedAt, listed);
        return [...same, ...dated].filter(({ _id }) => _id !== own._id);
      }
    }
    throw new CeligoError({
      subject: `could not create script "${body.name}"`,
      reason: `the list of scripts does not show ${own._id}, which was just created`,
    });
  }

  list(): Promise<ScriptRecord[]> {
    return this.#connect().client.listEveryScript({ include: ["name", "createdAt"] });
  }

  async #newOnes(body: NewScript, startedAt: number, listed: readonly ScriptRecord[]): Promise<Found> {
    const known = new Set((await this.listBefore(body.name)).map(({ _id }) => _id));
    const isNew = ({ _id }: ScriptRecord) => !this.#ownership.isHeld(_id) && !known.has(_id);
    const found = await this.readNamed(body.name, listed, isNew);
    const isSame = ({ content }: ScriptRecord) => isSameContent(content ?? "", body.content);
    // Without the server's clock, any time may be that of the attempt. A time that can't be read counts as new.
    const since = startedAt + (this.#connect().client.clockOffset ?? Number.NEGATIVE_INFINITY) - clockTolerance;
    const isDated = ({ createdAt }: ScriptRecord) => Date.parse(createdAt ?? "") < since;
    const same = found.filter(isSame);
    return {
      same: same.filter((record) => !isDated(record)),
      dated: same.filter(isDated),
      other: found.filter((record) => !isSame(record)),
    };
  }
}

/** Reads a script that a list shows; returns nothing when it is gone. A read that gets 404 is made again while lists show it. */
export async function readListed(connection: Connected, id: string): Promise<ScriptRecord | undefined> {
  const { client } = connection;
  for (let look = 1; ; look++) {
    try {
      const record = await client.getScript(id);
      return record.deletedAt ? undefined : record;
    } catch (error) {
      if (!isNotFound(error)) {
        throw error;
      }
      const isListed = look === 1 || (await client.listScripts({ include: ["name"] })).some(({ _id }) => _id === id);
      if (!isListed) {
        return undefined;
      }
      if (look === maxWaits) {
        throw error.with({
          reason: "it gets 404, but the list of scripts shows it",
          hint: "Run the command again in a minute.",
        });
      }
      await pause(connection, look);
    }
  }
}

export function pause({ backoff }: Connected, look: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, backoffAfter(look, backoff)));
}
