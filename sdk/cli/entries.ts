import type { CeligoClient } from "../../provider/api/client";
import type { RangeOptions } from "./options";

/** How many entries are shown when nothing else is asked. */
export const usualLimit = 100;

/** Entries per request, a limit of the API. */
const maxPageSize = 1000;

/** An entry of an execution log or of an audit log. */
export interface Stamped {
  /** In ISO 8601. */
  readonly timestamp?: string;
}

/** The times between which entries are asked for. */
export interface TimeRange {
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** What a request for a page of a log says. */
export interface PageQuery {
  readonly limit: number;
  readonly offset: number;
  readonly startDate?: string;
  readonly endDate?: string;
}

/** A page of a log. */
export interface Page<Entry> {
  readonly entries: readonly Entry[];
  /** How many entries match in all, when the server says so. */
  readonly total?: number | undefined;
  readonly hasMore: boolean;
}

/** Reads a page of a log. */
export type ReadPage<Entry> = (query: PageQuery) => Promise<Page<Entry>>;

/** Returns what the server's clock shows; this machine's before the first answer. */
export function serverTime({ clockOffset }: CeligoClient): Date {
  return new Date(Date.now() + (clockOffset ?? 0));
}

/** Returns the times that are meant, by the server's clock, which is asked for if need be. */
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
 * Reads a log from its newest entry back until there is enough, and returns what was read, oldest first.
 *
 * @param limit How many entries are wanted; more may be returned.
 * @param isEnough What else must be true of the oldest and the newest entry that were read, in milliseconds.
 */
export async function readNewest<Entry extends Stamped>(
  readPage: ReadPage<Entry>,
  { since, until }: TimeRange,
  limit: number,
  isEnough: (oldest: number, newest: number) => boolean = () => true,
): Promise<Page<Entry>> {
  const read: Entry[] = [];
  let end = until;
  for (;;) {
    const page = await readPage({
      // What is wanted beyond the limit may be much.
      limit: read.length === 0 ? Math.min(limit, maxPageSize) : maxPageSize,
      offset: read.length,
      ...(since && { startDate: since.toISOString() }),
      ...(end && { endDate: end.toISOString() }),
    });
    read.push(...page.entries);
    const [first, last] = [timeOf(read[0]), timeOf(read.at(-1))];
    // The API does not promise an order. Where the oldest come first, the newest are on the last page.
    const isAscending = first < last;
    const hasMore = page.hasMore && page.entries.length > 0;
    if (!hasMore || (!isAscending && read.length >= limit && isEnough(last, first))) {
      const entries = isAscending ? read : read.reverse();
      return { entries: entries.sort((one, other) => timeOf(one) - timeOf(other)), total: page.total, hasMore };
    }
    if (!isAscending) {
      // What comes in meanwhile must not push entries onto the next page.
      end ??= new Date(first + 1);
    }
  }
}

/** Returns the time of an entry in milliseconds; 0 where it has none. */
export function timeOf(entry: Stamped | undefined): number {
  return Date.parse(entry?.timestamp ?? "") || 0;
}

/** Says that there are more entries than were shown, where nobody has said how many to show. */
export function noteOfMore(shown: number, { entries, total, hasMore }: Page<unknown>, { limit }: RangeOptions): void {
  if (limit === undefined && (hasMore || entries.length > shown)) {
    console.error(`note: these are the newest ${shown} entries${total ? ` of ${total}` : ""}; --limit shows more.`);
  }
}
