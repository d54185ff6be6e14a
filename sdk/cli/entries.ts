import { InvalidArgumentError, Option } from "commander";
import type { CeligoClient } from "../../provider/api/client";
import { jsonOf } from "../../provider/text";
import { type LogResult, maxPageSize, parseTime, type ReadPage, readLog } from "../logs";
import { UsageError } from "./command";
import { type AccountOptions, durationOf, toNumber } from "./options";

/** A point in time on the command line: fixed, or milliseconds back from now. */
type Moment = Date | number;

/** The options of every command that shows entries of a log. */
export interface RangeOptions extends AccountOptions {
  readonly since?: Moment;
  readonly until?: Moment;
  /**
   * How many entries to show.
   * @default 100
   */
  readonly limit?: number;
}

/** How entries are shown. */
interface View<Entry> {
  /** Returns the JSON of an entry. */
  shapeOf(entry: Entry): object;
  textOf(entries: readonly Entry[]): string;
}

/** The options of {@link RangeOptions}. */
export const rangeOptions: readonly Option[] = [
  new Option(
    "--since <time>",
    "only entries from this time on: 2026-01-31T12:00:00Z, or how long ago: 15m, 2h, 1d",
  ).argParser(toMoment),
  new Option("--until <time>", "only entries up to this time").argParser(toMoment),
  new Option("--limit <count>", "how many entries to show, the newest (default: 100)").argParser(
    toNumber(1, Number.MAX_SAFE_INTEGER, "Give a whole number from 1."),
  ),
];
/** What the help of a command with {@link rangeOptions} says. */
export const rangeNote = "The newest entry is last. All times and dates are in UTC, unless you give a time zone.";

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

/** Asserts that a range does not end before it begins. */
export function assertRange({ since, until }: RangeOptions): void {
  const now = new Date();
  const [from, to] = [dateOf(since, now), dateOf(until, now)];
  if (from && to && from > to) {
    throw new UsageError("--since is later than --until");
  }
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
  if ([since, until].some((moment) => typeof moment === "number") && client.clockOffset === undefined) {
    await readPage({ limit: 1, offset: 0 });
  }
  const now = serverTime(client);
  return { since: dateOf(since, now), until: dateOf(until, now) };
}

function dateOf(moment: Moment | undefined, now: Date): Date | undefined {
  return typeof moment === "number" ? new Date(Math.max(0, now.getTime() - moment)) : moment;
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

/** Shows the newest entries of a log, and notes that there are more, unless `--limit` was given. */
export async function showNewest<Entry extends Stamped>(
  client: CeligoClient,
  readPage: ReadPage<Entry>,
  options: RangeOptions,
  { shapeOf, textOf }: View<Entry>,
): Promise<void> {
  const { limit = usualLimit, json } = options;
  const { total, hasMore, ...read } = await readNewest(readPage, await timesOf(options, client, readPage), limit);
  const entries = read.entries.slice(-limit);
  if (json) {
    console.log(jsonOf(entries.map(shapeOf)));
  } else {
    console.log(entries.length === 0 ? "No entries." : textOf(entries));
  }
  if (options.limit === undefined && (hasMore || read.entries.length > entries.length)) {
    const all = total ? ` of ${total}` : "";
    console.error(`note: these are the newest ${entries.length} entries${all}; --limit shows more.`);
  }
}

/** Parses a time in ISO 8601 (default: UTC), or a duration back from now such as `15m` or `1d`. */
function toMoment(text: string): Moment {
  const back = durationOf(text);
  const fixed = parseTime(text);
  if (back !== undefined) {
    return back;
  }
  if (fixed !== undefined) {
    return new Date(fixed);
  }
  throw new InvalidArgumentError(
    "Give a time such as 2026-01-31 or 2026-01-31T12:00:00Z, or how long ago: 15m, 2h, 1d.",
  );
}
