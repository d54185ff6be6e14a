import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { completed, parseBehaviour } from "../../sdk/emulator/behaviour";
import { type Behaviour, type Emulator, hostile, startEmulator } from "../../sdk/emulator/index";
import { call, type Reply, type Script } from "./call";

let emulator: Emulator;

afterEach(() => emulator?.stop());

async function start(behaviour: Partial<Behaviour>): Promise<Emulator> {
  emulator = await startEmulator({ behaviour });
  return emulator;
}

const post = async (fields: object): Promise<Script> =>
  (await call(emulator, "POST", "/v1/scripts", { name: "a", content: "b\n", ...fields })).body;
const put = async (id: string, fields: object): Promise<Script> =>
  (await call(emulator, "PUT", `/v1/scripts/${id}`, { name: "a", content: "b\n", ...fields })).body;
const list = async (query = ""): Promise<readonly Script[]> =>
  (await call<Script[]>(emulator, "GET", `/v1/scripts${query}`)).body ?? [];
const nextOf = ({ headers }: Reply<unknown>): string | undefined => /<([^>]+)>/.exec(headers.get("link") ?? "")?.[1];

describe("hashCovers", () => {
  for (const [hashCovers, changesWithContent, changesWithSettings] of [
    ["all", true, true],
    ["content", true, false],
    ["settings", false, true],
    ["nothing", false, false],
  ] as const) {
    it(`${hashCovers}: says what changes __hash`, async () => {
      await start({ hashCovers });
      const { _id, __hash } = await post({});
      expect((await put(_id, { content: "c\n" })).__hash !== __hash).toBe(changesWithContent);
      expect((await put(_id, { description: "d" })).__hash !== __hash).toBe(changesWithSettings);
    });
  }

  it("absent: leaves __hash out everywhere", async () => {
    await start({ hashCovers: "absent" });
    const { _id, __hash } = await post({});
    expect([__hash, (await put(_id, {})).__hash, (await list())[0]?.__hash]).toEqual([undefined, undefined, undefined]);
  });
});

describe("stored text", () => {
  it("loses the blanks at both ends of name and description", async () => {
    await start({ trimsText: true });
    const { _id, name, description } = await post({ name: " a ", description: "d\n" });
    expect([name, description]).toEqual(["a", "d"]);
    expect((await put(_id, { name: "b " })).name).toBe("b");
  });

  it("is composed in name and description", async () => {
    await start({ composesText: true });
    const { name, description, content } = await post({
      name: "e\u0301",
      description: "e\u0301",
      content: "// e\u0301",
    });
    expect([name, description, content]).toEqual(["\u00e9", "\u00e9", "// e\u0301"]);
  });

  it("gets CRLF at its line ends", async () => {
    await start({ newlines: "crlf" });
    const { _id, content } = await post({ content: "a\nb\r\n" });
    expect(content).toBe("a\r\nb\r\n");
    expect((await call(emulator, "GET", `/v1/scripts/${_id}`)).body.content).toBe("a\r\nb\r\n");
  });

  it("loses the newline at its end", async () => {
    await start({ newlines: "stripped" });
    expect((await post({ content: "a\n\n" })).content).toBe("a\n");
    expect((await post({ content: "a" })).content).toBe("a");
  });
});

describe("lag", () => {
  it("keeps a list behind POST, PUT and DELETE for a time", async () => {
    await start({ listLag: 300 });
    const { _id } = await post({});
    expect(await list()).toEqual([]);
    await sleep(350);
    expect(await list()).toMatchObject([{ _id, name: "a" }]);
    await put(_id, { name: "b" });
    await call(emulator, "DELETE", `/v1/scripts/${_id}`);
    expect(await list()).toMatchObject([{ _id, name: "a" }]);
    await sleep(350);
    expect(await list()).toEqual([]);
  });

  it("keeps a list behind for a number of requests, but shows what was seeded", async () => {
    await start({ listLagRequests: 2 });
    emulator.account().seed({ name: "seeded", content: "x" });
    await post({});
    const lengths: number[] = [];
    for (let n = 0; n < 3; n++) lengths.push((await list()).length);
    expect(lengths).toEqual([1, 1, 2]);
  });

  it("answers 404 to the first reads of a new script, but not of others", async () => {
    await start({ readLagRequests: 2 });
    const seeded = emulator.account().seed({ name: "seeded", content: "x" });
    const { _id } = await post({});
    const read = async (id: string): Promise<number> => (await call(emulator, "GET", `/v1/scripts/${id}`)).status;
    expect([await read(seeded._id), await read(seeded._id)]).toEqual([200, 200]);
    expect([await read(_id), await read(_id), await read(_id)]).toEqual([404, 404, 200]);
    expect((await put(_id, { name: "b" })).name).toBe("b");
    expect(await read(_id)).toBe(200);
  });

  it("answers 404 to reads of a new script for a time", async () => {
    await start({ readLag: 300 });
    const { _id } = await post({});
    expect((await call(emulator, "GET", `/v1/scripts/${_id}`)).status).toBe(404);
    await sleep(350);
    expect((await call(emulator, "GET", `/v1/scripts/${_id}`)).status).toBe(200);
  });
});

describe("paging", () => {
  it("by offset skips a script when one is deleted between two pages, and repeats one when one is added", async () => {
    await start({ paging: "offset", pageSize: 2 });
    const account = emulator.account();
    const ids = ["a", "b", "c", "d"].map((name) => account.seed({ name, content: "x" })._id);
    const first = await call<Script[]>(emulator, "GET", "/v1/scripts");
    expect(first.body.map(({ name }) => name)).toEqual(["d", "c"]);
    account.remove(ids[3] as string);
    const afterDelete = await call<Script[]>(emulator, "GET", nextOf(first) as string);
    expect(afterDelete.body.map(({ name }) => name)).toEqual(["a"]);
    expect(nextOf(afterDelete)).toBeUndefined();
    account.seed({ name: "e", content: "x" });
    account.seed({ name: "f", content: "x" });
    const afterAdd = await call<Script[]>(emulator, "GET", nextOf(first) as string);
    expect(afterAdd.body.map(({ name }) => name)).toEqual(["c", "b"]);
  });

  it("can go on without end, with another address each time", async () => {
    await start({ paging: "endless", pageSize: 2 });
    for (const name of ["a", "b", "c"]) emulator.account().seed({ name, content: "x" });
    const seen = new Set<string>();
    let next = "/v1/scripts";
    for (let n = 0; n < 10; n++) {
      const page = await call<Script[]>(emulator, "GET", next);
      expect(page.body.length).toBeGreaterThan(0);
      next = nextOf(page) as string;
      seen.add(next);
    }
    expect(seen.size).toBe(10);
  });
});

describe("lists", () => {
  it("can give other fields than those asked for", async () => {
    await start({ listedFields: "all" });
    await post({ description: "d" });
    expect((await list("?include=createdAt"))[0]).toMatchObject({ description: "d", __hash: expect.any(String) });
    emulator.account().behave({ listedFields: "identity" });
    expect(Object.keys((await list("?include=createdAt"))[0] ?? {})).toEqual(["_id", "name"]);
    emulator.account().behave({ listedFields: "no-hash" });
    expect(Object.keys((await list("?include=createdAt,__hash"))[0] ?? {})).toEqual(["_id", "name", "createdAt"]);
  });
});

describe("clocks", () => {
  it("can be apart: that of the Date header and that of the records", async () => {
    await start({ dateOffset: -3_600_000 });
    const { body, headers } = await call(emulator, "POST", "/v1/scripts", { name: "a", content: "b" });
    const apart = Date.parse(headers.get("date") ?? "") - Date.parse(body.createdAt);
    expect(Math.abs(apart + 3_600_000)).toBeLessThan(5000);
  });

  it("can be hidden: no response has a Date header", async () => {
    await start({ sendsDate: false });
    expect((await call(emulator, "POST", "/v1/scripts", { name: "a", content: "b" })).headers.get("date")).toBeNull();
  });
});

describe("throttle", () => {
  it("answers 429 with Retry-After to every request, until it is switched off", async () => {
    await start({ throttle: 2 });
    for (let n = 0; n < 3; n++) {
      const reply = await call(emulator, "GET", "/v1/scripts");
      expect([reply.status, reply.headers.get("retry-after")]).toEqual([429, "2"]);
    }
    emulator.account().behave({ throttle: 0 });
    expect((await call(emulator, "GET", "/v1/scripts")).status).toBe(204);
  });
});

describe("accounts", () => {
  it("can behave differently, and have owners of their own", async () => {
    await start({ hashCovers: "absent" });
    const other = emulator.addAccount({ token: "two", behaviour: { hashCovers: "all" } });
    const mine = (await call(emulator, "POST", "/v1/scripts", { name: "a", content: "b" })).body;
    const theirs = (await call(emulator, "POST", "/v1/scripts", { name: "a", content: "b" }, "two")).body;
    expect([mine.__hash, typeof theirs.__hash]).toEqual([undefined, "string"]);
    const owner = (account: { scripts(): readonly { _userId: string }[] }) => account.scripts()[0]?._userId;
    expect(owner(emulator.account())).not.toBe(owner(other));
  });
});

describe("hostile responses", () => {
  it("change every script of a response, and the work is done", async () => {
    await start({});
    emulator.faults.add({ fault: { kind: "alter", alter: hostile.contentNumber }, times: Infinity });
    expect((await post({})).content).toBe(5);
    expect(await list()).toMatchObject([{ content: 5 }]);
    expect(emulator.account().scripts()).toMatchObject([{ content: "b\n" }]);
    expect(emulator.faults.injectedByKind()).toEqual({ alter: 2 });
  });

  it("leave refusals and responses without a body as they are", async () => {
    await start({});
    emulator.faults.add({ fault: { kind: "alter", alter: hostile.nullScript }, times: Infinity });
    expect((await call(emulator, "GET", "/v1/scripts")).status).toBe(204);
    expect((await call(emulator, "GET", "/v1/scripts/0123456789abcdef01234567")).body).toHaveProperty("errors");
  });

  it("have each form that its name says", () => {
    const script = { _id: "1", name: "a" };
    expect((hostile.hugeName(script) as { name: string }).name.length).toBe(10 * 1024 * 1024);
    expect(hostile.nameObject(script)).toMatchObject({ name: { text: "a" } });
    expect(hostile.badId([script])).toMatchObject([{ _id: "../../scripts" }]);
    expect(hostile.otherId(script)).toMatchObject({ _id: "0123456789abcdef01234567" });
    expect(hostile.nullDependent()).toEqual({ exports: [null] });
    expect(hostile.dependentWithoutId()).toEqual({ exports: [{ name: "Orders" }] });
  });
});

describe("a read", () => {
  it("shows a script as it was before a change, for a while", async () => {
    await start({ changeLag: 100_000 });
    const { _id } = await post({ content: "c" });
    await put(_id, { name: "a", content: "d" });
    const read = async () => (await call(emulator, "GET", `/v1/scripts/${_id}`)).body.content;
    expect(await read()).toBe("c");
    emulator.account().behave({ changeLag: 0 });
    expect(await read()).toBe("d");
  });

  it("of the audit log of a deleted script gets 404, or who deleted it", async () => {
    await start({});
    const { _id } = await post({});
    await call(emulator, "DELETE", `/v1/scripts/${_id}`);
    const audit = () => call(emulator, "GET", `/v1/scripts/${_id}/audit`);
    expect((await audit()).status).toBe(404);
    emulator.account().behave({ keepsAudit: true });
    expect((await audit()).body).toMatchObject({ audit: [{ action: "deleted" }, { action: "created" }] });
  });
});

describe("a behaviour", () => {
  it("is refused when it has an unknown member or a wrong value", async () => {
    await expect(startEmulator({ behaviour: { listLag: -1 } })).rejects.toThrow(
      "behaviour.listLag must be a whole number, 0 or more.",
    );
    const unknown = { hash: "all" } as Partial<Behaviour>;
    expect(() => completed(unknown)).toThrow("behaviour.hash is unknown. Known: hashCovers, ");
    const wrong = { paging: "random" } as unknown as Partial<Behaviour>;
    expect(() => completed(wrong)).toThrow("behaviour.paging must be one of cursor, offset, endless.");
  });

  it("can be read from a command line", () => {
    expect(parseBehaviour("hashCovers=content")).toEqual({ hashCovers: "content" });
    expect(parseBehaviour("listLag=2000")).toEqual({ listLag: 2000 });
    expect(parseBehaviour("dateOffset=-5")).toEqual({ dateOffset: -5 });
    expect(parseBehaviour("sendsDate=false")).toEqual({ sendsDate: false });
    expect(() => parseBehaviour("listLag")).toThrow("listLag must be a whole number, 0 or more.");
    expect(() => parseBehaviour("trimsText=yes")).toThrow("trimsText must be true or false.");
  });
});
