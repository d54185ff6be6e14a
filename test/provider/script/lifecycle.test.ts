import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { UnfinishedError } from "../../../provider/errors";
import { CeligoClient, contentHash, type RawInputs, ScriptLifecycle } from "../../../provider/index";
import type { OnNameTaken } from "../../../provider/policies";
import {
  type Emulator,
  type EmulatorAccount,
  type EmulatorOptions,
  type Fault,
  hostile,
  startEmulator,
} from "../../../sdk/emulator/index";
import { removeTemporaryFolder, temporaryFolder } from "../../engine/temporary";

const content = "function one() { return 1; }\n";
const other = "function two() { return 2; }\n";

const folder = temporaryFolder("lifecycle");

let emulator: Emulator;
let account: EmulatorAccount;
let onRequestEnd: () => void;

beforeEach(async () => {
  onRequestEnd = () => {};
  await start();
});

afterEach(() => emulator.stop());

afterAll(() => removeTemporaryFolder(folder));

async function start(options: EmulatorOptions = {}): Promise<void> {
  emulator = await startEmulator({ ...options, onRequest: () => onRequestEnd() });
  account = emulator.account();
}

async function restart(options: EmulatorOptions): Promise<void> {
  await emulator.stop();
  await start(options);
}

function lifecycleOf(
  onNameTaken: OnNameTaken = "fail",
  baseUrl = emulator.url,
  requestTimeout = 5,
  { backoff = 1, maxConcurrency = 8 } = {},
): ScriptLifecycle {
  const token = { value: account.token, source: "the test" };
  const client = new CeligoClient({ baseUrl, token, maxConcurrency, requestTimeout, backoff: 1 });
  return new ScriptLifecycle(() => ({ client, onNameTaken, backoff }));
}

/** Starts a server between client and emulator; `answer` may answer by itself, or change what is passed on. */
async function startProxy(
  answer: (
    request: IncomingMessage,
    response: ServerResponse,
    forward: () => Promise<{ readonly status: number; readonly text: string }>,
  ) => Promise<void>,
): Promise<{ readonly url: string; close(): void }> {
  const proxy = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const forward = async () => {
        const answered = await fetch(`${emulator.url}${request.url}`, {
          method: request.method ?? "GET",
          headers: { authorization: `Bearer ${account.token}`, "content-type": "application/json" },
          ...(text ? { body: text } : {}),
        });
        return { status: answered.status, text: await answered.text() };
      };
      void answer(request, response, forward);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: () => {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

/** Has somebody edit the script so many milliseconds after the first request of an operation has ended. */
function editAfter(operation: string, id: string, milliseconds: number): void {
  onRequestEnd = () => {
    if (emulator.requests.at(-1)?.operation === operation) {
      onRequestEnd = () => {};
      setTimeout(() => account.edit(id, { content: "// meanwhile\n" }, { userName: "Ada" }), milliseconds);
    }
  };
}

async function create(inputs: RawInputs, lifecycle = lifecycleOf()) {
  const { id, outs } = await lifecycle.create(inputs);
  return { id, outs: { ...outs } as RawInputs };
}

describe("an update whose response is lost", () => {
  it("is found done, and is not sent again", async () => {
    const { id, outs } = await create({ name: "s", content });
    emulator.faults.add({ operation: "updateScript", fault: { kind: "cut", when: "after" } });
    emulator.resetRequests();
    const result = await lifecycleOf().update(id, outs, { name: "s", content: other });
    expect(emulator.count({ operation: "updateScript" })).toBe(1);
    expect(account.scripts()).toMatchObject([{ _id: id, content: other, __hash: result.outs?.hash }]);
  });

  it("is sent again when it was not done, up to five times", async () => {
    const { id, outs } = await create({ name: "s", content });
    emulator.faults.add({ operation: "updateScript", times: 4, fault: { kind: "cut", when: "before" } });
    await lifecycleOf().update(id, outs, { name: "s", content: other });
    expect(account.scripts()).toMatchObject([{ _id: id, content: other }]);
    emulator.resetRequests();
    emulator.faults.add({ operation: "updateScript", times: 9, fault: { kind: "status", status: 503 } });
    await expect(
      lifecycleOf().update(id, outs, { name: "s", content: other, onConflict: "overwrite" }),
    ).resolves.toBeDefined();
    await expect(
      lifecycleOf().update(id, outs, { name: "s", content: "// 3\n", onConflict: "overwrite" }),
    ).rejects.toThrow(/503/);
    expect(emulator.count({ operation: "updateScript" })).toBe(5);
    expect(account.scripts()).toMatchObject([{ _id: id, content: other }]);
  });

  it("is not sent again over what somebody else wrote meanwhile", async () => {
    const { id, outs } = await create({ name: "s", content });
    emulator.faults.add({ operation: "updateScript", fault: { kind: "cut", when: "before" } });
    onRequestEnd = () => {
      if (emulator.requests.at(-1)?.operation === "updateScript") {
        onRequestEnd = () => {};
        account.edit(id, { content: "// meanwhile\n" }, { userName: "Ada" });
      }
    };
    await expect(lifecycleOf().update(id, outs, { name: "s", content: other })).rejects.toThrow(
      /^could not update script "s" .* it was changed in Celigo since the last refresh, by Ada at .*server hash/,
    );
    expect(account.scripts()).toMatchObject([{ content: "// meanwhile\n" }]);
  });
});

describe("what somebody changes between the look and the write", () => {
  const rateLimit = { kind: "status", status: 429, headers: { "retry-after": "1" } } as const;
  const trouble = { kind: "status", status: 503, headers: { "retry-after": "1" } } as const;
  const edited = /it was changed in Celigo since the last refresh, by Ada at /;

  it.each([
    ["the rate limit", rateLimit],
    ["a server in trouble", trouble],
    ["a lost answer", { kind: "cut", when: "before" } as const],
  ])("is not overwritten by an update that %s holds up", async (_, fault) => {
    const { id, outs } = await create({ name: "s", content });
    emulator.faults.add({ operation: "updateScript", fault });
    editAfter("updateScript", id, 100);
    const lifecycle = lifecycleOf("fail", emulator.url, 5, { backoff: 400 });
    await expect(lifecycle.update(id, outs, { name: "s", content: other })).rejects.toThrow(edited);
    expect(account.scripts()).toMatchObject([{ content: "// meanwhile\n" }]);
  });

  it.each([
    ["the rate limit", rateLimit],
    ["a server in trouble", trouble],
    ["a lost answer", { kind: "cut", when: "before" } as const],
  ])("is not deleted by a delete that %s holds up", async (_, fault) => {
    const { id, outs } = await create({ name: "s", content });
    emulator.faults.add({ operation: "deleteScript", fault });
    editAfter("deleteScript", id, 100);
    await expect(lifecycleOf("fail", emulator.url, 5, { backoff: 400 }).delete(id, outs)).rejects.toThrow(edited);
    expect(account.scripts()).toMatchObject([{ _id: id }]);
  });

  it("has no time while requests wait for each other: each write follows its look", async () => {
    const made = [];
    for (let n = 0; n < 12; n++) {
      made.push(await create({ name: `s${n}`, content }));
    }
    emulator.resetRequests();
    const lifecycle = lifecycleOf("fail", emulator.url, 5, { maxConcurrency: 1 });
    await Promise.all(
      made.map(({ id, outs }, n) =>
        n % 2 ? lifecycle.delete(id, outs) : lifecycle.update(id, outs, { name: `s${n}`, content: other }),
      ),
    );
    const asked = emulator.requests.map(({ operation, path }) => [operation, path.split("/")[3]] as const);
    asked.forEach(([operation, id], index) => {
      if (operation === "updateScript" || operation === "listScriptDependencies") {
        expect(asked[index - 1]).toEqual(["getScriptById", id]);
      } else if (operation === "deleteScript") {
        expect(asked[index - 1]).toEqual(["listScriptDependencies", id]);
      }
    });
    expect(asked).toHaveLength(6 * 2 + 6 * 3);
  });

  it("does not matter to a write that goes on once the rate limit allows it", async () => {
    const { id, outs } = await create({ name: "s", content });
    emulator.faults.add({ operation: "updateScript", times: 2, fault: rateLimit });
    emulator.faults.add({ operation: "deleteScript", times: 2, fault: rateLimit });
    emulator.resetRequests();
    const { outs: updated } = await lifecycleOf().update(id, outs, { name: "s", content: other });
    expect(emulator.count({ operation: "updateScript" })).toBe(3);
    expect(await lifecycleOf().delete(id, { ...updated })).toBe("deleted");
    expect(account.scripts()).toEqual([]);
  });
});

describe("a delete whose response is lost", () => {
  it("is found done, and given up with the server's words when it was not", async () => {
    const { id, outs } = await create({ name: "s", content });
    emulator.faults.add({ operation: "deleteScript", times: 9, fault: { kind: "status", status: 503 } });
    await expect(lifecycleOf().delete(id, outs)).rejects.toThrow(
      /^could not delete script "s" \(\w{24}\): Celigo answered 503: .* \(5 attempts\)/,
    );
    expect(emulator.count({ operation: "deleteScript" })).toBe(5);
    emulator.faults.clear();
    emulator.faults.add({ operation: "deleteScript", fault: { kind: "cut", when: "after" } });
    expect(await lifecycleOf().delete(id, outs)).toBe("deleted");
    expect(emulator.count({ operation: "deleteScript" })).toBe(6);
  });
});

describe("a script that is not found", () => {
  const page: Fault = { kind: "status", status: 404, body: "<html><title>Not here</title></html>" };

  it("still exists where a page of something else says that it does not", async () => {
    const { id, outs } = await create({ name: "s", content });
    const verbs = {
      read: () => lifecycleOf().read(id, outs),
      update: () => lifecycleOf().update(id, outs, { name: "s", content: other }),
      delete: () => lifecycleOf().delete(id, outs),
    };
    for (const [verb, run] of Object.entries(verbs)) {
      emulator.faults.add({ operation: "getScriptById", fault: page });
      await expect(run()).rejects.toThrow(
        `could not ${verb} script "s" (${id}): 404 and an HTML page titled "Not here"`,
      );
    }
    emulator.faults.add({ operation: "deleteScript", fault: page });
    await expect(lifecycleOf().delete(id, outs)).rejects.toThrow(/404 and an HTML page/);
    expect(account.scripts()).toMatchObject([{ _id: id, content }]);
  });

  it("still exists where the address has a path too much, and nothing is found at all", async () => {
    const { id, outs } = await create({ name: "s", content });
    const lost = lifecycleOf("fail", `${emulator.url}/v1`);
    await expect(lost.read(id, outs)).rejects.toThrow(
      /^could not read script "s" \(\w{24}\): Celigo answered 404: .*; could not confirm that this 404 comes from integrator\.io: Celigo answered 404: .*\. Check that http:\/\/127\.0\.0\.1:\d+\/v1 is the API's own address, without a path, /,
    );
    await expect(lost.delete(id, outs)).rejects.toThrow(/could not delete script "s" .*\/v1 is the API's own address/);
    await expect(lost.create({ name: "t", content })).rejects.toThrow(/404.*\/v1 is the API's own address/);
    expect(account.scripts()).toMatchObject([{ _id: id, content }]);
  });

  it("is gone where the API says so, of which one list of the account is the proof", async () => {
    const made = [await create({ name: "s", content }), await create({ name: "t", content })];
    for (const { id } of made) account.remove(id);
    account.seed({ name: "bystander", content });
    // The emulator shows what is in its recycle bin; after thirty days Celigo has nothing to show.
    emulator.faults.add({ operation: "getScriptById", times: 2, fault: { kind: "status", status: 404 } });
    emulator.resetRequests();
    const lifecycle = lifecycleOf();
    const createdAt = "2020-01-01T00:00:00.000Z";
    for (const { id, outs } of made) expect(await lifecycle.read(id, { ...outs, createdAt })).toEqual({ id: "" });
    expect(emulator.count({ operation: "listScriptDependencies" })).toBe(0);
    // The owners are listed once; the second read looks at a list as any refresh does.
    expect(emulator.requests.filter(({ path }) => path.endsWith("include=_userId"))).toHaveLength(1);
    expect(emulator.count()).toBe(4);
  });

  it("makes no creation believe that a name is free, or that a lost one was not made", async () => {
    account.seed({ name: "s", content });
    emulator.faults.add({ operation: "getScriptById", fault: page });
    await expect(lifecycleOf().create({ name: "s", content })).rejects.toThrow(/404 and an HTML page/);
    emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when: "after" } });
    emulator.faults.add({ operation: "getScriptById", fault: page });
    await expect(lifecycleOf().create({ name: "t", content })).rejects.toThrow(
      /could not check whether it was created: 404 and an HTML page/,
    );
    expect(account.scripts().map(({ name }) => name)).toEqual(["s", "t"]);
  });
});

describe("an update", () => {
  it("keeps a field that this version does not know of, and sends no read-only one", async () => {
    const record = {
      _id: "0123456789abcdef01234567",
      name: "s",
      content,
      description: "d",
      __hash: "h1",
      _userId: "0123456789abcdef01234568",
      createdAt: "2026-01-01T00:00:00.000Z",
      lastModified: "2026-01-01T00:00:00.000Z",
      debugUntil: "2026-01-01T00:00:00.000Z",
      futureField: { kept: true },
    };
    let sent: unknown;
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => {
        response.setHeader("content-type", "application/json");
        if (request.method === "PUT") {
          sent = JSON.parse(text);
          response.end(JSON.stringify({ ...record, ...(sent as object), __hash: "h2" }));
        } else {
          response.end(JSON.stringify(record));
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const olds = { name: "s", description: "d", contentHash: contentHash(content), hash: "h1" };
      await lifecycleOf("fail", url).update(record._id, olds, { name: "s", content: other, description: "d" });
      expect(sent).toEqual({
        name: "s",
        content: other,
        description: "d",
        postResponseHookToProcessOnChildRecord: false,
        __noModule: false,
        futureField: { kept: true },
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("of a script whose file is ignored keeps what is live, with and without the file", async () => {
    const path = join(folder, "s.js");
    writeFileSync(path, content);
    const hash = createHash("sha256").update(content).digest("hex");
    const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", hash, path };
    const { inputs = {} } = await lifecycleOf().check({}, { name: "s", content: asset, onConflict: "overwrite" });
    const { id, outs } = await create(inputs);
    account.edit(id, { content: "// meanwhile\n" });
    for (const description of ["changed", "removed"]) {
      if (description === "changed") writeFileSync(path, other);
      else rmSync(path);
      await lifecycleOf().update(id, outs, { ...inputs, description });
      expect(account.scripts()).toMatchObject([{ content: "// meanwhile\n", description }]);
    }
  });

  it("notes without a request that the same text is made of other code, and forgets it once the text is edited", async () => {
    const { id, outs } = await create({ name: "s", content });
    const codeHash = contentHash("// {{key}}\n");
    const lifecycle = lifecycleOf();
    const { inputs = {} } = await lifecycle.check(outs, { name: "s", content, codeHash });
    expect(await lifecycle.diff(id, outs, inputs)).toEqual({ changes: true });
    emulator.resetRequests();
    const { outs: made = {} } = await lifecycle.update(id, outs, inputs);
    expect(emulator.count()).toBe(0);
    expect(made).toEqual({ ...outs, codeHash });
    expect(await lifecycle.diff(id, { ...made }, inputs)).toEqual({ changes: false });

    account.edit(id, { description: "Somebody's." });
    const settings = await lifecycle.read(id, { ...made });
    expect([settings.props?.["codeHash"], settings.inputs?.["codeHash"]]).toEqual([codeHash, codeHash]);
    account.edit(id, { description: "", content: `${content}// edited\n` });
    const edited = await lifecycle.read(id, { ...made });
    expect(edited.props?.["codeHash"]).toBe(contentHash(`${content}// edited\n`));
    expect(edited.inputs).not.toHaveProperty("codeHash");
    account.edit(id, { content });

    const plain = { name: "s", content };
    expect(await lifecycle.diff(id, { ...made }, plain)).toEqual({ changes: true });
    expect((await lifecycle.update(id, { ...made }, plain)).outs).toEqual(outs);
  });

  it("of nothing but how the script is managed makes no request", async () => {
    const { id, outs } = await create({ name: "s", content });
    const news = { name: "s", content, onConflict: "overwrite" };
    emulator.resetRequests();
    const lifecycle = lifecycleOf();
    expect(await lifecycle.diff(id, outs, news)).toEqual({ changes: true });
    const { outs: updated } = await lifecycle.update(id, outs, news);
    expect(updated).toEqual({ ...outs, onConflict: "overwrite" });
    expect(await lifecycle.diff(id, { ...updated }, news)).toEqual({ changes: false });
    expect((await lifecycle.update(id, { ...updated }, { name: "s", content })).outs).toEqual(outs);
    expect(emulator.count()).toBe(0);
  });
});

describe("a creation", () => {
  it("that was slow, and worked twice, says so and keeps the script in the state", async () => {
    let posts = 0;
    const proxy = await startProxy(async (request, response, forward) => {
      const isFirst = request.method === "POST" && posts++ === 0;
      if (isFirst) {
        // The client has given up, and tries again, by the time the server gets to the work.
        while (posts < 2) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
      const { status, text } = await forward();
      if (request.method === "POST" && !isFirst) {
        // The second try is answered once the first has worked, too.
        while (account.scripts().length < 2) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
      response.writeHead(status, { "content-type": "application/json" }).end(text);
    });
    try {
      const failure: unknown = await lifecycleOf("fail", proxy.url, 1)
        .create({ name: "s", content, __provider: "text" })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(UnfinishedError);
      const ids = account.scripts().map(({ _id }) => _id);
      expect(ids).toHaveLength(2);
      const { id, message, properties } = failure as UnfinishedError;
      expect(ids).toContain(id);
      expect(message).toContain(`also made ${ids.find((one) => one !== id)}; delete that in Celigo`);
      expect(properties["__provider"]).toBe("text");
    } finally {
      proxy.close();
    }
  });

  it.each([
    ["finds the script, and sends nothing again", 600, 1],
    ["says that there are two", 2500, 2],
  ])("whose server finishes late, after its answer was lost, %s", async (_, late, count) => {
    let posts = 0;
    const proxy = await startProxy(async (request, response, forward) => {
      if (request.method === "POST" && posts++ === 0) {
        response.writeHead(504).end();
        await new Promise((resolve) => setTimeout(resolve, late));
        await forward();
        return;
      }
      const { status, text } = await forward();
      response.writeHead(status, { "content-type": "application/json" }).end(text);
    });
    try {
      const made = lifecycleOf("fail", proxy.url, 5, { backoff: 300 }).create({ name: "s", content });
      await (count === 1
        ? expect(made).resolves.toMatchObject({ id: expect.any(String) })
        : expect(made).rejects.toThrow(/was created, possibly twice: an earlier attempt .* also made \w{24};/));
      expect([account.scripts().length, posts]).toEqual([count, count]);
    } finally {
      proxy.close();
    }
  });

  it.each([-3_600_000, 0, 3_600_000])(
    "that was lost is found by the server's clock, %d ms ahead",
    async (clockOffset) => {
      await restart({ clockOffset });
      emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when: "after" } });
      const { id } = await create({ name: "s", content });
      expect(account.scripts().map(({ _id }) => _id)).toEqual([id]);
    },
  );

  it.each([
    ["whose clock is ahead of the server's", 0, () => new Date(Date.now() + 10_000).toUTCString()],
    ["that shows no clock, to a server that is behind", -60_000, () => ""],
  ])("that was lost is found through a proxy %s", async (_, clockOffset, dateOf) => {
    await restart({ clockOffset });
    let posts = 0;
    const proxy = await startProxy(async (request, response, forward) => {
      const { status, text } = await forward();
      const isFirst = request.method === "POST" && posts++ === 0;
      response.writeHead(isFirst ? 502 : status, { "content-type": "application/json", date: dateOf() });
      response.end(isFirst ? "" : text);
    });
    try {
      const { id } = await lifecycleOf("fail", proxy.url).create({ name: "s", content });
      expect(account.scripts().map(({ _id }) => _id)).toEqual([id]);
    } finally {
      proxy.close();
    }
  });

  it("that was lost is not taken for one that somebody else made before it", async () => {
    emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when: "before" } });
    onRequestEnd = () => {
      onRequestEnd = () => {};
      account.seed({ name: "s", content, createdAt: new Date(Date.now() - 120_000).toISOString() });
    };
    await expect(lifecycleOf().create({ name: "s", content })).rejects.toThrow(
      /^could not create script "s": the response was lost, and there is a script of that name and content, dated before the attempt: \w{24} .*Otherwise delete or rename it in Celigo/,
    );
    expect(account.scripts()).toHaveLength(1);
  });

  it("that was lost is not taken for a script that was there before, however young", async () => {
    const before = account.seed({ name: "s", content });
    for (const [when, requests] of [
      ["before", 2],
      ["after", 1],
    ] as const) {
      emulator.resetRequests();
      emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when } });
      const { id } = await lifecycleOf("create").create({ name: "s", content });
      expect(id).not.toBe(before._id);
      expect(emulator.count({ operation: "createScript" })).toBe(requests);
    }
    expect(account.scripts()).toHaveLength(3);
  });

  it("that was lost names each script that it may have made, and what to do with several", async () => {
    emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when: "before" } });
    onRequestEnd = () => {
      onRequestEnd = () => {};
      const createdAt = new Date(Date.now() - 120_000).toISOString();
      for (let count = 0; count < 2; count++) account.seed({ name: "s", content, createdAt });
    };
    await expect(lifecycleOf().create({ name: "s", content })).rejects.toThrow(
      /the response was lost, and there are 2 scripts of that name and content, dated before the attempt: \w{24} \(.*\), \w{24} \(.*\)\. Delete or rename all but one of them in Celigo, and then: CELIGO_ON_NAME_TAKEN=adopt/,
    );
    expect(account.scripts()).toHaveLength(2);
  });

  it("that was lost makes no second script when the first has other content by now", async () => {
    emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when: "after" } });
    onRequestEnd = () => {
      const [script] = account.scripts();
      if (script?.content === content) account.edit(script._id, { content: `${content.trimEnd()} ` });
    };
    await expect(lifecycleOf().create({ name: "s", content })).rejects.toThrow(
      /^could not create script "s": the response was lost, and there is a new script of that name with other content: \w{24} .*CELIGO_ON_NAME_TAKEN=adopt pulumi up --refresh/,
    );
    expect(account.scripts()).toHaveLength(1);
    expect(emulator.count({ operation: "createScript" })).toBe(1);
  });

  it.each([
    ["fail", /set onNameTaken to "adopt" for this script, and run pulumi up --refresh/],
    ["create", /Look in Celigo first, and delete a new script of that name: with onNameTaken "create"/],
  ])("that goes wrong says what helps where the script itself has onNameTaken %s", async (onNameTaken, hint) => {
    if (onNameTaken === "fail") {
      account.seed({ name: "s", content });
    } else {
      emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when: "after" } });
      emulator.faults.add({ operation: "listScripts", skip: 1, times: 5, fault: { kind: "status", status: 500 } });
    }
    await expect(lifecycleOf().create({ name: "s", content, onNameTaken })).rejects.toThrow(hint);
  });

  it("that could not be confirmed is deleted, or changed, without a conflict that there is not", async () => {
    for (const verb of ["delete", "update"] as const) {
      const body = {
        // Read when the answer is sent: the id that the server has given meanwhile.
        get _id() {
          return account.scripts()[0]?._id;
        },
        name: "s",
      };
      emulator.faults.add({ operation: "createScript", fault: { kind: "status", status: 201, body, when: "after" } });
      emulator.faults.add({ operation: "getScriptById", fault: { kind: "status", status: 403 } });
      const failure: unknown = await lifecycleOf()
        .create({ name: "s", content })
        .catch((error: unknown) => error);
      const { id, properties } = failure as UnfinishedError;
      account.edit(id, { description: "Somebody's." });
      await expect(lifecycleOf().delete(id, properties)).rejects.toThrow(/it was changed in Celigo/);
      account.edit(id, { description: "" });
      if (verb === "update") {
        const { outs } = await lifecycleOf().update(id, properties, { name: "s", content: other });
        expect(outs).toMatchObject({ hash: account.scripts()[0]?.__hash });
        expect(outs).not.toHaveProperty("isUnconfirmed");
        expect(account.scripts()).toMatchObject([{ content: other }]);
        account.remove(id);
      } else {
        expect(await lifecycleOf().delete(id, properties)).toBe("deleted");
      }
    }
  });

  it("keeps the script in the state when it cannot find out whether an earlier attempt succeeded as well", async () => {
    // Found by a random schedule: the script was created, and the error said only that the list had failed.
    emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when: "before" } });
    emulator.faults.add({ operation: "listScripts", skip: 4, times: 5, fault: { kind: "status", status: 500 } });
    const failure: unknown = await lifecycleOf()
      .create({ name: "s", content })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnfinishedError);
    const { id, properties } = failure as UnfinishedError;
    expect(account.scripts().map(({ _id }) => _id)).toEqual([id]);
    const { outs } = await lifecycleOf().update(id, properties, { name: "s", content });
    expect(outs?.hash).toBe(account.scripts()[0]?.__hash);
    expect(emulator.count({ operation: "updateScript" })).toBe(0);
  });

  it("that adopts a script knows its content also where the response does not show it", async () => {
    const { _id } = account.seed({ name: "s", content: other });
    const body = { _id, name: "s" };
    emulator.faults.add({ operation: "updateScript", fault: { kind: "status", status: 200, body, when: "after" } });
    const { outs } = await create({ name: "s", content }, lifecycleOf("adopt"));
    expect(outs["contentHash"]).toBe(contentHash(content));
  });

  it("never takes a script that a resource of the state manages, once that is known", async () => {
    const { id, outs } = await create({ name: "s", content });
    const lifecycle = lifecycleOf("adopt");
    await lifecycle.diff(id, outs, { name: "s", content });
    const second = await create({ name: "s", content }, lifecycle);
    expect(second.id).not.toBe(id);
    expect(account.scripts()).toHaveLength(2);
  });

  it("is not deleted where Celigo lists a dependent without an id, which the error names", async () => {
    const { id, outs } = await create({ name: "s", content });
    emulator.faults.add({
      operation: "listScriptDependencies",
      fault: { kind: "alter", alter: hostile.dependentWithoutId },
    });
    await expect(lifecycleOf().delete(id, outs)).rejects.toThrow(
      `could not delete script "s" (${id}): could not check what uses it: Celigo listed something without an id: "Orders" (exports). ` +
        'Look in Celigo at what uses the script. To delete it anyway: onDependents: "delete", pulumi up, and then delete it.',
    );
    expect(account.scripts()).toHaveLength(1);
  });

  it("that took a script over which turns out to be another resource's says so", async () => {
    const { id, outs } = await create({ name: "s", content });
    const lifecycle = lifecycleOf("adopt");
    expect((await create({ name: "s", content }, lifecycle)).id).toBe(id);
    await expect(lifecycle.diff(id, outs, { name: "s", content })).rejects.toThrow(/another resource .* adopted it/);
  });

  it("that took a script over is not robbed of it by the delete of its former resource, in this run or in the next", async () => {
    const { id, outs } = await create({ name: "s", content });
    const lifecycle = lifecycleOf("adopt");
    expect((await create({ name: "s", content }, lifecycle)).id).toBe(id);
    expect(await lifecycle.delete(id, outs)).toBe("kept");
    // The run ended before that delete: the next one compares the new resource, and then deletes the former one.
    const next = lifecycleOf();
    await next.check({}, { name: "s", content });
    await next.diff(id, outs, { name: "s", content });
    expect(await next.delete(id, outs)).toBe("kept");
    // A refresh compares as well, but what it compares is in no program.
    const refreshed = lifecycleOf();
    await refreshed.diff(id, outs, { name: "s", content });
    expect(account.scripts().map(({ _id }) => _id)).toEqual([id]);
    expect(await refreshed.delete(id, outs)).toBe("deleted");
    expect(await refreshed.delete(id, outs)).toBe("gone");
  });

  it("of a resource that was renamed is not made beside the script that it has under its former name", async () => {
    const inputs = { name: "s", content };
    const { id, outs } = await create(inputs);
    const renamed = async (onNameTaken: OnNameTaken) => {
      const lifecycle = lifecycleOf(onNameTaken);
      // As pulumi up --refresh does it: the program declares the former resource no more, and so it is not compared.
      await lifecycle.read(id, outs);
      return { lifecycle, made: lifecycle.create({ ...inputs, content: other }) };
    };
    await expect((await renamed("fail")).made).rejects.toThrow(
      /^could not create script "s": the account already has a script of that name: \w{24} .* A resource of this stack manages one: if that is this resource under its former name, give it an alias/,
    );
    const { lifecycle, made } = await renamed("adopt");
    expect((await made).id).toBe(id);
    await expect(lifecycle.create(inputs)).resolves.not.toMatchObject({ id });
    expect(await lifecycle.delete(id, outs)).toBe("kept");
    expect(account.scripts()).toMatchObject([{ _id: id, content: other }, { content }]);
  });

  it.each([
    [
      "::orders",
      /if that is this resource under its former name, give it an alias; /,
      /a resource of this stack that you renamed, give that an alias\./,
    ],
    [
      "celigo:index:ScriptFolder::hooks/b",
      /if that is this file under its former path, name that in renamedFrom; /,
      /a file that you renamed, name its former path in renamedFrom\./,
    ],
  ])("of a taken name says how to keep the id of what was renamed: %s", async (resource, ofThisStack, ofAnother) => {
    const inputs = { name: "s", content, __resource: { name: resource } };
    const { id, outs } = await create({ name: "s", content });
    const lifecycle = lifecycleOf();
    await lifecycle.read(id, outs);
    await expect(lifecycle.create({ ...inputs, content: other })).rejects.toThrow(ofThisStack);
    await expect(lifecycleOf().create({ ...inputs, content: other })).rejects.toThrow(ofAnother);
  });

  it("waits for the program to come to the resource that manages the script of the same name", async () => {
    const inputs = { name: "s", content };
    const { id, outs } = await create(inputs);
    const lifecycle = lifecycleOf("fail", emulator.url, 5, { backoff: 300 });
    await lifecycle.read(id, outs);
    const made = lifecycle.create({ ...inputs, content: other });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await lifecycle.check({}, inputs);
    await lifecycle.diff(id, outs, inputs);
    expect((await made).id).not.toBe(id);
    expect(account.scripts()).toHaveLength(2);
  });

  it("lists the names once, however many scripts are created at a time", async () => {
    const lifecycle = lifecycleOf();
    await Promise.all(Array.from({ length: 20 }, (_, n) => create({ name: `s${n}`, content }, lifecycle)));
    expect(emulator.count({ operation: "listScripts" })).toBe(1);
    expect(emulator.count({ operation: "createScript" })).toBe(20);
    expect(emulator.count()).toBe(21);
  });
});
