import type { CeligoClient } from "../../provider/api/client";
import { type LogResult, maxPageSize, type ReadPage, readLog } from "../logs";
import type { RangeOptions } from "./options";

/** How many entries to show without `--limit`. */
export const usualLimit = 100;

/** An entry of an execution log or of an audit log. */
export interface Stamped {
  /** In ISO 8601. */
  readonly timestamp?: string;
}

/** The first and the last time that entries may have. */
export interface TimeRange {
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** Returns the time by the server's clock; by this machine's before the first response. */
export function serverTime({ clockOffset }: CeligoClient): Date {
  return new Date(Date.now() + (clockOffset ?? 0));
}

/** Returns the times that the options mean, by the server's clock. Reads an entry when the clock is not known yet. */
export async function timesOf(
  { since, until }: RangeOptions,
  client: CeligoClient,
  readPage: ReadPage<unknown>,
): Promise<TimeRange> {
  if ((since?.isRelative || until?.isRelative) && client.clockOffset === undefined) {
    await readPage({ limit: 1, offset: 0 });
  }
  const now = serverTime(client);
  return { since: since?.at(now), until: until?.at(now) };
}

/**
 * Reads a log from its newest entry back, and returns the entries with the oldest first.
 *
 * @param limit How many entries to read; the result may have more.
 * @param isEnough Another condition for the end, on the times of the oldest and the newest entry in milliseconds.
 */
export async function readNewest<Entry extends Stamped>(
  readPage: ReadPage<Entry>,
  { since, until }: TimeRange,
  limit: number,
  isEnough: (oldest: number, newest: number) => boolean = () => true,
): Promise<LogResult<Entry>> {
  let end = until;
  const readBack: ReadPage<Entry> = async (query) => {
    const isFirst = query.offset === 0;
    const page = await readPage({
      ...query,
      // The limit says nothing about how much follows the first page.
      limit: isFirst ? query.limit : maxPageSize,
      ...(end && { endDate: end.toISOString() }),
    });
    if (isFirst && !isAscending(page.entries)) {
      // An entry that comes in meanwhile must not push others onto the next page.
      end ??= new Date(timeOf(page.entries[0]) + 1);
    }
    return page;
  };
  const query = { limit: Math.min(limit, maxPageSize), offset: 0, ...(since && { startDate: since.toISOString() }) };
  const result = await readLog(readBack, query, (entries) => {
    const [newest, oldest] = [timeOf(entries[0]), timeOf(entries.at(-1))];
    return !isAscending(entries) && entries.length >= limit && isEnough(oldest, newest);
  });
  const oldestFirst = isAscending(result.entries) ? [...result.entries] : [...result.entries].reverse();
  return { ...result, entries: oldestFirst.sort((one, other) => timeOf(one) - timeOf(other)) };
}

/** Tells whether the oldest entry comes first: the API does not promise an order. The newest are then on the last page. */
function isAscending(entries: readonly Stamped[]): boolean {
  return timeOf(entries[0]) < timeOf(entries.at(-1));
}

/** Returns the time of an entry in milliseconds; 0 where it has none. */
export function timeOf(entry: Stamped | undefined): number {
  return Date.parse(entry?.timestamp ?? "") || 0;
}

/** Notes that there are more entries than shown, unless `--limit` was given. */
export function noteOfMore(
  shown: number,
  { entries, total, hasMore }: LogResult<unknown>,
  { limit }: RangeOptions,
): void {
  if (limit === undefined && (hasMore || entries.length > shown)) {
    console.error(`note: these are the newest ${shown} entries${total ? ` of ${total}` : ""}; --limit shows more.`);
  }
}
