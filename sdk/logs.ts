import type { CeligoClient, ScriptAudit, ScriptAuditQuery, ScriptLogs, ScriptLogsQuery } from "../provider/api/client";
import { CeligoError } from "../provider/errors";

/** An entry of an execution log. */
export type ScriptLogEntry = NonNullable<ScriptLogs["logs"]>[number];
/** An entry of an audit log. */
export type ScriptAuditEntry = NonNullable<ScriptAudit["audit"]>[number];

/** Arguments that all logs share. */
export interface LogRange {
  /** The script's id, 24 hexadecimal digits. */
  readonly id: string;
  /** Only entries from this time on, in ISO 8601; without a time zone, in UTC. */
  readonly startDate?: string | undefined;
  /** Only entries up to this time, in ISO 8601; without a time zone, in UTC. */
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

/** Which page of a log to read: its times have a time zone, the only form that Celigo accepts. */
export interface PageQuery extends Pick<LogRange, "startDate" | "endDate"> {
  /** Entries per page, at most {@link maxPageSize}. */
  readonly limit: number;
  /** Entries to skip. */
  readonly offset: number;
}

/** Reads one page of a log. */
export type ReadPage<Entry> = (query: PageQuery) => Promise<LogResult<Entry>>;

/** Entries per page, a limit of the API. */
export const maxPageSize = 1000;

/** How many pages to read of one log, at most. */
const maxPages = 1000;

/** Returns a function that reads pages of a script's execution log. */
export function executionLog(
  client: CeligoClient,
  id: string,
  filter: Pick<ScriptLogsQuery, "level">,
): ReadPage<ScriptLogEntry> {
  return async (query) => {
    const { logs = [], pagination } = await client.getScriptLogs(id, { ...query, ...filter });
    return pageOf(logs, pagination);
  };
}

/** Returns a function that reads pages of a script's audit log. */
export function auditLog(
  client: CeligoClient,
  id: string,
  filter: Pick<ScriptAuditQuery, "action" | "include" | "exclude">,
): ReadPage<ScriptAuditEntry> {
  return async (query) => {
    const { audit = [], pagination } = await client.getScriptAudit(id, { ...query, ...filter });
    return pageOf(audit, pagination);
  };
}

function pageOf<Entry>(
  entries: readonly Entry[],
  { total, hasMore = false }: NonNullable<ScriptLogs["pagination"]> = {},
): LogResult<Entry> {
  return { entries, hasMore, ...(total === undefined ? {} : { total }) };
}

/**
 * Reads a log page after page, until it ends or the entries are enough.
 *
 * @throws CeligoError when a request fails, or the log has more pages than anyone can want.
 */
export async function readLog<Entry>(
  readPage: ReadPage<Entry>,
  query: PageQuery,
  isEnough: (entries: readonly Entry[]) => boolean,
): Promise<LogResult<Entry>> {
  const entries: Entry[] = [];
  for (let pages = 1; ; pages++) {
    const page = await readPage({ ...query, offset: query.offset + entries.length });
    for (const entry of page.entries) {
      entries.push(entry);
    }
    const hasMore = page.hasMore && page.entries.length > 0;
    if (!hasMore || isEnough(entries)) {
      return { ...page, entries, hasMore };
    }
    if (pages === maxPages) {
      throw new CeligoError({
        subject: "could not read the whole log",
        reason: `the server sent ${maxPages} pages, and says that there are more`,
        hint: "Ask for a shorter time, or for more entries per page.",
      });
    }
  }
}

/** Parses a date, or a date and time, in ISO 8601; without a time zone, in UTC. Returns milliseconds. */
export function parseTime(text: string): number | undefined {
  const [, date = "", clock = "", zone = ""] =
    /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/i.exec(text) ?? [];
  const day = Date.parse(`${date}T00:00Z`);
  const time = Date.parse(`${date}T${clock || "00:00"}${zone || "Z"}`.toUpperCase());
  // JavaScript reads February 31 as a day in March.
  const isDay = !Number.isNaN(day) && new Date(day).toISOString().startsWith(date);
  return isDay && !Number.isNaN(time) ? time : undefined;
}
