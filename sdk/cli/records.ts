import type { CeligoClient, ScriptRecord } from "../../provider/api/client";
import { CeligoError, isNotFound } from "../../provider/errors";

/** A script as a list of names has it. */
export interface NamedScript {
  /** Celigo's id. */
  readonly id: string;
  /** The name that Celigo shows; empty when there is none. */
  readonly name: string;
}

/**
 * Lists an account's scripts, each once.
 *
 * @param include The fields to ask for beside id and name.
 * @param where Whose scripts they are, as errors add it; begins with a space.
 */
export async function listRecords(
  client: CeligoClient,
  include: readonly (keyof ScriptRecord)[],
  where = "",
): Promise<ScriptRecord[]> {
  const records = await client.listScripts({ include }).catch((error: unknown) => {
    throw error instanceof CeligoError ? error.about(`could not list the scripts${where}`) : error;
  });
  // A script can move to the next page while pages are read.
  return [...new Map(records.map((record) => [record._id, record])).values()];
}

/**
 * Lists the ids and names of an account's scripts.
 *
 * @param where Whose scripts they are, as errors add it; begins with a space.
 */
export async function listNames(client: CeligoClient, where = ""): Promise<NamedScript[]> {
  const records = await listRecords(client, ["name"], where);
  return records.map(({ _id: id, name }) => ({ id, name: name ?? "" }));
}

/**
 * Reads a script that is in use.
 *
 * @throws CeligoError when there is none, or it is in the recycle bin.
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
 * Reads scripts with their content, some at a time; what is gone by now, or in the recycle bin, is left out.
 *
 * @param lanes How many are read at a time.
 * @param where Whose scripts they are, as errors add it; begins with a space.
 * @throws CeligoError for the first that cannot be read; then no other is asked for.
 */
export async function* readRecords<Script extends { readonly id: string }>(
  client: CeligoClient,
  scripts: readonly Script[],
  lanes: number,
  where = "",
): AsyncGenerator<readonly [Script, ScriptRecord]> {
  const read = async (script: Script) => {
    const record = await client.getScript(script.id).catch((error: unknown) => {
      if (isNotFound(error)) {
        return undefined;
      }
      throw error instanceof CeligoError ? error.about(`could not read script ${script.id}${where}`) : error;
    });
    return { script, record: record?.deletedAt ? undefined : record };
  };
  const underway = new Map<string, ReturnType<typeof read>>();
  const rest = scripts.values();
  for (;;) {
    while (underway.size < lanes) {
      const next = rest.next();
      if (next.done) {
        break;
      }
      underway.set(next.value.id, read(next.value));
    }
    if (underway.size === 0) {
      return;
    }
    const { script, record } = await Promise.race(underway.values());
    underway.delete(script.id);
    if (record) {
      yield [script, record];
    }
  }
}
