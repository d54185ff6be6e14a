import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Emulator, type EmulatorOptions, type RequestRecord, startEmulator } from "../../sdk/emulator/index";
import { call, type Errors, type Reply, type Script } from "./call";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options?: EmulatorOptions): Promise<Emulator> {
  const emulator = await startEmulator(options);
  cleanups.push(() => emulator.stop());
  return emulator;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "celigo-emulator-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const unknownId = "0123456789abcdef01234567";

describe("authentication", () => {
  it("answers 401 with a bare message before it looks at anything else", async () => {
    const emulator = await start();
    const absent = await call(emulator, "POST", "/v1/scripts", "{no json", "");
    expect([absent.status, absent.body]).toEqual([401, { message: "Unauthorized" }]);
    const bad = await call(emulator, "GET", "/v1/nothing", undefined, "wrong");
    expect([bad.status, bad.body]).toEqual([401, { message: "Bearer Authentication Failed" }]);
  });

  it("refuses a token from the moment it is rotated", async () => {
    const emulator = await start();
    const account = emulator.account();
    account.rotateToken("fresh");
    expect(account.token).toBe("fresh");
    expect((await call(emulator, "GET", "/v1/scripts")).status).toBe(401);
    expect((await call(emulator, "GET", "/v1/scripts", undefined, "fresh")).status).toBe(204);
  });

  it("refuses a token at the other tenant's host", async () => {
    const emulator = await start({ accounts: [{ token: "us" }, { token: "eu", region: "eu" }] });
    const status = (token: string, host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { host, authorization: `Bearer ${token}`, connection: "close" };
        request(`${emulator.url}/v1/scripts`, { headers }, (answer) => resolve(answer.resume().statusCode))
          .on("error", reject)
          .end();
      });
    expect(await status("us", "api.integrator.io")).toBe(204);
    expect(await status("us", "api.eu.integrator.io")).toBe(401);
    expect(await status("eu", "api.eu.integrator.io")).toBe(204);
    expect(await status("eu", "localhost")).toBe(204);
  });
});

describe("accounts", () => {
  it("keep their scripts apart", async () => {
    const emulator = await start({ accounts: [{ token: "one", name: "sandbox" }] });
    const other = emulator.addAccount({ token: "two", name: "production" });
    const { body: script } = await call(emulator, "POST", "/v1/scripts", { name: "a", content: "b" }, "one");
    expect((await call(emulator, "GET", `/v1/scripts/${script._id}`, undefined, "two")).status).toBe(404);
    expect((await call(emulator, "GET", "/v1/scripts", undefined, "two")).status).toBe(204);
    expect(other.scripts()).toEqual([]);
    expect(emulator.account("one").scripts()).toHaveLength(1);
    expect(() => emulator.account("three")).toThrow("no account with that token");
  });

  it("need a token and a name of their own, and a name that can be a folder's", async () => {
    const emulator = await start();
    expect(() => emulator.addAccount({ token: "emulator-token" })).toThrow("Another account has that token");
    expect(() => emulator.addAccount({ token: "x", name: "Default" })).toThrow("already is an account");
    expect(() => emulator.addAccount({ token: "x", name: "../x" })).toThrow("cannot name an account");
    expect(() => emulator.addAccount({ token: "secret", name: "secret" })).toThrow("cannot name an account");
    expect(() => emulator.addAccount({ token: "a b" })).toThrow("no spaces");
    expect(() => emulator.account().rotateToken("emulator-token")).toThrow("Another account has that token");
  });
});

describe("creating a script", () => {
  it("answers 201 with the whole record", async () => {
    const emulator = await start({ accounts: [{ token: "emulator-token", userId: unknownId }] });
    const { status, body } = await call(emulator, "POST", "/v1/scripts", {
      name: "Orders",
      content: "function a() {}\r\n",
      description: "d",
      __noModule: true,
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      _id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: "Orders",
      content: "function a() {}\r\n",
      description: "d",
      postResponseHookToProcessOnChildRecord: false,
      __noModule: true,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      lastModified: body.createdAt,
      _userId: unknownId,
      __hash: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(emulator.account().scripts()).toEqual([body]);
  });

  it("ignores read-only fields and debugUntil", async () => {
    const emulator = await start();
    const { body } = await call(emulator, "POST", "/v1/scripts", {
      name: "a",
      content: "b",
      _id: unknownId,
      __hash: "mine",
      createdAt: "2001-01-01T00:00:00.000Z",
      deletedAt: "2001-01-01T00:00:00.000Z",
      debugUntil: new Date(Date.now() + 60_000).toISOString(),
      sandbox: true,
    });
    expect(body._id).not.toBe(unknownId);
    expect(body.__hash).not.toBe("mine");
    expect(body.createdAt > "2020").toBe(true);
    expect(body).not.toHaveProperty("deletedAt");
    expect(body).not.toHaveProperty("sandbox");
    expect(emulator.account().scripts()[0]).not.toHaveProperty("debugUntil");
  });

  it("accepts a name twice, and gives ids in the order of creation", async () => {
    const emulator = await start();
    const ids: string[] = [];
    for (let n = 0; n < 20; n++) {
      ids.push((await call(emulator, "POST", "/v1/scripts", { name: "same", content: String(n) })).body._id);
    }
    expect(new Set(ids).size).toBe(20);
    expect([...ids].sort()).toEqual(ids);
  });

  it("names every field that is missing, empty or too long, with 422", async () => {
    const emulator = await start();
    const refused = async (body: unknown): Promise<unknown[]> => {
      const reply = await call<Errors>(emulator, "POST", "/v1/scripts", body);
      return [reply.status, ...reply.body.errors.map(({ code, field }) => `${code} ${field}`)];
    };
    expect(await refused({})).toEqual([422, "missing_required_field name", "missing_required_field content"]);
    expect(await refused({ name: "", content: "" })).toEqual([
      422,
      "missing_required_field name",
      "missing_required_field content",
    ]);
    expect(await refused({ name: "n".repeat(101), content: "x", description: "d".repeat(1025) })).toEqual([
      422,
      "max_length_exceeded name",
      "max_length_exceeded description",
    ]);
    expect(emulator.account().scripts()).toEqual([]);
    const longest = { name: "n".repeat(100), content: "x", description: "d".repeat(1024) };
    expect((await call(emulator, "POST", "/v1/scripts", longest)).status).toBe(201);
  });

  it("counts characters as JSON Schema does, so that an emoji is one", async () => {
    const emulator = await start();
    const post = (name: string, description: string) =>
      call<Script & Errors>(emulator, "POST", "/v1/scripts", { name, content: "x", description });
    const { status, body } = await post("🎁".repeat(100), "🎁".repeat(1024));
    expect([status, body.name]).toEqual([201, "🎁".repeat(100)]);
    const refused = await post("🎁".repeat(101), "🎁".repeat(1025));
    expect([refused.status, ...refused.body.errors.map(({ message }) => message)]).toEqual([
      422,
      "name has 101 characters, and may have at most 100.",
      "description has 1025 characters, and may have at most 1024.",
    ]);
    const put = { name: "🎁".repeat(100), content: "y" };
    expect((await call(emulator, "PUT", `/v1/scripts/${body._id}`, put)).status).toBe(200);
  });

  it("refuses values of the wrong type with 400, and converts none", async () => {
    const emulator = await start();
    const body = { name: 5, content: "x", postResponseHookToProcessOnChildRecord: "true", _templateId: "short" };
    const reply = await call<Errors>(emulator, "POST", "/v1/scripts", body);
    expect(reply.status).toBe(400);
    expect(reply.body.errors.map(({ code, field }) => `${code} ${field}`)).toEqual([
      "invalid_type name",
      "invalid_type postResponseHookToProcessOnChildRecord",
      "invalid_value _templateId",
    ]);
  });

  it("refuses what is no JSON, nothing at all, another media type and more than 5 MB", async () => {
    const emulator = await start();
    const code = ({ status, body }: Reply<Errors>): unknown[] => [status, body.errors[0]?.code];
    expect(code(await call(emulator, "POST", "/v1/scripts", '{"name":'))).toEqual([400, "invalid_json"]);
    expect(code(await call(emulator, "POST", "/v1/scripts"))).toEqual([400, "missing_required_field"]);
    const large = { name: "a", content: "x".repeat(5 * 1024 * 1024) };
    expect(code(await call(emulator, "POST", "/v1/scripts", large))).toEqual([413, "payload_too_large"]);
    const headers = { authorization: "Bearer emulator-token", "content-type": "text/plain" };
    const plain = await fetch(`${emulator.url}/v1/scripts`, { method: "POST", headers, body: "a" });
    expect([plain.status, await plain.json()]).toMatchObject([415, { errors: [{ code: "unsupported_media_type" }] }]);
  });
});

describe("listing scripts", () => {
  it("answers 204 without a body when there are none, also when all are in the recycle bin", async () => {
    const emulator = await start();
    const reply = await call(emulator, "GET", "/v1/scripts");
    expect([reply.status, reply.text, reply.headers.get("content-type")]).toEqual([204, "", null]);
    emulator.account().remove(emulator.account().seed({ name: "a", content: "b" })._id);
    expect((await call(emulator, "GET", "/v1/scripts")).status).toBe(204);
  });

  it("gives whole records without content", async () => {
    const emulator = await start();
    const { content: _, ...seeded } = emulator.account().seed({ name: "a", content: "b", description: "c" });
    expect((await call(emulator, "GET", "/v1/scripts")).body).toEqual([seeded]);
  });

  it("gives _id, name and the fields that include asks for, but never content", async () => {
    const emulator = await start();
    const { _id, __hash } = emulator.account().seed({ name: "a", content: "b", description: "c" });
    const list = async (query: string): Promise<unknown> => (await call(emulator, "GET", `/v1/scripts?${query}`)).body;
    expect(await list("include=__hash,content,nothing,name.first")).toEqual([{ _id, name: "a", __hash }]);
    expect(await list("include=description")).toEqual([{ _id, name: "a", description: "c" }]);
  });

  it("drops the fields that exclude names, but never _id and name", async () => {
    const emulator = await start();
    const { _id, _userId, createdAt, lastModified } = emulator.account().seed({ name: "a", content: "b" });
    const query = "exclude=_id,name,__hash,postResponseHookToProcessOnChildRecord";
    const { body } = await call(emulator, "GET", `/v1/scripts?${query}`);
    expect(body).toEqual([{ _id, name: "a", _userId, createdAt, lastModified }]);
  });

  it("ignores an empty include or exclude, and refuses both parameters at once and other characters", async () => {
    const emulator = await start();
    emulator.account().seed({ name: "a", content: "b" });
    expect((await call(emulator, "GET", "/v1/scripts?include=&exclude=__hash")).status).toBe(200);
    expect((await call(emulator, "GET", "/v1/scripts?include")).status).toBe(200);
    for (const query of [
      "include=name&exclude=name",
      "include=a%20b",
      "exclude=a-b",
      "include=a&include=b",
      "cursor=x",
    ]) {
      const reply = await call<Errors>(emulator, "GET", `/v1/scripts?${query}`);
      expect([query, reply.status, reply.body.errors[0]?.code]).toEqual([query, 400, "invalid_query_params"]);
    }
  });

  it("leads through all pages by Link, in a stable order, while scripts come and go", async () => {
    const emulator = await start({ behaviour: { pageSize: 10 } });
    const account = emulator.account();
    const ids = Array.from({ length: 35 }, (_, n) => account.seed({ name: `s${n}`, content: "x" })._id);
    const seen: Script[][] = [];
    let next: string | undefined = "/v1/scripts?include=__hash";
    while (next !== undefined) {
      const reply: Reply<Script[]> = await call(emulator, "GET", next);
      seen.push(reply.body);
      next = /^<(http:\/\/127\.0\.0\.1:\d+\/v1\/scripts\?[^>]+)>; rel="next"$/.exec(
        reply.headers.get("link") ?? "",
      )?.[1];
      if (seen.length === 1) account.remove(ids[0] as string);
    }
    expect(seen.map((page) => page.length)).toEqual([10, 10, 10, 5]);
    expect(seen.flat().map(({ _id }) => _id)).toEqual(ids);
    expect(seen.flat().every((script) => Object.keys(script).sort().join() === "__hash,_id,name")).toBe(true);
  });
});

describe("reading a script", () => {
  it("gives the full record, and ignores include and exclude", async () => {
    const emulator = await start();
    const seeded = emulator.account().seed({ name: "a", content: "b", _sourceId: unknownId });
    const { status, body } = await call(emulator, "GET", `/v1/scripts/${seeded._id}?include=name`);
    expect([status, body]).toEqual([200, seeded]);
  });

  it("answers 404 for an id that is unknown, malformed or in the recycle bin", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    emulator.account().remove(_id);
    for (const id of [unknownId, "123", "x".repeat(300), "%zz", _id]) {
      const reply = await call<Errors>(emulator, "GET", `/v1/scripts/${id}`);
      expect([id, reply.status, reply.body.errors.length]).toEqual([id, 404, 1]);
    }
  });

  it("gives a script in the recycle bin with deletedAt, where the account says so", async () => {
    const emulator = await start({ accounts: [{ token: "emulator-token", behaviour: { showsRecycled: true } }] });
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    emulator.account().remove(_id);
    const { status, body } = await call(emulator, "GET", `/v1/scripts/${_id}`);
    expect([status, body.deletedAt]).toEqual([200, body.lastModified]);
    expect((await call(emulator, "PUT", `/v1/scripts/${_id}`, { name: "a" })).status).toBe(404);
    emulator.account().behave({ showsRecycled: false });
    expect((await call(emulator, "GET", `/v1/scripts/${_id}`)).status).toBe(404);
  });

  it("can do without __hash", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    emulator.account().behave({ hashCovers: "absent" });
    expect((await call(emulator, "GET", `/v1/scripts/${_id}`)).body).not.toHaveProperty("__hash");
    expect((await call<Script[]>(emulator, "GET", "/v1/scripts")).body[0]).not.toHaveProperty("__hash");
  });
});

describe("replacing a script", () => {
  it("erases every field that is left out", async () => {
    const emulator = await start();
    const seeded = emulator.account().seed({ name: "a", content: "b", description: "c", __noModule: true });
    const put = await call(emulator, "PUT", `/v1/scripts/${seeded._id}`, { description: "d", debugUntil: "x" });
    expect(put.status).toBe(200);
    expect(put.body).toEqual({
      _id: seeded._id,
      description: "d",
      postResponseHookToProcessOnChildRecord: false,
      createdAt: seeded.createdAt,
      lastModified: expect.any(String),
      _userId: seeded._userId,
      __hash: expect.any(String),
    });
    expect((await call(emulator, "GET", `/v1/scripts/${seeded._id}`)).body).toEqual(put.body);
  });

  it("moves lastModified forward each time, and the hash with the writable fields only", async () => {
    const emulator = await start();
    const seeded = emulator.account().seed({ name: "a", content: "b" });
    const put = async (body: unknown): Promise<Script> =>
      (await call(emulator, "PUT", `/v1/scripts/${seeded._id}`, body)).body;
    const versions: Script[] = [];
    for (const body of [
      { name: "a", content: "b" },
      { name: "A", content: "b" },
      { name: "A", content: "B" },
      { name: "A", content: "B", description: "" },
      { name: "A", content: "B", __noModule: false },
      { name: "A", content: "B", postResponseHookToProcessOnChildRecord: true },
      { name: "A", content: "B", _templateId: unknownId },
      { content: "b", name: "a", postResponseHookToProcessOnChildRecord: false },
    ]) {
      versions.push(await put(body));
    }
    const times = versions.map(({ lastModified }) => lastModified);
    expect([...new Set(times)].sort()).toEqual(times);
    const hashes = versions.map(({ __hash }) => __hash);
    expect(hashes[0]).toBe(seeded.__hash);
    expect(hashes.at(-1)).toBe(seeded.__hash);
    expect(new Set(hashes).size).toBe(7);
  });

  it("refuses over-long and wrong values with 400, and an unknown script with 404", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    const long = await call<Errors>(emulator, "PUT", `/v1/scripts/${_id}`, { name: "n".repeat(101) });
    expect([long.status, long.body.errors[0]?.field]).toEqual([400, "name"]);
    expect((await call(emulator, "PUT", `/v1/scripts/${_id}`, { content: null })).status).toBe(400);
    expect((await call(emulator, "PUT", `/v1/scripts/${unknownId}`, { name: "a", content: "b" })).status).toBe(404);
    expect(emulator.account().scripts()).toMatchObject([{ name: "a", content: "b" }]);
  });
});

describe("deleting a script", () => {
  it("moves it to the recycle bin, once", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    const deleted = await call(emulator, "DELETE", `/v1/scripts/${_id}`);
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    expect((await call(emulator, "DELETE", `/v1/scripts/${_id}`)).status).toBe(404);
    expect(emulator.account().scripts()).toEqual([]);
    expect(emulator.account().recycled()).toMatchObject([{ _id, content: "b", deletedAt: expect.any(String) }]);
  });

  it("is refused with 422 while others use it, and names them", async () => {
    const emulator = await start();
    const account = emulator.account();
    const { _id } = account.seed({ name: "a", content: "b" });
    account.setDependents(_id, { flows: [{ name: "Orders to NetSuite" }] });
    const refused = await call<Errors>(emulator, "DELETE", `/v1/scripts/${_id}`);
    expect([refused.status, refused.body.errors[0]?.code]).toEqual([422, "script_in_use"]);
    expect(refused.body.errors[0]?.message).toContain('flows "Orders to NetSuite"');
    expect(account.scripts()).toHaveLength(1);
    account.setDependents(_id, {});
    expect((await call(emulator, "DELETE", `/v1/scripts/${_id}`)).status).toBe(204);
  });
});

describe("patching a script", () => {
  const minutes = (count: number): string => new Date(Date.now() + count * 60_000).toISOString();

  it("sets debugUntil, and leaves hash and audit log as they are", async () => {
    const emulator = await start();
    const seeded = emulator.account().seed({ name: "a", content: "b" });
    const until = minutes(59);
    const patch = [{ op: "replace", path: "/debugUntil", value: until }];
    const reply = await call(emulator, "PATCH", `/v1/scripts/${seeded._id}`, patch);
    expect([reply.status, reply.text]).toEqual([204, ""]);
    const [after] = emulator.account().scripts();
    expect([after?.debugUntil, after?.__hash]).toEqual([until, seeded.__hash]);
    const audit = await call<{ audit: unknown[] }>(emulator, "GET", `/v1/scripts/${seeded._id}/audit`);
    expect(audit.body.audit).toHaveLength(1);
  });

  it("refuses everything else with 422, and then changes nothing", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    const good = { op: "replace", path: "/debugUntil", value: minutes(1) };
    for (const patch of [
      {},
      [],
      [{ op: "replace" }],
      [{ ...good, op: "add" }],
      [good, { ...good, path: "/name", value: "b" }],
      [{ ...good, value: minutes(61) }],
      [{ ...good, value: minutes(-1) }],
      [{ ...good, value: "soon" }],
      [{ ...good, value: 1 }],
      [{ op: "replace", path: "/debugUntil" }],
    ]) {
      const reply = await call<Errors>(emulator, "PATCH", `/v1/scripts/${_id}`, patch);
      expect([patch, reply.status]).toEqual([patch, 422]);
      expect(reply.body.errors[0]?.message).toMatch(/./);
    }
    expect(emulator.account().scripts()[0]).not.toHaveProperty("debugUntil");
    expect((await call(emulator, "PATCH", `/v1/scripts/${unknownId}`, [good])).status).toBe(404);
  });
});

interface LogPage {
  readonly logs: readonly { readonly message: string; readonly level: string; readonly timestamp: string }[];
  readonly pagination: {
    readonly total: number;
    readonly limit: number;
    readonly offset: number;
    readonly hasMore: boolean;
  };
}

describe("logs", () => {
  it("come newest first, by level and time, in pages", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    const generated = emulator.account().generateLogs(_id, 10);
    const read = async (query: string): Promise<LogPage> =>
      (await call<LogPage>(emulator, "GET", `/v1/scripts/${_id}/logs?${query}`)).body;
    expect(await read("")).toEqual({
      logs: [...generated].reverse(),
      pagination: { total: 10, limit: 100, offset: 0, hasMore: false },
    });
    expect(await read("limit=4&offset=8")).toEqual({
      logs: [generated[1], generated[0]],
      pagination: { total: 10, limit: 4, offset: 8, hasMore: false },
    });
    expect((await read("limit=4&offset=5")).pagination.hasMore).toBe(true);
    for (const level of ["error", "warn", "info", "debug"]) {
      const { logs } = await read(`level=${level}`);
      expect(logs.length).toBeGreaterThan(0);
      expect(logs.every((entry) => entry.level === level)).toBe(true);
    }
    const [from, to] = [generated[2]?.timestamp ?? "", generated[4]?.timestamp ?? ""];
    expect((await read(`startDate=${from}&endDate=${to}`)).logs).toEqual(generated.slice(2, 5).reverse());
  });

  it("are emptied by DELETE, as often as one likes", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    emulator.account().addLogs(_id, [{ message: "one" }, { message: "two", level: "error", metadata: { line: 3 } }]);
    const before = await call<LogPage>(emulator, "GET", `/v1/scripts/${_id}/logs`);
    expect(before.body.logs.map(({ message }) => message)).toEqual(["two", "one"]);
    expect((await call(emulator, "DELETE", `/v1/scripts/${_id}/logs`)).status).toBe(204);
    expect((await call(emulator, "DELETE", `/v1/scripts/${_id}/logs`)).status).toBe(204);
    expect((await call<LogPage>(emulator, "GET", `/v1/scripts/${_id}/logs`)).body.logs).toEqual([]);
  });

  it("refuse parameters out of bounds with 400, and unknown scripts with 404", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    for (const query of [
      "limit=0",
      "limit=1001",
      "limit=x",
      "limit=1.5",
      "offset=-1",
      "level=fatal",
      "startDate=today",
      "limit=",
      "offset=",
      "level=",
      "startDate=",
    ]) {
      const reply = await call<Errors>(emulator, "GET", `/v1/scripts/${_id}/logs?${query}`);
      expect([query, reply.status, reply.body.errors[0]?.field]).toEqual([query, 400, query.split("=")[0]]);
    }
    expect((await call(emulator, "GET", `/v1/scripts/${unknownId}/logs`)).status).toBe(404);
    expect((await call(emulator, "DELETE", `/v1/scripts/${unknownId}/logs`)).status).toBe(404);
  });
});

interface AuditPage {
  readonly audit: readonly {
    readonly action: string;
    readonly timestamp: string;
    readonly userId: string;
    readonly userName: string;
    readonly changes?: unknown;
  }[];
}

describe("audit log", () => {
  it("tells who did what, through the API and behind its back", async () => {
    const emulator = await start({
      accounts: [{ token: "emulator-token", userName: "Robot", behaviour: { showsRecycled: true } }],
    });
    const { body } = await call(emulator, "POST", "/v1/scripts", { name: "a", content: "b" });
    const path = `/v1/scripts/${body._id}`;
    await call(emulator, "PUT", path, { name: "a", content: "c" });
    const edited = emulator.account().edit(body._id, { description: "by hand" }, { userName: "Kim" });
    await call(emulator, "DELETE", path);
    const { audit } = (await call<AuditPage>(emulator, "GET", `${path}/audit`)).body;
    expect(audit.map(({ action, userName }) => `${action} by ${userName}`)).toEqual([
      "deleted by Robot",
      "updated by Kim",
      "updated by Robot",
      "created by Robot",
    ]);
    expect(audit[1]?.changes).toEqual({ before: {}, after: { description: "by hand" } });
    expect(audit[1]?.timestamp).toBe(edited.lastModified);
    expect(audit[2]?.changes).toEqual({ before: { content: "b" }, after: { content: "c" } });
    expect(new Set(audit.map(({ userId }) => userId)).size).toBe(2);
  });

  it("filters by action and time, pages, and projects", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    const edits = ["c", "d", "e"].map((content) => emulator.account().edit(_id, { content }));
    const read = async (query: string): Promise<AuditPage["audit"]> =>
      (await call<AuditPage>(emulator, "GET", `/v1/scripts/${_id}/audit?${query}`)).body.audit;
    expect(await read("action=updated")).toHaveLength(3);
    expect(await read("action=deleted")).toHaveLength(0);
    expect(await read("limit=1&offset=3")).toMatchObject([{ action: "created" }]);
    expect(await read(`startDate=${edits[1]?.lastModified}`)).toHaveLength(2);
    const [included] = await read("include=userName,changes.after");
    expect(Object.keys(included ?? {}).sort()).toEqual(["_id", "action", "changes", "timestamp", "userName"]);
    expect(included?.changes).toEqual({ after: { content: "e" } });
    const [excluded] = await read("exclude=changes.before,metadata,userId,action");
    expect(Object.keys(excluded ?? {}).sort()).toEqual(["_id", "action", "changes", "timestamp", "userName"]);
    expect(excluded?.changes).toEqual({ after: { content: "e" } });
    const both = await call<Errors>(emulator, "GET", `/v1/scripts/${_id}/audit?include=a&exclude=b`);
    expect([both.status, both.body.errors[0]?.code]).toEqual([400, "invalid_query_params"]);
    expect((await call(emulator, "GET", `/v1/scripts/${unknownId}/audit`)).status).toBe(404);
  });
});

describe("dependencies", () => {
  it("are what was declared, with the rest made up", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    const flow = { id: unknownId, name: "F", paths: ["x"], accessLevel: "monitor", dependencyIds: { scripts: ["y"] } };
    emulator.account().setDependents(_id, { flows: [flow], imports: [{ name: "I" }], exports: [] });
    const { body } = await call<unknown>(emulator, "GET", `/v1/scripts/${_id}/dependencies`);
    expect(body).toEqual({
      flows: [flow],
      imports: [
        {
          id: expect.stringMatching(/^[0-9a-f]{24}$/),
          name: "I",
          paths: ["hooks.preMap._scriptId"],
          accessLevel: "owner",
          dependencyIds: { scripts: [_id] },
        },
      ],
    });
  });

  it("are {} for an unused script and for an unknown id, and 404 for a malformed one", async () => {
    const emulator = await start();
    const { _id } = emulator.account().seed({ name: "a", content: "b" });
    for (const id of [_id, unknownId]) {
      const reply = await call(emulator, "GET", `/v1/scripts/${id}/dependencies`);
      expect([reply.status, reply.body]).toEqual([200, {}]);
    }
    expect((await call(emulator, "GET", "/v1/scripts/zzz/dependencies")).status).toBe(404);
  });
});

describe("changes behind the API's back", () => {
  it("change the hash, and can erase a field", async () => {
    const emulator = await start();
    const account = emulator.account();
    const seeded = account.seed({ name: "a", content: "b", description: "c" });
    const edited = account.edit(seeded._id, { description: undefined, content: "d" });
    expect(edited).toMatchObject({ name: "a", content: "d" });
    expect(edited).not.toHaveProperty("description");
    expect(edited.__hash).not.toBe(seeded.__hash);
    expect(edited.lastModified > seeded.lastModified).toBe(true);
    expect((await call(emulator, "GET", `/v1/scripts/${seeded._id}`)).body).toEqual(edited);
  });

  it("can seed read-only fields, and throw for scripts that are not there", async () => {
    const emulator = await start();
    const account = emulator.account();
    const given = { _id: unknownId, createdAt: "2024-02-03T04:05:06.007Z", __hash: "given", _connectorId: unknownId };
    expect(account.seed({ name: "a", content: "b", ...given })).toMatchObject(given);
    expect(() => account.seed({ name: "a", content: "b", _id: unknownId })).toThrow("already has a script");
    expect(() => account.seed({ name: "a", content: "b", _id: "../x" })).toThrow("is no id");
    account.remove(unknownId);
    expect(() => account.edit(unknownId, { name: "b" })).toThrow("has no live script");
    expect(() => account.remove(unknownId)).toThrow("has no live script");
  });

  it("hand out copies", async () => {
    const emulator = await start();
    const seeded = emulator.account().seed({ name: "a", content: "b" });
    (seeded as { name: string }).name = "changed";
    (emulator.account().scripts()[0] as { name: string }).name = "changed";
    expect(emulator.account().scripts()[0]?.name).toBe("a");
  });
});

describe("the clock", () => {
  it("can differ from the computer's, in records and in the Date header", async () => {
    const emulator = await start({ clockOffset: -3_600_000 });
    const { body, headers } = await call(emulator, "POST", "/v1/scripts", { name: "a", content: "b" });
    const expected = Date.now() - 3_600_000;
    expect(Math.abs(Date.parse(body.createdAt) - expected)).toBeLessThan(5000);
    expect(Math.abs(Date.parse(headers.get("date") ?? "") - expected)).toBeLessThan(5000);
  });
});

describe("the rate limit", () => {
  it("answers 429 with Retry-After in whole seconds, per account, until time has passed", async () => {
    const accounts = [{ token: "emulator-token" }, { token: "other" }];
    const emulator = await start({ accounts, rateLimit: { perSecond: 1, burst: 3 } });
    const replies = await Promise.all([1, 2, 3, 4].map(() => call<Errors>(emulator, "GET", "/v1/scripts")));
    expect(replies.map(({ status }) => status).sort()).toEqual([204, 204, 204, 429]);
    const limited = replies.find(({ status }) => status === 429);
    expect(limited?.headers.get("retry-after")).toBe("1");
    expect(limited?.body.errors[0]?.code).toBe("rate_limit_exceeded");
    expect((await call(emulator, "GET", "/v1/scripts", undefined, "other")).status).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await call(emulator, "GET", "/v1/scripts")).status).toBe(204);
  });
});

describe("the request log", () => {
  it("holds every request in order of arrival, and counts them by any member", async () => {
    const heard: RequestRecord[] = [];
    const emulator = await start({ onRequest: (record) => heard.push({ ...record }) });
    const { text } = await call(emulator, "POST", "/v1/scripts", { name: "é", content: "b" });
    await call(emulator, "GET", "/v1/scripts?include=name");
    await call(emulator, "GET", "/v1/other");
    await call(emulator, "GET", "/v1/scripts", undefined, "wrong");
    await expect.poll(() => heard.length).toBe(4);
    expect(emulator.requests).toEqual(heard);
    expect(emulator.requests[0]).toEqual({
      at: expect.stringMatching(/Z$/),
      method: "POST",
      path: "/v1/scripts",
      operation: "createScript",
      account: "default",
      status: 201,
      requestBytes: Buffer.byteLength(JSON.stringify({ name: "é", content: "b" })),
      responseBytes: Buffer.byteLength(text),
    });
    expect(emulator.requests.map(({ path, operation, status }) => [path, operation, status]).slice(1)).toEqual([
      ["/v1/scripts?include=name", "listScripts", 200],
      ["/v1/other", undefined, 404],
      ["/v1/scripts", "listScripts", 401],
    ]);
    expect(emulator.count()).toBe(4);
    expect(emulator.count({ operation: "listScripts" })).toBe(2);
    expect(emulator.count({ method: "get", status: 401 })).toBe(1);
    expect(emulator.count({ account: "default" })).toBe(3);
    emulator.resetRequests();
    expect([emulator.count(), emulator.requests]).toEqual([0, []]);
  });
});

describe("faults", () => {
  const script = { name: "a", content: "b" };

  it("strike the requests that agree with the rule, as often as it says", async () => {
    const emulator = await start();
    emulator.faults.add({
      operation: "listScripts",
      method: "GET",
      path: /include=/g,
      account: "default",
      skip: 1,
      times: 2,
      fault: { kind: "status", status: 503, headers: { "retry-after": "7" } },
    });
    const statuses: number[] = [];
    for (const path of ["/v1/scripts", ...Array<string>(4).fill("/v1/scripts?include=name")]) {
      statuses.push((await call(emulator, "GET", path)).status);
    }
    expect(statuses).toEqual([204, 204, 503, 503, 204]);
    expect(emulator.faults.injected).toBe(2);
    expect(emulator.faults.injectedByKind()).toEqual({ status: 2 });
  });

  it("can be removed one by one or all together", async () => {
    const emulator = await start();
    const times = Number.POSITIVE_INFINITY;
    const remove = emulator.faults.add({ times, fault: { kind: "status", status: 500 } });
    emulator.faults.add({ times, fault: { kind: "status", status: 502 } });
    expect((await call(emulator, "GET", "/v1/scripts")).status).toBe(500);
    remove();
    expect((await call(emulator, "GET", "/v1/scripts")).status).toBe(502);
    emulator.faults.clear();
    expect((await call(emulator, "GET", "/v1/scripts")).status).toBe(204);
  });

  it("follow chance, from a source that can be given", async () => {
    const emulator = await start();
    const chances = [0.9, 0.1, 0.5, 0.49];
    emulator.faults.add({
      probability: 0.5,
      times: Number.POSITIVE_INFINITY,
      random: () => chances.shift() ?? 1,
      fault: { kind: "status", status: 500 },
    });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push((await call(emulator, "GET", "/v1/scripts")).status);
    expect(statuses).toEqual([204, 500, 204, 500]);
  });

  it("delay answers, together with a fault of another kind", async () => {
    const emulator = await start({ latency: 50 });
    emulator.faults.add({ fault: { kind: "latency", milliseconds: 100 } });
    emulator.faults.add({ fault: { kind: "status", status: 500 } });
    const begin = performance.now();
    expect((await call(emulator, "GET", "/v1/scripts")).status).toBe(500);
    expect(performance.now() - begin).toBeGreaterThan(140);
    expect(emulator.faults.injectedByKind()).toEqual({ latency: 1, status: 1 });
  });

  it("delay many answers at a time without a warning of Node", async () => {
    const emulator = await start({ latency: 50 });
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    await Promise.all(Array.from({ length: 20 }, () => call(emulator, "GET", "/v1/scripts")));
    process.off("warning", note);
    expect(warnings).toEqual([]);
  });

  it("replace the response before the work or after it, with an envelope, JSON or HTML", async () => {
    const emulator = await start();
    emulator.faults.add({ fault: { kind: "status", status: 500 } });
    emulator.faults.add({ fault: { kind: "status", status: 502, body: "<h1>Bad gateway</h1>", when: "after" } });
    emulator.faults.add({ fault: { kind: "status", status: 429, body: { a: 1 }, headers: { "retry-after": "2" } } });
    emulator.faults.add({ fault: { kind: "status", status: 401 } });
    const before = await call<Errors>(emulator, "POST", "/v1/scripts", script);
    expect([before.status, before.body.errors[0]?.code]).toEqual([500, 500]);
    expect(emulator.account().scripts()).toHaveLength(0);
    const after = await call(emulator, "POST", "/v1/scripts", script);
    expect([after.status, after.text, after.headers.get("content-type")]).toEqual([
      502,
      "<h1>Bad gateway</h1>",
      "text/html; charset=utf-8",
    ]);
    expect(emulator.account().scripts()).toHaveLength(1);
    const limited = await call<unknown>(emulator, "GET", "/v1/scripts");
    expect([limited.status, limited.body, limited.headers.get("retry-after")]).toEqual([429, { a: 1 }, "2"]);
    expect(Object.keys((await call(emulator, "GET", "/v1/scripts")).body)).toEqual(["message"]);
  });

  it("cut the connection before the work, after it, and in the middle of the response", async () => {
    const emulator = await start();
    emulator.faults.add({ fault: { kind: "cut", when: "before" } });
    await expect(call(emulator, "POST", "/v1/scripts", script)).rejects.toThrow("fetch failed");
    expect(emulator.account().scripts()).toHaveLength(0);
    emulator.faults.add({ fault: { kind: "cut", when: "after" } });
    await expect(call(emulator, "POST", "/v1/scripts", script)).rejects.toThrow("fetch failed");
    expect(emulator.account().scripts()).toHaveLength(1);
    emulator.faults.add({ fault: { kind: "cut-body" } });
    const headers = { authorization: "Bearer emulator-token", "content-type": "application/json" };
    const cut = await fetch(`${emulator.url}/v1/scripts`, { method: "POST", headers, body: JSON.stringify(script) });
    expect(cut.status).toBe(201);
    await expect(cut.text()).rejects.toThrow("terminated");
    expect(emulator.account().scripts()).toHaveLength(2);
    await expect.poll(() => emulator.count({ status: 0 })).toBe(3);
    expect(emulator.requests[2]?.responseBytes).toBeGreaterThan(0);
    expect(emulator.faults.injectedByKind()).toEqual({ cut: 2, "cut-body": 1 });
    expect((await call(emulator, "GET", "/v1/scripts")).status).toBe(200);
  });

  it("hang before the work or after it, until the client gives up", async () => {
    const emulator = await start();
    for (const [when, scripts] of [
      ["before", 0],
      ["after", 1],
    ] as const) {
      emulator.faults.add({ fault: { kind: "hang", when } });
      const headers = { authorization: "Bearer emulator-token", "content-type": "application/json" };
      const signal = AbortSignal.timeout(150);
      const hanging = fetch(`${emulator.url}/v1/scripts`, {
        method: "POST",
        headers,
        body: JSON.stringify(script),
        signal,
      });
      await expect(hanging).rejects.toThrow("timeout");
      await expect.poll(() => emulator.account().scripts().length).toBe(scripts);
    }
  });
});

describe("starting and stopping", () => {
  it("starts many in a short time, each at a port of its own", async () => {
    await start();
    const begin = performance.now();
    const emulators = await Promise.all(Array.from({ length: 20 }, () => start()));
    expect((performance.now() - begin) / 20).toBeLessThan(50);
    expect(new Set(emulators.map(({ url }) => url)).size).toBe(20);
  });

  it("stops at once, with hanging, delayed and idle connections open, and as often as one likes", async () => {
    const emulator = await start();
    await call(emulator, "GET", "/v1/scripts");
    emulator.faults.add({ fault: { kind: "hang", when: "before" } });
    const hanging = expect(call(emulator, "GET", "/v1/scripts")).rejects.toThrow();
    await expect.poll(() => emulator.faults.injected).toBe(1);
    emulator.faults.add({ fault: { kind: "latency", milliseconds: 60_000 } });
    const delayed = expect(call(emulator, "POST", "/v1/scripts", { name: "a", content: "b" })).rejects.toThrow();
    await expect.poll(() => emulator.faults.injected).toBe(2);
    const begin = performance.now();
    await Promise.all([emulator.stop(), emulator.stop()]);
    await emulator.stop();
    expect(performance.now() - begin).toBeLessThan(500);
    await Promise.all([hanging, delayed]);
    expect(emulator.account().scripts()).toEqual([]);
    await expect(call(emulator, "GET", "/v1/scripts")).rejects.toThrow("fetch failed");
  });

  it("says why it cannot start, and leaves nothing behind", async () => {
    const first = await start();
    const dataDir = newFolder();
    const port = Number(new URL(first.url).port);
    await expect(startEmulator({ port, dataDir })).rejects.toThrow("EADDRINUSE");
    await expect(startEmulator({ dataDir, accounts: [{ token: "" }] })).rejects.toThrow("A token");
    await expect(startEmulator({ behaviour: { pageSize: 0 } })).rejects.toThrow("pageSize");
    await start({ dataDir });
  });
});

describe("the data folder", () => {
  it("brings back scripts, recycle bin, dependents, logs and audit log", async () => {
    const dataDir = newFolder();
    const first = await start({ dataDir });
    const { body: script } = await call(first, "POST", "/v1/scripts", { name: "a", content: "é\r\n\u2028" });
    const account = first.account();
    account.edit(script._id, { description: "d" });
    account.generateLogs(script._id, 5);
    account.setDependents(script._id, { flows: [{ name: "F" }] });
    account.remove(account.seed({ name: "gone", content: "x" })._id);
    const path = `/v1/scripts/${script._id}`;
    const read = async (emulator: Emulator): Promise<unknown[]> =>
      Promise.all(
        [path, "/v1/scripts", `${path}/logs`, `${path}/audit`, `${path}/dependencies`].map(
          async (path) => (await call<unknown>(emulator, "GET", path)).body,
        ),
      );
    const before = [await read(first), account.scripts(), account.recycled()];
    await first.stop();
    expect(() => account.edit(script._id, { name: "late" })).toThrow("has stopped");
    const second = await start({ dataDir });
    expect([await read(second), second.account().scripts(), second.account().recycled()]).toEqual(before);
    await call(second, "DELETE", `${path}/logs`);
    await second.stop();
    const third = await start({ dataDir });
    expect((await call<LogPage>(third, "GET", `${path}/logs`)).body.logs).toEqual([]);
  });

  it("has no folder of an account that was refused", async () => {
    const dataDir = newFolder();
    const emulator = await start({ dataDir });
    expect(() => emulator.addAccount({ token: "emulator-token" })).toThrow("Another account has that token");
    expect(() => emulator.addAccount({ token: "a b", name: "b" })).toThrow("no spaces");
    expect(readdirSync(join(dataDir, "accounts"))).toEqual(["default"]);
    emulator.addAccount({ token: "other" });
    expect(readdirSync(join(dataDir, "accounts")).sort()).toEqual(["account-2", "default"]);
  });

  it("belongs to accounts by their names, also with other tokens", async () => {
    const dataDir = newFolder();
    const first = await start({ dataDir, accounts: [{ token: "a" }, { token: "b" }] });
    first.account("a").seed({ name: "of the first", content: "x" });
    await first.stop();
    const second = await start({ dataDir, accounts: [{ token: "b" }, { token: "a" }] });
    expect(second.account("b").scripts()).toMatchObject([{ name: "of the first" }]);
    expect(second.account("a").scripts()).toEqual([]);
  });

  it("never holds a token, and neither does the request log", async () => {
    const dataDir = newFolder();
    const emulator = await start({ dataDir, accounts: [{ token: "s3cr3t-one" }] });
    await call(emulator, "POST", "/v1/scripts", { name: "a", content: "b" }, "s3cr3t-one");
    emulator.account().rotateToken("s3cr3t-two");
    await call(emulator, "GET", "/v1/scripts", undefined, "s3cr3t-two");
    await call(emulator, "GET", "/v1/scripts", undefined, "s3cr3t-three");
    await emulator.stop();
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = files.map(
      ({ parentPath, name }) => `${parentPath}/${name} ${readFileSync(join(parentPath, name), "utf8")}`,
    );
    expect(texts.length).toBeGreaterThan(1);
    expect([...texts, JSON.stringify(emulator.requests)].filter((text) => text.includes("s3cr3t"))).toEqual([]);
  });

  it("belongs to one emulator at a time, and a dead one's lock does not count", async () => {
    const dataDir = newFolder();
    const first = await start({ dataDir });
    await expect(startEmulator({ dataDir })).rejects.toThrow(`in use by another emulator, in process ${process.pid}`);
    await first.stop();
    const { child, exited } = await startChild(dataDir);
    await expect(startEmulator({ dataDir })).rejects.toThrow(`in use by another emulator, in process ${child.pid}`);
    child.kill("SIGKILL");
    await exited;
    await (await start({ dataDir })).stop();
    // The process id of a container's main process is the same after each restart.
    writeFileSync(join(dataDir, "emulator.lock"), String(process.pid));
    await (await start({ dataDir })).stop();
  });

  it("loads after an append that was cut short, and says which file is damaged otherwise", async () => {
    const dataDir = newFolder();
    const first = await start({ dataDir });
    const { _id } = first.account().seed({ name: "a", content: "b" });
    await first.stop();
    const folder = join(dataDir, "accounts", "default");
    writeFileSync(join(folder, `${_id}.audit.jsonl`), '{"_id":"half', { flag: "a" });
    writeFileSync(join(folder, `${unknownId}.json.tmp`), "{");
    const second = await start({ dataDir });
    second.account().edit(_id, { name: "c" });
    await second.stop();
    const third = await start({ dataDir });
    expect((await call<AuditPage>(third, "GET", `/v1/scripts/${_id}/audit`)).body.audit).toHaveLength(2);
    await third.stop();
    writeFileSync(join(folder, `${_id}.json`), "{");
    await expect(startEmulator({ dataDir })).rejects.toThrow(`${_id}.json is damaged`);
  });

  it.each([
    ["a list", "[]"],
    ["null", "null"],
    ["another script", `{"record":{"_id":"${unknownId.replace("0", "f")}"},"dependents":{}}`],
    ["no dependents", `{"record":{"_id":"${unknownId}"}}`],
  ])("names a file that is JSON, but holds %s", async (_, text) => {
    const dataDir = newFolder();
    const folder = join(dataDir, "accounts", "default");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${unknownId}.json`), text);
    await expect(startEmulator({ dataDir })).rejects.toThrow(
      `${join(folder, `${unknownId}.json`)} is damaged: it does not hold the script of its name. Remove it, or restore it.`,
    );
  });

  it("names a folder in place of a script, a line that is no entry, and a file in its own place", async () => {
    const dataDir = newFolder();
    const folder = join(dataDir, "accounts", "default");
    mkdirSync(join(folder, `${unknownId}.json`), { recursive: true });
    await expect(startEmulator({ dataDir })).rejects.toThrow(`${unknownId}.json is damaged: EISDIR`);
    rmSync(join(folder, `${unknownId}.json`), { recursive: true });
    writeFileSync(join(folder, `${unknownId}.json`), `{"record":{"_id":"${unknownId}"},"dependents":{}}`);
    writeFileSync(join(folder, `${unknownId}.logs.jsonl`), "[]\n");
    await expect(startEmulator({ dataDir })).rejects.toThrow("logs.jsonl is damaged: one of its lines is no entry");
    const file = join(dataDir, "file");
    writeFileSync(file, "");
    await expect(startEmulator({ dataDir: file })).rejects.toThrow(`could not use the data folder ${file}: EEXIST`);
  });

  it("loses no more than the write that a full disk refused", async (context) => {
    const dataDir = newFolder();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", dataDir], { stdio: "pipe" });
    } catch (error) {
      context.skip(`a small tmpfs cannot be mounted here: ${(error as Error).message.trim()}`);
    }
    cleanups.push(() => void execFileSync("umount", ["-l", dataDir]));
    const first = await start({ dataDir });
    const { _id } = (await call(first, "POST", "/v1/scripts", { name: "a", content: "1" })).body;
    const put = (emulator: { readonly url: string }, content: string) =>
      call(emulator, "PUT", `/v1/scripts/${_id}`, { name: "a", content });
    const auditOf = async (emulator: { readonly url: string }) =>
      (await call<AuditPage>(emulator, "GET", `/v1/scripts/${_id}/audit`)).body.audit.map(({ action }) => action);
    // At some of these sizes the audit entry fits, and the script does not.
    for (const room of [4, 20, 36, 52, 68]) {
      writeFileSync(join(dataDir, "filler"), Buffer.alloc((100 - room) * 1024));
      expect((await put(first, "2".repeat(50_000))).status).toBe(500);
      rmSync(join(dataDir, "filler"));
    }
    expect((await put(first, "3")).status).toBe(200);
    const audit = ["updated", "created"];
    expect(await auditOf(first)).toEqual(audit);
    await first.stop();
    const second = await start({ dataDir });
    expect(second.account().scripts()).toMatchObject([{ _id, content: "3" }]);
    expect(await auditOf(second)).toEqual(audit);
    await second.stop();
  });

  it("leaves files alone that are none of its own", async () => {
    const dataDir = newFolder();
    const folder = join(dataDir, "accounts", "default");
    mkdirSync(join(folder, "x.json"), { recursive: true });
    writeFileSync(join(folder, "package.json"), "{}");
    expect((await start({ dataDir })).account().scripts()).toEqual([]);
  });

  it("has one holder, however many find the lock of a dead one at the same time", async () => {
    const dataDir = newFolder();
    const program = `
      const { lock } = require(${JSON.stringify(join(process.cwd(), "dist/sdk/emulator/lock.js"))});
      try { lock(${JSON.stringify(dataDir)}); console.log("held"); setTimeout(() => {}, 60_000); }
      catch (error) { console.log(error.message.includes("in use") ? "refused" : error.message); }`;
    const rounds = Number(process.env["LOCK_ROUNDS"] ?? 5);
    for (let round = 0; round < rounds; round++) {
      writeFileSync(join(dataDir, "emulator.lock"), "999999");
      const children = Array.from({ length: 4 }, () => spawn(process.execPath, ["-e", program]));
      const said = await Promise.all(
        children.map(
          (child) => new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(`${data}`.trim()))),
        ),
      );
      for (const child of children) child.kill("SIGKILL");
      expect(said.sort()).toEqual(["held", "refused", "refused", "refused"]);
    }
  });

  it("has every acknowledged write after kill -9 in the middle of a storm of them", { tags: ["slow"] }, async () => {
    const dataDir = newFolder();
    const content = "x".repeat(4000);
    /** The name that the client was told last, and the one it asked for since; undefined when deleted. */
    type Told = { acknowledged: string | undefined; asked: string | undefined };
    const known = new Map<string, Told>();
    for (let round = 1; round <= 3; round++) {
      const { child, url, exited } = await startChild(dataDir);
      let writes = 0;
      const work = async (): Promise<void> => {
        for (;;) {
          const { body } = await call({ url }, "POST", "/v1/scripts", { name: "new", content });
          const changed = `changed in round ${round}`;
          const told: Told = { acknowledged: "new", asked: changed };
          known.set(body._id, told);
          await call({ url }, "PUT", `/v1/scripts/${body._id}`, { name: changed, content });
          told.acknowledged = changed;
          writes += 2;
          if (writes % 6 !== 0) continue;
          told.asked = undefined;
          await call({ url }, "DELETE", `/v1/scripts/${body._id}`);
          told.acknowledged = undefined;
        }
      };
      const storm = Promise.allSettled([work(), work(), work(), work()]);
      await expect.poll(() => writes, { timeout: 10_000, interval: 1 }).toBeGreaterThan(60);
      child.kill("SIGKILL");
      await Promise.all([storm, exited]);

      const emulator = await startEmulator({ dataDir });
      const live = new Map(
        emulator
          .account()
          .scripts()
          .map((script) => [script._id, script]),
      );
      for (const [id, { acknowledged, asked }] of known) {
        expect([acknowledged, asked]).toContain(live.get(id)?.name);
        if (live.has(id)) expect(live.get(id)?.content).toBe(content);
        const now = live.get(id)?.name;
        known.set(id, { acknowledged: now, asked: now });
      }
      await emulator.stop();
    }
    expect(known.size).toBeGreaterThan(80);
  });
});

/** An emulator in a process of its own, from the built package. */
async function startChild(dataDir: string): Promise<{ child: ChildProcess; url: string; exited: Promise<unknown> }> {
  const code = `
    const { startEmulator } = require(${JSON.stringify(join(__dirname, "../../dist/sdk/emulator/index.js"))});
    startEmulator({ dataDir: ${JSON.stringify(dataDir)} }).then(({ url }) => console.log(url));
  `;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  cleanups.push(() => child.kill("SIGKILL"));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (data: Buffer) => resolve(data.toString().trim()));
    void exited.then(() => reject(new Error("The emulator's process ended before it listened.")));
  });
  return { child, url, exited };
}
