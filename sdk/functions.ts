import type * as pulumi from "@pulumi/pulumi";
import type { ScriptDependencies } from "../provider/api/client";
import { contentHash } from "../provider/content/content";
import { CeligoError } from "../provider/errors";
import { type FieldName, fieldNames, fieldsOf, type ScriptFields, wireNameOf } from "../provider/script/fields";
import { nearest } from "../provider/text";
import {
  auditLog,
  executionLog,
  type LogRange,
  type LogResult,
  maxPageSize,
  parseTime,
  type ReadPage,
  readLog,
  type ScriptAuditEntry,
  type ScriptLogEntry,
} from "./logs";
import { type InputsOf, lookUp, whenKnown } from "./runtime";
import { sharedClient } from "./settings";

/** A script without its content. */
export interface ScriptSummary extends ScriptFields {
  /** Celigo's id, 24 hexadecimal digits. */
  readonly id: string;
  /** The name that Celigo shows. */
  readonly name: string;
}

/** A script with its content. */
export interface GetScriptResult extends ScriptSummary {
  /** The JavaScript code, as Celigo stores it. */
  readonly content: string;
  /** `sha256:` and the hash of the content, as in the output of the same name of `Script`. */
  readonly contentHash: string;
}

/** Arguments of {@link getScript}: either an id or a name. */
export interface GetScriptArgs {
  /** The script's id, 24 hexadecimal digits. */
  readonly id?: string | undefined;
  /** The script's exact name in Celigo. Only one script may have it. */
  readonly name?: string | undefined;
}

/** Arguments of {@link getScripts}. */
export interface GetScriptsArgs {
  /** Fields to read in addition to id and name, such as `lastModified`. Cannot be combined with `exclude`. */
  readonly include?: readonly FieldName[] | undefined;
  /** Fields to leave out. Cannot be combined with `include`. */
  readonly exclude?: readonly FieldName[] | undefined;
  /** A regular expression that the name must match, such as `^orders-`. */
  readonly nameMatches?: string | undefined;
}

/** Arguments of {@link getScriptDependencies}. */
export interface GetScriptDependenciesArgs {
  /** The script's id, 24 hexadecimal digits. */
  readonly id: string;
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
  /** Fields to read of each entry. Cannot be combined with `exclude`. */
  readonly include?: readonly string[] | undefined;
  /** Fields to leave out of each entry. Cannot be combined with `include`. */
  readonly exclude?: readonly string[] | undefined;
}

/**
 * Reads one script, by id or by name.
 *
 * @throws CeligoError when the script does not exist, or several scripts have the name.
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
 * Lists all scripts of the account. A list has no content: read it with {@link getScript}.
 *
 * @throws CeligoError for an invalid field or expression.
 * @example
 * ```ts
 * const recent = await getScripts({ include: ["lastModified"], nameMatches: "^orders-" });
 * ```
 */
export async function getScripts(args: GetScriptsArgs = {}): Promise<ScriptSummary[]> {
  const { scripts } = await lookUp("getScripts", args, async () => {
    const matches = nameFilter(args.nameMatches);
    // Every summary has a name, and the expression is matched against it.
    const exclude = args.exclude?.filter((field) => field !== "name");
    const records = await sharedClient().listScripts({ include: onWire(args.include), exclude: onWire(exclude) });
    const summaries = records.map((record) => ({ name: "", ...fieldsOf(record), id: record._id }));
    return { scripts: summaries.filter(({ name }) => matches(name)) };
  });
  // All callers share the result.
  return [...scripts];
}

/**
 * Lists the dependents of a script by plural resource type, such as `flows`. Empty also when the script does not exist.
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
 * @throws CeligoError when the script does not exist, or an argument is invalid.
 * @example
 * ```ts
 * const { entries } = await getScriptLogs({ id, level: "error", limit: 10 });
 * ```
 */
export function getScriptLogs(args: GetScriptLogsArgs): Promise<LogResult<ScriptLogEntry>> {
  return lookUp("getScriptLogs", args, async () =>
    readRange(args, executionLog(sharedClient(), args.id, { level: args.level })),
  );
}

/**
 * Reads a script's audit log: who changed it, and when.
 *
 * @throws CeligoError when the script does not exist, or an argument is invalid.
 * @example
 * ```ts
 * const { entries } = await getScriptAudit({ id, action: "updated" });
 * ```
 */
export function getScriptAudit(args: GetScriptAuditArgs): Promise<LogResult<ScriptAuditEntry>> {
  return lookUp("getScriptAudit", args, async () => {
    const filter = { action: args.action, include: args.include?.join(","), exclude: args.exclude?.join(",") };
    return readRange(args, auditLog(sharedClient(), args.id, filter));
  });
}

/** Like {@link getScript}, with outputs. Arguments that a preview does not know yet make the result unknown. */
export function getScriptOutput(args: InputsOf<GetScriptArgs>): pulumi.Output<GetScriptResult> {
  return whenKnown(args, getScript);
}

/** Like {@link getScripts}, with outputs. Arguments that a preview does not know yet make the result unknown. */
export function getScriptsOutput(args: InputsOf<GetScriptsArgs> = {}): pulumi.Output<ScriptSummary[]> {
  return whenKnown(args, getScripts);
}

/** Like {@link getScriptDependencies}, with outputs. Arguments that a preview does not know yet make the result unknown. */
export function getScriptDependenciesOutput(
  args: InputsOf<GetScriptDependenciesArgs>,
): pulumi.Output<ScriptDependencies> {
  return whenKnown(args, getScriptDependencies);
}

/** Like {@link getScriptLogs}, with outputs. Arguments that a preview does not know yet make the result unknown. */
export function getScriptLogsOutput(args: InputsOf<GetScriptLogsArgs>): pulumi.Output<LogResult<ScriptLogEntry>> {
  return whenKnown(args, getScriptLogs);
}

/** Like {@link getScriptAudit}, with outputs. Arguments that a preview does not know yet make the result unknown. */
export function getScriptAuditOutput(args: InputsOf<GetScriptAuditArgs>): pulumi.Output<LogResult<ScriptAuditEntry>> {
  return whenKnown(args, getScriptAudit);
}

async function findByName(name: string): Promise<string> {
  const scripts = await sharedClient().listScripts({ include: ["name"] });
  const [match, ...others] = scripts.filter((script) => script.name === name);
  if (!match) {
    const names = scripts.map((script) => script.name ?? "");
    throw invalid("getScript", `no script has the name "${name}"${didYouMean(name, names)}`, 404);
  }
  if (others.length > 0) {
    const ids = [match, ...others].map(({ _id }) => _id).join(", ");
    throw invalid("getScript", `${others.length + 1} scripts have the name "${name}": give one of the ids ${ids}`);
  }
  return match._id;
}

function onWire(fields: readonly FieldName[] | undefined): string[] | undefined {
  return fields?.map((field) => {
    const wire = wireNameOf(field);
    if (wire === undefined) {
      throw invalid("getScripts", `"${field}" is not a field of a list${didYouMean(field, fieldNames)}`);
    }
    return wire;
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

async function readRange<Entry>(
  { limit = 100, offset = 0, startDate, endDate, all = false }: LogRange,
  readPage: ReadPage<Entry>,
): Promise<LogResult<Entry>> {
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= maxPageSize)) {
    throw invalid("a log", `limit is ${limit}, and must be a whole number from 1 to ${maxPageSize}`);
  }
  if (!(Number.isInteger(offset) && offset >= 0)) {
    throw invalid("a log", `offset is ${offset}, and must be a whole number from 0`);
  }
  const range = { startDate: wireTime("startDate", startDate), endDate: wireTime("endDate", endDate) };
  return readLog(readPage, { limit, offset, ...range }, () => !all);
}

function wireTime(name: string, text: string | undefined): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  const time = parseTime(text);
  if (time === undefined) {
    throw invalid("a log", `${name} is "${text}", and must be a time in ISO 8601, such as 2026-01-31T12:00:00Z`);
  }
  return new Date(time).toISOString();
}

function didYouMean(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near ? `; did you mean "${near}"?` : "";
}

/** Returns the error for an invalid argument. */
function invalid(subject: string, reason: string, status?: number): CeligoError {
  return new CeligoError({ subject: `could not look up ${subject}`, reason, status, code: "invalid_argument" });
}
