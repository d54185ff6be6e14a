import { CeligoError, invalidResponseCode } from "../errors";
import { enumerateSome, quote } from "../text";
import { type Call, Transport } from "./http";
import type { components, operations } from "./schema";
import {
  anything,
  auditLog,
  dependencies,
  executionLog,
  isId,
  parseBody,
  type Shape,
  script,
  scriptOf,
  scripts,
  withoutId,
} from "./validate";

export { isId } from "./validate";

type Schemas = components["schemas"];

/** A script as the server sends it; in a list without its content. */
export type ScriptRecord = Schemas["Response"];
/** The writable fields of a script. */
export type ScriptBody = Schemas["Request"];
/** The body of a POST: the writable fields, with name and content. */
export type NewScript = ScriptBody & Required<Pick<ScriptBody, "name" | "content">>;
/** The resources that use a script, by plural resource type. */
export type ScriptDependencies = Schemas["DependencyResponse"];
/** One resource that uses a script. */
export type ScriptDependent = Schemas["DependencyEntry"];
/** The filters of an execution log. */
export type ScriptLogsQuery = Query<operations["getScriptLogs"]["parameters"]["query"]>;
/** One page of an execution log. */
export type ScriptLogs = operations["getScriptLogs"]["responses"][200]["content"]["application/json"];
/** The filters of an audit log. */
export type ScriptAuditQuery = Query<operations["getScriptAudit"]["parameters"]["query"]>;
/** One page of an audit log. */
export type ScriptAudit = operations["getScriptAudit"]["responses"][200]["content"]["application/json"];

/** Query parameters. Each is optional. */
type Query<Parameters> = {
  readonly [Name in keyof NonNullable<Parameters>]: NonNullable<Parameters>[Name] | undefined;
};

/** Which fields a list has: `_id`, `name` and the included ones, or all but the excluded ones. */
export interface Projection {
  /** Fields to add to `_id` and `name`. Cannot be combined with `exclude`. */
  readonly include?: readonly string[] | undefined;
  /** Fields to leave out. Cannot be combined with `include`. */
  readonly exclude?: readonly string[] | undefined;
}

/**
 * The integrator.io Scripts API, operation by operation.
 *
 * Every method returns what the server sent, checked against the API's schema, or throws a {@link CeligoError}.
 * One client sends at most `maxConcurrency` requests at a time. After a 429, all its requests wait; once one of them gives
 * up on the rate limit, the others that wait give up, too. After five attempts on a server that is away, or a refused
 * token, it sends no request for 30 s: all fail at once with the same cause.
 *
 * @example
 * ```ts
 * const client = new CeligoClient(readConfiguration(() => undefined));
 * const scripts = await client.listScripts({ include: ["lastModified"] });
 * ```
 */
export class CeligoClient extends Transport {
  /** Lists all scripts of the account, page after page. */
  async listScripts(projection: Projection = {}): Promise<ScriptRecord[]> {
    return (await this.#listOnce(projection)).records;
  }

  /**
   * Lists all scripts for a caller that must not miss one. A script that comes or goes between two pages can shift the others,
   * so a list of several pages is read until a reading shows nothing new.
   */
  async listEveryScript(projection: Projection = {}): Promise<ScriptRecord[]> {
    const found = new Map<string, ScriptRecord>();
    for (let reading = 1; ; reading++) {
      const { records, pages } = await this.#listOnce(projection);
      const before = found.size;
      for (const record of records) {
        found.set(record._id, record);
      }
      if (pages === 1 || reading === maxReadings || (reading > 1 && found.size === before)) {
        return [...found.values()];
      }
    }
  }

  /** Lists the scripts of the account, and asks for each page when it is due. */
  async *listPages(projection: Projection = {}): AsyncGenerator<readonly ScriptRecord[], undefined> {
    const pages = new Set<string>();
    const names = new Map<string, string | undefined>();
    let place: Pick<Call, "path" | "query"> = { path: "/v1/scripts", query: checkProjection(listCall, projection) };
    for (;;) {
      const page = await this.send({ ...listCall, ...place }, ({ status, text, next }) => ({
        records: status === 204 ? [] : parseBody<ScriptRecord[]>(text, scripts),
        next,
      }));
      for (const { _id, name } of page.records) {
        // A script that has shifted to the next page has the same name there.
        if (names.has(_id) && names.get(_id) !== name) {
          throw failed(listCall, `two scripts have one id, ${_id}`);
        }
        names.set(_id, name);
      }
      yield page.records;
      if (page.next === undefined) {
        return;
      }
      if (pages.has(page.next) || pages.size + 1 === maxPages) {
        const reason = pages.has(page.next)
          ? "pagination loop: the server sent the same next page twice"
          : `the list does not end: the server sent ${maxPages} pages`;
        throw failed(listCall, reason).with({ hint: this.addressHint });
      }
      pages.add(page.next);
      place = { path: page.next };
    }
  }

  async #listOnce(projection: Projection): Promise<{ readonly records: ScriptRecord[]; readonly pages: number }> {
    const pages: (readonly ScriptRecord[])[] = [];
    for await (const page of this.listPages(projection)) {
      pages.push(page);
    }
    return { records: pages.flat(), pages: pages.length };
  }

  /** Creates a script. The request is not retried once it may have been carried out. */
  async createScript(body: NewScript): Promise<ScriptRecord> {
    const attempt = `create script "${body.name}"`;
    return this.#json({ operation: "createScript", attempt, method: "POST", path: "/v1/scripts", body }, script);
  }

  /** Reads a script with its content. */
  async getScript(id: string): Promise<ScriptRecord> {
    return this.#json(callOn(id, "getScriptById", "read script"), scriptOf(id));
  }

  /**
   * Replaces a whole script: the server erases a field that is left out. The request is not retried once it may have been
   * carried out, because somebody else may have changed the script since.
   */
  async updateScript(id: string, body: ScriptBody): Promise<ScriptRecord> {
    const attempt = `update script${body.name ? ` "${body.name}"` : ""}`;
    return this.#json(callOn(id, "updateScript", attempt, { method: "PUT", body }), scriptOf(id));
  }

  /** Moves a script to the recycle bin, where Celigo keeps it for 30 days. */
  async deleteScript(id: string): Promise<void> {
    await this.#send(callOn(id, "deleteScript", "delete script", { method: "DELETE" }));
  }

  /**
   * Records execution logs of level `debug` until the given time.
   *
   * @param until At most one hour ahead by the server's clock, a limit of the API.
   */
  async setDebugUntil(id: string, until: Date): Promise<void> {
    const body = [{ op: "replace", path: "/debugUntil", value: until }] as const satisfies Schemas["JsonPatchRequest"];
    const call = callOn(id, "patchScript", "set debug logging of script", { method: "PATCH", body });
    // For an invalid date, the comparison is false.
    if (!(until.getTime() - Date.now() - (this.clockOffset ?? 0) <= 3_600_000)) {
      throw failed(call, "the end of debug logging must be a valid time, at most one hour ahead", "invalid_argument");
    }
    await this.#send(call);
  }

  /** Reads one page of a script's execution log. */
  async getScriptLogs(id: string, query: ScriptLogsQuery = {}): Promise<ScriptLogs> {
    const call = callOn(id, "getScriptLogs", "read the execution log of script", { path: "/logs", query });
    return this.#json(call, executionLog);
  }

  /** Deletes a script's whole execution log. */
  async deleteScriptLogs(id: string): Promise<void> {
    const clearing = { path: "/logs", method: "DELETE" } as const;
    await this.#send(callOn(id, "deleteScriptLogs", "clear the execution log of script", clearing));
  }

  /** Reads one page of a script's audit log. */
  async getScriptAudit(id: string, query: ScriptAuditQuery = {}): Promise<ScriptAudit> {
    const call = callOn(id, "getScriptAudit", "read the audit log of script", { path: "/audit", query });
    checkProjection(call, { include: query.include?.split(","), exclude: query.exclude?.split(",") });
    return this.#json(call, auditLog);
  }

  /** Lists the resources that use a script; `{}` when there are none, and also for an id that does not exist. */
  async listScriptDependencies(id: string): Promise<ScriptDependencies> {
    const call = callOn(id, "listScriptDependencies", "list the dependents of script", { path: "/dependencies" });
    const found = await this.#json<ScriptDependencies>(call, dependencies);
    const nameless = withoutId(found);
    if (nameless.length > 0) {
      const reason = `Celigo listed something without an id: ${enumerateSome(nameless)}`;
      const hint = "Look in Celigo at what uses the script.";
      throw new CeligoError({ ...failed(call, reason, invalidResponseCode), status: 200, hint });
    }
    return found;
  }

  /**
   * Makes sure that a token is set, without a request.
   *
   * @throws CeligoError when none is set.
   */
  assertToken(): void {
    this.tokenFor({ attempt: "ask Celigo" });
  }

  /**
   * Sends the smallest request, to see whether Celigo can be reached and accepts the token. Asks what uses a script that does
   * not exist: the response is `{}` for every account.
   */
  async checkAccess(): Promise<void> {
    await this.listScriptDependencies("0".repeat(24));
  }

  #json<T>(call: Call, shape: Shape): Promise<T> {
    return this.send(call, ({ text }) => parseBody<T>(text, shape));
  }

  /** Sends a request whose response may have no body. */
  #send(call: Call): Promise<void> {
    return this.send(call, ({ text }) => {
      if (text !== "") {
        parseBody(text, anything);
      }
    });
  }
}

const listCall = { operation: "listScripts", attempt: "list scripts", method: "GET" } as const;

/** How many pages a list may have; Celigo does not say how many scripts a page holds. */
const maxPages = 1000;

/** How many times a list of several pages is read at most. */
const maxReadings = 5;

/** Returns the call of an operation on one script: a GET of the script, unless it says otherwise. */
function callOn(id: string, operation: Call["operation"], attempt: string, other: Partial<Call> = {}): Call {
  const whole: Call = {
    method: "GET",
    ...other,
    operation,
    attempt: attempt.endsWith('"') ? `${attempt} (${id})` : `${attempt} ${id}`,
    path: `/v1/scripts/${id}${other.path ?? ""}`,
  };
  if (!isId(id)) {
    const hint = "Copy the id from the script's address in Celigo, or use getScript({ name }).";
    throw failed(whole, "the id is not 24 hexadecimal digits", "invalid_argument").with({ hint });
  }
  return whole;
}

function checkProjection(call: Pick<Call, "operation" | "attempt">, { include, exclude }: Projection): Call["query"] {
  const query = { include: include?.filter(Boolean).join(","), exclude: exclude?.filter(Boolean).join(",") };
  if (query.include && query.exclude) {
    throw failed(call, "include and exclude cannot be combined", "invalid_query_params");
  }
  const text = query.include || query.exclude || "";
  if (!/^[A-Za-z0-9._,]*$/.test(text)) {
    const reason = `${quote(text)} is not a list of fields: a name has letters, digits, "." and "_" only`;
    throw failed(call, reason, "invalid_query_params");
  }
  return query;
}

function failed(call: Pick<Call, "operation" | "attempt">, reason: string, code?: string): CeligoError {
  return new CeligoError({ subject: `could not ${call.attempt}`, reason, operation: call.operation, code });
}
