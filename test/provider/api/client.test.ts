import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createPlainServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { constants, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CeligoClient, isId, type ScriptBody } from "../../../provider/api/client";
import type { TransportOptions } from "../../../provider/api/http";
import { Attempts, judge, mayRetry } from "../../../provider/api/retry";
import { SchemaMismatch } from "../../../provider/api/validate";
import { readConfiguration } from "../../../provider/config";
import { CeligoError, isNotFound, isOutcomeUnknown, isUnauthorized } from "../../../provider/errors";
import {
  type Alteration,
  type Emulator,
  type EmulatorOptions,
  type Fault,
  hostile,
  startEmulator,
} from "../../../sdk/emulator/index";

const token = "emulator-token";
const unknownId = "0123456789abcdef01234567";
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function clientFor({ url }: { readonly url: string }, options: Partial<TransportOptions> = {}): CeligoClient {
  return new CeligoClient({
    ...readConfiguration(() => undefined, {}),
    baseUrl: url,
    token: { value: token, source: "the test" },
    requestTimeout: 10,
    backoff: 1,
    ...options,
  });
}

async function start(options?: EmulatorOptions): Promise<Emulator> {
  const emulator = await startEmulator(options);
  cleanups.push(() => emulator.stop());
  return emulator;
}

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Server {
  readonly url: string;
  readonly received: readonly Received[];
  readonly connections: number;
}

/** A server for what the emulator cannot do; it remembers headers and bodies. */
async function serve(
  respond: (response: ServerResponse, received: Received, request: IncomingMessage) => unknown,
  port = 0,
): Promise<Server> {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const record = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    received.push(record);
    respond(response, record, request);
  });
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    get connections() {
      return connections;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createPlainServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function failure(promise: Promise<unknown>): Promise<CeligoError> {
  const outcome: unknown = await promise.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(CeligoError);
  return outcome as CeligoError;
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const script = { name: "Orders", content: "function orders() {}\n" } satisfies ScriptBody;

/** One call of each operation that names a script. */
const operationsOnScript: Readonly<Record<string, (client: CeligoClient, id: string) => Promise<unknown>>> = {
  getScriptById: (client, id) => client.getScript(id),
  updateScript: (client, id) => client.updateScript(id, script),
  deleteScript: (client, id) => client.deleteScript(id),
  patchScript: (client, id) => client.setDebugUntil(id, new Date(Date.now() + 60_000)),
  getScriptLogs: (client, id) => client.getScriptLogs(id),
  deleteScriptLogs: (client, id) => client.deleteScriptLogs(id),
  getScriptAudit: (client, id) => client.getScriptAudit(id),
  listScriptDependencies: (client, id) => client.listScriptDependencies(id),
};

const allOperations: typeof operationsOnScript = {
  listScripts: (client) => client.listScripts(),
  createScript: (client) => client.createScript(script),
  ...operationsOnScript,
};

describe("the ten operations", () => {
  it("walk through the life of a script, with one request each", async () => {
    const emulator = await start();
    const account = emulator.account();
    const client = clientFor(emulator);
    const body = { ...script, description: "päckchen 📦 \u2028", postResponseHookToProcessOnChildRecord: true };
    const created = await client.createScript(body);
    expect(account.scripts()).toMatchObject([{ ...body, _id: created._id }]);
    const id = created._id;
    expect(await client.getScript(id)).toEqual(created);
    const { content: _, ...listed } = created;
    expect(await client.listScripts()).toEqual([listed]);

    const updated = await client.updateScript(id, { name: "Renamed", content: "function renamed() {}" });
    expect(updated).toMatchObject({ name: "Renamed", postResponseHookToProcessOnChildRecord: false });
    expect(account.scripts()[0]).not.toHaveProperty("description");

    await client.setDebugUntil(id, new Date(Date.now() + 60_000));
    const entries = account.generateLogs(id, 3);
    expect((await client.getScriptLogs(id)).logs).toEqual([...entries].reverse());
    await client.deleteScriptLogs(id);
    expect((await client.getScriptLogs(id)).logs).toEqual([]);
    const actions = (await client.getScriptAudit(id)).audit?.map(({ action }) => action);
    expect(actions).toEqual(["updated", "created"]);

    expect(await client.listScriptDependencies(id)).toEqual({});
    account.setDependents(id, { flows: [{ name: "Nightly" }] });
    expect((await client.listScriptDependencies(id))["flows"]).toMatchObject([{ name: "Nightly" }]);
    account.setDependents(id, {});
    await client.deleteScript(id);
    expect(account.scripts()).toEqual([]);
    expect(isNotFound(await failure(client.getScript(id)))).toBe(true);

    expect(emulator.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v1/scripts",
      `GET /v1/scripts/${id}`,
      "GET /v1/scripts",
      `PUT /v1/scripts/${id}`,
      `PATCH /v1/scripts/${id}`,
      `GET /v1/scripts/${id}/logs`,
      `DELETE /v1/scripts/${id}/logs`,
      `GET /v1/scripts/${id}/logs`,
      `GET /v1/scripts/${id}/audit`,
      `GET /v1/scripts/${id}/dependencies`,
      `GET /v1/scripts/${id}/dependencies`,
      `DELETE /v1/scripts/${id}`,
      `GET /v1/scripts/${id}`,
    ]);
  });

  it.each(Object.entries(operationsOnScript))("%s of a script that is not there is not found", async (name, run) => {
    const emulator = await start();
    if (name === "listScriptDependencies") {
      expect(await run(clientFor(emulator), unknownId)).toEqual({});
      return;
    }
    const error = await failure(run(clientFor(emulator), unknownId));
    expect(isNotFound(error)).toBe(true);
    expect(isOutcomeUnknown(error)).toBe(false);
    expect(error).toMatchObject({ operation: name, status: 404, code: "not_found" });
    expect(error.message).toContain(unknownId);
    expect(emulator.count()).toBe(1);
  });

  it.each(Object.entries(allOperations))("%s without a good token is unauthorized", async (operation, run) => {
    const emulator = await start();
    const client = clientFor(emulator, { token: { value: "wrong", source: "CELIGO_API_TOKEN in the environment" } });
    const error = await failure(run(client, unknownId));
    expect(isUnauthorized(error)).toBe(true);
    expect(error).toMatchObject({ operation, status: 401, code: undefined, outcomeUnknown: false });
    expect(error.message).toContain("Bearer Authentication Failed");
    expect(emulator.count()).toBe(1);
  });

  it.each(Object.entries(allOperations))("%s without any token fails before a request", async (operation, run) => {
    const emulator = await start();
    const options = readConfiguration(() => undefined, { CELIGO_BASE_URL: emulator.url });
    const error = await failure(run(new CeligoClient(options), unknownId));
    expect(error).toMatchObject({ operation, code: "missing_token", status: undefined });
    expect(error.message).toContain("CELIGO_API_TOKEN");
    expect(emulator.count()).toBe(0);
  });

  it("go below the address's path, for an API behind a gateway", async () => {
    const server = await serve((response) => json(response, 200, { _id: unknownId }));
    await clientFor({ url: `${server.url}/celigo/api` }).getScript(unknownId);
    expect(server.received[0]?.path).toBe(`/celigo/api/v1/scripts/${unknownId}`);
  });

  it("send the token, the version of this package and what they accept, over one connection", async () => {
    const server = await serve((response) => json(response, 200, { _id: unknownId }));
    const client = clientFor(server);
    for (let n = 0; n < 5; n++) await client.updateScript(unknownId, script);
    expect(server.received).toHaveLength(5);
    expect(server.connections).toBe(1);
    const { version } = (await import("../../../package.json")).default;
    for (const { headers, body } of server.received) {
      expect(headers).toMatchObject({
        authorization: `Bearer ${token}`,
        accept: "application/json",
        "content-type": "application/json",
        "user-agent": `pulumi-celigo/${version}`,
      });
      expect(JSON.parse(body)).toEqual(script);
    }
  });

  it("pass the filters of logs and audit log on, and leave out those without a value", async () => {
    const server = await serve((response) => json(response, 200, {}));
    const client = clientFor(server);
    const dates = { startDate: "2025-01-01T00:00:00Z", endDate: "2025-02-01T00:00:00+02:00" };
    await client.getScriptLogs(unknownId, { level: "error", limit: 5, offset: 0, ...dates });
    await client.getScriptLogs(unknownId, { startDate: "" });
    await client.getScriptAudit(unknownId, { action: "updated", include: "userId,changes.before", limit: 1, ...dates });
    await client.getScriptAudit(unknownId, { include: "", exclude: "metadata" });
    const queries = server.received.map(({ path }) =>
      Object.fromEntries(new URL(path, "http://localhost").searchParams),
    );
    expect(queries).toEqual([
      { level: "error", limit: "5", offset: "0", ...dates },
      {},
      { action: "updated", include: "userId,changes.before", limit: "1", ...dates },
      { exclude: "metadata" },
    ]);
  });
});

describe("an error's words", () => {
  const shapes: Readonly<Record<string, { status: number; body: string; type?: string; expected: object }>> = {
    "several errors with fields, and a code that is a number": {
      status: 422,
      body: JSON.stringify({
        errors: [
          { code: 1042, message: "name is taken", field: "name", source: "application" },
          { code: "max_length", message: "too long", field: "description" },
          { message: "and one without anything" },
        ],
      }),
      expected: {
        code: "1042",
        field: "name",
        reason:
          "Celigo answered 422: name is taken (field name); too long (field description); and one without anything",
      },
    },
    "a code that is a word": {
      status: 400,
      body: '{"errors":[{"code":"invalid_query_params","message":"No."}]}',
      expected: { code: "invalid_query_params", field: undefined, reason: "Celigo answered 400: No" },
    },
    "a bare message": {
      status: 401,
      body: '{"message":"Unauthorized"}',
      expected: { code: undefined, reason: "Celigo answered 401: Unauthorized" },
    },
    "a page of HTML": {
      status: 502,
      type: "text/html",
      body: "<!DOCTYPE html>\n<html><head><title>\n Bad Gateway\n</title></head><body><h1>nginx</h1></body></html>",
      expected: { reason: '502 and an HTML page titled "Bad Gateway" instead of Celigo\'s JSON (5 attempts)' },
    },
    "a page of HTML without a title": {
      status: 403,
      body: "<html>blocked</html>",
      expected: { reason: "403 and an HTML page instead of Celigo's JSON" },
    },
    "no body": { status: 403, body: "", expected: { reason: "Celigo answered 403 without a body" } },
    "plain text": { status: 400, body: " Bad request\n", expected: { reason: "Celigo answered 400: Bad request" } },
    "plain text without an end": {
      status: 400,
      body: "x".repeat(5000),
      expected: { reason: `Celigo answered 400: ${"x".repeat(199)}…` },
    },
    "an envelope without errors": {
      status: 400,
      body: '{"errors":[]}',
      expected: { reason: 'Celigo answered 400: {"errors":[]}' },
    },
    "an envelope with errors that are none": {
      status: 400,
      body: '{"errors":[null,"x",7,{"code":7}]}',
      expected: { code: "7", reason: "Celigo answered 400: no message" },
    },
    "a redirect to nowhere": {
      status: 304,
      body: "",
      expected: { status: 304, reason: "Celigo answered 304 without a body" },
    },
  };

  it.each(Object.entries(shapes))(
    "come out of %s",
    async (_, { status, body, type = "application/json", expected }) => {
      const server = await serve((response) => response.writeHead(status, { "content-type": type }).end(body));
      const error = await failure(clientFor(server).getScript(unknownId));
      expect(error).toMatchObject({ status, operation: "getScriptById", ...expected });
      expect(error.message).toMatch(/^could not read script 0123456789abcdef01234567: \S/);
    },
  );

  it("name the script that was to be created or updated", async () => {
    const server = await serve((response) => json(response, 400, { message: "No." }));
    const client = clientFor(server);
    expect((await failure(client.createScript(script))).subject).toBe('could not create script "Orders"');
    expect((await failure(client.updateScript(unknownId, script))).subject).toContain(`"Orders" (${unknownId})`);
  });
});

describe("a list", () => {
  it.each([
    { pageSize: 1, scripts: 14, requests: 14 },
    { pageSize: 7, scripts: 14, requests: 2 },
    { pageSize: 7, scripts: 15, requests: 3 },
    { pageSize: 1000, scripts: 14, requests: 1 },
    { pageSize: 7, scripts: 0, requests: 1 },
  ])("has all $scripts scripts at $pageSize a page after $requests requests", async (given) => {
    const emulator = await start({ behaviour: { pageSize: given.pageSize } });
    const seeded = Array.from({ length: given.scripts }, (_, n) =>
      emulator.account().seed({ ...script, name: `s${n}` }),
    );
    const listed = await clientFor(emulator).listScripts({ include: ["lastModified"] });
    expect(listed).toEqual(seeded.map(({ _id, name, lastModified }) => ({ _id, name, lastModified })));
    expect(emulator.count({ operation: "listScripts" })).toBe(given.requests);
    expect(emulator.count()).toBe(given.requests);
  });

  it("asks for the fields to include or to exclude, and ignores empty names", async () => {
    const server = await serve((response) => json(response, 200, []));
    const client = clientFor(server);
    await client.listScripts({ include: ["", "createdAt", "a.b_1"] });
    await client.listScripts({ exclude: ["createdAt"], include: [""] });
    await client.listScripts({ include: [], exclude: [""] });
    expect(server.received.map(({ path }) => decodeURIComponent(path))).toEqual([
      "/v1/scripts?include=createdAt,a.b_1",
      "/v1/scripts?exclude=createdAt",
      "/v1/scripts",
    ]);
  });

  it.each([
    { include: ["a"], exclude: ["b"] },
    { include: ["a b"] },
    { include: ["a&x=1"] },
    { exclude: ["ä"] },
    { exclude: ["a", "$where"] },
    { include: ["a\n"] },
  ])("refuses %j as the API would, without a request", async (projection) => {
    const emulator = await start();
    const client = clientFor(emulator);
    const forAudit = { include: projection.include?.join(), exclude: projection.exclude?.join() };
    for (const request of [client.listScripts(projection), client.getScriptAudit(unknownId, forAudit as object)]) {
      expect((await failure(request)).code).toBe("invalid_query_params");
    }
    expect(emulator.count()).toBe(0);
  });

  it.each([
    ["a relative link", '</v1/scripts?page=2>; rel="next"'],
    ["a link of a query only", '<?page=2>; rel="next"'],
    ["a relation without quotes", "</v1/scripts?page=2>; rel=next"],
    ["a relation in capitals", '</v1/scripts?page=2>; REL="NEXT"'],
    ["other parameters before and after", '</v1/scripts?page=2>; title="a; b, c"; rel=next; type="x"'],
    ["blanks", '</v1/scripts?page=2> ; rel = "next" '],
    ["several relations", '</v1/scripts?page=2>; rel="last next"'],
    ["several links, the next one last", '</v1/scripts?page=9>; rel="last", </v1/scripts?page=2>; rel="next"'],
    ["several links, the next one first", "</v1/scripts?page=2>; rel=next,</v1/scripts?page=1>; rel=prev"],
    ["an address with a comma", '</v1/scripts?page=2&include=a,b>; rel="next"'],
  ])("follows %s", async (_, link) => {
    const server = await serve((response, { path }) => {
      const isFirst = !path.includes("page=");
      if (isFirst) response.setHeader("link", link);
      json(response, 200, [{ _id: isFirst ? unknownId : "1".repeat(24), name: path }]);
    });
    expect(await clientFor(server).listScripts()).toHaveLength(2);
    expect(server.received.map(({ path }) => path.replace(/&.*/, ""))).toEqual(["/v1/scripts", "/v1/scripts?page=2"]);
    expect(server.received[1]?.headers.authorization).toBe(`Bearer ${token}`);
  });

  it.each([
    '</v1/scripts?page=1>; rel="prev"',
    '</v1/scripts?page=1>; rel="next-archive"',
    '</v1/scripts?page=1>; rel="prev"; title="next"',
    '</v1/scripts?page=1>; title="rel=next"; rel=prev',
    '</v1/scripts?rel="next">; rel="self"',
    "",
  ])("ends where the link is %s", async (link) => {
    const server = await serve((response) => {
      response.setHeader("link", link);
      json(response, 200, [{ _id: unknownId }]);
    });
    expect(await clientFor(server).listScripts()).toHaveLength(1);
    expect(server.received).toHaveLength(1);
  });

  it("finds the link in several headers of that name", async () => {
    const server = await serve((response, { path }) => {
      if (!path.includes("page=")) response.setHeader("link", ['</x>; rel="self"', '<?page=2>; rel="next"']);
      json(response, 200, [{ _id: unknownId }]);
    });
    expect(await clientFor(server).listScripts()).toHaveLength(2);
  });

  it.each([1, 2, 3])("is an error when the links form a loop of %d", async (length) => {
    const server = await serve((response, { path }) => {
      const page = Number(/page=(\d+)/.exec(path)?.[1] ?? 0);
      response.setHeader("link", `</v1/scripts?page=${(page + 1) % length}>; rel="next"`);
      json(response, 200, [{ _id: unknownId }]);
    });
    const error = await failure(clientFor(server).listScripts());
    expect(error.reason).toBe("pagination loop: the server sent the same next page twice");
    expect(server.received.length).toBeLessThanOrEqual(length + 1);
  });

  it("is an error when its pages give two scripts one id, and none when they show one script twice", async () => {
    const server = await serve((response, { path }) => {
      const [, page = "0"] = /page=(\d)/.exec(path) ?? [];
      if (page < "2") response.setHeader("link", `</v1/scripts?page=${Number(page) + 1}>; rel="next"`);
      json(response, 200, [{ _id: unknownId, name: page === "2" ? name : "Orders" }]);
    });
    let name = "Orders";
    expect(await clientFor(server).listScripts()).toHaveLength(3);
    name = "Returns";
    await expect(clientFor(server).listScripts()).rejects.toThrow(
      `could not list scripts: two scripts have one id, ${unknownId}`,
    );
  });

  it("is an error when its pages do not end", { tags: ["slow"] }, async () => {
    const server = await serve((response, { path }) => {
      const page = Number(/page=(\d+)/.exec(path)?.[1] ?? 0);
      response.setHeader("link", `</v1/scripts?page=${page + 1}>; rel="next"`);
      json(response, 200, page % 2 ? [] : [{ _id: unknownId }]);
    });
    const error = await failure(clientFor(server).listScripts());
    expect(error.message).toMatch(/^could not list scripts: the list does not end: the server sent 1000 pages\. Check/);
    expect(server.received).toHaveLength(1000);
  });

  it("does not go to another host, which gets neither a request nor the token", async () => {
    const other = await serve((response) => json(response, 200, []));
    const server = await serve((response) => {
      response.setHeader("link", `<${other.url}/v1/scripts?page=2>; rel="next"`);
      json(response, 200, [{ _id: unknownId }]);
    });
    const error = await failure(clientFor(server).listScripts());
    expect(error.message).toContain(new URL(other.url).host);
    expect(other.received).toEqual([]);
    expect(server.received).toHaveLength(1);
  });

  it("does not go to another port or scheme of the same host", async () => {
    const links = ["http://127.0.0.1:1/v1/scripts", "https://{host}/v1/scripts", "file:///etc/passwd", "http://["];
    for (const link of links) {
      const server = await serve((response, { headers }) => {
        response.setHeader("link", `<${link.replace("{host}", headers.host ?? "")}>; rel="next"`);
        json(response, 200, [{ _id: unknownId }]);
      });
      await failure(clientFor(server).listScripts());
      expect(server.received).toHaveLength(1);
    }
  });

  it("is empty after 204 only, and not when a response lost its body", async () => {
    const server = await serve((response) => response.writeHead(200).end());
    const error = await failure(clientFor(server).listScripts());
    expect(error).toMatchObject({
      code: "invalid_response",
      reason: "the response does not match the API's schema: it has no body",
    });
  });
});

describe("an id", () => {
  const bad = [
    "",
    "../x",
    "0".repeat(23),
    "0".repeat(25),
    `${unknownId}/logs`,
    `${unknownId}\n`,
    "g".repeat(24),
    "%2e%2e",
  ];

  it.each(Object.entries(operationsOnScript))("is checked before %s puts it into a path", async (operation, run) => {
    const emulator = await start();
    for (const id of bad) {
      const error = await failure(run(clientFor(emulator), id));
      expect(error).toMatchObject({ operation, code: "invalid_argument", status: undefined, outcomeUnknown: false });
    }
    expect(emulator.count()).toBe(0);
  });

  it("is 24 hexadecimal digits in either case", async () => {
    expect(isId(unknownId) && isId(unknownId.toUpperCase())).toBe(true);
    expect(bad.filter(isId)).toEqual([]);
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    expect((await clientFor(emulator).getScript(_id.toUpperCase()))._id).toBe(_id);
  });
});

describe("debug logging", () => {
  it("is set with exactly one replacing step", async () => {
    const server = await serve((response) => response.writeHead(204).end());
    const until = new Date(Date.now() + 3_590_000);
    await clientFor(server).setDebugUntil(unknownId, until);
    expect(server.received).toMatchObject([
      {
        method: "PATCH",
        body: `[{"op":"replace","path":"/debugUntil","value":"${until.toISOString()}"}]`,
        headers: { "content-type": "application/json" },
      },
    ]);
  });

  it.each([
    ["more than an hour ahead", () => new Date(Date.now() + 3_600_000 + 5_000)],
    ["no time at all", () => new Date("tomorrow")],
  ])("is refused without a request until %s", async (_, until) => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    const error = await failure(clientFor(emulator).setDebugUntil(_id, until()));
    expect(error).toMatchObject({ code: "invalid_argument", operation: "patchScript" });
    expect(error.message).toContain("one hour ahead");
    expect(emulator.count()).toBe(0);
  });
});

const lost: Readonly<Record<string, Fault>> = {
  "the connection is cut before the work": { kind: "cut", when: "before" },
  "the connection is cut after the work": { kind: "cut", when: "after" },
  "the connection is cut within the response": { kind: "cut-body" },
  "no response comes, and no work is done": { kind: "hang", when: "before" },
  "no response comes after the work": { kind: "hang", when: "after" },
  "408": { kind: "status", status: 408 },
  "500": { kind: "status", status: 500 },
  "502 after the work": { kind: "status", status: 502, body: "<html></html>", when: "after" },
  "503": { kind: "status", status: 503 },
  "504": { kind: "status", status: 504 },
};
const refused = [400, 401, 403, 404, 409, 422];

const writes: typeof operationsOnScript = {
  POST: (client) => client.createScript(script),
  PUT: (client, id) => client.updateScript(id, script),
};

describe.each(Object.entries(writes))("a %s", (method, run) => {
  it.each(Object.entries(lost))("is not repeated after %s, and the outcome is unknown", async (_, fault) => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "Seeded", content: "function seeded() {}" });
    emulator.faults.add({ times: Infinity, fault });
    const error = await failure(run(clientFor(emulator, { requestTimeout: 0.2 }), _id));
    expect(isOutcomeUnknown(error)).toBe(true);
    expect(error.message).toContain("Orders");
    expect(emulator.requests.map((request) => request.method)).toEqual([method]);
    const worked = fault.kind === "cut-body" || ("when" in fault && fault.when === "after");
    const names = emulator
      .account()
      .scripts()
      .map(({ name }) => name);
    expect(names.filter((name) => name === "Orders")).toHaveLength(worked ? 1 : 0);
  });

  it.each([...refused, 501])("is not repeated after %d, which is no unknown outcome", async (status) => {
    const emulator = await start();
    emulator.faults.add({ times: Infinity, fault: { kind: "status", status } });
    expect(await failure(run(clientFor(emulator), unknownId))).toMatchObject({ status, outcomeUnknown: false });
    expect(emulator.count()).toBe(1);
  });

  it("is not repeated after a response that does not match the schema, and the outcome is unknown", async () => {
    for (const body of ["", "OK", "[]", "{}", '{"_id":7}', "null"]) {
      const server = await serve((response) => response.writeHead(201).end(body));
      expect(isOutcomeUnknown(await failure(run(clientFor(server), unknownId)))).toBe(true);
      expect(server.received).toHaveLength(1);
    }
  });

  it("is repeated after 429, since nothing was done", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ fault: { kind: "status", status: 429, headers: { "retry-after": "0" } } });
    await run(clientFor(emulator), _id);
    expect(emulator.requests.map(({ status }) => status)).toEqual([429, method === "POST" ? 201 : 200]);
    expect(emulator.account().scripts()).toHaveLength(method === "POST" ? 2 : 1);
  });

  it("is repeated while the connection is refused, since nothing was sent", async () => {
    const port = await freePort();
    const running = run(clientFor({ url: `http://127.0.0.1:${port}` }, { backoff: 100 }), unknownId);
    await pause(20);
    const server = await serve((response) => json(response, 200, { _id: unknownId }), port);
    expect(await running).toEqual({ _id: unknownId });
    expect(server.received.map((request) => request.method)).toEqual([method]);
  });

  it("is given up after five refused connections, and certainly not carried out", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const error = await failure(run(clientFor({ url }), unknownId));
    expect(error).toMatchObject({ code: "ECONNREFUSED", outcomeUnknown: false, status: undefined });
    expect(error.reason).toMatch(/ECONNREFUSED.*\(5 attempts\)/);
  });
});

describe("a request", () => {
  it("may have worked after every failure of the network but those that come before sending", () => {
    const mayHaveWorked = (error: object) => judge("PUT", error).outcomeUnknown;
    const byCode = (code: string) => mayHaveWorked({ name: "RequestError", code });
    expect(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH"].filter(byCode)).toEqual([]);
    expect(["ECONNRESET", "EPIPE", "ETIMEDOUT", "HPE_INVALID_CONSTANT"].filter((code) => !byCode(code))).toEqual([]);
    const broken = { name: "RequestError", code: "EHOSTUNREACH", cause: { syscall: "read" } };
    expect([mayHaveWorked(broken), byCode("ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC")]).toEqual([true, true]);
    expect(["DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_INVALID_CHAR", "CERT_HAS_EXPIRED"].filter(byCode)).toEqual([]);
    const timeout = (event: string) => mayHaveWorked({ name: "TimeoutError", code: "ETIMEDOUT", event });
    expect([timeout("connect"), timeout("request")]).toEqual([false, true]);
  });

  it("tells how far the server's clock is ahead", async () => {
    for (const clockOffset of [0, 3_600_000, -3_600_000]) {
      const emulator = await start({ clockOffset });
      const client = clientFor(emulator);
      expect(client.clockOffset).toBeUndefined();
      await client.listScripts();
      // The server's header has whole seconds, and the response is some time on its way.
      expect(Math.abs((client.clockOffset ?? Number.NaN) - clockOffset)).toBeLessThan(10_000);
    }
  });
});

describe("a retry", () => {
  const status = (statusCode: number) => ({ name: "HTTPError", response: { statusCode } });
  const failures: Readonly<Record<string, readonly [failure: unknown, transient: boolean, outcomeUnknown: boolean]>> = {
    "a refused connection": [{ name: "RequestError", code: "ECONNREFUSED" }, true, false],
    "a timeout while connecting": [{ name: "TimeoutError", code: "ETIMEDOUT", event: "connect" }, true, false],
    "a timeout later": [{ name: "TimeoutError", code: "ETIMEDOUT", event: "request" }, true, true],
    "a reset connection": [{ name: "RequestError", code: "ECONNRESET" }, true, true],
    "a response that was cut off": [{ name: "ReadError", code: "ERR_ABORTED" }, true, true],
    "a refused certificate": [{ name: "RequestError", code: "CERT_HAS_EXPIRED" }, false, false],
    "a fault of our own": [{ name: "RequestError", code: "ERR_INVALID_CHAR" }, false, false],
    "a response that is too large": [{ name: "CancelError", code: "ERR_CANCELED" }, false, true],
    "a response of another form": [new SchemaMismatch("it is not JSON"), false, true],
    "408": [status(408), true, true],
    "429": [status(429), true, false],
    "a request that the rate limit held back": [{ name: "RequestError", code: "rate_limited" }, true, false],
    "500": [status(500), true, true],
    "501": [status(501), false, false],
    "503": [status(503), true, true],
    "505": [status(505), false, false],
    "400": [status(400), false, false],
    "401": [status(401), false, false],
    "404": [status(404), false, false],
    "302": [status(302), false, false],
  };

  it.each(Object.entries(failures))("after %s follows one judgement", (_, [failed, transient, outcomeUnknown]) => {
    expect(judge("PUT", failed)).toEqual({ transient, outcomeUnknown });
    expect(judge("GET", failed)).toEqual({ transient, outcomeUnknown: false });
  });

  it("of a request that may be carried out twice needs a transient failure only", () => {
    const may = (transient: boolean, outcomeUnknown: boolean) => mayRetry({ transient, outcomeUnknown }, "harmless");
    expect([may(true, false), may(true, true), may(false, true), may(false, false)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("of a request that may not be carried out twice needs to know that it was not", () => {
    const may = (transient: boolean, outcomeUnknown: boolean) =>
      mayRetry({ transient, outcomeUnknown }, "if not carried out");
    expect([may(true, false), may(true, true), may(false, true), may(false, false)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it("that reads first follows an unknown outcome, too, because the read finds it out", () => {
    const may = (transient: boolean, outcomeUnknown: boolean) =>
      mayRetry({ transient, outcomeUnknown }, "after a read");
    expect([may(true, false), may(true, true), may(false, true), may(false, false)]).toEqual([true, true, true, false]);
  });
});

describe("GET, PATCH and DELETE", () => {
  const verbs: typeof operationsOnScript = {
    GET: (client, id) => client.getScript(id),
    PATCH: (client, id) => client.setDebugUntil(id, new Date(Date.now() + 60_000)),
    DELETE: (client, id) => client.deleteScript(id),
  };

  it.each(Object.entries(lost))("have five attempts when %s", async (_, fault) => {
    const emulator = await start();
    emulator.faults.add({ times: Infinity, fault });
    await Promise.all(
      Object.entries(verbs).map(async ([method, run]) => {
        const { _id } = emulator.account().seed(script);
        const error = await failure(run(clientFor(emulator, { requestTimeout: 0.2 }), _id));
        expect(error.outcomeUnknown).toBe(method !== "GET");
        expect(emulator.count({ method })).toBe(5);
      }),
    );
  });

  it.each(Object.entries(lost))("succeed at the fifth time when %s", async (_, fault) => {
    const emulator = await start();
    const worked = fault.kind === "cut-body" || ("when" in fault && fault.when === "after");
    await Promise.all(
      Object.entries(verbs).map(async ([method, run]) => {
        const { _id } = emulator.account().seed(script);
        emulator.faults.add({ method, times: 4, fault });
        const running = run(clientFor(emulator, { requestTimeout: fault.kind === "hang" ? 0.3 : 10 }), _id);
        // What a try has deleted unseen, the next one does not find.
        if (method === "DELETE" && worked) expect(isNotFound(await failure(running))).toBe(true);
        else await running;
        expect(emulator.count({ method })).toBe(5);
      }),
    );
    expect(emulator.account().recycled()).toHaveLength(1);
  });

  it.each([...refused, 501])("are not repeated after %d", async (status) => {
    const emulator = await start();
    emulator.faults.add({ times: Infinity, fault: { kind: "status", status } });
    for (const [method, run] of Object.entries(verbs)) {
      const error = await failure(run(clientFor(emulator), unknownId));
      expect(error.status).toBe(status);
      expect(error.outcomeUnknown).toBe(false);
      expect(emulator.count({ method })).toBe(1);
    }
  });

  it("say after a timeout how long they waited and how often", async () => {
    const emulator = await start();
    emulator.faults.add({ times: Infinity, fault: { kind: "hang", when: "before" } });
    const error = await failure(clientFor(emulator, { requestTimeout: 0.1 }).getScript(unknownId));
    expect(error).toMatchObject({ code: "ETIMEDOUT", status: undefined });
    expect(error.reason).toBe(`no response from ${emulator.url} within 0.1 s (5 attempts)`);
  });

  it("give up a response that starts and never ends", async () => {
    const server = await serve((response) => response.writeHead(200).write("{"));
    const error = await failure(clientFor(server, { requestTimeout: 0.1 }).getScript(unknownId));
    expect(error.code).toBe("ETIMEDOUT");
    expect(server.received).toHaveLength(5);
  });
});

describe("a rate limit", () => {
  const tooMany = (retryAfter?: string): Fault => ({
    kind: "status",
    status: 429,
    ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
  });
  const times = ({ requests }: Emulator) => requests.map(({ at }) => Date.parse(at));

  it("holds back all requests of the client until the time that Retry-After gives is over", async () => {
    let answered: () => void = () => {};
    const first = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const emulator = await start({ onRequest: () => answered() });
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ fault: tooMany("1") });
    const client = clientFor(emulator);
    const requests: Promise<unknown>[] = [client.getScript(_id)];
    await first;
    await pause(50);
    requests.push(...Array.from({ length: 4 }, () => client.getScript(_id)), client.listScripts());
    await pause(200);
    requests.push(client.createScript(script));
    await Promise.all(requests);
    const [start_ = 0, ...others] = times(emulator);
    expect(others).toHaveLength(7);
    expect(Math.min(...others) - start_).toBeGreaterThanOrEqual(1000);
    expect(emulator.count({ status: 429 })).toBe(1);
  });

  it("holds back until the date that Retry-After gives", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    const date = new Date(Math.ceil((Date.now() + 1000) / 1000) * 1000);
    emulator.faults.add({ fault: tooMany(date.toUTCString()) });
    await clientFor(emulator).getScript(_id);
    expect(times(emulator)[1]).toBeGreaterThanOrEqual(date.getTime());
  });

  it("that gives no time, or none that makes sense, is waited for a moment, and does not disturb the next one", async () => {
    const headers = [undefined, "0", "", "soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT"];
    await Promise.all(
      headers.map(async (retryAfter) => {
        const emulator = await start();
        const { _id } = emulator.account().seed(script);
        emulator.faults.add({ fault: tooMany(retryAfter) });
        emulator.faults.add({ fault: tooMany("1") });
        await clientFor(emulator).getScript(_id);
        const [, second = 0, third = 0] = times(emulator);
        expect(third - second, retryAfter).toBeGreaterThanOrEqual(1000);
        expect(emulator.count(), retryAfter).toBe(3);
      }),
    );
  });

  it("does not count among the five attempts", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    for (const status of [503, 429, 503, 429, 503, 503]) {
      emulator.faults.add({ fault: { kind: "status", status, headers: { "retry-after": "0" } } });
    }
    await clientFor(emulator).getScript(_id);
    expect(emulator.requests.map(({ status }) => status)).toEqual([503, 429, 503, 429, 503, 503, 200]);
  });

  it.each(["86400", "301", new Date(Date.now() + 86_400_000).toUTCString()])(
    "fails at once when Retry-After is %s, and holds nobody back",
    async (retryAfter) => {
      const emulator = await start();
      const { _id } = emulator.account().seed(script);
      emulator.faults.add({ fault: tooMany(retryAfter) });
      const client = clientFor(emulator);
      const error = await failure(client.getScript(_id));
      expect(error).toMatchObject({ status: 429, code: "429", outcomeUnknown: false });
      expect(error.hint).toContain("rate limit");
      expect(error.hint).toContain(/^\d+$/.test(retryAfter) ? `${retryAfter} s` : retryAfter);
      expect(error.message).not.toMatch(/GMT s\b/);
      await client.getScript(_id);
      expect(emulator.count()).toBe(2);
    },
  );

  it("is given up after five minutes", () => {
    const delay = (minutes: number, retryAfter = 0) => {
      const attempts = new Attempts();
      for (let failures = 0; failures < 4; failures++) attempts.delayAfter(503, { backoff: 1, retryAfter: 0 });
      attempts.delayAfter(429, { backoff: 1, retryAfter: 0 });
      const later = Date.now() + minutes * 60_000;
      vi.spyOn(Date, "now").mockReturnValue(later);
      const waited = attempts.delayAfter(429, { backoff: 1, retryAfter });
      vi.restoreAllMocks();
      return waited;
    };
    expect(delay(4.9)).toBeGreaterThan(0);
    expect(delay(5.1)).toBe(0);
    expect(delay(0, 299_000)).toBeGreaterThanOrEqual(299_000);
  });

  it("has patience from the moment a request is sent, and not while it waits for its turn", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ fault: { kind: "latency", milliseconds: 100 } });
    emulator.faults.add({ skip: 1, fault: tooMany("0") });
    const client = clientFor(emulator, { maxConcurrency: 1 });
    const requests = [client.getScript(_id), client.getScript(_id)];
    await vi.waitFor(() => expect(emulator.count()).toBe(1));
    const now = Date.now;
    vi.spyOn(Date, "now").mockImplementation(() => now() + 6 * 60_000);
    await Promise.all(requests);
    expect(emulator.requests.map(({ status }) => status)).toEqual([200, 429, 200]);
  });

  it.each([1, 10])(
    "that does not end is given up by all of ten requests, %d at a time, once one has",
    async (lanes) => {
      const emulator = await start();
      const { _id } = emulator.account().seed(script);
      emulator.faults.add({ times: Infinity, fault: tooMany("0") });
      const client = clientFor(emulator, { maxConcurrency: lanes });
      const requests = Array.from({ length: 10 }, () => failure(client.getScript(_id)));
      // The second request of one shows that its first was refused.
      await vi.waitFor(() => expect(emulator.count()).toBeGreaterThan(lanes));
      const sent = emulator.count();
      const now = Date.now;
      vi.spyOn(Date, "now").mockImplementation(() => now() + 6 * 60_000);
      for (const error of await Promise.all(requests)) {
        expect(error).toMatchObject({ status: 429, transient: true, outcomeUnknown: false });
        expect(error.hint).toContain("rate limit is shared");
      }
      // Those that were under way, and one request for each at most.
      expect(emulator.count() - sent).toBeLessThanOrEqual(10 + lanes);
      // A later request asks once.
      const before = emulator.count();
      await failure(client.getScript(_id));
      expect(emulator.count()).toBe(before + 1);
      emulator.faults.clear();
      expect((await client.getScript(_id))._id).toBe(_id);
      emulator.faults.add({ fault: tooMany("0") });
      expect((await client.getScript(_id))._id).toBe(_id);
    },
  );

  it("is given up by the requests that wait, without another request, when the server asks one to wait a day", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    const operation = "getScriptById";
    emulator.faults.add({ operation, fault: { kind: "latency", milliseconds: 500 } });
    emulator.faults.add({ operation, fault: tooMany("86400") });
    emulator.faults.add({ operation: "listScripts", fault: tooMany("1") });
    const client = clientFor(emulator);
    const late = failure(client.getScript(_id));
    const listing = client.listScripts();
    await vi.waitFor(() => expect(emulator.count({ status: 429 })).toBe(1));
    await pause(50);
    const waiting = Array.from({ length: 5 }, () => failure(client.getScript(_id)));
    expect(emulator.count({ status: 429 })).toBe(1);
    expect((await late).hint).toContain("86400 s");
    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({
        status: 429,
        code: "rate_limited",
        reason: "the account's rate limit is reached, and another request gave up waiting",
      });
    }
    expect(emulator.count({ operation })).toBe(1);
    expect(await listing).toHaveLength(1);
  });

  it("of the emulator is kept by many requests at once", async () => {
    const emulator = await start({ rateLimit: { perSecond: 20, burst: 10 } });
    const { _id } = emulator.account().seed(script);
    const client = clientFor(emulator);
    await Promise.all(Array.from({ length: 25 }, () => client.getScript(_id)));
    expect(emulator.count({ status: 200 })).toBe(25);
    expect(emulator.count({ status: 429 })).toBeGreaterThan(0);
  });
});

describe("a server that is away", () => {
  const bad: Fault = { kind: "status", status: 502 };
  const refused: Fault = {
    kind: "status",
    status: 401,
    body: JSON.stringify({ message: "Bearer Authentication Failed" }),
  };

  it.each([
    ["502", bad],
    ["cut connections", { kind: "cut", when: "before" } as const],
  ])("is given up by all requests once one has had five attempts: %s", async (_, fault) => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ times: Infinity, fault });
    // 60 times the backoff.
    const client = clientFor(emulator, { backoff: 20, maxConcurrency: 1 });
    const errors = await Promise.all(Array.from({ length: 50 }, () => failure(client.getScript(_id))));
    expect(emulator.count()).toBe(5);
    const [first, ...others] = errors.map(({ reason }) => reason);
    expect(first).toMatch(/ \(5 attempts\)$/);
    expect(new Set(others)).toEqual(new Set([`${errors[0]?.sharedCause} (another request, a moment ago)`]));
    expect(new Set(errors.map(({ hint, status, code }) => [hint, status, code].join()))).toHaveProperty("size", 1);
    expect((await failure(client.together(() => client.updateScript(_id, script)))).outcomeUnknown).toBe(false);
    expect(emulator.count()).toBe(5);
  });

  it("has at most five attempts of the requests under way, and none of another request", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ times: Infinity, fault: bad });
    const client = clientFor(emulator, { backoff: 20, maxConcurrency: 8 });
    await Promise.all(Array.from({ length: 200 }, () => failure(client.getScript(_id))));
    expect(emulator.count()).toBeLessThanOrEqual(8 * 5);
    const before = emulator.count();
    await failure(client.listScripts());
    expect(emulator.count()).toBe(before);
  });

  it("is asked again after a while, and then by all", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ times: 5, fault: bad });
    const client = clientFor(emulator);
    await failure(client.getScript(_id));
    await failure(client.getScript(_id));
    await pause(100);
    await Promise.all(Array.from({ length: 5 }, () => client.getScript(_id)));
    expect(emulator.count()).toBe(10);
  });

  it("is asked by others while it serves them: then the cause is that of one request", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ operation: "getScriptLogs", times: Infinity, fault: bad });
    const client = clientFor(emulator, { backoff: 100 });
    const failing = failure(client.getScriptLogs(_id));
    await vi.waitFor(() => expect(emulator.count({ operation: "getScriptLogs" })).toBeGreaterThan(0));
    await client.getScript(_id);
    await failing;
    await client.getScript(_id);
  });

  it("that is down for seconds is waited for by all of 200 requests", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    // On a busy machine, one request can meet several of the faults: five attempts take 1.5 s at least.
    const client = clientFor(emulator, { backoff: 200 });
    emulator.faults.add({ times: 64, fault: bad });
    const requests = Array.from({ length: 200 }, () => client.getScript(_id));
    expect(await Promise.all(requests)).toHaveLength(200);
    expect(emulator.count()).toBe(264);
  });

  it("is not asked again by a client whose token it refused once", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ times: Infinity, fault: refused });
    const client = clientFor(emulator, { backoff: 20, maxConcurrency: 1 });
    const errors = await Promise.all(Array.from({ length: 50 }, () => failure(client.getScript(_id))));
    expect(errors.every(isUnauthorized)).toBe(true);
    expect(emulator.count()).toBe(1);
  });

  it("is asked by others after a 403, which may be about one script", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ fault: { kind: "status", status: 403 } });
    const client = clientFor(emulator, { backoff: 20 });
    await failure(client.getScript(_id));
    await client.getScript(_id);
  });
});

describe("Retry-After of a server in trouble", () => {
  it("is waited for", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ fault: { kind: "status", status: 503, headers: { "retry-after": "1" } } });
    await clientFor(emulator).getScript(_id);
    const [first = 0, second = 0] = emulator.requests.map(({ at }) => Date.parse(at));
    expect(second - first).toBeGreaterThanOrEqual(1000);
  });

  it("makes it fail at once when it is hours", async () => {
    const emulator = await start();
    emulator.faults.add({
      times: Infinity,
      fault: { kind: "status", status: 503, headers: { "retry-after": "7200" } },
    });
    const error = await failure(clientFor(emulator).getScript(unknownId));
    expect(error.status).toBe(503);
    expect(error.hint).toContain("7200 s");
    expect(emulator.count()).toBe(1);
  });
});

describe("the limit of requests at a time", () => {
  it.each([1, 3])("of %d is reached and never exceeded", async (maxConcurrency) => {
    const waiting: ServerResponse[] = [];
    let most = 0;
    const server = await serve(async (response) => {
      waiting.push(response);
      most = Math.max(most, waiting.length);
      if (waiting.length < maxConcurrency) return;
      await pause(20);
      for (const open of waiting.splice(0)) json(open, 200, { _id: unknownId });
    });
    const client = clientFor(server, { maxConcurrency });
    await Promise.all(Array.from({ length: 12 }, () => client.getScript(unknownId)));
    expect(server.received).toHaveLength(12);
    expect(most).toBe(maxConcurrency);
  });

  it("is free again after failures", async () => {
    const emulator = await start();
    const client = clientFor(emulator, { maxConcurrency: 2 });
    await Promise.all(Array.from({ length: 6 }, () => failure(client.getScript(unknownId))));
    expect(await client.listScripts()).toEqual([]);
  });
});

describe("the largest response", () => {
  const maxResponseBytes = 1000;
  const record = (bytes: number) => {
    const frame = JSON.stringify({ _id: unknownId, content: "" }).length;
    return JSON.stringify({ _id: unknownId, content: "x".repeat(bytes - frame) });
  };

  it("is read up to its last byte, and not one more", async () => {
    for (const chunked of [false, true]) {
      const server = await serve((response, { path }) => {
        const body = record(path.endsWith("7") ? maxResponseBytes : maxResponseBytes + 1);
        response.writeHead(200, chunked ? {} : { "content-length": body.length });
        response.write(body.slice(0, 10));
        response.end(body.slice(10));
      });
      const client = clientFor(server, { maxResponseBytes });
      expect(Object.keys(await client.getScript(unknownId))).toEqual(["_id", "content"]);
      const error = await failure(client.getScript(unknownId.replace(/7$/, "8")));
      expect(error.code).toBe("response_too_large");
      expect(error.reason).toContain("1000 bytes");
      expect(server.received).toHaveLength(2);
    }
  });

  it.each([200, 500])("is all that is taken of a response %d without an end", async (status) => {
    const server = await serve(async (response) => {
      response.writeHead(status);
      while (!response.destroyed) {
        response.write("x".repeat(500));
        await pause(1);
      }
    });
    const client = clientFor(server, { maxResponseBytes });
    expect(await failure(client.getScript(unknownId))).toMatchObject({
      code: "response_too_large",
      outcomeUnknown: false,
    });
    expect(await failure(client.updateScript(unknownId, script))).toMatchObject({
      code: "response_too_large",
      outcomeUnknown: true,
    });
    expect(server.received).toHaveLength(2);
  });

  it("is counted after decompression: a bomb stops early", async () => {
    // Each piece is flushed, and 64 KiB when it is inflated.
    const piece = gzipSync(Buffer.alloc(64 * 1024, " "), { finishFlush: constants.Z_FINISH });
    let sent = 0;
    const server = await serve(async (response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      while (!response.destroyed) {
        response.write(piece);
        sent += piece.length;
        await pause(1);
      }
    });
    const client = clientFor(server, { maxResponseBytes: 1024 * 1024 });
    expect((await failure(client.getScript(unknownId))).code).toBe("response_too_large");
    expect(sent).toBeLessThan(1024 * 1024);
    expect(server.received).toHaveLength(1);
  });

  it("can be sent compressed", async () => {
    const server = await serve((response) =>
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(record(maxResponseBytes))),
    );
    const read = await clientFor(server, { maxResponseBytes }).getScript(unknownId);
    expect(read.content).toMatch(/^x+$/);
  });
});

describe("a redirect", () => {
  const elsewhere = "/v2/elsewhere";

  it.each([301, 302, 307, 308])("(%d) within the host is followed with token, method and body", async (status) => {
    const server = await serve((response, { path }) => {
      if (path === elsewhere) json(response, 200, { _id: unknownId });
      else response.writeHead(status, { location: elsewhere }).end();
    });
    await clientFor(server).updateScript(unknownId, script);
    expect(server.received).toHaveLength(2);
    expect(server.received[1]).toMatchObject({
      method: "PUT",
      path: elsewhere,
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(script),
    });
  });

  it("(303) within the host is followed with GET", async () => {
    const server = await serve((response, { path }) => {
      if (path === elsewhere) json(response, 200, { _id: unknownId });
      else response.writeHead(303, { location: elsewhere }).end();
    });
    await clientFor(server).createScript(script);
    expect(server.received.map(({ method }) => method)).toEqual(["POST", "GET"]);
  });

  it.each([301, 302, 303, 307, 308])("(%d) to another host is not followed, and names the host", async (status) => {
    const other = await serve((response) => json(response, 200, { _id: unknownId }));
    const server = await serve((response) => response.writeHead(status, { location: `${other.url}/x` }).end());
    for (const run of [
      operationsOnScript["getScriptById"],
      operationsOnScript["updateScript"],
      allOperations["createScript"],
    ]) {
      const error = await failure(run?.(clientFor(server), unknownId) ?? Promise.resolve());
      expect(error).toMatchObject({ status, outcomeUnknown: false });
      expect(error.message).toContain(new URL(other.url).host);
      expect(error.hint).toBe("Set celigo:baseUrl to the API's own address.");
    }
    expect(other.received).toEqual([]);
    expect(server.received).toHaveLength(3);
  });

  it("that comes after one within the host is not followed to another host either", async () => {
    const other = await serve((response) => json(response, 200, { _id: unknownId }));
    const server = await serve((response, { path }) =>
      response.writeHead(302, { location: path === elsewhere ? other.url : elsewhere }).end(),
    );
    expect((await failure(clientFor(server).getScript(unknownId))).status).toBe(302);
    expect(other.received).toEqual([]);
    expect(server.received).toHaveLength(2);
  });

  it("to another scheme of the same host is not followed", async () => {
    const server = await serve((response, { headers }) =>
      response.writeHead(302, { location: `https://${headers.host}/x` }).end(),
    );
    expect((await failure(clientFor(server).getScript(unknownId))).status).toBe(302);
    expect(server.received).toHaveLength(1);
  });

  it("that never ends is an error", async () => {
    const server = await serve((response, { path }) => response.writeHead(302, { location: `${path}x` }).end());
    expect((await failure(clientFor(server).getScript(unknownId))).status).toBe(302);
    expect(server.received.length).toBeLessThan(20);
  });

  it("of a list leads on from the place it went to", async () => {
    const server = await serve((response, { path }) => {
      if (path === "/v1/scripts") return response.writeHead(307, { location: "/v2/all" }).end();
      if (path === "/v2/all") response.setHeader("link", '<more>; rel="next"');
      return json(response, 200, [{ _id: unknownId }]);
    });
    expect(await clientFor(server).listScripts()).toHaveLength(2);
    expect(server.received.map(({ path }) => path)).toEqual(["/v1/scripts", "/v2/all", "/v2/more"]);
  });
});

describe("a response that does not match the API's schema", () => {
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    listScripts: [{}, { _id: unknownId }, null, "x", [null], [{ name: "without id" }], [[]]],
    createScript: [[], null, {}, { _id: 7 }, "x", 7],
    getScriptById: [[], [{ _id: unknownId }], null, {}, "x", true],
    updateScript: [[], null, {}, { _id: null }],
    getScriptLogs: [[], null, "x"],
    getScriptAudit: [[], null, 7],
    listScriptDependencies: [[], null, { flows: {} }, { message: "hello" }],
  };

  const hostileOperations = {
    hugeName: "listScripts",
    nameObject: "listScripts",
    nameAsset: "getScriptById",
    contentNumber: "getScriptById",
    badId: "listScripts",
    otherId: "getScriptById",
    nullScript: "listScripts",
    nullDependent: "listScriptDependencies",
  } as const satisfies Record<keyof typeof otherHostile, string>;
  const { dependentWithoutId, ...otherHostile } = hostile;
  const differences: Record<keyof typeof otherHostile, string> = {
    hugeName: "[0].name has 10485760 characters",
    nameObject: "[0].name is an object instead of text",
    nameAsset: "name is an object instead of text",
    contentNumber: "content is a number instead of text",
    badId: '[0]._id is "../../scripts", which is no id',
    otherId: "it is script 0123456789abcdef01234567 instead of {id}",
    nullScript: "[0] is null instead of an object",
    nullDependent: "exports[0] is null instead of an object",
  };

  it.each(Object.entries(otherHostile) as [keyof typeof otherHostile, Alteration][])(
    "is one line that says what differs: %s",
    async (name, alter) => {
      const emulator = await start();
      const { _id } = emulator.account().seed(script);
      emulator.faults.add({ times: Infinity, fault: { kind: "alter", alter } });
      const error = await failure(allOperations[hostileOperations[name]]?.(clientFor(emulator), _id) ?? pause(0));
      expect(error.reason).toBe(
        `the response does not match the API's schema: ${differences[name].replace("{id}", _id)}`,
      );
      expect(error.message.length).toBeLessThan(500);
      expect(error).toMatchObject({ code: "invalid_response", transient: false, outcomeUnknown: false });
      expect(emulator.count()).toBe(1);
    },
  );

  it.each([
    ["as in hostile", dependentWithoutId, '"Orders" (exports)'],
    ["null", () => ({ flows: [{ id: null, name: "Sync" }], imports: [] }), '"Sync" (flows)'],
    ["empty", () => ({ flows: [{ id: "", name: "Sync" }] }), '"Sync" (flows)'],
    [
      "a number",
      () => ({ flows: [{ id: 7 }, { id: "f" }], "a b": [{ name: "" }] }),
      '(no name) (flows) and (no name) ("a b")',
    ],
  ] as const)("with a dependent whose id is missing names it, and no address: %s", async (_, alter, named) => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ times: Infinity, fault: { kind: "alter", alter } });
    const error = await failure(clientFor(emulator).listScriptDependencies(_id));
    expect(error.message).toBe(
      `could not list the dependents of script ${_id}: Celigo listed something without an id: ${named}. ` +
        "Look in Celigo at what uses the script.",
    );
    expect(error).toMatchObject({ code: "invalid_response", status: 200, transient: false, outcomeUnknown: false });
    expect(emulator.count()).toBe(1);
  });

  it.each(["hugeName", "nameObject", "contentNumber", "badId", "nullScript"] as const)(
    "to a POST leaves the outcome unknown, and says that the script may exist: %s",
    async (name) => {
      const emulator = await start();
      emulator.faults.add({ times: Infinity, fault: { kind: "alter", alter: hostile[name] } });
      const error = await failure(clientFor(emulator).createScript(script));
      expect(error.message).toMatch(
        /^could not create script "Orders": the response does not match the API's schema: /,
      );
      expect(error.hint).toMatch(/^The script may exist: look for it in Celigo\. Check that/);
      expect(error.outcomeUnknown).toBe(true);
      expect(emulator.count()).toBe(1);
    },
  );

  it("to a PUT leaves the outcome unknown, also when it is another script", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed(script);
    emulator.faults.add({ times: Infinity, fault: { kind: "alter", alter: hostile.otherId } });
    const error = await failure(clientFor(emulator).updateScript(_id, script));
    expect(error.reason).toContain(`it is script ${unknownId} instead of ${_id}`);
    expect(error.outcomeUnknown).toBe(true);
  });

  it("does not include unknown fields, and null where a field may be missing", async () => {
    const body = { _id: unknownId, content: "x", deletedAt: null, description: null, newField: { deep: [1] } };
    const dependents = { flows: [{ id: "f", name: "F", paths: [], accessLevel: "owner", extra: 1 }], newTypes: [] };
    const server = await serve((response, { method, path }) => {
      const record = method === "GET" && path.endsWith("scripts") ? [body] : body;
      json(response, 200, path.endsWith("dependencies") ? dependents : record);
    });
    const client = clientFor(server);
    expect(await client.getScript(unknownId)).toEqual(body);
    expect(await client.listScripts()).toEqual([body]);
    expect(await client.createScript(script)).toEqual(body);
    expect(await client.listScriptDependencies(unknownId)).toEqual(dependents);
  });

  it.each(Object.entries(allOperations))("is an error of %s when it is nested too deeply", async (operation, run) => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    for (const [status, body] of [
      [200, `{"_id":"${unknownId}","newField":${deep}}`],
      [200, `{"_id":${deep}}`],
      [422, `{"errors":[{"code":${deep},"field":${deep},"message":${deep}}]}`],
    ] as const) {
      const server = await serve((response) => response.writeHead(status).end(body));
      const client = clientFor(server);
      const error = await failure(run(client, unknownId));
      expect(error.reason).toMatch(
        status === 200
          ? /^the response does not match the API's schema: it is nested too deeply to be read$/
          : /^Celigo answered 422: \{"errors":\[\{"code":\[{100}/,
      );
      expect(error).toMatchObject({ operation, status: status === 200 ? undefined : status });
      expect(server.received).toHaveLength(1);
    }
  });

  it("differs from what Celigo allows in logs", async () => {
    for (const [operation, body, difference] of [
      ["getScriptLogs", { logs: {} }, "logs is an object instead of a list"],
      ["getScriptLogs", { logs: [null] }, "logs[0] is null instead of an object"],
      ["getScriptLogs", { logs: [{ message: 5 }] }, "logs[0].message is a number instead of text"],
      [
        "getScriptLogs",
        { logs: [], pagination: { hasMore: "no" } },
        "pagination.hasMore is text instead of true or false",
      ],
      ["getScriptAudit", { audit: [{ userName: [] }] }, "audit[0].userName is a list instead of text"],
      [
        "getScriptAudit",
        { audit: [{ changes: { before: "x" } }] },
        "audit[0].changes.before is text instead of an object",
      ],
    ] as const) {
      const server = await serve((response) => json(response, 200, body));
      const error = await failure(allOperations[operation]?.(clientFor(server), unknownId) ?? pause(0));
      expect(error.reason).toBe(`the response does not match the API's schema: ${difference}`);
    }
  });

  it.each(Object.entries(wrong))("is an error of %s", async (operation, bodies) => {
    for (const body of bodies) {
      const server = await serve((response) => json(response, 200, body));
      const error = await failure(allOperations[operation]?.(clientFor(server), unknownId) ?? Promise.resolve());
      expect(error).toMatchObject({ operation, code: "invalid_response", reason: expect.stringMatching(/schema/) });
      expect(error.outcomeUnknown).toBe(/create|update/.test(operation));
      expect(server.received).toHaveLength(1);
    }
  });

  it.each(Object.entries(allOperations))("is an error of %s when it is not JSON", async (operation, run) => {
    const server = await serve((response) => response.writeHead(200).end("<html>Please log in</html>"));
    const error = await failure(run(clientFor(server), unknownId));
    expect(error).toMatchObject({
      operation,
      reason: "the response does not match the API's schema: it is not JSON",
      hint: expect.stringContaining("proxy"),
    });
    expect(error.outcomeUnknown).toBe(!/^(get|list)/.test(operation));
    expect(server.received).toHaveLength(1);
  });

  it("is no error where the operation has no body to give", async () => {
    for (const status of [200, 204]) {
      const server = await serve((response) => response.writeHead(status).end());
      const client = clientFor(server);
      await client.deleteScript(unknownId);
      await client.deleteScriptLogs(unknownId);
      await client.setDebugUntil(unknownId, new Date());
      expect(server.received).toHaveLength(3);
    }
  });
});
