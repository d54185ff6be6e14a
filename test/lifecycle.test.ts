import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UnfinishedError } from "../provider/errors";
import { CeligoClient, type RawInputs, ScriptLifecycle } from "../provider/index";
import type { OnNameTaken } from "../provider/management";
import { type Emulator, type EmulatorAccount, startEmulator } from "./emulator/index";

const content = "function one() { return 1; }\n";
const other = "function two() { return 2; }\n";

let emulator: Emulator;
let account: EmulatorAccount;
let onRequestEnd: () => void;

beforeEach(async () => {
  onRequestEnd = () => {};
  emulator = await startEmulator({ onRequest: () => onRequestEnd() });
  account = emulator.account();
});

afterEach(() => emulator.stop());

function lifecycleOf(onNameTaken: OnNameTaken = "fail", baseUrl = emulator.url, requestTimeout = 5): ScriptLifecycle {
  const token = { value: account.token, source: "the test" };
  const client = new CeligoClient({ baseUrl, token, maxConcurrency: 8, requestTimeout, backoff: 1 });
  return new ScriptLifecycle(() => ({ client, onNameTaken, backoff: 1 }));
}

async function create(inputs: RawInputs, lifecycle = lifecycleOf()) {
  const { id, outs } = await lifecycle.create(inputs);
  return { id, outs: { ...outs } as RawInputs };
}

describe("an update whose answer is lost", () => {
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
      const olds = { name: "s", description: "d", contentHash: "sha256:other", hash: "h1" };
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
    const proxy = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", async () => {
        const isFirst = request.method === "POST" && posts++ === 0;
        if (isFirst) {
          // The client has given up by the time the server gets to the work.
          await new Promise((resolve) => setTimeout(resolve, 400));
        }
        const answer = await fetch(`${emulator.url}${request.url}`, {
          method: request.method ?? "GET",
          headers: { authorization: `Bearer ${account.token}`, "content-type": "application/json" },
          ...(text ? { body: text } : {}),
        });
        if (request.method === "POST" && !isFirst) {
          // The second try is answered once the first has worked, too.
          while (account.scripts().length < 2) {
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
        }
        response.writeHead(answer.status, { "content-type": "application/json" });
        response.end(await answer.text());
      });
    });
    let posts = 0;
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const failure: unknown = await lifecycleOf("fail", url, 0.3)
        .create({ name: "s", content, __provider: "text" })
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(UnfinishedError);
      const ids = account.scripts().map(({ _id }) => _id);
      expect(ids).toHaveLength(2);
      const { id, message, properties } = failure as UnfinishedError;
      expect(ids).toContain(id);
      expect(message).toContain(`made ${ids.find((one) => one !== id)}, too; delete that in Celigo`);
      expect(properties["__provider"]).toBe("text");
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it("keeps the script in the state when it cannot find out whether an earlier try has worked, too", async () => {
    // Found by a random schedule: the script was created, and the error said only that the list had failed.
    emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when: "before" } });
    emulator.faults.add({ operation: "listScripts", skip: 2, times: 5, fault: { kind: "status", status: 500 } });
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

  it("never takes a script that a resource of the state manages, once that is known", async () => {
    const { id, outs } = await create({ name: "s", content });
    const lifecycle = lifecycleOf("adopt");
    await lifecycle.diff(id, outs, { name: "s", content });
    const second = await create({ name: "s", content }, lifecycle);
    expect(second.id).not.toBe(id);
    expect(account.scripts()).toHaveLength(2);
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
    expect(await lifecycleOf().delete(id, outs)).toBe("gone");
  });

  it("lists the names once, however many scripts are created at a time", async () => {
    const lifecycle = lifecycleOf();
    await Promise.all(Array.from({ length: 20 }, (_, n) => create({ name: `s${n}`, content }, lifecycle)));
    expect(emulator.count({ operation: "listScripts" })).toBe(1);
    expect(emulator.count({ operation: "createScript" })).toBe(20);
    expect(emulator.count()).toBe(21);
  });
});
