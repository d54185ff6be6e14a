import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import { contentHash } from "../../provider/content/content";
import { type Emulator, type EmulatorAccount, type EmulatorOptions, startEmulator } from "../../sdk/emulator/index";
import type * as Celigo from "../../sdk/index";
import { resourcesOf } from "../engine/index";
import { engineOrSkip } from "../engine/vitest";
import { openSession, sourceOf } from "./session";

const token = "token-that-nobody-sees";
const absentId = "0123456789abcdef01234567";
const content = "function normalizeOrders(options) {\n  return options.data;\n}\n";

const emulators = new Set<Emulator>();

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const emulator of emulators) {
    emulators.delete(emulator);
    await emulator.stop();
  }
});

/** Starts an integrator.io, and loads the data functions as a program that has just begun. */
async function begin(
  options: EmulatorOptions = {},
): Promise<{ celigo: typeof Celigo; emulator: Emulator; account: EmulatorAccount }> {
  const emulator = await startEmulator({ accounts: [{ token }], ...options });
  emulators.add(emulator);
  vi.stubEnv("CELIGO_BASE_URL", emulator.url);
  vi.stubEnv("CELIGO_API_TOKEN", token);
  return { celigo: await load(), emulator, account: emulator.account() };
}

/** Loads the package anew: its client and its answers belong to one program. */
async function load(): Promise<typeof Celigo> {
  vi.resetModules();
  return import("../../sdk/index.js");
}

/** Returns what a lookup throws. */
async function failureOf(lookup: Promise<unknown>): Promise<Celigo.CeligoError> {
  const failure = await lookup.then(
    (result) => expect.fail(`succeeded with ${inspect(result)}`),
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ name: "CeligoError" });
  return failure as Celigo.CeligoError;
}

function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value));
  });
}

describe("getScript", () => {
  it("reads a script by id, with every field by its Pulumi name", async () => {
    const { celigo, account, emulator } = await begin();
    const { _id: id, ...seeded } = account.seed({
      name: "orders",
      content,
      description: "Orders",
      _templateId: absentId,
      __noModule: true,
      _sourceId: absentId,
      _integrationId: absentId,
      _connectorId: absentId,
    });
    expect(await celigo.getScript({ id })).toEqual({
      id,
      name: "orders",
      description: "Orders",
      postResponseHookToProcessOnChildRecord: false,
      templateId: absentId,
      noModule: true,
      hash: seeded.__hash,
      createdAt: seeded.createdAt,
      lastModified: seeded.lastModified,
      userId: seeded._userId,
      sourceId: absentId,
      integrationId: absentId,
      connectorId: absentId,
      content,
      contentHash: contentHash(content),
    });
    expect(emulator.requests.map(({ operation }) => operation)).toEqual(["getScriptById"]);
  });

  it("reads a script by its exact name, also from a later page", async () => {
    const { celigo, account, emulator } = await begin({ behaviour: { pageSize: 2 } });
    for (const name of ["a", "Orders", "orders 2", "orders", "z"]) {
      account.seed({ name, content: `function f() { return "${name}"; }` });
    }
    const script = await celigo.getScript({ name: "orders" });
    expect(script).toMatchObject({ name: "orders", content: 'function f() { return "orders"; }' });
    expect(emulator.count({ operation: "listScripts" })).toBe(3);
    expect(emulator.count({ operation: "getScriptById" })).toBe(1);
    expect(emulator.requests[0]?.path).toBe("/v1/scripts?include=name");
  });

  it("hashes the content like the output of Script, and returns it as the server has it", async () => {
    const { celigo, account } = await begin();
    const crlf = `\uFEFF${content.replaceAll("\n", "\r\n")}`;
    const { _id: id } = account.seed({ name: "orders", content: crlf });
    expect(await celigo.getScript({ id })).toMatchObject({ content: crlf, contentHash: contentHash(content) });
  });

  it("says that no script has the name, and which name is nearest", async () => {
    const { celigo, account } = await begin();
    account.seed({ name: "Normalize orders", content });
    account.seed({ name: "Dedupe customers", content });
    const near = await failureOf(celigo.getScript({ name: "Normalise orders" }));
    expect(near.message).toBe(
      'could not look up getScript: no script has the name "Normalise orders"; did you mean "Normalize orders"?',
    );
    expect(celigo.isNotFound(near)).toBe(true);
    const far = await failureOf(celigo.getScript({ name: "Invoices of last year" }));
    expect(far.message).not.toContain("did you mean");
    expect(celigo.isNotFound(far)).toBe(true);
  });

  it("is not found in an account without scripts", async () => {
    const { celigo } = await begin();
    expect(celigo.isNotFound(await failureOf(celigo.getScript({ name: "orders" })))).toBe(true);
    expect(celigo.isNotFound(await failureOf(celigo.getScript({ id: absentId })))).toBe(true);
  });

  it("lists the ids when several scripts have the name", async () => {
    const { celigo, account, emulator } = await begin();
    const ids = [1, 2, 3].map(() => account.seed({ name: "orders", content })._id);
    const failure = await failureOf(celigo.getScript({ name: "orders" }));
    expect(failure.message).toContain('3 scripts have the name "orders"');
    for (const id of ids) expect(failure.message).toContain(id);
    expect(celigo.isNotFound(failure)).toBe(false);
    expect(emulator.count({ operation: "getScriptById" })).toBe(0);
  });

  it("wants an id or a name, not both and not neither, and asks nothing before", async () => {
    const { celigo, emulator } = await begin();
    for (const args of [{}, { id: absentId, name: "orders" }, { id: undefined, name: undefined }]) {
      expect((await failureOf(celigo.getScript(args))).message).toContain("needs either an id or a name");
    }
    for (const id of ["", "orders", "../../etc", `${absentId}0`]) {
      expect((await failureOf(celigo.getScript({ id }))).message).toContain("the id is not 24 hexadecimal digits");
    }
    expect(emulator.requests).toEqual([]);
  });

  it("does not find a script in the recycle bin, however the server answers for it", async () => {
    const { celigo, account } = await begin();
    const { _id: id } = account.seed({ name: "orders", content });
    account.remove(id);
    expect(celigo.isNotFound(await failureOf(celigo.getScript({ id })))).toBe(true);
    expect(celigo.isNotFound(await failureOf(celigo.getScript({ name: "orders" })))).toBe(true);
    account.behave({ showsRecycled: true });
    const failure = await failureOf(celigo.getScript({ id }));
    expect(failure.message).toMatch(/was moved to the recycle bin at \d{4}-/);
    expect(celigo.isNotFound(failure)).toBe(true);
  });
});

describe("getScripts", () => {
  it("lists all pages, without content, and nothing in an account without scripts", async () => {
    const { celigo, account, emulator } = await begin({ behaviour: { pageSize: 2 } });
    expect(await celigo.getScripts()).toEqual([]);
    const seeded = ["a", "b", "c", "d", "e"].map((name) => account.seed({ name, content }));
    emulator.resetRequests();
    const scripts = await (await load()).getScripts();
    expect(scripts.map(({ id, name }) => [id, name])).toEqual(seeded.map(({ _id, name }) => [_id, name]));
    expect(scripts[0]).toMatchObject({ hash: seeded[0]?.__hash, lastModified: seeded[0]?.lastModified });
    expect(scripts[0]).not.toHaveProperty("content");
    expect(emulator.count({ operation: "listScripts" })).toBe(3);
  });

  it("reads beside id and name the fields that are included, by our names", async () => {
    const { celigo, account, emulator } = await begin();
    const { _id: id, __hash: hash, lastModified } = account.seed({ name: "orders", content, __noModule: true });
    expect(await celigo.getScripts({ include: ["hash", "noModule", "lastModified"] })).toEqual([
      { id, name: "orders", hash, noModule: true, lastModified },
    ]);
    expect(decodeURIComponent(emulator.requests[0]?.path ?? "")).toBe(
      "/v1/scripts?include=__hash,__noModule,lastModified",
    );
    expect(await celigo.getScripts({ include: ["name"] })).toEqual([{ id, name: "orders" }]);
  });

  it("leaves out the fields that are excluded, by our names, but never id and name", async () => {
    const { celigo, account, emulator } = await begin();
    const { _id: id, createdAt } = account.seed({ name: "orders", content, description: "Orders" });
    const exclude = [
      "hash",
      "userId",
      "lastModified",
      "description",
      "postResponseHookToProcessOnChildRecord",
    ] as const;
    expect(await celigo.getScripts({ exclude })).toEqual([{ id, name: "orders", createdAt }]);
    expect(decodeURIComponent(emulator.requests[0]?.path ?? "")).toBe(
      "/v1/scripts?exclude=__hash,_userId,lastModified,description,postResponseHookToProcessOnChildRecord",
    );
    expect(await celigo.getScripts({ exclude: ["name"], nameMatches: "^orders$" })).toMatchObject([{ name: "orders" }]);
    expect(emulator.requests[1]?.path).not.toContain("exclude=name");
  });

  it("refuses to include and exclude, and a field that it does not know, before it asks", async () => {
    const { celigo, emulator } = await begin();
    const both = await failureOf(celigo.getScripts({ include: ["hash"], exclude: ["userId"] }));
    expect(both.message).toContain("include and exclude cannot be combined");
    for (const argument of ["include", "exclude"] as const) {
      const unknown = await failureOf(celigo.getScripts({ [argument]: ["lastModifed"] as never }));
      expect(unknown.message).toContain('"lastModifed" is not a field');
      expect(unknown.message).toContain('did you mean "lastModified"?');
    }
    await failureOf(celigo.getScripts({ include: ["constructor"] as never }));
    expect(emulator.requests).toEqual([]);
    expect(await celigo.getScripts({ include: [], exclude: ["hash"] })).toEqual([]);
  });

  it("filters by a regular expression of the name", async () => {
    const { celigo, account } = await begin();
    for (const name of ["orders-us", "orders-eu", "old orders-us", "customers"]) account.seed({ name, content });
    const names = async (nameMatches: string) => (await celigo.getScripts({ nameMatches })).map(({ name }) => name);
    expect(await names("^orders-")).toEqual(["orders-us", "orders-eu"]);
    expect(await names("")).toHaveLength(4);
    expect(await names("nothing")).toEqual([]);
  });

  it("says that an expression is not valid before it asks", async () => {
    const { celigo, emulator } = await begin();
    const failure = await failureOf(celigo.getScripts({ nameMatches: "orders-(" }));
    expect(failure.message).toBe(
      'could not look up getScripts: nameMatches is "orders-(", and must be a regular expression',
    );
    expect(emulator.requests).toEqual([]);
  });

  it("gives each caller an array of its own", async () => {
    const { celigo, account, emulator } = await begin();
    for (const name of ["b", "a"]) account.seed({ name, content });
    (await celigo.getScripts()).reverse().pop();
    expect((await celigo.getScripts()).map(({ name }) => name)).toEqual(["b", "a"]);
    expect(emulator.requests).toHaveLength(1);
  });
});

describe("getScriptDependencies", () => {
  it("lists what uses a script by plural resource type", async () => {
    const { celigo, account } = await begin();
    const { _id: id } = account.seed({ name: "orders", content });
    account.setDependents(id, {
      flows: [{ name: "Orders to ERP" }],
      exports: [{ name: "Shop A" }, { name: "Shop B" }],
    });
    const { flows = [], exports: shops = [], imports = [] } = await celigo.getScriptDependencies({ id });
    expect(flows).toMatchObject([{ name: "Orders to ERP", dependencyIds: { scripts: [id] } }]);
    expect(shops.map(({ name }) => name)).toEqual(["Shop A", "Shop B"]);
    expect(imports).toEqual([]);
  });

  it("is empty for a script that nothing uses, and for one that does not exist", async () => {
    const { celigo, account } = await begin();
    const { _id: id } = account.seed({ name: "orders", content });
    expect(await celigo.getScriptDependencies({ id })).toEqual({});
    expect(await celigo.getScriptDependencies({ id: absentId })).toEqual({});
  });

  it("wants an id of 24 hexadecimal digits", async () => {
    const { celigo, emulator } = await begin();
    const failure = await failureOf(celigo.getScriptDependencies({ id: "orders" }));
    expect(failure.message).toContain("the id is not 24 hexadecimal digits");
    expect(emulator.requests).toEqual([]);
  });
});

describe("getScriptLogs", () => {
  it("reads one page, and says how many entries there are and whether more follow", async () => {
    const { celigo, account, emulator } = await begin();
    const { _id: id } = account.seed({ name: "orders", content });
    const generated = account.generateLogs(id, 250).toReversed();
    const first = await celigo.getScriptLogs({ id });
    expect(first).toEqual({ entries: generated.slice(0, 100), total: 250, hasMore: true });
    expect(await celigo.getScriptLogs({ id, limit: 60, offset: 200 })).toEqual({
      entries: generated.slice(200),
      total: 250,
      hasMore: false,
    });
    expect(await celigo.getScriptLogs({ id, offset: 250 })).toEqual({ entries: [], total: 250, hasMore: false });
    expect(emulator.count({ operation: "getScriptLogs" })).toBe(3);
  });

  it("reads all pages, from the offset on, with one request for each", async () => {
    const { celigo, account, emulator } = await begin();
    const { _id: id } = account.seed({ name: "orders", content });
    const generated = account.generateLogs(id, 25).toReversed();
    const all = { entries: generated, total: 25, hasMore: false };
    expect(await celigo.getScriptLogs({ id, limit: 10, all: true })).toEqual(all);
    expect(emulator.requests.map(({ path }) => new URL(path, "http://_").searchParams.get("offset"))).toEqual([
      "0",
      "10",
      "20",
    ]);
    emulator.resetRequests();
    expect(await celigo.getScriptLogs({ id, all: true })).toEqual(all);
    expect(emulator.requests).toHaveLength(1);
    const rest = await celigo.getScriptLogs({ id, limit: 10, offset: 3, all: true });
    expect(rest).toEqual({ entries: generated.slice(3), total: 25, hasMore: false });
    expect(emulator.requests).toHaveLength(4);
  });

  it("filters by level and by time", async () => {
    const { celigo, account } = await begin();
    const { _id: id } = account.seed({ name: "orders", content });
    account.addLogs(id, [
      { message: "one", level: "error", timestamp: "2026-01-01T10:00:00.000Z" },
      { message: "two", level: "info", timestamp: "2026-01-02T10:00:00.000Z" },
      { message: "three", level: "error", timestamp: "2026-01-03T10:00:00.000Z" },
    ]);
    const messages = async (filter: Omit<Celigo.GetScriptLogsArgs, "id">) =>
      (await celigo.getScriptLogs({ id, ...filter })).entries.map(({ message }) => message);
    expect(await messages({ level: "error" })).toEqual(["three", "one"]);
    expect(await messages({ level: "debug" })).toEqual([]);
    expect(await messages({ startDate: "2026-01-02T10:00:00Z" })).toEqual(["three", "two"]);
    expect(await messages({ endDate: "2026-01-02T11:00:00+01:00" })).toEqual(["two", "one"]);
    expect(await messages({ startDate: "2026-01-02", endDate: "2026-01-03" })).toEqual(["two"]);
    expect(await messages({ startDate: "2026-01-02T00:00:00.000Z", level: "error" })).toEqual(["three"]);
  });

  it("says which limit, offset or date is not valid before it asks", async () => {
    const { celigo, account, emulator } = await begin();
    const { _id: id } = account.seed({ name: "orders", content });
    const reasonOf = async (range: object) => (await failureOf(celigo.getScriptLogs({ id, ...range }))).reason;
    for (const limit of [0, -1, 1001, 1.5, Number.NaN, "10"]) {
      expect(await reasonOf({ limit })).toBe(`limit is ${limit}, and must be a whole number from 1 to 1000`);
    }
    for (const offset of [-1, 0.5, Number.POSITIVE_INFINITY]) {
      expect(await reasonOf({ offset })).toBe(`offset is ${offset}, and must be a whole number from 0`);
    }
    for (const name of ["startDate", "endDate"]) {
      for (const date of ["yesterday", "31.01.2026", "01/31/2026", "2026-02-31T99:00:00Z", ""]) {
        expect(await reasonOf({ [name]: date })).toContain(`${name} is "${date}", and must be a time in ISO 8601`);
      }
    }
    expect(emulator.requests).toEqual([]);
    await celigo.getScriptLogs({ id, limit: 1 });
    await celigo.getScriptLogs({ id, limit: 1000 });
    expect(emulator.requests).toHaveLength(2);
  });

  it("fails for a script that does not exist", async () => {
    const { celigo } = await begin();
    const failure = await failureOf(celigo.getScriptLogs({ id: absentId }));
    expect(celigo.isNotFound(failure)).toBe(true);
    expect(failure.message).toContain(`could not read the execution log of script ${absentId}`);
  });
});

describe("getScriptAudit", () => {
  async function beginWithHistory() {
    const begun = await begin();
    const { _id: id } = begun.account.seed({ name: "orders", content });
    for (const description of ["one", "two", "three", "four"]) {
      begun.account.edit(id, { description }, { userName: "Ada" });
    }
    return { ...begun, id };
  }

  it("says who changed a script, what and when, newest first", async () => {
    const { celigo, id } = await beginWithHistory();
    const { entries, total, hasMore } = await celigo.getScriptAudit({ id });
    expect(entries.map(({ action }) => action)).toEqual(["updated", "updated", "updated", "updated", "created"]);
    expect(entries[0]).toMatchObject({
      userName: "Ada",
      changes: { before: { description: "three" }, after: { description: "four" } },
    });
    expect([total, hasMore]).toEqual([5, false]);
  });

  it("reads one page or all of them", async () => {
    const { celigo, id, emulator } = await beginWithHistory();
    const page = await celigo.getScriptAudit({ id, limit: 2, offset: 1 });
    expect(page).toMatchObject({ total: 5, hasMore: true });
    expect(page.entries).toHaveLength(2);
    emulator.resetRequests();
    const all = await celigo.getScriptAudit({ id, limit: 2, all: true });
    expect(all).toMatchObject({ total: 5, hasMore: false });
    expect(new Set(all.entries.map(({ _id }) => _id)).size).toBe(5);
    expect(emulator.count({ operation: "getScriptAudit" })).toBe(3);
  });

  it("filters by action and by time", async () => {
    const { celigo, id } = await beginWithHistory();
    const [created] = (await celigo.getScriptAudit({ id, action: "created" })).entries;
    expect(created).toMatchObject({ action: "created", userName: "Somebody Else" });
    expect((await celigo.getScriptAudit({ id, action: "updated" })).total).toBe(4);
    const at = created?.timestamp ?? "";
    expect((await celigo.getScriptAudit({ id, endDate: at })).entries).toEqual([created]);
    expect((await celigo.getScriptAudit({ id, startDate: "2999-01-01T00:00:00Z" })).entries).toEqual([]);
  });

  it("includes or excludes fields of an entry, not both", async () => {
    const { celigo, id, emulator } = await beginWithHistory();
    const [included] = (await celigo.getScriptAudit({ id, limit: 1, include: ["userName"] })).entries;
    expect(Object.keys(included ?? {}).sort()).toEqual(["_id", "action", "timestamp", "userName"]);
    const [excluded] = (await celigo.getScriptAudit({ id, limit: 1, exclude: ["changes", "metadata"] })).entries;
    expect(Object.keys(excluded ?? {}).sort()).toEqual(["_id", "action", "timestamp", "userId", "userName"]);
    emulator.resetRequests();
    const both = await failureOf(celigo.getScriptAudit({ id, include: ["userName"], exclude: ["changes"] }));
    expect(both.message).toContain("include and exclude cannot be combined");
    const bad = await failureOf(celigo.getScriptAudit({ id, limit: 1001 }));
    expect(bad.message).toContain("limit is 1001");
    expect(emulator.requests).toEqual([]);
  });

  it("fails for a script that does not exist", async () => {
    const { celigo } = await begin();
    expect(celigo.isNotFound(await failureOf(celigo.getScriptAudit({ id: absentId })))).toBe(true);
  });
});

describe("the data functions", () => {
  it("ask the same question once, at the same time and later, in any order of its arguments", async () => {
    const { celigo, account, emulator } = await begin();
    const { _id: id } = account.seed({ name: "orders", content });
    await Promise.all(Array.from({ length: 10 }, () => celigo.getScript({ id })));
    await resolved(celigo.getScriptOutput({ id: pulumi.output(id) }));
    await celigo.getScript({ name: undefined, id });
    expect(emulator.requests).toHaveLength(1);

    emulator.resetRequests();
    await celigo.getScriptLogs({ id, limit: 5, level: "info" });
    await celigo.getScriptLogs({ level: "info", id, limit: 5 });
    expect(emulator.requests).toHaveLength(1);
    await celigo.getScriptLogs({ id, limit: 6, level: "info" });
    await celigo.getScriptAudit({ id, limit: 5 });
    await celigo.getScriptDependencies({ id });
    await celigo.getScriptDependencies({ id });
    await celigo.getScripts();
    await celigo.getScripts({});
    expect(emulator.requests).toHaveLength(5);
  });

  it("ask again after a failure, and fail together when they ask together", async () => {
    const { celigo, account, emulator } = await begin();
    const { _id: id } = account.seed({ name: "orders", content });
    emulator.faults.add({ operation: "getScriptById", fault: { kind: "status", status: 403 } });
    await Promise.all([failureOf(celigo.getScript({ id })), failureOf(celigo.getScript({ id }))]);
    expect(emulator.requests).toHaveLength(1);
    expect(await celigo.getScript({ id })).toMatchObject({ id });
    expect(emulator.requests).toHaveLength(2);

    await failureOf(celigo.getScript({ name: "customers" }));
    account.seed({ name: "customers", content });
    expect(await celigo.getScript({ name: "customers" })).toMatchObject({ name: "customers" });
  });

  it("have twins that take and return outputs, and keep a secret secret", async () => {
    const { celigo, account } = await begin();
    const { _id } = account.seed({ name: "orders", content });
    account.generateLogs(_id, 3);
    const id = pulumi.output(_id);
    expect(await resolved(celigo.getScriptOutput({ id }).contentHash)).toBe(contentHash(content));
    expect(await resolved(celigo.getScriptOutput({ name: Promise.resolve("orders") }).id)).toBe(_id);
    expect(await resolved(celigo.getScriptsOutput())).toMatchObject([{ id: _id }]);
    expect(await resolved(celigo.getScriptsOutput({ nameMatches: pulumi.output("^c") }))).toEqual([]);
    expect(await resolved(celigo.getScriptDependenciesOutput({ id }))).toEqual({});
    expect(await resolved(celigo.getScriptLogsOutput({ id, limit: 2 }))).toMatchObject({ total: 3, hasMore: true });
    expect(await resolved(celigo.getScriptAuditOutput({ id }))).toMatchObject({ total: 1, hasMore: false });
    expect(await pulumi.isSecret(celigo.getScriptOutput({ id: pulumi.secret(_id) }))).toBe(true);
    expect(await pulumi.isSecret(celigo.getScriptOutput({ id }))).toBe(false);
  });

  it("never show the token in an error", async () => {
    const { celigo, account, emulator } = await begin();
    const { _id: id } = account.seed({ name: "orders", content });
    const echo = { errors: [{ code: "denied", message: `Bearer ${token} may not do that.` }] };
    emulator.faults.add({ times: 2, fault: { kind: "status", status: 403, body: echo } });
    const failures = [
      await failureOf(celigo.getScript({ id })),
      await failureOf(celigo.getScripts()),
      await failureOf(celigo.getScript({ id: absentId })),
      await failureOf(celigo.getScriptLogs({ id, limit: 0 })),
    ];
    account.rotateToken("another-token");
    failures.push(await failureOf(celigo.getScriptAudit({ id })));
    expect(failures.at(-1)?.message).toMatch(
      /Celigo answered 401: .* The token from CELIGO_API_TOKEN in the environment/,
    );
    expect(celigo.isUnauthorized(failures.at(-1))).toBe(true);
    for (const failure of failures) {
      const shown = inspect(failure, { depth: Number.POSITIVE_INFINITY, showHidden: true });
      expect([failure.message, failure.stack, JSON.stringify(failure), shown].join("\n")).not.toContain(token);
      expect(failure.message).not.toContain("\n");
    }
  });

  it("reject, and never throw, when the configuration is not valid or has no token", async () => {
    await begin();
    const args = { id: absentId };
    for (const [variable, value, reason] of [
      ["CELIGO_BASE_URL", "http://integrator.example", "would send the token in the clear"],
      ["CELIGO_API_TOKEN", "", "no API token is set"],
    ] as const) {
      vi.stubEnv(variable, value);
      const { getScript, getScripts, getScriptDependencies, getScriptLogs, getScriptAudit } = await load();
      const lookups = [getScript(args), getScripts(), getScriptDependencies(args), getScriptLogs(args)];
      for (const lookup of [...lookups, getScriptAudit(args)]) {
        expect((await failureOf(lookup)).message).toContain(reason);
      }
      vi.unstubAllEnvs();
    }
  });
});

describe("under pulumi.runtime.setMocks, in the unit tests of a program", () => {
  const resources: pulumi.runtime.MockResourceArgs[] = [];
  const calls: pulumi.runtime.MockCallArgs[] = [];
  const script = { id: absentId, name: "from the mock", content, contentHash: contentHash(content) };
  const page = { entries: [{ level: "info", message: "from the mock" }], total: 1, hasMore: false };
  const answers: Readonly<Record<string, object>> = {
    "celigo:index:getScript": script,
    "celigo:index:getScripts": { scripts: [{ id: absentId, name: "from the mock" }] },
    "celigo:index:getScriptDependencies": { flows: [{ id: absentId, name: "from the mock" }] },
    "celigo:index:getScriptLogs": page,
    "celigo:index:getScriptAudit": page,
  };

  function mock({ preview }: { readonly preview: boolean }): Promise<void> {
    resources.length = 0;
    calls.length = 0;
    const mocks: pulumi.runtime.Mocks = {
      newResource(args) {
        resources.push(args);
        return { id: preview ? undefined : `id of ${args.name}`, state: { ...args.inputs, hash: "hash of the mock" } };
      },
      call(args) {
        calls.push(args);
        const answer = answers[args.token];
        if (args.inputs["id"] === "missing" || answer === undefined) throw new Error(`no mock for ${args.token}`);
        return answer;
      },
    };
    return pulumi.runtime.setMocks(mocks, "project", "stack", preview);
  }

  beforeEach(() => mock({ preview: false }));
  afterAll(() => pulumi.runtime.resetOptions("", "", -1, "", "", false, ""));

  it("a script registers its type token and its inputs, and has the outputs of the mock", async () => {
    const { celigo } = await begin();
    const orders = new celigo.Script("orders", { content, description: pulumi.output("Orders") });
    expect(await resolved(orders.id)).toBe("id of orders");
    expect(await resolved(orders.urn)).toContain("pulumi-nodejs:dynamic/celigo:Script::orders");
    expect(await resolved(orders.name)).toBe("orders");
    expect(await resolved(orders.hash)).toBe("hash of the mock");
    expect(resources).toMatchObject([{ type: "pulumi-nodejs:dynamic/celigo:Script", name: "orders", custom: true }]);
    expect(resources[0]?.inputs).toEqual({
      name: "orders",
      content,
      description: "Orders",
      codeHash: contentHash(content),
      __provider: expect.stringMatching(/^exports\.handler=/),
    });
  });

  it("a script's name defaults to its logical name, and every script has the same provider text", async () => {
    const { celigo } = await begin();
    const scripts = [
      new celigo.Script("plain", { content }),
      new celigo.Script("named", { content, name: "Orders" }),
      new celigo.Script("undefined", { content, name: pulumi.output(undefined) }),
      new celigo.Script("asset", { content: new pulumi.asset.StringAsset(content), noModule: true }),
    ];
    await Promise.all(scripts.map(({ urn }) => resolved(urn)));
    const inputs = Object.fromEntries(resources.map(({ name, inputs }) => [name, inputs]));
    expect(Object.entries(inputs).map(([name, { name: given }]) => [name, given])).toEqual(
      expect.arrayContaining([
        ["plain", "plain"],
        ["named", "Orders"],
        ["undefined", "undefined"],
        ["asset", "asset"],
      ]),
    );
    expect(new Set(resources.map(({ inputs }) => inputs["__provider"])).size).toBe(1);
    expect(await inputs["asset"]?.["content"].text).toBe(content);
    expect(celigo.Script.isInstance(scripts[0])).toBe(true);
    expect(celigo.Script.isInstance({})).toBe(false);
  });

  it("the data functions are answered by the mock, each by its own token, and make no request", async () => {
    const { celigo, emulator } = await begin();
    const id = absentId;
    expect(await celigo.getScript({ id, name: undefined })).toEqual(script);
    expect(await celigo.getScripts({ nameMatches: "^o", include: ["hash"] })).toEqual([{ id, name: "from the mock" }]);
    expect(await celigo.getScriptDependencies({ id })).toMatchObject({ flows: [{ name: "from the mock" }] });
    expect(await celigo.getScriptLogs({ id, level: "error", limit: 5, all: true })).toEqual(page);
    expect(await celigo.getScriptAudit({ id, action: "updated" })).toEqual(page);
    expect(calls.map(({ token, inputs }) => [token, inputs])).toEqual([
      ["celigo:index:getScript", { id }],
      ["celigo:index:getScripts", { nameMatches: "^o", include: ["hash"] }],
      ["celigo:index:getScriptDependencies", { id }],
      ["celigo:index:getScriptLogs", { id, level: "error", limit: 5, all: true }],
      ["celigo:index:getScriptAudit", { id, action: "updated" }],
    ]);
    await expect(celigo.getScript({ id: "missing" })).rejects.toThrow();
    expect(emulator.requests).toEqual([]);
  });

  it("the twins are answered by the mock too, with what a script of the program has become", async () => {
    const { celigo, emulator } = await begin();
    const { id } = new celigo.Script("orders", { content });
    expect(await resolved(celigo.getScriptOutput({ id }).name)).toBe("from the mock");
    expect(await resolved(celigo.getScriptsOutput())).toEqual([{ id: absentId, name: "from the mock" }]);
    expect(await resolved(celigo.getScriptDependenciesOutput({ id }))).toHaveProperty("flows");
    expect(await resolved(celigo.getScriptLogsOutput({ id }).entries)).toEqual(page.entries);
    expect(await resolved(celigo.getScriptAuditOutput({ id }).hasMore)).toBe(false);
    expect(calls.map(({ inputs }) => inputs)).toEqual([{ id: "id of orders" }, {}, ...Array(3).fill(calls[0]?.inputs)]);
    expect(emulator.requests).toEqual([]);
  });

  it("a preview asks nothing of what it does not know", async () => {
    await mock({ preview: true });
    const { celigo, emulator } = await begin();
    const { id } = new celigo.Script("orders", { content });
    const found = [celigo.getScriptOutput({ id }), celigo.getScriptLogsOutput({ id, limit: 5 })];
    expect(await Promise.all(found.map((output) => isKnown(output)))).toEqual([false, false]);
    expect(await isKnown(celigo.getScriptsOutput())).toBe(true);
    expect(calls.map(({ token }) => token)).toEqual(["celigo:index:getScripts"]);
    expect(emulator.requests).toEqual([]);
  });
});

describe("the types of the data functions", () => {
  it("promise what they return, and their twins take inputs and return outputs", () => {
    type Functions = typeof Celigo;
    type Twin<Name extends keyof Functions> = Functions[Name] extends (...args: infer Args) => infer Result
      ? (...args: Args) => Result
      : never;
    expectTypeOf<Twin<"getScript">>().returns.resolves.toEqualTypeOf<Celigo.GetScriptResult>();
    expectTypeOf<Twin<"getScripts">>().returns.resolves.toEqualTypeOf<Celigo.ScriptSummary[]>();
    expectTypeOf<Twin<"getScriptLogs">>().returns.resolves.toEqualTypeOf<Celigo.LogResult<Celigo.ScriptLogEntry>>();
    expectTypeOf<Twin<"getScriptAudit">>().returns.resolves.toEqualTypeOf<Celigo.LogResult<Celigo.ScriptAuditEntry>>();

    expectTypeOf<Twin<"getScriptOutput">>().returns.toEqualTypeOf<pulumi.Output<Celigo.GetScriptResult>>();
    expectTypeOf<Twin<"getScriptsOutput">>().returns.toEqualTypeOf<pulumi.Output<Celigo.ScriptSummary[]>>();
    expectTypeOf<Twin<"getScriptDependenciesOutput">>().returns.toEqualTypeOf<
      pulumi.Output<Awaited<ReturnType<Functions["getScriptDependencies"]>>>
    >();
    expectTypeOf<Twin<"getScriptLogsOutput">>().returns.toEqualTypeOf<
      pulumi.Output<Celigo.LogResult<Celigo.ScriptLogEntry>>
    >();
    expectTypeOf<Twin<"getScriptAuditOutput">>().returns.toEqualTypeOf<
      pulumi.Output<Celigo.LogResult<Celigo.ScriptAuditEntry>>
    >();

    expectTypeOf<{ id: Celigo.Script["id"] }>().toExtend<Parameters<Functions["getScriptOutput"]>[0]>();
    expectTypeOf<{ name: Promise<string> }>().toExtend<Parameters<Functions["getScriptOutput"]>[0]>();
    expectTypeOf<{ id: pulumi.Input<string>; limit: pulumi.Output<number>; all: true }>().toExtend<
      Parameters<Functions["getScriptLogsOutput"]>[0]
    >();
    expectTypeOf<{ nameMatches: pulumi.Output<string> }>().toExtend<Parameters<Functions["getScriptsOutput"]>[0]>();
    expectTypeOf<{ id: pulumi.Output<string> }>().not.toExtend<Parameters<Functions["getScript"]>[0]>();
    expectTypeOf<{ include: ["lastModifed"] }>().not.toExtend<Parameters<Functions["getScripts"]>[0]>();
    expectTypeOf<{ id: string; level: "fatal" }>().not.toExtend<Parameters<Functions["getScriptLogs"]>[0]>();
    expectTypeOf<pulumi.Output<Celigo.GetScriptResult>["contentHash"]>().toEqualTypeOf<pulumi.Output<string>>();
  });
});

const engine = engineOrSkip();

describe("the data functions on the real engine", { timeout: 180_000 }, () => {
  it("wait for a script of the same program: unknown in the preview, right in the up", async () => {
    const source = sourceOf(
      { s: `{ content: ${JSON.stringify(content)} }` },
      `const id = exports["s-id"];
      const found = celigo.getScriptOutput({ id });
      exports.name = found.name;
      exports.contentHash = found.contentHash;
      exports.dependents = celigo.getScriptDependenciesOutput({ id });
      exports.history = celigo.getScriptAuditOutput({ id }).entries.apply((entries) => entries.map(({ action }) => action));`,
    );
    const { workspace, account, takeRequests } = await openSession(engine(), { "index.js": source });
    const preview = await workspace.preview();
    expect(preview.output).toMatch(/contentHash *: \[unknown\]/);
    expect(takeRequests()).toEqual({});

    await workspace.up();
    const lookups = { "GET getScriptById": 1, "GET listScriptDependencies": 1, "GET getScriptAudit": 1 };
    expect(takeRequests()).toMatchObject({ "POST createScript": 1, ...lookups });
    const [created] = account.scripts();
    const outputs = { "s-id": created?._id, name: "s", contentHash: contentHash(content), dependents: {} };
    expect(await workspace.outputs()).toEqual({ ...outputs, history: ["created"] });

    await workspace.preview({ expectNoChanges: true });
    expect(takeRequests()).toEqual(lookups);
  });

  it("fail a preview with one clear line and no stack, wherever the response goes, and change nothing", async () => {
    const { workspace, account } = await openSession(engine(), { "index.js": "" });
    account.seed({ name: "Normalize orders", content });
    const script = { s: `{ content: ${JSON.stringify(content)} }` };
    const failureOfPreview = async (rest: string) => {
      workspace.writeFile("index.js", sourceOf(script, rest));
      return diagnosticsOf(await workspace.preview({ expectFailure: true }));
    };
    const args = '{ name: "Normalise orders" }';
    const absent =
      'could not look up getScript: no script has the name "Normalise orders"; did you mean "Normalize orders"?';
    expect(await failureOfPreview(`exports.id = celigo.getScript(${args}).then(({ id }) => id);`)).toEqual([
      `error: ${absent}`,
    ]);
    expect(await failureOfPreview(`new Script("t", { content: celigo.getScriptOutput(${args}).content });`)).toEqual([
      expect.stringMatching(
        new RegExp(`^error: (error serializing property "content": )?${absent.replaceAll("?", "\\?")}$`),
      ),
    ]);
    // A lookup whose answer nobody wants is an assertion that the script is there.
    expect(await failureOfPreview(`celigo.getScript(${args});`)).toEqual([`error: ${absent}`]);

    workspace.setEnv("CELIGO_API_TOKEN", "wrong-token");
    expect(await failureOfPreview("module.exports = async () => ({ scripts: await celigo.getScripts() });")).toEqual([
      expect.stringMatching(
        /^error: could not list scripts: Celigo answered 401: .*CELIGO_API_TOKEN in the environment/,
      ),
    ]);

    expect(account.scripts().map(({ name }) => name)).toEqual(["Normalize orders"]);
    expect(resourcesOf(await workspace.exportState())).toEqual([]);
    expect(workspace.filesContaining("wrong-token")).toEqual([]);
  });
});

/** Returns the lines that a command shows below the stack's diagnostics, without Node's warning of Pulumi's own promises. */
function diagnosticsOf({ output }: { readonly output: string }): string[] {
  const [, ...rest] = output.slice(output.indexOf("\nDiagnostics:\n") + 1).split("\n");
  const end = rest.findIndex((line) => /^\S/.test(line));
  const lines = rest.slice(0, end).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !/^pulumi:pulumi:Stack|^\(node:|^\(Use `node/.test(line));
}

function isKnown(output: pulumi.Output<unknown>): Promise<boolean> {
  return (output as unknown as { readonly isKnown: Promise<boolean> }).isKnown;
}
