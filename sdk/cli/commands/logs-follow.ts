import { setTimeout as pause } from "node:timers/promises";
import type { CeligoClient } from "../../../provider/api/client";
import { isTransient } from "../../../provider/errors";
import type { ReadPage } from "../../logs";
import { readNewest, type Stamped, serverTime, timeOf } from "../entries";

/** Milliseconds that an entry may reach the log later than its timestamp. */
const margin = 10_000;

/**
 * Tells the newest entries of a log, and then each entry that comes in, once.
 *
 * @param since Earlier entries are not told.
 * @param limit How many entries to tell at the start, the newest.
 * @param interval Seconds between two polls.
 * @throws CeligoError when the first request fails, or a later one for a reason that is not transient.
 */
export async function* follow<Entry extends Stamped>(
  client: CeligoClient,
  readPage: ReadPage<Entry>,
  since: Date | undefined,
  limit: number,
  interval: number,
): AsyncGenerator<readonly Entry[], never> {
  /** How often the last poll had an entry. The API gives entries no ids, and two may be equal. */
  let known = new Map<string, number>();
  /** Returns the entries that the last poll did not have. It had all that this one reads, except those that came in. */
  const takeNew = (entries: readonly Entry[]) => {
    const counts = new Map<string, number>();
    const taken = entries.filter((entry) => {
      const key = JSON.stringify(entry);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return count > (known.get(key) ?? 0);
    });
    known = counts;
    return taken;
  };
  // Entries at the edge must all be read, even beyond the limit, to recognise them later.
  const first = await readNewest(readPage, { since }, limit, (oldest, newest) => oldest < newest - margin);
  yield takeNew(first.entries).slice(-limit);
  let newest = timeOf(first.entries.at(-1)) || serverTime(client).getTime();
  let isFailing = false;
  for (;;) {
    await pause(interval * 1000);
    const from = new Date(Math.max(newest - margin, since?.getTime() ?? 0));
    try {
      const { entries } = await readNewest(readPage, { since: from }, Number.POSITIVE_INFINITY);
      newest = Math.max(newest, timeOf(entries.at(-1)));
      isFailing = false;
      yield takeNew(entries);
    } catch (error) {
      if (!isTransient(error)) {
        throw error;
      }
      if (!isFailing) {
        console.error(`note: ${error.with({ hint: "Retrying until it works." }).message}`);
      }
      isFailing = true;
    }
  }
}
