import type { CeligoClient, ScriptDependencies, ScriptRecord } from "../../provider/api/client";
import { CeligoError, isNotFound } from "../../provider/errors";

/** A script in a list of names. */
export interface NamedScript {
  /** Celigo's id. */
  readonly id: string;
  /** The name in Celigo; may be empty. */
  readonly name: string;
}

/**
 * Lists the scripts of an account, each once.
 *
 * @param include The fields to request besides id and name.
 */
export async function listRecords(
  client: CeligoClient,
  include: readonly (keyof ScriptRecord)[],
): Promise<ScriptRecord[]> {
  const records = await client.listScripts({ include });
  // A script can move to the next page between two requests.
  return [...new Map(records.map((record) => [record._id, record])).values()];
}

/** Lists the ids and names of an account's scripts. */
export async function listNames(client: CeligoClient): Promise<NamedScript[]> {
  const names: NamedScript[] = [];
  for await (const script of eachName(client)) {
    names.push(script);
  }
  return names;
}

/** Lists the ids and names of an account's scripts, each when its page is there. */
export async function* eachName(client: CeligoClient): AsyncGenerator<NamedScript> {
  const listed = new Set<string>();
  for await (const page of client.listPages({ include: ["name"] })) {
    for (const { _id: id, name = "" } of page.filter(({ _id }) => !listed.has(_id))) {
      listed.add(id);
      yield { id, name };
    }
  }
}

/** Lists what uses a script. */
export async function listDependents(client: CeligoClient, { id, name }: NamedScript): Promise<ScriptDependencies> {
  return client.listScriptDependencies(id).catch((error: unknown) => {
    const script = name === "" ? id : `"${name}" (${id})`;
    throw error instanceof CeligoError ? error.about(`could not list the dependents of script ${script}`) : error;
  });
}

/**
 * Reads a script that is not deleted.
 *
 * @throws CeligoError when the script does not exist, or is in the recycle bin.
 */
export async function readLive(client: CeligoClient, id: string): Promise<ScriptRecord> {
  const record = await client.getScript(id);
  if (record.deletedAt) {
    throw new CeligoError({
      subject: `could not read script ${id}`,
      reason: "it is in the recycle bin",
      hint: `It was moved there at ${record.deletedAt}; Celigo keeps it for 30 days.`,
      status: 404,
      code: "not_found",
    });
  }
  return record;
}

/**
 * Reads scripts with their content. Leaves out those that are deleted by now, or in the recycle bin.
 *
 * @param use Returns what to keep of a script: the code of all of them can be large.
 * @throws CeligoError for the first script that cannot be read; no further request is sent then.
 */
export async function readRecords<Script extends { readonly id: string }, Result>(
  client: CeligoClient,
  scripts: Iterable<Script> | AsyncIterable<Script>,
  use: (record: ScriptRecord, script: Script) => Result,
): Promise<Result[]> {
  const found = await inQueue(client, scripts, async (script) => {
    const record = await client.getScript(script.id).catch((error: unknown) => {
      if (isNotFound(error)) {
        return undefined;
      }
      throw error;
    });
    return record && !record.deletedAt ? [use(record, script)] : [];
  });
  return found.flat();
}

/** Works on as many items at a time as the client sends requests, and returns the results. After a failure, no further item is begun. */
export async function inQueue<Item, Result>(
  { maxConcurrency }: CeligoClient,
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = (async function* () {
    let index = 0;
    for await (const item of items) {
      yield [index++, item] as const;
    }
  })();
  // A loop that fails closes the queue, and so ends the others.
  const lane = async () => {
    for await (const [index, item] of queue) {
      results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: maxConcurrency }, lane));
  return results;
}
