import { setTimeout as pause } from "node:timers/promises";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Account } from "./accounts";
import type { Breakage, FaultRules } from "./faults";
import { type Answer, operations } from "./operations";
import { type RateLimit, tokenBucket } from "./rate-limit";
import { type Problem, Refusal } from "./refusal";
import type { OpenRecord, RequestLog, RequestRecord } from "./requests";
import type { Operation } from "./validation";

/** What the server needs. */
export interface ServerOptions {
  readonly operations: readonly Operation[];
  readonly accounts: readonly Account[];
  readonly faults: FaultRules;
  readonly log: RequestLog;
  readonly rateLimit: RateLimit | undefined;
  readonly latency: number;
  readonly onRequest: ((record: RequestRecord) => void) | undefined;
  now(): Date;
  /** Ends all waiting when the emulator stops. */
  readonly stopped: AbortSignal;
}

/** What is known about a request between its arrival and its response. */
interface Exchange {
  readonly record: OpenRecord;
  readonly operation: Operation | undefined;
  account?: Account;
  breakage?: Breakage;
}

const bodyLimit = 5 * 1024 * 1024;
const exchangeOf = (request: FastifyRequest): Exchange => request.getDecorator<Exchange>("exchange");

/** The emulated API, not yet listening. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { accounts, faults, log, rateLimit, latency, onRequest, now, stopped } = options;
  const limits = new Map<Account, (now: Date) => number>();
  const app = Fastify({
    bodyLimit,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 16 * 1024 },
    // A path that can't be decoded never reaches fastify's hooks. This logs it and sends the usual 404.
    rewriteUrl: ({ url = "/" }) => (isDecodable(url) ? url : "/"),
  });
  app.decorateRequest("exchange");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    exchangeOf(request).record.requestBytes = body.length;
    try {
      done(null, body.length === 0 ? undefined : JSON.parse(body.toString()));
    } catch (error) {
      const message = `The body is no JSON: ${(error as Error).message}.`;
      done(new Refusal(400, [{ code: "invalid_json", message }]));
    }
  });

  app.addHook("onRequest", async (request, reply) => {
    const operation = (request.routeOptions.config as { operation?: Operation } | undefined)?.operation;
    const record = log.open({
      at: now().toISOString(),
      method: request.method,
      path: request.originalUrl,
      operation: operation?.id,
      account: undefined,
      status: 0,
      requestBytes: Number(request.headers["content-length"] ?? 0),
      responseBytes: 0,
    });
    const exchange: Exchange = { record, operation };
    request.setDecorator("exchange", exchange);
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished) record.status = 0;
      onRequest?.(record);
    });
    if (!(await elapsed(latency))) return reply.hijack();

    const account = authenticate(accounts, request.headers);
    exchange.account = account;
    record.account = account.name;
    const { throttle } = account.behaviour;
    if (throttle > 0) return send(request, reply, tooMany(throttle));
    if (rateLimit !== undefined) {
      const wait = limits.get(account) ?? tokenBucket(rateLimit, now());
      limits.set(account, wait);
      const seconds = wait(now());
      if (seconds > 0) return send(request, reply, tooMany(seconds));
    }

    const drawn = faults.draw(record);
    if (!(await elapsed(drawn.latency))) return reply.hijack();
    const { breakage } = drawn;
    if (breakage === undefined) return;
    if (breakage.kind === "cut-body" || breakage.kind === "alter" || breakage.when === "after")
      exchange.breakage = breakage;
    else return break_(breakage, request, reply);
  });

  app.setErrorHandler<Error>((error, request, reply) => answer(request, reply, refusalFor(error)));
  app.setNotFoundHandler((request, reply) => {
    const message = `There is no ${request.method} ${request.originalUrl.split("?")[0]} in this API.`;
    return answer(request, reply, new Refusal(404, [{ code: "not_found", message }]));
  });

  for (const operation of options.operations) {
    app.route({
      method: operation.method,
      url: operation.path,
      config: { operation },
      handler: (request, reply) => answer(request, reply, work(operation, request)),
    });
  }
  return app;

  function work(operation: Operation, request: FastifyRequest): Answer {
    const { account } = exchangeOf(request);
    if (account === undefined) throw new Error("The request has no account.");
    const { _id: id = "" } = request.params as { readonly _id?: string };
    if (operation.path.includes(":_id") && !/^[0-9a-f]{24}$/i.test(id)) {
      throw new Refusal(404, [{ code: "invalid_ref", message: `${id} is no id of a script.`, field: "_id" }]);
    }
    const query = request.query as Readonly<Record<string, unknown>>;
    const body = request.body;
    const call = { account, id, query: operation.checkQuery(query), cursor: query.cursor, body, now: now() };
    operation.checkBody(body);
    return operations[operation.id]({ ...call, origin: `http://${request.host}` });
  }

  /** Sends the response, unless a fault replaces it. */
  function answer(request: FastifyRequest, reply: FastifyReply, due: Answer | Refusal): FastifyReply {
    const { breakage, operation } = exchangeOf(request);
    const given = due instanceof Refusal ? answerOf(due) : due;
    const contradiction = operation?.checkAnswer(given.status, given.body);
    if (contradiction !== undefined) {
      const message = `The emulator contradicts the description of ${operation?.id}: ${contradiction}.`;
      return send(request, reply, { status: 500, body: envelope([{ code: "emulator_defect", message }]) });
    }
    if (breakage === undefined) return send(request, reply, given);
    return break_(breakage, request, reply, given);
  }

  function break_(breakage: Breakage, request: FastifyRequest, reply: FastifyReply, due?: Answer): FastifyReply {
    if (breakage.kind === "status") return send(request, reply, faultAnswer(breakage));
    if (breakage.kind === "alter") return send(request, reply, altered(breakage, due));
    reply.hijack();
    if (breakage.kind === "hang") return reply;
    const payload =
      breakage.kind === "cut-body" && due?.body !== undefined ? Buffer.from(JSON.stringify(due.body)) : undefined;
    if (payload === undefined) {
      reply.raw.destroy();
      return reply;
    }
    const half = payload.subarray(0, Math.floor(payload.length / 2));
    exchangeOf(request).record.responseBytes = half.length;
    reply.raw.writeHead(due?.status ?? 200, {
      ...dateHeader(request, reply),
      "content-type": "application/json; charset=utf-8",
      "content-length": payload.length,
      ...due?.headers,
    });
    reply.raw.write(half, () => reply.raw.destroy());
    return reply;
  }

  function send(request: FastifyRequest, reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
    const { record } = exchangeOf(request);
    const payload =
      body === undefined ? undefined : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    if (!reply.raw.destroyed) {
      record.status = status;
      record.responseBytes = payload?.length ?? 0;
    }
    void reply.code(status).headers(dateHeader(request, reply));
    if (payload !== undefined) {
      void reply.type(typeof body === "string" ? "text/html; charset=utf-8" : "application/json; charset=utf-8");
    }
    return reply.headers({ ...headers }).send(payload);
  }

  function dateHeader(request: FastifyRequest, reply: FastifyReply): { readonly date?: string } {
    const { sendsDate = true, dateOffset = 0 } = exchangeOf(request).account?.behaviour ?? {};
    // Otherwise Node adds its own header.
    reply.raw.sendDate = false;
    return sendsDate ? { date: new Date(now().getTime() + dateOffset).toUTCString() } : {};
  }

  /** Waits, and tells whether the emulator still runs then. */
  async function elapsed(milliseconds: number): Promise<boolean> {
    if (milliseconds > 0) await pause(milliseconds, undefined, { signal: stopped }).catch(() => {});
    return !stopped.aborted;
  }
}

function isDecodable(url: string): boolean {
  try {
    return decodeURI(url) !== "";
  } catch {
    return false;
  }
}

const tenants: Readonly<Record<string, "us" | "eu">> = { "api.integrator.io": "us", "api.eu.integrator.io": "eu" };

function authenticate(accounts: readonly Account[], headers: FastifyRequest["headers"]): Account {
  if (headers.authorization === undefined) throw new Refusal(401, [{ message: "Unauthorized" }]);
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization)?.[1];
  const account = accounts.find((account) => account.token === token);
  const tenant = tenants[headers.host?.replace(/:\d+$/, "").toLowerCase() ?? ""];
  if (account === undefined || (tenant !== undefined && tenant !== account.region)) {
    throw new Refusal(401, [{ message: "Bearer Authentication Failed" }]);
  }
  return account;
}

function tooMany(seconds: number): Answer {
  const body = envelope([{ code: "rate_limit_exceeded", message: "There are too many requests." }]);
  return { status: 429, headers: { "retry-after": String(seconds) }, body };
}

/** Returns the response with another body. Errors and responses without a body stay as they are. */
function altered({ alter }: Extract<Breakage, { kind: "alter" }>, due: Answer = { status: 500 }): Answer {
  return due.status < 400 && due.body !== undefined ? { ...due, body: alter(due.body) } : due;
}

function envelope(errors: readonly Problem[]): { readonly errors: readonly Problem[] } {
  return { errors };
}

/** A 401 comes from a gateway in front of the API, so it has no envelope. */
function answerOf({ status, problems }: Refusal): Answer {
  return { status, body: status === 401 ? { message: problems[0]?.message } : envelope(problems) };
}

function faultAnswer({ status, headers, body }: Extract<Breakage, { kind: "status" }>): Answer {
  const refusal = new Refusal(status, [{ code: status, message: "A fault rule of the emulator gave this answer." }]);
  const bodiless = status === 204 || status === 304;
  return { status, ...(headers && { headers }), body: body ?? (bodiless ? undefined : answerOf(refusal).body) };
}

function refusalFor(error: Error & { readonly code?: string; readonly statusCode?: number }): Refusal {
  if (error instanceof Refusal) return error;
  const { statusCode: status = 500 } = error;
  if (status === 413) {
    return new Refusal(413, [{ code: "payload_too_large", message: "The body has more than 5 MB." }]);
  }
  if (status === 415) {
    return new Refusal(415, [{ code: "unsupported_media_type", message: "The body has to be application/json." }]);
  }
  if (status < 500) return new Refusal(status, [{ code: "bad_request", message: error.message }]);
  return new Refusal(500, [{ code: "emulator_failure", message: `The emulator failed: ${error.message}` }]);
}
