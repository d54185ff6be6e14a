import { CeligoError } from "../errors";
import { isObject } from "../json";
import { type Call, Transport, type TransportOptions } from "./http";
import type { components, operations } from "./schema";

type Schemas = components["schemas"];

/** A script as the server sends it; in a list without its content. */
export type ScriptRecord = Schemas["Response"];
/** The writable fields of a script. */
export type ScriptBody = Schemas["Request"];
/** The body of a script that is to be created. */
export type NewScript = ScriptBody & Required<Pick<ScriptBody, "name" | "content">>;
/** The resources that use a script, by plural resource type. */
export type ScriptDependencies = Schemas["DependencyResponse"];
/** One resource that uses a script. */
export type ScriptDependent = Schemas["DependencyEntry"];
/** The filters of an execution log. */
export type ScriptLogsQuery = NonNullable<operations["getScriptLogs"]["parameters"]["query"]>;
/** One page of an execution log. */
export type ScriptLogs = operations["getScriptLogs"]["responses"][200]["content"]["application/json"];
/** The filters of an audit log. */
export type ScriptAuditQuery = NonNullable<operations["getScriptAudit"]["parameters"]["query"]>;
/** One page of an audit log. */
export type ScriptAudit = operations["getScriptAudit"]["responses"][200]["content"]["application/json"];

/** Which fields a list holds: `_id`, `name` and those to include, or all but those to exclude. */
export interface Projection {
  /** Fields to add to `_id` and `name`; not together with `exclude`. */
  readonly include?: readonly string[] | undefined;
  /** Fields to leave out; not together with `include`. */
  readonly exclude?: readonly string[] | undefined;
}

/** How a request is sent that changes something. */
export interface WriteOptions {
  /**
   * Sends it at once or not at all, and only once: for whoever has just looked at what it changes, and looks again before
   * the next try.
   * @default false
   */
  readonly atOnce?: boolean;
}

/**
 * The integrator.io Scripts API, operation by operation.
 *
 * Every method returns what the server sent, or throws a {@link CeligoError}. All callers of one client share its
 * limit of simultaneous requests and its pause after a 429.
 *
 * @example
 * ```ts
 * const client = new CeligoClient(readConfiguration(() => undefined));
 * const scripts = await client.listScripts({ include: ["lastModified"] });
 * ```
 */
export class CeligoClient {
  readonly #transport: Transport;

  constructor(options: TransportOptions) {
    this.#transport = new Transport(options);
  }

  /** How far the server's clock is ahead of this machine's, in milliseconds; not known before it has told the time. */
  get clockOffset(): number | undefined {
    return this.#transport.clockOffset;
  }

  /**
   * Runs requests that belong together, such as a look and the write that rests on it: none of them waits until requests
   * of others have ended.
   */
  together<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#transport.together(work);
  }

  /** Lists all scripts of the account, page after page. */
  async listScripts(projection: Projection = {}): Promise<ScriptRecord[]> {
    const call = { operation: "listScripts", attempt: "list scripts", method: "GET", repeatable: true } as const;
    const records: ScriptRecord[] = [];
    const seen = new Set<string>();
    let page = await this.#transport.send({ ...call, path: "/v1/scripts", query: checkProjection(call, projection) });
    for (;;) {
      records.push(...expectBody(call, page.status === 204 ? [] : page.body, isRecords));
      if (page.next === undefined) {
        return records;
      }
      if (seen.has(page.next)) {
        throw failed(call, "the server's links to the next page go in a circle").with({ hint: checkAddress });
      }
      seen.add(page.next);
      page = await this.#transport.send({ ...call, path: page.next });
    }
  }

  /** Creates a script. The request is not repeated once it may have been carried out. */
  async createScript(body: NewScript): Promise<ScriptRecord> {
    const attempt = `create script "${body.name}"`;
    return this.#json(
      { operation: "createScript", attempt, method: "POST", path: "/v1/scripts", body, repeatable: false },
      isRecord,
    );
  }

  /** Reads a script with its content. */
  async getScript(id: string): Promise<ScriptRecord> {
    return this.#json(callOn(id, { operation: "getScriptById", attempt: "read script", method: "GET" }), isRecord);
  }

  /**
   * Replaces a whole script: a field that is left out is erased. The request is not repeated once it may have been
   * carried out, since somebody else can have changed the script meanwhile.
   */
  async updateScript(id: string, body: ScriptBody, { atOnce }: WriteOptions = {}): Promise<ScriptRecord> {
    const attempt = `update script${body.name ? ` "${body.name}"` : ""}`;
    return this.#json(
      callOn(id, { operation: "updateScript", attempt, method: "PUT", body, repeatable: false, atOnce }),
      isRecord,
    );
  }

  /** Moves a script to the recycle bin, where Celigo keeps it for 30 days. */
  async deleteScript(id: string, { atOnce }: WriteOptions = {}): Promise<void> {
    const attempt = "delete script";
    await this.#transport.send(callOn(id, { operation: "deleteScript", attempt, method: "DELETE", atOnce }));
  }

  /**
   * Records execution logs of level `debug` until the given time.
   *
   * @param until At most one hour ahead by the server's clock, a limit of the API.
   */
  async setDebugUntil(id: string, until: Date): Promise<void> {
    const body = [{ op: "replace", path: "/debugUntil", value: until }] as const satisfies Schemas["JsonPatchRequest"];
    const call = callOn(id, {
      operation: "patchScript",
      attempt: "set debug logging of script",
      method: "PATCH",
      body,
    });
    // A comparison with an invalid date is false, too.
    if (!(until.getTime() - Date.now() - (this.clockOffset ?? 0) <= 3_600_000)) {
      throw failed(call, "debug logging must end at a valid time that is at most one hour ahead", "invalid_argument");
    }
    await this.#transport.send(call);
  }

  /** Reads one page of a script's execution log. */
  async getScriptLogs(id: string, query: ScriptLogsQuery = {}): Promise<ScriptLogs> {
    const attempt = "read the execution log of script";
    return this.#json(callOn(id, { operation: "getScriptLogs", attempt, method: "GET", query }, "/logs"), isObject);
  }

  /** Deletes a script's whole execution log. */
  async deleteScriptLogs(id: string): Promise<void> {
    const attempt = "clear the execution log of script";
    await this.#transport.send(callOn(id, { operation: "deleteScriptLogs", attempt, method: "DELETE" }, "/logs"));
  }

  /** Reads one page of a script's audit log. */
  async getScriptAudit(id: string, query: ScriptAuditQuery = {}): Promise<ScriptAudit> {
    const attempt = "read the audit log of script";
    const call = callOn(id, { operation: "getScriptAudit", attempt, method: "GET", query }, "/audit");
    checkProjection(call, { include: query.include?.split(","), exclude: query.exclude?.split(",") });
    return this.#json(call, isObject);
  }

  /** Lists the resources that use a script; none also for an id that does not exist. */
  async listScriptDependencies(id: string): Promise<ScriptDependencies> {
    const attempt = "list what depends on script";
    const call = callOn(id, { operation: "listScriptDependencies", attempt, method: "GET" }, "/dependencies");
    return this.#json(call, isDependencies);
  }

  async #json<T>(call: Call, accept: (body: unknown) => body is T): Promise<T> {
    return expectBody(call, (await this.#transport.send(call)).body, accept);
  }
}

/** Tells whether a text has the form of a Celigo id: 24 hexadecimal digits. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{24}$/i.test(text);
}

const checkAddress = "Check that celigo:baseUrl is integrator.io's API and that no proxy answers in its place.";

type CallOnScript = Omit<Call, "path" | "repeatable"> & Partial<Pick<Call, "repeatable">>;

function callOn(id: string, call: CallOnScript, below = ""): Call {
  const attempt = call.attempt.endsWith('"') ? `${call.attempt} (${id})` : `${call.attempt} ${id}`;
  const whole = { repeatable: true, ...call, attempt, path: `/v1/scripts/${id}${below}` };
  if (!isId(id)) {
    const hint = "Copy the id from the script's address in Celigo, or use getScript({ name }).";
    throw failed(whole, "the id is not 24 hexadecimal digits", "invalid_argument").with({ hint });
  }
  return whole;
}

function checkProjection(call: Pick<Call, "operation" | "attempt">, { include, exclude }: Projection): Call["query"] {
  const query = { include: include?.filter(Boolean).join(","), exclude: exclude?.filter(Boolean).join(",") };
  if (query.include && query.exclude) {
    throw failed(call, "fields can be included or excluded, but not both", "invalid_query_params");
  }
  const text = query.include || query.exclude || "";
  if (!/^[A-Za-z0-9._,]*$/.test(text)) {
    const reason = `"${text}" is not a list of fields: only letters, digits, "." and "_" are allowed in a name`;
    throw failed(call, reason, "invalid_query_params");
  }
  return query;
}

function expectBody<T>(
  call: Pick<Call, "operation" | "attempt" | "method">,
  body: unknown,
  accept: (body: unknown) => body is T,
): T {
  if (accept(body)) {
    return body;
  }
  throw new CeligoError({
    subject: `could not ${call.attempt}`,
    reason: body === undefined ? "the answer has no body" : "the answer has not the form that the API describes",
    hint: checkAddress,
    operation: call.operation,
    code: "unexpected_answer",
    outcomeUnknown: call.method !== "GET",
  });
}

function failed(call: Pick<Call, "operation" | "attempt">, reason: string, code?: string): CeligoError {
  return new CeligoError({ subject: `could not ${call.attempt}`, reason, operation: call.operation, code });
}

function isRecord(body: unknown): body is ScriptRecord {
  return isObject(body) && typeof body["_id"] === "string";
}

function isRecords(body: unknown): body is ScriptRecord[] {
  return Array.isArray(body) && body.every(isRecord);
}

function isDependencies(body: unknown): body is ScriptDependencies {
  return isObject(body) && Object.values(body).every(Array.isArray);
}
