import { describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import { resourcesOf, stateBytes } from "../engine/index";
import { engineOrSkip } from "../engine/vitest";
import { openSession, programOf, sourceOf } from "./session";

const engine = engineOrSkip();
const limit = { timeout: 180_000 };

const orders = "function normalizeOrders(options) {\n  return options.data;\n}\n";

describe("a script on the real engine", limit, () => {
  it("is created, left alone, updated in place and deleted, with exactly the requests that takes", async () => {
    const { workspace, account, takeRequests } = await openSession(
      engine(),
      programOf({
        orders: `{ content: ${JSON.stringify(orders)}, description: "Orders" }`,
        other: `{ content: "function other() { return []; }", postResponseHookToProcessOnChildRecord: true }`,
      }),
    );
    await workspace.preview();
    expect(takeRequests()).toEqual({});
    await workspace.up();
    expect(takeRequests()).toEqual({ "GET listScripts": 1, "POST createScript": 2 });
    const [script] = account.scripts().filter(({ name }) => name === "orders");
    expect(script).toMatchObject({ content: orders, description: "Orders" });

    await workspace.up({ args: ["--expect-no-changes"] });
    expect(takeRequests()).toEqual({});

    const edited = orders.replace("options.data", "options.data.slice()");
    workspace.writeFile(
      "index.js",
      sourceOf({
        orders: `{ content: ${JSON.stringify(edited)}, name: "Orders, renamed" }`,
        other: `{ content: "function other() { return []; }", postResponseHookToProcessOnChildRecord: true }`,
      }),
    );
    const preview = await workspace.preview({ args: ["--diff"] });
    expect(preview.output).toMatch(/-\s+return options\.data;\n\s+\+\s+return options\.data\.slice\(\);/);
    expect(takeRequests()).toEqual({ "GET listScriptDependencies": 1, "GET getScriptById": 1 });
    await workspace.up();
    // A new name may be taken: one list tells.
    expect(takeRequests()).toEqual({ "GET listScripts": 1, "GET getScriptById": 1, "PUT updateScript": 1 });
    const [updated] = account.scripts().filter(({ _id }) => _id === script?._id);
    expect(updated).toMatchObject({ content: edited, name: "Orders, renamed", description: "" });

    const destroy = await workspace.destroy();
    expect(destroy.output).toContain("recycle bin for 30 days");
    expect(takeRequests()).toEqual({
      "GET getScriptById": 2,
      "GET listScriptDependencies": 2,
      "DELETE deleteScript": 2,
    });
    expect(account.scripts()).toEqual([]);
    expect(account.recycled()).toHaveLength(2);
  });

  it("shows where an adopted script comes from, and when it was deleted during an update", async () => {
    const fieldNames = ["templateId", "sourceId", "integrationId", "connectorId", "createdAt", "userId", "deletedAt"];
    const templateId = "64f0a1c2b3d4e5f6a7b8c901";
    const program = (description: string) =>
      programOf(
        {},
        `const script = new Script("s", { content: ${JSON.stringify(orders)}, description: "${description}",
          templateId: "${templateId}", onNameTaken: "adopt" });
        for (const name of ${JSON.stringify(fieldNames)}) exports[name] = script[name];`,
      );
    const { workspace, account, emulator } = await openSession(engine(), program("one"));
    const origin = {
      sourceId: "64f0a1c2b3d4e5f6a7b8c902",
      integrationId: "64f0a1c2b3d4e5f6a7b8c903",
      connectorId: "64f0a1c2b3d4e5f6a7b8c904",
      userId: "64f0a1c2b3d4e5f6a7b8c905",
      createdAt: "2024-02-03T04:05:06.007Z",
    };
    const { _id } = account.seed({
      name: "s",
      content: orders,
      _templateId: templateId,
      _sourceId: origin.sourceId,
      _integrationId: origin.integrationId,
      _connectorId: origin.connectorId,
      _userId: origin.userId,
      createdAt: origin.createdAt,
    });
    await workspace.up();
    expect(await workspace.outputs()).toEqual({ templateId, ...origin });
    expect(resourcesOf(await workspace.exportState())).toMatchObject([{ id: _id, outputs: { templateId, ...origin } }]);
    await workspace.refresh();
    await workspace.preview({ expectNoChanges: true });
    expect(await workspace.outputs()).toEqual({ templateId, ...origin });

    const deletedAt = "2026-03-04T05:06:07.008Z";
    const answer = { ...account.scripts()[0], description: "two", deletedAt };
    emulator.faults.add({
      operation: "updateScript",
      fault: { kind: "status", status: 200, body: answer, when: "after" },
    });
    workspace.writeFile("index.js", program("two")["index.js"] ?? "");
    await workspace.up();
    expect(await workspace.outputs()).toEqual({ templateId, ...origin, deletedAt });
    expect(account.scripts()).toMatchObject([{ _id, description: "two", _templateId: templateId }]);
  });

  it("takes content as a string, a text asset, a file asset, an output and a secret, without CRLF or a byte order mark", async () => {
    const contents = {
      string: JSON.stringify("function a() { return 1; }\n"),
      text: 'new pulumi.asset.StringAsset("function b() { return 2; }\\n")',
      file: 'new pulumi.asset.FileAsset("hooks/c.js")',
      output: 'pulumi.output("function d() { return 4; }\\n")',
      secret: 'pulumi.secret("function e() { return /* confidential */ 5; }\\n")',
      "secret-file": 'pulumi.secret(new pulumi.asset.FileAsset("hooks/c.js"))',
    };
    const source = (all: Readonly<Record<string, string>>) =>
      sourceOf(Object.fromEntries(Object.entries(all).map(([name, content]) => [name, `{ content: ${content} }`])));
    const { workspace, account, takeRequests } = await openSession(engine(), {
      "index.js": source(contents),
      "hooks/c.js": "function c() { return 3; }\n",
    });
    await workspace.up();
    const byName = Object.fromEntries(account.scripts().map(({ name, content }) => [name, content]));
    expect(byName).toEqual({
      string: "function a() { return 1; }\n",
      text: "function b() { return 2; }\n",
      file: "function c() { return 3; }\n",
      output: "function d() { return 4; }\n",
      secret: "function e() { return /* confidential */ 5; }\n",
      "secret-file": "function c() { return 3; }\n",
    });
    takeRequests();
    await workspace.preview({ expectNoChanges: true });
    expect(takeRequests()).toEqual({});

    // A refresh that finds an edit must not put the secret into the state in the clear.
    const secret = account.scripts().find(({ name }) => name === "secret");
    account.edit(secret?._id ?? "", { content: "function e() { return /* confidential, too */ 6; }\n" });
    await workspace.refresh();
    const diff = await workspace.preview({ args: ["--diff"] });
    expect(diff.output).not.toContain("confidential");
    expect(workspace.filesContaining("/* confidential")).toEqual(["program/index.js"]);
    await workspace.up();
    expect(account.scripts().find(({ name }) => name === "secret")?.content).toContain("/* confidential */ 5");

    // Text and file are compared by what is sent: line ends and a byte order mark are no change.
    takeRequests();
    workspace.writeFile("hooks/c.js", "\uFEFFfunction c() { return 3; }\r\n");
    const windows = JSON.stringify("\uFEFFfunction a() { return 1; }\r\n");
    workspace.writeFile("index.js", source({ ...contents, string: windows }));
    await workspace.up({ args: ["--expect-no-changes"] });
    expect(takeRequests()).toEqual({});
    expect(account.scripts().find(({ name }) => name === "string")?.content).toBe("function a() { return 1; }\n");
    workspace.writeFile("hooks/c.js", "function c() { return 33; }\r\n");
    await workspace.up();
    expect(takeRequests()).toEqual({ "GET getScriptById": 2, "PUT updateScript": 2 });
    expect(account.scripts().find(({ name }) => name === "file")?.content).toBe("function c() { return 33; }\n");
  });

  it("sends the whole record when only a part changes, so that nothing is erased", async () => {
    const file = 'content: new pulumi.asset.FileAsset("s.js")';
    const source = (args: string, opts = "") => sourceOf({}, `new Script("s", { ${args} }${opts});`);
    const { workspace, account } = await openSession(engine(), {
      "index.js": source(`${file}, description: "one", postResponseHookToProcessOnChildRecord: true, noModule: true`),
      "s.js": orders,
    });
    const rewrite = (args: string, opts = "") => workspace.writeFile("index.js", source(args, opts));
    await workspace.up();

    rewrite(`${file}, description: "two", postResponseHookToProcessOnChildRecord: true, noModule: true`);
    await workspace.up();
    expect(account.scripts()[0]).toMatchObject({
      name: "s",
      content: orders,
      description: "two",
      postResponseHookToProcessOnChildRecord: true,
      __noModule: true,
    });

    // The file has changed, but its content is to be left as it is.
    workspace.writeFile("s.js", "function changed() { return 1; }\n");
    rewrite(`${file}, description: "three"`, ', { ignoreChanges: ["content"] }');
    await workspace.up();
    expect(account.scripts()[0]).toMatchObject({
      name: "s",
      content: orders,
      description: "three",
      postResponseHookToProcessOnChildRecord: false,
      __noModule: false,
    });

    rewrite(`content: ${JSON.stringify(orders)}`);
    await workspace.up();
    rewrite('content: "function other() { return 1; }", name: "t"', ', { ignoreChanges: ["content"] }');
    await workspace.up();
    expect(account.scripts()[0]).toMatchObject({ name: "t", content: orders, description: "" });
  });

  it("is repaired after drift, and created anew after it is gone", async () => {
    const { workspace, account, takeRequests } = await openSession(
      engine(),
      programOf({
        s: `{ content: ${JSON.stringify(orders)} }`,
        untouched: '{ content: "function f() { return 1; }" }',
      }),
    );
    await workspace.up();
    const [before] = account.scripts().filter(({ name }) => name === "s");
    account.edit(before?._id ?? "", { content: orders.replace("normalizeOrders", "renamed"), name: "edited" });
    takeRequests();
    await workspace.refresh();
    expect(takeRequests()).toEqual({ "GET listScripts": 1, "GET getScriptById": 1, "GET getScriptAudit": 1 });
    const preview = await workspace.preview({ args: ["--diff"] });
    expect(preview.output).toMatch(/- function renamed\(options\) \{\n\s+\+ function normalizeOrders\(options\) \{/);
    expect(preview.output).toMatch(/~ name\s*: "edited" => "s"/);
    takeRequests();
    await workspace.up();
    expect(takeRequests()).toEqual({ "GET listScripts": 1, "GET getScriptById": 1, "PUT updateScript": 1 });
    expect(account.scripts().find(({ _id }) => _id === before?._id)).toMatchObject({ content: orders, name: "s" });

    account.remove(before?._id ?? "");
    workspace.writeFile(
      "index.js",
      sourceOf({
        s: `{ content: "function g() { return 1; }" }`,
        untouched: '{ content: "function f() { return 1; }" }',
      }),
    );
    const failed = await workspace.up({ expectFailure: true });
    expect(failed.output).toMatch(/could not update script "s" \([0-9a-f]{24}\): .*Run pulumi refresh/);
    await workspace.refresh();
    await workspace.up();
    const after = account.scripts().find(({ name }) => name === "s");
    expect(after?._id).not.toBe(before?._id);
    await workspace.preview({ expectNoChanges: true });

    account.behave({ showsRecycled: true });
    account.remove(after?._id ?? "");
    await workspace.refresh();
    expect(resourcesOf(await workspace.exportState())).toHaveLength(1);
    account.remove(account.scripts()[0]?._id ?? "");
    await workspace.destroy();
    expect(account.scripts()).toEqual([]);
  });

  it("shows every field of the server as an output, and costs at most 2,000 bytes of state beside the content, a file 2,200 in all", async () => {
    const description =
      "Brings the orders of all shops into the one shape that every later step of the flow works with.";
    const large = `${orders}// ${"x".repeat(5000)}\n`;
    const { workspace, account } = await openSession(engine(), {
      "index.js": sourceOf(
        {},
        `new Script("normalize-orders", { content: ${JSON.stringify(large)}, description: ${JSON.stringify(description)} });
        new Script("standardize-regions", { content: new pulumi.asset.FileAsset("s.js"), description: ${JSON.stringify(description)} });
        const script = new Script("s", { content: ${JSON.stringify(orders)}, noModule: true });
        for (const name of ["id", "name", "description", "postResponseHookToProcessOnChildRecord", "noModule", "templateId",
          "contentHash", "hash", "createdAt", "lastModified", "deletedAt", "userId", "sourceId", "integrationId", "connectorId"])
          exports[name] = script[name];`,
      ),
      "s.js": large,
    });
    await workspace.up();
    const script = account.scripts().find(({ name }) => name === "s");
    expect(await workspace.outputs()).toEqual({
      id: script?._id,
      name: "s",
      description: "",
      postResponseHookToProcessOnChildRecord: false,
      noModule: true,
      contentHash: contentHash(orders),
      hash: script?.__hash,
      createdAt: script?.createdAt,
      lastModified: script?.lastModified,
      userId: script?._userId,
    });
    const bytes = new Map(
      [...stateBytes(await workspace.exportState())].map(([urn, size]) => [urn.split("::").pop(), size]),
    );
    expect((bytes.get("normalize-orders") ?? Number.NaN) - JSON.stringify(large).length).toBeLessThanOrEqual(2000);
    expect(bytes.get("standardize-regions")).toBeLessThanOrEqual(2200);
  });
});
