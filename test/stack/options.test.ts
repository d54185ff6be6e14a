import { describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import type { EmulatorAccount } from "../../sdk/emulator/index";
import { resourcesOf, scriptType } from "../engine/index";
import { engineOrSkip } from "../engine/vitest";
import { openSession, sourceOf } from "./session";

const engine = engineOrSkip();
const limit = { timeout: 300_000 };

const code = (value: number | string) => `function f() { return ${value}; }`;
const content = (value: number | string) => `content: ${JSON.stringify(code(value))}`;
const urnOf = (logicalName: string) => `urn:pulumi:dev::test::${scriptType}::${logicalName}`;

/** The ids of all live scripts by name. */
function idsIn(account: EmulatorAccount): Record<string, string> {
  return Object.fromEntries(account.scripts().map(({ name, _id }) => [name, _id]));
}

/** The scripts of the first test, each with the option that it is named after. */
const before = `
  let known;
  const later = pulumi.output(new Promise((resolve) => { known = resolve; }));
  new Script("needs-another", { ${content(1)} }, { dependsOn: later });
  const first = new Script("needed", { ${content(1)} });
  known(first);
  new Script("protected", { ${content(1)} }, { protect: true });
  new Script("retained", { ${content(1)} }, { retainOnDelete: true });
  new Script("ignored-file", { content: new pulumi.asset.FileAsset("ignored.js") }, { ignoreChanges: ["content"] });
  new Script("ignored-text", { ${content(1)} }, { ignoreChanges: ["content"] });
  new Script("ignored-description", { ${content(1)}, description: "one" }, { ignoreChanges: ["description"] });
  new Script("old-name", { ${content(1)}, name: "aliased" });
  new Script("moved", { ${content(1)} });
  new Script("hidden-hash", { ${content("'hidden'")} }, { additionalSecretOutputs: ["contentHash"] });
  new Script("steady", { ${content(1)}, description: "one" }, { replaceOnChanges: ["*"], deleteBeforeReplace: true });
  const target = new Script("target", { ${content(1)} });
  new Script("deleted-with", { ${content(1)} }, { deletedWith: target });
`;

/** The same after everything has changed that the options speak of. */
const after = before
  .replace(`"ignored-text", { ${content(1)}`, '"ignored-text", { content: "function (", syntaxCheck: "error"')
  .replace(
    `"ignored-description", { ${content(1)}, description: "one"`,
    `"ignored-description", { ${content(2)}, description: "two"`,
  )
  .replace('"old-name", {', '"new-name", {')
  .replace('name: "aliased" }', 'name: "aliased" }, { aliases: [{ name: "old-name" }] }')
  .replace(
    `new Script("moved", { ${content(1)} });`,
    `const parent = new pulumi.ComponentResource("test:index:Hooks", "hooks");
     new Script("moved", { ${content(1)} }, { parent, aliases: [{ parent: pulumi.rootStackResource }] });`,
  )
  .replace(`"steady", { ${content(1)}, description: "one"`, `"steady", { ${content(1)}, description: "two"`)
  .replace(`"target", { ${content(1)}`, `"target", { ${content(2)}`);

describe("Pulumi's options on a script", limit, () => {
  it("do what Pulumi says of them, and ask Celigo for no more than that takes", async () => {
    const { workspace, account, emulator, takeRequests } = await openSession(engine(), {
      "index.js": sourceOf({}, before),
      "ignored.js": code(1),
    });
    const latency = 400;
    const removeLatency = emulator.faults.add({
      operation: "createScript",
      times: Infinity,
      fault: { kind: "latency", milliseconds: latency },
    });
    await workspace.up();
    removeLatency();
    const ids = idsIn(account);
    const names = Object.keys(ids);
    expect(names).toHaveLength(13);
    expect(takeRequests()).toEqual({ "GET listScripts": 1, "POST createScript": 13 });
    // It is declared before the one that it depends on, and not sent before that one is there.
    const now = (name: string) => account.scripts().find((script) => script.name === name);
    const createdAt = (name: string) => Date.parse(now(name)?.createdAt ?? "");
    expect(createdAt("needs-another") - createdAt("needed")).toBeGreaterThanOrEqual(latency - 10);

    // One tested script is carried alone, whatever else has changed.
    workspace.writeFile("index.js", sourceOf({}, after));
    workspace.writeFile("ignored.js", "function (");
    await workspace.up({ args: ["--target", urnOf("target")] });
    expect(takeRequests()).toEqual({ "GET getScriptById": 1, "PUT updateScript": 1 });
    const contentsOf = () => Object.fromEntries(account.scripts().map((script) => [script.name, script.content]));
    expect(contentsOf()).toEqual({
      ...Object.fromEntries(names.map((name) => [name, code(1)])),
      "hidden-hash": code("'hidden'"),
      target: code(2),
    });

    await workspace.up();
    expect(takeRequests()).toEqual({ "GET getScriptById": 2, "PUT updateScript": 2 });
    expect(idsIn(account)).toEqual(ids);
    expect(now("ignored-file")).toMatchObject({ content: code(1) });
    expect(now("ignored-text")).toMatchObject({ content: code(1) });
    expect(now("ignored-description")).toMatchObject({ content: code(2), description: "one" });
    expect(now("steady")).toMatchObject({ description: "two" });
    await workspace.preview({ expectNoChanges: true });
    expect(takeRequests()).toEqual({});

    const resources = resourcesOf(await workspace.exportState());
    const byName = (name: string) => resources.find(({ urn }) => urn.endsWith(`::${name}`));
    expect(byName("new-name")).toMatchObject({ id: ids["aliased"] });
    expect(byName("old-name")).toBeUndefined();
    expect(byName("moved")).toMatchObject({ id: ids["moved"], parent: expect.stringContaining("::hooks") });
    expect(byName("hidden-hash")?.outputs?.["contentHash"]).toHaveProperty("ciphertext");
    expect(byName("needed")?.outputs?.["contentHash"]).toBe(contentHash(code(1)));
    expect(workspace.filesContaining(contentHash(code(1)))).not.toEqual([]);
    expect(workspace.filesContaining(contentHash(code("'hidden'")))).toEqual([]);

    // By its preview; with --skip-preview it would delete the others first.
    const refused = await workspace.destroy({ preview: true, expectFailure: true });
    expect(refused.output).toMatch(/resource "\S+::protected" cannot be deleted\s+because it is protected/);
    expect(takeRequests()).toEqual({});
    expect(idsIn(account)).toEqual(ids);

    workspace.writeFile("index.js", sourceOf({}, after.replace(/.*"retained".*/, "")));
    await workspace.up();
    expect(takeRequests()).toEqual({});
    expect(now("retained")).toBeDefined();

    await workspace.destroy({ args: ["--exclude-protected"] });
    expect(Object.keys(idsIn(account)).sort()).toEqual(["deleted-with", "protected", "retained"]);
    const asked = emulator.requests.map(({ path }) => names.find((name) => path.includes(ids[name] ?? "")));
    expect(asked.lastIndexOf("needs-another")).toBeLessThan(asked.indexOf("needed"));
    expect(takeRequests()).toEqual({
      "GET getScriptById": 10,
      "GET listScriptDependencies": 10,
      "DELETE deleteScript": 10,
    });
  });
});

describe("a replacement, which only --replace and the like ask for", limit, () => {
  const replace = (...names: string[]) => names.flatMap((name) => ["--replace", urnOf(name)]);

  it("is refused where the name is taken by the script itself, and otherwise leaves one script of the name", async () => {
    const { workspace, account } = await openSession(engine(), {
      "index.js": sourceOf(
        {},
        `new Script("fails", { ${content(1)} });
         new Script("creates", { ${content(1)}, onNameTaken: "create" });
         new Script("deletes-first", { ${content(1)} }, { deleteBeforeReplace: true });`,
      ),
    });
    await workspace.up();
    const ids = idsIn(account);
    const { output } = await workspace.up({
      args: ["--continue-on-error", ...replace("fails", "creates", "deletes-first")],
      expectFailure: true,
    });
    expect(output).toContain(
      `could not create script "fails": the account already has a script of that name: ${ids["fails"]} `,
    );
    const recycled = () => account.recycled().map(({ _id }) => _id);
    expect(account.scripts().map(({ name }) => name)).toHaveLength(3);
    expect(idsIn(account)).toEqual({
      fails: ids["fails"],
      creates: expect.not.stringContaining(ids["creates"] ?? ""),
      "deletes-first": expect.not.stringContaining(ids["deletes-first"] ?? ""),
    });
    expect(recycled().sort()).toEqual([ids["creates"], ids["deletes-first"]].sort());

    // What the message says, with the same arguments as before.
    const adopt = { CELIGO_ON_NAME_TAKEN: "adopt" };
    await workspace.up({ args: ["--refresh", ...replace("fails")], env: adopt });
    // As README says: it takes its own script over again, and nothing is deleted.
    expect(account.scripts()).toHaveLength(3);
    expect(idsIn(account)["fails"]).toBe(ids["fails"]);
    expect(recycled()).not.toContain(ids["fails"]);
    await workspace.preview({ expectNoChanges: true, args: ["--refresh"] });
  });

  it("keeps a script that adopts itself, in that run and in the next", async () => {
    const { workspace, account } = await openSession(engine(), {
      "index.js": sourceOf({}, `new Script("adopts", { ${content(1)}, onNameTaken: "adopt" });`),
    });
    await workspace.up();
    const before = account.scripts();
    const { output } = await workspace.up({ args: replace("adopts") });
    expect(output).toMatch(
      /Script "adopts" \([0-9a-f]{24}\) was not deleted: another resource of the stack manages it/,
    );
    await workspace.up();
    expect(account.scripts()).toEqual(before);
    expect(account.scripts().map(({ name }) => name)).toEqual(["adopts"]);
  });
});
