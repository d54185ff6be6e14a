import type { components } from "../../provider/api/schema";
import type { Account } from "./accounts";
import { pageAt } from "./paging";
import { projection } from "./projection";
import type { OperationId, WritableFields } from "./records";
import { type Problem, Refusal } from "./refusal";
import type { Query } from "./validation";

/** A valid request from a known account. */
export interface Call {
  readonly account: Account;
  /** The script's id; empty where the path has none. */
  readonly id: string;
  readonly query: Query;
  /** Where a list continues, from an earlier `Link`. */
  readonly cursor: unknown;
  readonly body: unknown;
  /** Scheme, host and port as the client knows them. */
  readonly origin: string;
  readonly now: Date;
}

/** Status, headers and body to be sent as JSON. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Fields that a list always has. */
const identity = ["_id", "name"] as const;
const maximumName = 100;
const maximumDescription = 1024;
const maximumDebug = 60 * 60 * 1000;

/**
 * What each operation does. The API's description leaves some of it open; the emulator assumes this:
 * - A malformed id gets the same response as an unknown one: 404; for dependencies, too.
 * - A list never has `content`, even when `include` names it.
 * - PUT erases each field that is left out, the name too. A field that is too long gets 422 on POST and 400 on PUT.
 * - A script with declared dependents can't be deleted: 422 `script_in_use`.
 * - PATCH changes `lastModified` but not `__hash`, and adds no audit entry. `debugUntil` must be in the future.
 */
export const operations: Readonly<Record<OperationId, (call: Call) => Answer>> = {
  listScripts({ account, query, cursor, origin }) {
    const { listedFields } = account.behaviour;
    const project = projection(query, identity);
    const all = account.listed();
    if (all.length === 0) return { status: 204 };
    const { scripts, next } = pageAt(all, cursor, account.behaviour);
    const body = scripts.map((script) => {
      const { content: _, ...listed } = account.shown(script);
      if (listedFields === "all") return listed;
      if (listedFields === "identity") return { _id: listed._id, name: listed.name };
      const { __hash, ...others } = listed;
      return project(listedFields === "no-hash" ? others : listed);
    });
    if (next === undefined) return { status: 200, body };
    const { include, exclude } = query;
    const continued = new URLSearchParams({
      ...(include !== undefined && { include: String(include) }),
      ...(exclude !== undefined && { exclude: String(exclude) }),
      cursor: next,
    });
    return { status: 200, headers: { link: `<${origin}/v1/scripts?${continued}>; rel="next"` }, body };
  },

  createScript({ account, body }) {
    const fields = body as WritableFields;
    const empty = (["name", "content"] as const).filter((field) => fields[field] === "");
    const missing = empty.map((field) => ({
      code: "missing_required_field",
      message: `${field} must not be empty.`,
      field,
    }));
    refuse(422, [...missing, ...tooLong(fields)]);
    return { status: 201, body: account.shown(account.create(fields, account.owner).record) };
  },

  getScriptById({ account, id }) {
    return { status: 200, body: account.shown(account.readable(id)) };
  },

  updateScript({ account, id, body }) {
    const state = account.changeable(id);
    const fields = body as WritableFields;
    refuse(400, tooLong(fields));
    account.replace(state, fields, account.owner);
    return { status: 200, body: account.shown(state.record) };
  },

  deleteScript({ account, id }) {
    const state = account.changeable(id);
    const users = Object.entries(state.dependents).flatMap(([type, entries]) =>
      entries.map((entry) => `${type} "${entry.name}" (${entry.id})`),
    );
    if (users.length > 0) {
      const message = `The script "${state.record.name}" cannot be deleted while it is used by ${users.join(", ")}.`;
      throw new Refusal(422, [{ code: "script_in_use", message, field: "_id" }]);
    }
    account.recycle(state, account.owner);
    return { status: 204 };
  },

  patchScript({ account, id, body, now }) {
    const state = account.changeable(id);
    const patches = body as components["schemas"]["JsonPatchRequest"];
    refuse(
      422,
      patches.flatMap((patch) => patchProblem(patch, now) ?? []),
    );
    for (const { value } of patches) account.debug(state, new Date(String(value)));
    return { status: 204 };
  },

  getScriptLogs({ account, id, query }) {
    const { logs } = account.visible(id);
    const wanted = within(query, logs).filter(({ level }) => query.level === undefined || query.level === level);
    const { entries, pagination } = pageOf(query, wanted);
    return { status: 200, body: { logs: entries, pagination } };
  },

  deleteScriptLogs({ account, id }) {
    account.clearLogs(account.visible(id));
    return { status: 204 };
  },

  getScriptAudit({ account, id, query }) {
    const project = projection(query, ["_id", "timestamp", "action"]);
    const wanted = within(query, account.audit(id)).filter(
      ({ action }) => query.action === undefined || query.action === action,
    );
    const { entries, pagination } = pageOf(query, wanted);
    return { status: 200, body: { audit: entries.map((entry) => project({ ...entry })), pagination } };
  },

  listScriptDependencies({ account, id }) {
    return { status: 200, body: account.dependents(id) };
  },
};

function refuse(status: number, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new Refusal(status, problems);
}

/** Counts characters as JSON Schema does: an emoji is one. */
function tooLong({ name = "", description = "" }: WritableFields): Problem[] {
  const limits = [
    { field: "name", length: [...name].length, maximum: maximumName },
    { field: "description", length: [...description].length, maximum: maximumDescription },
  ];
  return limits
    .filter(({ length, maximum }) => length > maximum)
    .map(({ field, length, maximum }) => ({
      code: "max_length_exceeded",
      message: `${field} has ${length} characters, and may have at most ${maximum}.`,
      field,
    }));
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/;

function patchProblem({ path, value }: components["schemas"]["JsonPatchOperation"], now: Date): Problem | undefined {
  if (path !== "/debugUntil") {
    return { code: "invalid_patch", message: `${path} cannot be patched: only /debugUntil can.`, field: path };
  }
  const time = typeof value === "string" && isoTime.test(value) ? Date.parse(value) : Number.NaN;
  const ahead = time - now.getTime();
  if (ahead > 0 && ahead <= maximumDebug) return undefined;
  const message = Number.isNaN(ahead)
    ? "debugUntil must be a time in ISO 8601."
    : "debugUntil must lie ahead, and by one hour at most.";
  return { code: "invalid_value", message, field: "debugUntil" };
}

/** The entries between startDate and endDate, newest first. */
function within<Entry extends { readonly timestamp: string }>(
  { startDate, endDate }: Query,
  entries: readonly Entry[],
): Entry[] {
  const from = startDate === undefined ? Number.NEGATIVE_INFINITY : Date.parse(String(startDate));
  const to = endDate === undefined ? Number.POSITIVE_INFINITY : Date.parse(String(endDate));
  return entries
    .map((entry) => ({ entry, at: Date.parse(entry.timestamp) }))
    .filter(({ at }) => at >= from && at <= to)
    .reverse()
    .sort((a, b) => b.at - a.at)
    .map(({ entry }) => entry);
}

function pageOf<Entry>(query: Query, all: readonly Entry[]) {
  const limit = Number(query.limit);
  const offset = Number(query.offset);
  const entries = all.slice(offset, offset + limit);
  const hasMore = offset + entries.length < all.length;
  return { entries, pagination: { total: all.length, limit, offset, hasMore } };
}
