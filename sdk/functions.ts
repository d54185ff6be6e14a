import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import type { ScriptAudit, ScriptDependencies, ScriptLogs } from "../provider/client";
import { contentHash } from "../provider/content";
import { CeligoError } from "../provider/errors";
import { fieldsOf, type ScriptFields, wireNames } from "../provider/record";
import { nearest } from "../provider/spelling";
import { sharedClient, warnOfSettings } from "./settings";

/** What a lookup says of a script, without its content. */
export interface ScriptSummary extends ScriptFields {
  /** Celigo's id, 24 hexadecimal digits. */
  readonly id: string;
  /** The name that Celigo shows. */
  readonly name: string;
}

/** A script with its content. */
export interface GetScriptResult extends ScriptSummary {
  /** The JavaScript code, as the server has it. */
  readonly content: string;
  /** `sha256:` and the hash of the content, made as the output of the same name of `Script`. */
  readonly contentHash: string;
}

/** Arguments of {@link getScript}: one of the two. */
export interface GetScriptArgs {
  /** The script's id, 24 hexadecimal digits. */
  readonly id?: string | undefined;
  /** The script's exact name in Celigo; it must be the only one of that name. */
  readonly name?: string | undefined;
}

/** Arguments of {@link getScripts}. */
export interface GetScriptsArgs {
  /** Fields to read beside id and name, such as `lastModified`; not together with `exclude`. */
  readonly include?: readonly (keyof ScriptFields)[] | undefined;
  /** Fields to leave out; not together with `include`. */
  readonly exclude?: readonly (keyof ScriptFields)[] | undefined;
  /** A regular expression that the name must match, such as `^orders-`. */
  readonly nameMatches?: string | undefined;
}

/** Arguments of {@link getScriptDependencies}. */
export interface GetScriptDependenciesArgs {
  /** The script's id, 24 hexadecimal digits. */
  readonly id: string;
}

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

/** Arguments of {@link getScriptLogs}. */
export interface GetScriptLogsArgs extends LogRange {
  /** Only entries of this level. */
  readonly level?: "error" | "warn" | "info" | "debug" | undefined;
}

/** Arguments of {@link getScriptAudit}. */
export interface GetScriptAuditArgs extends LogRange {
  /** Only entries of this action. */
  readonly action?: "created" | "updated" | "deleted" | "executed" | "enabled" | "disabled" | undefined;
  /** Fields to read of each entry; not together with `exclude`. */
  readonly include?: readonly string[] | undefined;
  /** Fields to leave out of each entry; not together with `include`. */
  readonly exclude?: readonly string[] | undefined;
}

/** An entry of an execution log. */
export type ScriptLogEntry = NonNullable<ScriptLogs["logs"]>[number];
/** An entry of an audit log. */
export type ScriptAuditEntry = NonNullable<ScriptAudit["audit"]>[number];

/** Entries of a log. */
export interface LogResult<Entry> {
  /** The entries, in the order of the server. */
  readonly entries: readonly Entry[];
  /** How many entries match in all, when the server says so. */
  readonly total?: number;
  /** Whether entries remain after these. */
  readonly hasMore: boolean;
}

/**
 * Reads one script, by id or by name.
 *
 * @throws CeligoError when there is no such script, or several have the name.
 * @example
 * ```ts
 * const script = await getScript({ name: "Normalize orders" });
 * ```
 */
export function getScript(args: GetScriptArgs): Promise<GetScriptResult> {
  return lookUp("getScript", args, async () => {
    if ((args.id === undefined) === (args.name === undefined)) {
      throw invalid("getScript", "needs either an id or a name");
    }
    const record = await sharedClient().getScript(args.id ?? (await findByName(args.name ?? "")));
    if (record.deletedAt) {
      throw invalid("getScript", `script ${record._id} was moved to the recycle bin at ${record.deletedAt}`, 404);
    }
    const content = record.content ?? "";
    return { name: "", ...fieldsOf(record), id: record._id, content, contentHash: contentHash(content) };
  });
}

/**
 * Lists the scripts of the account, all pages of it. A list holds no content: read that with {@link getScript}.
 *
 * @throws CeligoError for a field or an expression that is not valid.
 * @example
 * ```ts
 * const recent = await getScripts({ include: ["lastModified"], nameMatches: "^orders-" });
 * ```
 */
export async function getScripts(args: GetScriptsArgs = {}): Promise<ScriptSummary[]> {
  const { scripts } = await lookUp("getScripts", args, async () => {
    const matches = nameFilter(args.nameMatches);
    // The name is part of every summary, and what the expression is held against.
    const exclude = args.exclude?.filter((field) => field !== "name");
    const records = await sharedClient().listScripts({ include: onWire(args.include), exclude: onWire(exclude) });
    const summaries = records.map((record) => ({ name: "", ...fieldsOf(record), id: record._id }));
    return { scripts: summaries.filter(({ name }) => matches(name)) };
  });
  // The answer is shared by all who ask.
  return [...scripts];
}

/**
 * Lists what uses a script, by plural resource type such as `flows`; empty when nothing does, or no such script exists.
 *
 * @throws CeligoError for an id that is not 24 hexadecimal digits.
 * @example
 * ```ts
 * const { flows = [] } = await getScriptDependencies({ id });
 * ```
 */
export function getScriptDependencies(args: GetScriptDependenciesArgs): Promise<ScriptDependencies> {
  return lookUp("getScriptDependencies", args, async () => sharedClient().listScriptDependencies(args.id));
}

/**
 * Reads a script's execution log.
 *
 * @throws CeligoError when there is no such script, or a filter is not valid.
 * @example
 * ```ts
 * const { entries } = await getScriptLogs({ id, level: "error", limit: 10 });
 * ```
 */
export function getScriptLogs(args: GetScriptLogsArgs): Promise<LogResult<ScriptLogEntry>> {
  return lookUp("getScriptLogs", args, () =>
    readLog(args, async (range) => {
      const filter = args.level === undefined ? {} : { level: args.level };
      const { logs, pagination } = await sharedClient().getScriptLogs(args.id, { ...range, ...filter });
      return { entries: logs ?? [], pagination };
    }),
  );
}

/**
 * Reads a script's audit log: who changed it, and when.
 *
 * @throws CeligoError when there is no such script, or a filter is not valid.
 * @example
 * ```ts
 * const { entries } = await getScriptAudit({ id, action: "updated" });
 * ```
 */
export function getScriptAudit(args: GetScriptAuditArgs): Promise<LogResult<ScriptAuditEntry>> {
  return lookUp("getScriptAudit", args, () =>
    readLog(args, async (range) => {
      const filter = {
        ...(args.action === undefined ? {} : { action: args.action }),
        ...(args.include === undefined ? {} : { include: args.include.join(",") }),
        ...(args.exclude === undefined ? {} : { exclude: args.exclude.join(",") }),
      };
      const { audit, pagination } = await sharedClient().getScriptAudit(args.id, { ...range, ...filter });
      return { entries: audit ?? [], pagination };
    }),
  );
}

/** Arguments any of which may be an output. */
export type InputsOf<Args> = { readonly [Name in keyof Args]: pulumi.Input<Args[Name]> };

/** Like {@link getScript}, with outputs; what preview does not know yet stays unknown, and nothing is asked. */
export function getScriptOutput(args: InputsOf<GetScriptArgs>): pulumi.Output<GetScriptResult> {
  return whenKnown(args, getScript);
}

/** Like {@link getScripts}, with outputs; what preview does not know yet stays unknown, and nothing is asked. */
export function getScriptsOutput(args: InputsOf<GetScriptsArgs> = {}): pulumi.Output<ScriptSummary[]> {
  return whenKnown(args, getScripts);
}

/** Like {@link getScriptDependencies}, with outputs; what preview does not know yet stays unknown, and nothing is asked. */
export function getScriptDependenciesOutput(
  args: InputsOf<GetScriptDependenciesArgs>,
): pulumi.Output<ScriptDependencies> {
  return whenKnown(args, getScriptDependencies);
}

/** Like {@link getScriptLogs}, with outputs; what preview does not know yet stays unknown, and nothing is asked. */
export function getScriptLogsOutput(args: InputsOf<GetScriptLogsArgs>): pulumi.Output<LogResult<ScriptLogEntry>> {
  return whenKnown(args, getScriptLogs);
}

/** Like {@link getScriptAudit}, with outputs; what preview does not know yet stays unknown, and nothing is asked. */
export function getScriptAuditOutput(args: InputsOf<GetScriptAuditArgs>): pulumi.Output<LogResult<ScriptAuditEntry>> {
  return whenKnown(args, getScriptAudit);
}

function whenKnown<Args, Result>(args: InputsOf<Args>, get: (args: Args) => Promise<Result>): pulumi.Output<Result> {
  // Results are plain data, so that an output of one is the output of its type.
  return pulumi.output(args).apply((known) => get(known as Args)) as pulumi.Output<Result>;
}

const answers = new Map<string, Promise<unknown>>();

/**
 * Asks for the same thing once in a program. Under `pulumi.runtime.setMocks` the user's mocks answer, to the token
 * `celigo:index:` and the function's name.
 */
async function lookUp<Result extends object>(name: string, args: object, ask: () => Promise<Result>): Promise<Result> {
  if (pulumi.runtime.getMonitor() instanceof MockMonitor) {
    return pulumi.runtime.invoke(`celigo:index:${name}`, { ...args });
  }
  warnOfSettings();
  const asked = Object.entries(args).filter(([, value]) => value !== undefined);
  const question = JSON.stringify([name, asked.sort(([a], [b]) => (a < b ? -1 : 1))]);
  const known = answers.get(question) as Promise<Result> | undefined;
  if (known) {
    return known;
  }
  const answer = ask().catch((error: unknown) => {
    answers.delete(question);
    if (error instanceof CeligoError) {
      // Pulumi prints the stack, if there is one, of an error that comes when the program has run to its last line.
      error.stack = "";
    }
    throw error;
  });
  answers.set(question, answer);
  return answer;
}

async function findByName(name: string): Promise<string> {
  const scripts = await sharedClient().listScripts({ include: ["name"] });
  const [match, ...others] = scripts.filter((script) => script.name === name);
  if (!match) {
    const near = nearest(
      name,
      scripts.map((script) => script.name ?? ""),
    );
    throw invalid("getScript", `no script has the name "${name}"${near ? `; did you mean "${near}"?` : ""}`, 404);
  }
  if (others.length > 0) {
    const ids = [match, ...others].map(({ _id }) => _id).join(", ");
    throw invalid("getScript", `${others.length + 1} scripts have the name "${name}": give one of the ids ${ids}`);
  }
  return match._id;
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

async function readLog<Entry>(
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

function onWire(fields: readonly (keyof ScriptFields)[] | undefined): string[] | undefined {
  return fields?.map((field) => {
    if (!Object.hasOwn(wireNames, field)) {
      const near = nearest(field, Object.keys(wireNames));
      throw invalid("getScripts", `"${field}" is not a field of a list${near ? `; did you mean "${near}"?` : ""}`);
    }
    return wireNames[field];
  });
}

function nameFilter(expression: string | undefined): (name: string) => boolean {
  try {
    const pattern = new RegExp(expression ?? "");
    return (name) => pattern.test(name);
  } catch {
    throw invalid("getScripts", `nameMatches is "${expression}", and must be a regular expression`);
  }
}

function invalid(subject: string, reason: string, status?: number): CeligoError {
  return new CeligoError({ subject: `could not look up ${subject}`, reason, status, code: "invalid_argument" });
}
