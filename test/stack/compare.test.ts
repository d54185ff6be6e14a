import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import { type Emulator, startEmulator } from "../../sdk/emulator/index";
import { complaintOf, linesOf, reportOf, run } from "../cli/compare-command";
import type { Environment } from "../engine/environment";
import { createWorkspace, resourcesOf, Workspace } from "../engine/index";
import { engineOrSkip } from "../engine/vitest";

const tokens = { here: "token-of-here", there: "token-of-there" };
const code = (result: string) => `function f(options) {\n  return ${result};\n}\n`;
const _short = (content: string) => contentHash(content).slice("sha256:".length).slice(0, 8);

describe("compare, of stacks", { timeout: 120_000 }, () => {
  const engine = engineOrSkip();
  const program = {
    "index.js": `const pulumi = require("@pulumi/pulumi");
      const { Script } = require("pulumi-celigo");
      const stack = pulumi.getStack();
      const code = (result) => "function f(options) {\\n  return " + result + ";\\n}\\n";
      class Group extends pulumi.ComponentResource {
        constructor(type) { super("demo:index:" + type, type); new Script("twin", { content: code(type), name: stack + " " + type }, { parent: this }); }
      }
      new Group("A");
      new Group("B");
      new Script("same", { content: code(1) });
      new Script("text", { content: code(JSON.stringify(stack)), description: "as " + stack });
      new Script("file", { content: new pulumi.asset.FileAsset(stack + ".js"), name: "file of all" });
      new Script("hidden", { content: pulumi.secret(code(JSON.stringify("secret of " + stack))) });
      new Script("lines", { content: new pulumi.asset.FileAsset("lines-" + stack + ".js"), substitutions: { stack } });
      new Script("only-" + stack, { content: code(3) });`,
    "lines-dev.js": `\uFEFF${code('"{{stack}}"')}`.replaceAll("\n", "\r\n"),
    "lines-staging.js": code('"{{stack}}"'),
    "dev.js": code("0.1"),
    "staging.js": code("0.2"),
  };
  const byStack = { dev: tokens.here, staging: tokens.there };
  let emulator: Emulator;
  let dev: Workspace;
  let staging: Workspace;
  let env: Environment;
  let ready: Promise<void> | undefined;

  async function prepare(): Promise<void> {
    const accounts = Object.values(byStack).map((token, index) => ({ token, name: Object.keys(byStack)[index] ?? "" }));
    emulator = await startEmulator({ accounts });
    dev = await createWorkspace({ engine: engine(), program: { files: program } });
    const placed = { project: dev.project, folder: dev.folder, files: dev.folder };
    staging = new Workspace(dev.engine, dev.root, placed, { program: { files: program }, stack: "staging" });
    await staging.run(["stack", "init", "staging", "--no-select"]);
    for (const [workspace, token] of [
      [dev, byStack.dev],
      [staging, byStack.staging],
    ] as const) {
      await workspace.setConfig("celigo:baseUrl", emulator.url);
      await workspace.setConfig("celigo:apiToken", token, { secret: true });
      await workspace.up();
    }
    env = {
      PATH: [dev.engine.folder, process.env["PATH"]].join(delimiter),
      PULUMI_HOME: join(dev.root, "home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(dev.root, "backend")).href,
      PULUMI_CONFIG_PASSPHRASE: "passphrase",
    };
  }

  // Not before all: without an engine the tests are skipped.
  beforeEach(async () => {
    ready ??= prepare();
    await ready;
    emulator.resetRequests();
  }, 240_000);

  afterAll(async () => {
    await dev?.dispose();
    await emulator?.stop();
  });

  /** The folder in which the stacks' configuration lies, too. */
  const inProject = () => ["--cwd", join(dev.root, "config")];

  async function idsIn(workspace: Workspace): Promise<Record<string, string>> {
    const scripts = resourcesOf(await workspace.exportState());
    return Object.fromEntries(scripts.map(({ urn, id = "" }) => [urn.split("::").slice(2).join("::"), id]));
  }

  it("compares what is in the states by logical name, and asks Celigo nothing", async () => {
    const lines = await linesOf(3, ["dev", "organization/test/staging", ...inProject()], env);
    expect(lines[0]).toMatch(/^NAME {2,}STATUS {2,}WHAT DIFFERS {2,}dev {2,}organization\/test\/staging$/);
    const rows = lines.slice(1).map((line) => line.split(/ {2,}/).slice(0, 3));
    expect(rows).toEqual([
      ["demo:index:A$pulumi-nodejs:dynamic/celigo:Script::twin", "different", "name"],
      ["demo:index:B$pulumi-nodejs:dynamic/celigo:Script::twin", "different", "name"],
      ["file", "different", "content"],
      ["hidden", "different", "content"],
      ["only-dev", "only dev", "-"],
      ["only-staging", "only organization/test/staging", "-"],
      ["text", "different", "content, description"],
      [""],
      ["2 same, 5 different, 1 only in dev, 1 only in organization/test/staging"],
    ]);
    expect(emulator.requests).toEqual([]);
  });

  it("prints JSON with both ids, both hashes and the logical names", async () => {
    const report = await reportOf(3, ["dev", "staging", "--match", "^(text|same)$", ...inProject()], env);
    const [ours, theirs] = [await idsIn(dev), await idsIn(staging)];
    const side = (ids: Record<string, string>, logicalName: string, content: string) => ({
      id: ids[`pulumi-nodejs:dynamic/celigo:Script::${logicalName}`],
      contentHash: contentHash(content),
      logicalName,
    });
    expect(report).toEqual({
      here: { side: "dev", kind: "stack" },
      there: { side: "staging", kind: "stack" },
      scripts: [
        {
          name: "same",
          status: "same",
          differs: [],
          here: side(ours, "same", code("1")),
          there: side(theirs, "same", code("1")),
        },
        {
          name: "text",
          status: "different",
          differs: ["content", "description"],
          here: side(ours, "text", code('"dev"')),
          there: side(theirs, "text", code('"staging"')),
        },
      ],
      summary: { same: 1, different: 1, onlyHere: 0, onlyThere: 0 },
    });
    const same = await linesOf(0, ["dev", "staging", "--match", "^same$", ...inProject()], env);
    expect(same).toEqual(["1 same, 0 different, 0 only in dev, 0 only in staging"]);
  });

  it("takes the lines of a string from the state, those of a file from each stack's account, and shows no secret", async () => {
    // What the environment says cannot be right for both stacks.
    const misled = { ...env, CELIGO_API_TOKEN: "token-of-nobody", CELIGO_BASE_URL: "http://127.0.0.1:1" };
    const report = await reportOf(3, ["dev", "staging", "--diff", ...inProject()], misled);
    const details = Object.fromEntries(report.scripts.map(({ name, diff, note }) => [name, { diff, note }]));
    const [ours, theirs] = [await idsIn(dev), await idsIn(staging)];
    const type = "pulumi-nodejs:dynamic/celigo:Script";
    expect(details["file"]?.diff?.split("\n")).toEqual([
      `--- dev: file of all (${ours[`${type}::file`]})`,
      `+++ staging: file of all (${theirs[`${type}::file`]})`,
      "@@ -1,3 +1,3 @@",
      " function f(options) {",
      "-  return 0.1;",
      "+  return 0.2;",
      " }",
    ]);
    expect(details["text"]?.diff).toContain('\n-  return "dev";\n+  return "staging";\n');
    expect(details["hidden"]).toEqual({ note: "content is secret: no line diff" });
    expect(emulator.requests.map(({ operation, account }) => [operation, account]).sort()).toEqual([
      ["getScriptById", "dev"],
      ["getScriptById", "staging"],
    ]);
    const { stdout } = await run(["dev", "staging", "--diff", ...inProject()], env);
    expect(stdout).toContain("\n\nhidden: content is secret: no line diff\n\n");
    expect(stdout + JSON.stringify(report)).not.toMatch(/secret of|ciphertext|v1:/);
  });

  it("compares a stack with an account by the name that Celigo shows, and keeps the stack's secrets", async () => {
    const settings = { STAGING_CELIGO_API_TOKEN: byStack.staging, STAGING_CELIGO_BASE_URL: emulator.url };
    const report = await reportOf(3, ["dev", "account:STAGING", "--diff", ...inProject()], { ...env, ...settings });
    const rows = report.scripts.map(({ name, status, here, there }) => [
      name,
      status,
      here?.logicalName,
      there?.logicalName,
    ]);
    expect(rows).toEqual([
      ["dev A", "onlyHere", "twin", undefined],
      ["dev B", "onlyHere", "twin", undefined],
      ["file of all", "different", "file", undefined],
      ["hidden", "different", "hidden", undefined],
      // An account knows nothing of the code before substitution.
      ["lines", "different", "lines", undefined],
      ["only-dev", "onlyHere", "only-dev", undefined],
      ["only-staging", "onlyThere", undefined, undefined],
      ["same", "same", "same", undefined],
      ["staging A", "onlyThere", undefined, undefined],
      ["staging B", "onlyThere", undefined, undefined],
      ["text", "different", "text", undefined],
    ]);
    expect(JSON.stringify(report)).not.toMatch(/secret of/);
    expect(emulator.count({ operation: "getScriptById", account: "staging" })).toBe(8);
    expect(emulator.count({ operation: "getScriptById", account: "dev" })).toBe(1);
    const own = await reportOf(0, ["account:STAGING", "staging", ...inProject()], { ...env, ...settings });
    expect(own.summary).toEqual({ same: 8, different: 0, onlyHere: 0, onlyThere: 0 });
  });

  it("takes the environment's token where the stack has none, and goes on when a script cannot be read", async () => {
    const configured = readFileSync(staging.configFile, "utf8");
    try {
      await staging.run(["config", "rm", "celigo:apiToken"]);
      const args = ["dev", "staging", "--diff", "--match", "^(file|text)$", ...inProject()];
      const found = await reportOf(3, args, { ...env, CELIGO_API_TOKEN: byStack.staging });
      expect(found.scripts.map(({ diff }) => diff?.includes("@@"))).toEqual([true, true]);
      const lost = await reportOf(3, args, env);
      const id = lost.scripts[0]?.there?.id;
      expect(lost.scripts.map(({ diff, note }) => [diff?.includes("@@"), note])).toEqual([
        [undefined, `no line diff: could not read script ${id}: no API token is set`],
        [true, undefined],
      ]);
    } finally {
      writeFileSync(staging.configFile, configured);
    }
  });

  it("says that a file's content was changed in Celigo since it was known", async () => {
    const account = emulator.account(byStack.dev);
    const { _id: id = "" } = account.scripts().find(({ name }) => name === "file of all") ?? {};
    account.edit(id, { content: code("0.9") });
    try {
      const report = await reportOf(3, ["dev", "staging", "--diff", "--match", "file", ...inProject()], env);
      expect(report.scripts[0]?.diff).toContain("\n-  return 0.9;\n+  return 0.2;\n");
      expect(report.scripts[0]?.note).toBe(
        "content in dev was changed in Celigo since the last refresh: the lines show it as it is now",
      );
      // Against the account, only the file knows what was deployed.
      const live = { ...env, CELIGO_API_TOKEN: byStack.dev, CELIGO_BASE_URL: emulator.url };
      const ofFile = ["--diff", "--match", "file of all"];
      const lost = await reportOf(3, ["dev", "account", ...ofFile, ...inProject()], live);
      expect([lost.scripts[0]?.diff, lost.scripts[0]?.note]).toEqual([
        undefined,
        "content in dev was changed in Celigo since the last refresh: its file is not here as it was deployed, so no lines",
      ]);
      emulator.resetRequests();
      copyFileSync(dev.configFile, join(dev.folder, "Pulumi.dev.yaml"));
      const found = await reportOf(3, ["dev", "account", ...ofFile, "--cwd", dev.folder], live);
      expect(found.scripts[0]?.diff).toContain("\n-  return 0.1;\n+  return 0.9;\n");
      expect(found.scripts[0]?.note).toBe(undefined);
      expect(emulator.requests.map(({ operation }) => operation)).toEqual(["listScripts", "getScriptById"]);
    } finally {
      account.edit(id, { content: code("0.1") });
    }
  });

  it("says in one line why a stack cannot be read", async () => {
    expect(await complaintOf(1, ["dev", "production", ...inProject()], env)).toMatch(
      /^error: could not read stack production: no stack named 'production' found\. The stack must belong to /,
    );
    expect(await complaintOf(1, ["dev", "staging", "--cwd", join(dev.root, "nowhere")], env)).toMatch(
      /^error: could not read stack (dev|staging): \S+nowhere is not a folder\. Give the folder /,
    );
    expect(await complaintOf(1, ["dev", "staging", "--cwd", dev.root], env)).toMatch(
      /^error: could not read stack (dev|staging): \S.+\. The stack must belong to the Pulumi project in /,
    );
    expect(await complaintOf(1, ["dev", "staging", ...inProject()], { ...env, PATH: "/nowhere" })).toMatch(
      /^error: could not read stack (dev|staging): there is no pulumi on PATH\. Install Pulumi's CLI/,
    );
  });

  it("takes what a state keeps secret, or does not know, to differ, and says so", async () => {
    const state = await staging.exportState();
    const original = join(dev.root, "original.json");
    const changed = join(dev.root, "changed.json");
    writeFileSync(original, JSON.stringify(state));
    const resource = (name: string) =>
      resourcesOf(state).find(({ urn }) => urn.endsWith(`::${name}`)) as Record<string, Record<string, unknown>>;
    Object.assign(resource("same")["outputs"] ?? {}, { description: resource("hidden")["inputs"]?.["content"] });
    Object.assign(resource("text"), { additionalSecretOutputs: ["content"] });
    Object.assign(resource("file")["inputs"] ?? {}, {
      // A secret value makes the content secret.
      content: resource("hidden")["inputs"]?.["content"],
    });
    delete resource("only-staging")["outputs"]?.["contentHash"];
    writeFileSync(changed, JSON.stringify(state).replaceAll("only-staging", "only-dev"));
    await staging.run(["stack", "import", "--file", changed]);
    try {
      const args = ["dev", "staging", "--diff", "--match", "^(file|same|text|only-dev)$", ...inProject()];
      const report = await reportOf(3, args, env);
      expect(report.scripts.map(({ name, differs, note, diff }) => [name, differs, note, diff])).toEqual([
        ["file", ["content"], "content is secret: no line diff", undefined],
        [
          "only-dev",
          ["content"],
          "content in staging is unknown, because the last pulumi up did not finish: not compared",
          undefined,
        ],
        ["same", ["description"], "description in staging is secret: not compared", undefined],
        ["text", ["content", "description"], "content is secret: no line diff", undefined],
      ]);
      expect((await linesOf(3, args, env)).find((line) => line.startsWith("only-dev "))).toMatch(
        /^only-dev {2,}different {2,}content {2,}[0-9a-f]{8} \w{24} {2}unknown \w{24}$/,
      );
    } finally {
      await staging.run(["stack", "import", "--file", original]);
    }
  });
});
