import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CeligoClient, contentHash, type RawInputs, ScriptLifecycle } from "../../../provider/index";
import { type Emulator, type EmulatorAccount, hostile, startEmulator } from "../../../sdk/emulator/index";
import { removeTemporaryFolder, temporaryFolder } from "../../engine/temporary";

const assetKey = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17" };
const folder = temporaryFolder("preview");

let emulator: Emulator;
let account: EmulatorAccount;

beforeEach(async () => {
  emulator = await startEmulator();
  account = emulator.account();
});

afterEach(() => emulator.stop());

afterAll(() => removeTemporaryFolder(folder));

const one = "function preMap() {}\nfunction postMap() {}\n";
const flows = [{ name: "Sync" }, { name: "Resync" }];
const users = '2 flows: "Sync", "Resync"';

/** Returns a file as Pulumi hands it to a provider. */
function fileOf(name: string, text: string): RawInputs {
  const path = join(folder, name);
  writeFileSync(path, text);
  return { ...assetKey, path, hash: contentHash(text).replace("sha256:", "") };
}

/** A lifecycle on the emulator, and what it says. */
function talkative(more: { readonly allLines?: boolean } = {}): {
  readonly lifecycle: ScriptLifecycle;
  readonly said: { readonly urn: string; readonly message: string; readonly severity: string }[];
} {
  const said: { urn: string; message: string; severity: string }[] = [];
  const token = { value: account.token, source: "the test" };
  const client = new CeligoClient({ baseUrl: emulator.url, token, maxConcurrency: 1, requestTimeout: 5, backoff: 1 });
  const lifecycle = new ScriptLifecycle(
    () => ({ client, onNameTaken: "fail", backoff: 1, ...more }),
    async (urn, message, severity) => void said.push({ urn, message, severity }),
  );
  return { lifecycle, said };
}

/** Previews a change of content of a script that is live, and returns the warnings. */
async function warningsOf(
  live: string,
  change: { readonly from: unknown; readonly to: unknown },
  { isSecret = false, isUsed = true, syntaxCheck = "error" } = {},
): Promise<string[]> {
  const { lifecycle, said } = talkative();
  const { _id: id } = account.seed({ name: "Orders", content: live });
  account.setDependents(id, isUsed ? { flows } : {});
  const { props = {} } = await lifecycle.read(id, { name: "Orders", content: change.from });
  emulator.resetRequests();
  const preview = { isSecret };
  const news = {
    name: "Orders",
    content: change.to,
    syntaxCheck,
    __resource: { name: "orders", urn: "urn::orders", preview },
  };
  const { inputs = {} } = await lifecycle.check({ name: "Orders", content: change.from }, news);
  await lifecycle.diff(id, props, inputs);
  return said.filter(({ severity }) => severity === "warning").map(({ message }) => message);
}

describe("a preview of content that lacks functions", () => {
  it("names those that are gone, who uses the script, and the function that is the first one now", async () => {
    expect(await warningsOf(one, { from: one, to: "function postMap() {}\n" })).toEqual([
      `script "orders": preMap is gone; used by ${users}, which may call it by name`,
      `script "orders": postMap is the first function now, not preMap; used by ${users}, which call the first one where they name none`,
    ]);
    expect(await warningsOf(one, { from: one, to: "var x;\n" })).toContain(
      `script "orders": preMap and postMap are gone; used by ${users}, which may call them by name`,
    );
    expect(await warningsOf(one, { from: one, to: "function postMap() {}\nfunction preMap() {}\n" })).toEqual([
      expect.stringContaining("postMap is the first function now, not preMap; used by"),
    ]);
    expect(await warningsOf(one, { from: one, to: `${one}function more() {}\n` })).toEqual([]);
  });

  it("asks for the dependents only, where the state has the text; for files, the live text is read anyway", async () => {
    await warningsOf(one, { from: one, to: "function postMap() {}\n" });
    expect(emulator.requests.map(({ operation }) => operation)).toEqual(["listScriptDependencies"]);
    emulator.resetRequests();
    const change = { from: fileOf("a.js", one), to: fileOf("b.js", "function postMap() {}\n") };
    expect(await warningsOf(one, change)).toHaveLength(2);
    const operations = emulator.requests.map(({ operation }) => operation).sort();
    expect(operations).toEqual(["getScriptById", "listScriptDependencies"]);
  });

  it("says nothing where nobody uses the script, or the code is not to be parsed", async () => {
    const change = { from: one, to: "function postMap() {}\n" };
    expect(await warningsOf(one, change, { isUsed: false })).toEqual([]);
    expect(await warningsOf(one, change, { syntaxCheck: "off" })).toEqual([]);
  });

  it("says nothing where no text is at hand without another request", async () => {
    expect(await warningsOf(one, { from: fileOf("a.js", one), to: "function postMap() {}\n" })).toEqual([]);
    expect(emulator.requests.map(({ operation }) => operation)).toEqual(["listScriptDependencies"]);
  });

  it("names no function of code that is secret", async () => {
    expect(await warningsOf(one, { from: one, to: "function postMap() {}\n" }, { isSecret: true })).toEqual([
      `script "orders": a function is gone; used by ${users}, which may call it by name`,
      `script "orders": another function is the first one now; used by ${users}, which call the first one where they name none`,
    ]);
  });
});

describe("the row of a script whose content changes", () => {
  const text = (value: number) => `function a() {\n  return ${value};\n}\n`;

  /** Previews changes of the content of scripts, one after the other, and returns the messages beside each. */
  async function rowsOf(
    changes: readonly { readonly from: unknown; readonly to: unknown; readonly isSecret?: boolean }[],
    more: { readonly allLines?: boolean } = {},
  ): Promise<string[][]> {
    const { lifecycle, said } = talkative(more);
    for (const [index, { from, to, isSecret = false }] of changes.entries()) {
      const name = `s${index}`;
      const { _id: id } = account.seed({ name, content: text(1) });
      account.setDependents(id, index % 2 === 0 ? { flows } : {});
      const { props = {} } = await lifecycle.read(id, { name, content: from });
      const news = { name, content: to, __resource: { name, urn: name, preview: { isSecret } } };
      const { inputs = {} } = await lifecycle.check({ name, content: from }, news);
      if (index === 0) {
        emulator.resetRequests();
      }
      await lifecycle.diff(id, props, inputs);
    }
    return changes.map((_, index) => said.filter(({ urn }) => urn === `s${index}`).map(({ message }) => message));
  }

  it("tells how many lines change and what uses the script, of text and of files, secret ones without the lines", async () => {
    const longer = `${text(2)}// one\n// two\n`;
    const rows = await rowsOf([
      { from: text(1), to: longer },
      { from: fileOf("a.js", text(1)), to: fileOf("b.js", longer) },
      { from: text(1), to: longer, isSecret: true },
      { from: fileOf("a.js", text(1)), to: fileOf("c.js", text(1).replace("a()", "b()")) },
    ]);
    expect(rows.map((messages) => messages.at(-1))).toEqual([
      `script "s0": +3 -1 lines, used by ${users}`,
      'script "s1": +3 -1 lines, not used in Celigo',
      `script "s2": +3 -1 lines, used by ${users}`,
      'script "s3": +1 -1 lines, not used in Celigo',
    ]);
    expect(rows.map(({ length }) => length)).toEqual([1, 2, 1, 2]);
  });

  it("tells the lines that change also where Celigo is no longer asked", async () => {
    emulator.faults.add({ operation: "listScriptDependencies", fault: { kind: "status", status: 403 } });
    const to = [text(2), text(2), fileOf("d.js", text(2))];
    const rows = await rowsOf(to.map((content) => ({ from: text(1), to: content })));
    expect(rows.map((messages) => messages.map((message) => message.slice(13)))).toEqual([
      [expect.stringMatching(/^\+1 -1 lines, could not check what uses it: .*; no other script is looked at$/)],
      ["+1 -1 lines"],
      ["+1 -1 lines"],
    ]);
  });

  it("names what Celigo lists without an id, script by script", async () => {
    const operation = "listScriptDependencies";
    emulator.faults.add({ operation, times: 4, fault: { kind: "alter", alter: hostile.dependentWithoutId } });
    const rows = await rowsOf(Array.from({ length: 5 }, () => ({ from: text(1), to: text(2) })));
    const nameless = 'could not check what uses it: Celigo listed something without an id: "Orders" (exports)';
    expect(rows.map((messages) => messages.map((message) => message.slice(13)))).toEqual([
      ...Array.from({ length: 4 }, () => [`+1 -1 lines, ${nameless}`]),
      [`+1 -1 lines, used by ${users}`],
    ]);
  });

  it("shows no lines from the 21st script on, says once how to see them, and asks for no more than before", async () => {
    const many = Array.from({ length: 23 }, (_, index) => ({
      from: fileOf(`old${index}.js`, text(1)),
      to: fileOf(`new${index}.js`, text(index + 2)),
    }));
    const hint = "the lines of more than 20 files are left out. To see them, set CELIGO_ALL_LINES=true.";
    const shapeOf = (messages: readonly string[]) =>
      messages.map((message) => message.slice(message.indexOf(": ") + 2).split(":\n")[0]);
    const rows = (await rowsOf(many)).map(shapeOf);
    const last = (index: number) => `+1 -1 lines, ${index % 2 === 0 ? `used by ${users}` : "not used in Celigo"}`;
    expect(rows).toEqual(
      rows.map((_, index) => [...(index < 20 ? ["these lines change"] : index === 20 ? [hint] : []), last(index)]),
    );
    const count = (operation: string) => emulator.requests.filter((request) => request.operation === operation).length;
    // The first reads are those of the state.
    expect([count("listScriptDependencies"), count("getScriptById")]).toEqual([23, 23 + 22]);

    // Texts, of which Pulumi itself shows the lines, do not count.
    const texts = Array.from({ length: 21 }, () => ({ from: text(1), to: text(2) }));
    expect((await rowsOf([...texts, ...many.slice(0, 1)])).map(shapeOf).at(-1)).toEqual([
      "these lines change",
      last(21),
    ]);

    const all = (await rowsOf(many, { allLines: true })).map(shapeOf);
    expect(all).toEqual(all.map((_, index) => ["these lines change", last(index)]));
  });
});

describe("a preview of many changes, which the program keeps running", () => {
  const text = (value: number) => `function a() {\n  return ${value};\n}\n`;

  /**
   * Previews 24 changes, every third one of a file, and returns what was said, the requests, and how many overlapped.
   *
   * @param refused The lookup that is refused.
   */
  async function preview(holdsAt: number | undefined, refused?: number): Promise<Preview> {
    const token = { value: account.token, source: "the test" };
    const client = new CeligoClient({
      baseUrl: emulator.url,
      token,
      maxConcurrency: 64,
      requestTimeout: 5,
      backoff: 1,
    });
    const list = client.listScriptDependencies.bind(client);
    let [now, peak] = [0, 0];
    client.listScriptDependencies = (id) => {
      peak = Math.max(peak, ++now);
      return list(id).finally(() => now--);
    };
    const said: string[] = [];
    const tell = async (_: string, message: string) => void said.push(message.replace(/[0-9a-f]{24}/, "ID"));
    const lifecycle = new ScriptLifecycle(() => ({ client, onNameTaken: "fail", backoff: 1 }), tell);
    const states = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const name = `s${index}`;
        const content = index % 3 === 0 ? fileOf(`${name}-old.js`, text(1)) : text(1);
        const { _id: id } = account.seed({ name, content: text(1) });
        account.setDependents(id, index % 2 === 0 ? { flows } : {});
        return { id, name, content, props: (await lifecycle.read(id, { name, content })).props ?? {} };
      }),
    );
    emulator.resetRequests();
    if (refused !== undefined) {
      const path = new RegExp(`${states[refused]?.id}/dependencies`);
      emulator.faults.add({ path, fault: { kind: "status", status: 403 } });
    }
    let early = 0;
    for (const [index, { id, name, content, props }] of states.entries()) {
      const to = index % 3 === 0 ? fileOf(`${name}-new.js`, text(2)) : text(2);
      const resource = { name, urn: name, preview: { isSecret: false, ...(holdsAt === undefined ? {} : { holdsAt }) } };
      const { inputs = {} } = await lifecycle.check({ name, content }, { name, content: to, __resource: resource });
      await lifecycle.diff(id, props, inputs);
      early = said.length;
    }
    // A check that fails ends the preview.
    await lifecycle.check({}, { name: "", content: "", __resource: { name: "bad", urn: "bad" } });
    const requests = emulator.requests.map(({ operation }) => operation).sort();
    return { said, early, requests, peak };
  }

  interface Preview {
    readonly said: readonly string[];
    /** How much was said when the last diff returned. */
    readonly early: number;
    readonly requests: readonly (string | undefined)[];
    readonly peak: number;
  }

  it("asks about up to 16 scripts at a time, and sends and says the same in the same order", async () => {
    emulator.faults.add({ times: Number.POSITIVE_INFINITY, fault: { kind: "latency", milliseconds: 20 } });
    const alone = await preview(undefined);
    expect([alone.peak, alone.early]).toEqual([1, alone.said.length]);
    const held = await holder();
    const many = await preview(held.port);
    expect(many.said).toEqual(alone.said);
    expect(many.requests).toEqual(alone.requests);
    expect(many.peak).toBeGreaterThan(1);
    expect(many.peak).toBeLessThanOrEqual(16);
    expect(many.early).toBeLessThan(many.said.length);
    await held.released();
    // Where the program has gone, nobody waits for the messages.
    await held.stop();
    const orphaned = await preview(held.port);
    expect([orphaned.peak, orphaned.early]).toEqual([1, alone.said.length]);
  });

  it("asks about one script where the first lookup fails for all, and says the same when a later one does", async () => {
    const held = await holder();
    const count = ({ requests }: Preview) => requests.filter((name) => name === "listScriptDependencies").length;
    expect(count(await preview(held.port, 0))).toBe(1);

    const [alone, many] = [await preview(undefined, 5), await preview(held.port, 5)];
    expect(many.said).toEqual(alone.said);
    expect(many.said.filter((message) => message.includes("no other script is looked at"))).toHaveLength(1);
    expect(count(alone)).toBe(6);
    expect(count(many)).toBeLessThanOrEqual(6 + 15);
    await held.stop();
  });

  /** Listens as the program does; tells when no connection is open any more. */
  async function holder(): Promise<{ port: number; released: () => Promise<void>; stop: () => Promise<void> }> {
    const server = createServer((socket) => socket.resume().write("held"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const connections = () =>
      new Promise<number>((resolve, reject) =>
        server.getConnections((error, n) => (error ? reject(error) : resolve(n))),
      );
    return {
      port: (server.address() as AddressInfo).port,
      released: () => vi.waitFor(async () => expect(await connections()).toBe(0)),
      stop: () => new Promise((resolve) => server.close(() => resolve())),
    };
  }
});

describe("a warning about code", () => {
  const messages = ['script "orders": content:1:1: require does not work [require]'];
  const warned = (isPreview: boolean, urn = "urn:pulumi:dev::test::type::orders") => ({
    name: "orders",
    urn,
    warnings: messages,
    ...(isPreview ? { preview: { isSecret: false } } : {}),
  });
  const old = { name: "orders", content: "function f() {}" };
  const news = { name: "orders", content: "require('x')" };

  /** What a process says, which gets these checks. */
  async function saidOf(...checks: readonly (readonly [olds: RawInputs, news: RawInputs])[]): Promise<string[]> {
    const { lifecycle, said } = talkative();
    for (const [olds, inputs] of checks) {
      await lifecycle.check(olds, inputs);
    }
    return said.map(({ message, severity }) => `${severity} ${message}`);
  }

  beforeEach(() => {
    vi.stubEnv("PULUMI_HOME", join(folder, `home-${Math.random()}`));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("is shown when the script is created or its code changes, and not while the state has the same code", async () => {
    const shown = messages.map((message) => `warning ${message}`);
    const preview = { ...news, __resource: warned(true) };
    expect(await saidOf([{}, preview])).toEqual(shown);
    expect(await saidOf([old, preview])).toEqual(shown);
    expect(await saidOf([{ ...news, noModule: true }, preview])).toEqual(shown);
    expect(await saidOf([news, preview], [news, { ...preview, description: "new" }])).toEqual([]);
    expect(await saidOf([{ ...news, noModule: false }, preview])).toEqual([]);
  });

  it("is shown once by an update without a preview, and not again after a preview of the same stack", async () => {
    const shown = messages.map((message) => `warning ${message}`);
    const preview = { ...news, __resource: warned(true) };
    const update = { ...news, __resource: warned(false) };
    // Pulumi also checks a script again that it replaces.
    expect(await saidOf([{}, update], [{}, update])).toEqual(shown);
    expect(await saidOf([{}, preview])).toEqual(shown);
    expect(await saidOf([{}, { ...news, __resource: warned(false, "urn:pulumi:prod::test::type::orders") }])).toEqual(
      shown,
    );
    expect(await saidOf([{}, update])).toEqual([]);
    expect(await saidOf([{}, update])).toEqual(shown);
  });

  it("is shown again by an update an hour after the preview, and where there is no home to write to", async () => {
    const preview = { ...news, __resource: warned(true) };
    const update = { ...news, __resource: warned(false) };
    await saidOf([{}, preview]);
    const notes = join(process.env["PULUMI_HOME"] ?? "", "pulumi-celigo");
    for (const file of readdirSync(notes)) {
      utimesSync(join(notes, file), new Date(Date.now() - 3_700_000), new Date(Date.now() - 3_700_000));
    }
    expect(await saidOf([{}, update])).toHaveLength(1);
    writeFileSync(join(folder, "no-folder"), "");
    vi.stubEnv("PULUMI_HOME", join(folder, "no-folder"));
    expect([...(await saidOf([{}, preview])), ...(await saidOf([{}, update]))]).toHaveLength(2);
  });
});
