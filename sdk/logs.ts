import type { ScriptLogs } from "../provider/api/client";
import { invalid } from "./runtime";

/** Arguments that all logs share. */
export interface LogRange {
  /** The script's id, 24 hexadecimal digits. */
  readonly id: string;
  /** Only entries from this time on, in ISO 8601. */
  readonly startDate?: string | undefined;
  /** Only entries up to this time, in ISO 8601. */
  readonly endDate?: string | undefined;
  /**
   * Entries per page, 1 to 1,000.
   * @default 100
   */
  readonly limit?: number | undefined;
  /**
   * Entries to skip.
   * @default 0
   */
  readonly offset?: number | undefined;
  /**
   * Whether to read all pages and not only the first.
   * @default false
   */
  readonly all?: boolean | undefined;
}

/** Entries of a log. */
export interface LogResult<Entry> {
  /** The entries, in the order of the server. */
  readonly entries: readonly Entry[];
  /** How many entries match in all, when the server says so. */
  readonly total?: number;
  /** Whether entries remain after these. */
  readonly hasMore: boolean;
}

interface Page<Entry> {
  readonly entries: readonly Entry[];
  readonly pagination: ScriptLogs["pagination"] | undefined;
}

interface Range {
  readonly limit: number;
  readonly offset: number;
  readonly startDate?: string;
  readonly endDate?: string;
}

/** Reads one page of a log, or all from there on. */
export async function readLog<Entry>(
  args: LogRange,
  readPage: (range: Range) => Promise<Page<Entry>>,
): Promise<LogResult<Entry>> {
  const { limit = 100, offset = 0, startDate, endDate, all = false } = args;
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 1000)) {
    throw invalid("a log", `limit is ${limit}, and must be a whole number from 1 to 1000`);
  }
  if (!(Number.isInteger(offset) && offset >= 0)) {
    throw invalid("a log", `offset is ${offset}, and must be a whole number from 0`);
  }
  const dates = {
    ...(startDate === undefined ? {} : { startDate: wireTime("startDate", startDate) }),
    ...(endDate === undefined ? {} : { endDate: wireTime("endDate", endDate) }),
  };
  const entries: Entry[] = [];
  for (;;) {
    const page = await readPage({ limit, offset: offset + entries.length, ...dates });
    entries.push(...page.entries);
    const hasMore = page.pagination?.hasMore ?? false;
    if (!all || !hasMore || page.entries.length === 0) {
      const total = page.pagination?.total;
      return { entries, hasMore, ...(total === undefined ? {} : { total }) };
    }
  }
}

/** The server takes a date and time with an offset only; a date alone is its first moment in UTC. */
function wireTime(name: string, text: string): string {
  const time = /^\d{4}-\d\d-\d\d(T.*)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw invalid("a log", `${name} is "${text}", and must be a time in ISO 8601, such as 2026-01-31T12:00:00Z`);
  }
  return new Date(time).toISOString();
}
