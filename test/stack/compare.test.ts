import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import { type Emulator, type EmulatorAccount, startEmulator } from "../../sdk/emulator/index";
import { type CommandResult, runCommand } from "../engine/command";
import { type Environment, inheritedEnvironment } from "../engine/environment";
import { createWorkspace, resourcesOf, Workspace } from "../engine/index";
import { repositoryRoot } from "../engine/repository";
import { engineOrSkip } from "../engine/vitest";

const root = repositoryRoot();
const tokens = { here: "token-of-here", there: "token-of-there" };
const code = (result: string) => `function f(options) {\n  return ${result};\n}\n`;
const short = (content: string) => contentHash(content).slice("sha256:".length).slice(0, 8);

/** What `--json` prints. */
interface Report {
  readonly here: { readonly side: string; readonly kind: string };
  readonly there: { readonly side: string; readonly kind: string };
  readonly scripts: readonly {
    readonly name: string;
    readonly status: string;
    readonly differs: readonly string[];
    readonly here?: { readonly id: string; readonly contentHash?: string; readonly logicalName?: string };
    readonly there?: { readonly id: string; readonly contentHash?: string; readonly logicalName?: string };
    readonly diff?: string;
    readonly note?: string;
  }[];
  readonly summary: Readonly<Record<string, number>>;
}

/** Runs the command, which must not print a token, whatever happens. */
async function run(args: readonly string[], env: Environment = {}): Promise<CommandResult> {
  const whole = Object.entries({ ...inheritedEnvironment(process.env), ...env });
  const set = whole.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const main = join(root, "dist", "sdk", "cli", "main.js");
  const options = { cwd: root, env: Object.fromEntries(set), timeLimit: 60 };
  const result = await runCommand(process.execPath, [main, "compare", ...args], options);
  expect(result.output).not.toMatch(/token-of|\n {4}at /);
  return result;
}

/** Returns the lines of a comparison that has found differences, or none. */
async function linesOf(code: 0 | 3, args: readonly string[], env: Environment): Promise<string[]> {
  const result = await run(args, env);
  expect([result.stderr, result.code]).toEqual(["", code]);
  return result.stdout.trimEnd().split("\n");
}

async function reportOf(code: 0 | 3, args: readonly string[], env: Environment): Promise<Report> {
  return JSON.parse((await linesOf(code, [...args, "--json"], env)).join("\n")) as Report;
}

/** Returns the one line that a run says which has failed. */
async function complaintOf(code: 1 | 2, args: readonly string[], env: Environment = {}): Promise<string> {
  const result = await run(args, env);
  expect([result.stdout, result.code]).toEqual(["", code]);
  expect(result.stderr).toMatch(/^error: [^\n]+\n$/);
  return result.stderr.trimEnd();
}

describe("compare", { timeout: 60_000 }, () => {
  it("shows its options, its exit codes and two examples", async () => {
    const { stdout, code } = await run(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: pulumi-celigo compare \[options\] <here> <there>\n/);
    for (const option of ["--diff", "--json", "--match <pattern>", "--all", "--cwd <folder>"]) {
      expect(stdout).toContain(`  ${option} `);
    }
    expect(stdout).toContain("Exit codes: 0 no difference, 3 differences, 1 failed, 2 wrong usage.");
    expect(stdout.match(/ \$ pulumi-celigo compare /g)).toHaveLength(2);
  });

  it("ends with 2 for sides that are none, or the same, and for a pattern that is none", async () => {
    for (const word of ["", "my stack", "a/b/c/d", "account:", "account:MY-ACCOUNT", "account:1", "a;b", "$(id)"]) {
      expect(await complaintOf(2, [word, "dev"])).toContain(`'${word}' is invalid for argument 'here'. Give the name`);
    }
    expect(await complaintOf(2, ["--", "dev", "--show-secrets"])).toContain("is invalid for argument 'there'");
    expect(await complaintOf(2, ["dev"])).toBe("error: missing required argument 'there'");
    expect(await complaintOf(2, ["a/b/dev", "a/b/dev"])).toBe("error: a/b/dev cannot be compared with itself");
    expect(await complaintOf(2, ["account", "account"])).toBe("error: account cannot be compared with itself");
    expect(await complaintOf(2, ["a", "b", "--match", "("])).toMatch(
      /'\(' is invalid\. It is not a regular expression/,
    );
  });
});

describe("compare, of two accounts", { timeout: 60_000 }, () => {
  const sides = ["account:HERE", "account:THERE"];
  let emulator: Emulator;
  let here: EmulatorAccount;
  let there: EmulatorAccount;
  let env: Environment;

  beforeEach(async () => {
    const accounts = Object.entries(tokens).map(([name, token]) => ({ name, token }));
    emulator = await startEmulator({ accounts, behaviour: { pageSize: 3 } });
    here = emulator.account(tokens.here);
    there = emulator.account(tokens.there);
    env = {
      HERE_CELIGO_API_TOKEN: tokens.here,
      HERE_CELIGO_BASE_URL: emulator.url,
      THERE_CELIGO_API_TOKEN: tokens.there,
      THERE_CELIGO_BASE_URL: emulator.url,
    };
  });

  afterEach(() => emulator.stop());

  it("shows script by script what differs, and how often", async () => {
    const same = { name: "a", content: code("1"), description: "A" };
    here.seed(same);
    there.seed({ ...same, content: `\uFEFF${code("1").replaceAll("\n", "\r\n")}`, __noModule: false });
    const [one, other] = [
      here.seed({ name: "orders", content: code("1") }),
      there.seed({ name: "orders", content: code("2"), description: "Orders", __noModule: true }),
    ];
    const onlyHere = here.seed({ name: "Zeta", content: code("3") });
    const onlyThere = there.seed({ name: "b", content: code("4"), postResponseHookToProcessOnChildRecord: true });
    const text = [
      `NAME    STATUS              WHAT DIFFERS                   account:HERE                       account:THERE`,
      `Zeta    only account:HERE   -                              ${short(code("3"))} ${onlyHere._id}  -`,
      `b       only account:THERE  -                              -                                  ${short(code("4"))} ${onlyThere._id}`,
      `orders  different           content, description, noModule  ${short(code("1"))} ${one._id}  ${short(code("2"))} ${other._id}`,
    ].map((line) => line.replace(/ +/g, " "));
    const lines = await linesOf(3, sides, env);
    expect(lines.slice(0, 4).map((line) => line.replace(/ +/g, " "))).toEqual(text);
    expect(lines.slice(4)).toEqual(["", "1 same, 1 different, 1 only in account:HERE, 1 only in account:THERE"]);
    // Every column begins at the same place in every line.
    const begins = lines.slice(0, 4).map((line) => [...line.matchAll(/(?<=^| {2})\S/g)].map(({ index }) => index));
    expect(new Set(begins.map(String)).size).toBe(1);
    const all = await linesOf(3, [...sides, "--all"], env);
    expect(all).toHaveLength(lines.length + 1);
    expect(all.join("\n")).toMatch(/^a {2,}same {2,}- {2,}[0-9a-f]{8} [0-9a-f]{24} {2}[0-9a-f]{8} [0-9a-f]{24}$/m);
  });

  it("prints JSON of all scripts, in the order of their names", async () => {
    const seeded = ["b", "a", "B", "é", "😀", "\uFF5E"].map((name) =>
      [here, there].map((account) => account.seed({ name, content: code("1") })._id),
    );
    const report = await reportOf(0, sides, env);
    const hash = contentHash(code("1"));
    const [idHere, idThere] = seeded[2] ?? [];
    expect(report).toMatchObject({
      here: { side: "account:HERE", kind: "account" },
      there: { side: "account:THERE", kind: "account" },
      summary: { same: 6, different: 0, onlyHere: 0, onlyThere: 0 },
    });
    expect(Object.keys(report)).toEqual(["here", "there", "scripts", "summary"]);
    expect(report.scripts[0]).toEqual({
      name: "B",
      status: "same",
      differs: [],
      here: { id: idHere, contentHash: hash },
      there: { id: idThere, contentHash: hash },
    });
    expect(report.scripts.map(({ name }) => name)).toEqual(["B", "a", "b", "é", "😀", "\uFF5E"]);
    expect(await linesOf(0, sides, env)).toEqual([
      "6 same, 0 different, 0 only in account:HERE, 0 only in account:THERE",
    ]);
  });

  it("asks each account for its list, and for each script once", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) here.seed({ name, content: code("1") });
    await linesOf(3, [...sides, "--diff"], env);
    expect(emulator.requests.map(({ operation }) => operation).sort()).toEqual([
      ...Array(5).fill("getScriptById"),
      ...Array(3).fill("listScripts"),
    ]);
    emulator.resetRequests();
    const report = await reportOf(3, [...sides, "--match", "^[ab]"], env);
    expect(report.scripts.map(({ name, status }) => [name, status])).toEqual([
      ["a", "onlyHere"],
      ["b", "onlyHere"],
    ]);
    expect(emulator.count({ operation: "getScriptById" })).toBe(2);
  });

  it("takes the settings without a prefix for the side account, and no others for one with a prefix", async () => {
    here.seed({ name: "a", content: code("1") });
    const plain = { CELIGO_API_TOKEN: tokens.here, CELIGO_BASE_URL: emulator.url };
    const report = await reportOf(3, ["account", "account:THERE"], { ...env, ...plain });
    expect([report.here, report.summary]).toEqual([
      { side: "account", kind: "account" },
      { same: 0, different: 0, onlyHere: 1, onlyThere: 0 },
    ]);
    const missing =
      "error: could not read account:OTHER: no API token is set. Set OTHER_CELIGO_API_TOKEN in the environment.";
    expect(await complaintOf(1, ["account", "account:OTHER"], plain)).toBe(missing);
    expect(await complaintOf(1, ["account", "account:HERE"], { ...env, CELIGO_BASE_URL: emulator.url })).toBe(
      "error: could not read account: no API token is set. Set CELIGO_API_TOKEN in the environment.",
    );
  });

  it("names the variable that is wrong", async () => {
    const wrong = { ...env, THERE_CELIGO_API_TOKEN: "token-of-nobody" };
    const refused = await complaintOf(1, sides, wrong);
    expect(refused).toContain("error: could not list the scripts of account:THERE: Celigo answered 401");
    expect(refused).toContain(`The token from THERE_CELIGO_API_TOKEN in the environment was sent to ${emulator.url}`);
    expect(emulator.count({ operation: "getScriptById" })).toBe(0);
    const region = { ...env, THERE_CELIGO_BASE_URL: undefined, THERE_CELIGO_REGION: "mars" };
    expect(await complaintOf(1, sides, region)).toBe(
      'error: invalid configuration (THERE_CELIGO_REGION in the environment): "mars" is not a region. Set it to us or eu.',
    );
    expect(await complaintOf(1, sides, { ...env, HERE_CELIGO_BASE_URL: "http://token-of-here@localhost" })).toContain(
      "(HERE_CELIGO_BASE_URL in the environment): it holds a user name or a password. Remove it: only HERE_CELIGO_API_TOKEN",
    );
  });

  it("matches scripts of one name by content, then the last ones, and drops none", async () => {
    const seed = (account: EmulatorAccount, contents: readonly string[], name = "twin") =>
      contents.map((content) => account.seed({ name, content: code(content) })._id);
    const [a1, a2, a3] = seed(here, ["1", "2", "1"]);
    const [b1, b2, b3] = seed(there, ["9", "1", "2"]);
    const twins = await reportOf(3, sides, env);
    expect(twins.scripts.map(({ status, here, there }) => [status, here?.id, there?.id])).toEqual([
      ["same", a1, b2],
      ["same", a2, b3],
      ["different", a3, b1],
    ]);
    const [a4] = seed(here, ["7"]);
    const left = await reportOf(3, sides, env);
    expect(left.scripts.map(({ status, here, there }) => [status, here?.id, there?.id])).toEqual([
      ["same", a1, b2],
      ["same", a2, b3],
      ["onlyHere", a3, undefined],
      ["onlyHere", a4, undefined],
      ["onlyThere", undefined, b1],
    ]);
    expect((await linesOf(3, sides, env)).filter((line) => line.startsWith("twin "))).toHaveLength(3);
  });

  it("prefers, of one name and one content, the script that is the same in all", async () => {
    const [a1, a2] = ["x", "y"].map((description) => here.seed({ name: "n", content: code("1"), description })._id);
    const [b1] = ["y"].map((description) => there.seed({ name: "n", content: code("1"), description })._id);
    const report = await reportOf(3, sides, env);
    expect(report.scripts.map(({ status, here, there }) => [status, here?.id, there?.id])).toEqual([
      ["same", a2, b1],
      ["onlyHere", a1, undefined],
    ]);
  });

  it("shows names without a character, with emoji, and with what would steer the terminal", async () => {
    const evil = "\u001b[31mred\u009b2J\nnew\u202Eline";
    for (const name of ["", "🚀 launch", "日本", evil, "x".repeat(100)]) here.seed({ name, content: code("1") });
    const { stdout } = await run(sides, env);
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202A-\u202E]/u);
    expect(stdout).toContain("\uFFFD[31mred\uFFFD2J\uFFFDnew\uFFFDline  ");
    const cells = stdout.split("\n").filter((line) => line.includes("only account:HERE "));
    expect(cells).toHaveLength(5);
    const id = "[0-9a-f]{8} [0-9a-f]{24}  -";
    for (const [name, width] of [
      ["(no name)", 9],
      ["🚀 launch", 9],
      ["日本", 4],
      ["x".repeat(100), 100],
    ] as const) {
      expect(stdout).toMatch(
        new RegExp(`^${name.replace(/[()]/g, "\\$&")}${" ".repeat(102 - width)}only account:HERE +- +${id}$`, "m"),
      );
    }
    const json = await run([...sides, "--json"], env);
    expect(json.stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    expect((JSON.parse(json.stdout) as Report).scripts.map(({ name }) => name)).toEqual([
      "",
      evil,
      "x".repeat(100),
      "日本",
      "🚀 launch",
    ]);
  });

  it("shows the lines that differ when it is asked", async () => {
    const one = here.seed({ name: "orders\u001b[2J", content: `${code("1")}\u001b[31m` });
    const other = there.seed({ name: "orders\u001b[2J", content: code("2") });
    const [same] = [here, there].map((account, index) =>
      account.seed({ name: "b", content: code("3"), description: String(index) }),
    );
    expect(same).toBeDefined();
    const diff = [
      `--- account:HERE: orders\uFFFD[2J (${one._id})`,
      `+++ account:THERE: orders\uFFFD[2J (${other._id})`,
      "@@ -1,4 +1,3 @@",
      " function f(options) {",
      "-  return 1;",
      "+  return 2;",
      " }",
      "-\uFFFD[31m",
      "\\ No newline at end of file",
    ];
    const lines = await linesOf(3, [...sides, "--diff"], env);
    expect(lines.slice(3)).toEqual([
      "",
      ...diff,
      "",
      "0 same, 2 different, 0 only in account:HERE, 0 only in account:THERE",
    ]);
    const report = await reportOf(3, [...sides, "--diff"], env);
    expect(report.scripts.map((script) => script.diff)).toEqual([undefined, diff.join("\n")]);
    expect((await reportOf(3, sides, env)).scripts.map((script) => Object.keys(script))).toEqual(
      Array(2).fill(["name", "status", "differs", "here", "there"]),
    );
  });

  it("leaves out what is deleted between list and read, and what is in the recycle bin", async () => {
    const [gone, kept] = ["gone", "kept"].map((name) => here.seed({ name, content: code("1") }));
    there.seed({ name: "kept", content: code("1") });
    emulator.faults.add({ path: new RegExp(`/${gone?._id}$`), fault: { kind: "status", status: 404 } });
    expect((await reportOf(0, sides, env)).scripts.map(({ name, here }) => [name, here?.id])).toEqual([
      ["kept", kept?._id],
    ]);
    here.remove(gone?._id ?? "");
    here.behave({ showsRecycled: true });
    expect((await reportOf(0, sides, env)).scripts).toHaveLength(1);
  });

  it("fails when a script cannot be read, and begins to read no more", async () => {
    for (let index = 0; index < 20; index++) here.seed({ name: `s${index}`, content: code("1") });
    const body = { errors: [{ code: "forbidden", message: "Not yours." }] };
    emulator.faults.add({ operation: "getScriptById", times: 20, fault: { kind: "status", status: 403, body } });
    const complaint = await complaintOf(1, sides, { ...env, CELIGO_MAX_CONCURRENCY: "2" });
    expect(complaint).toMatch(
      /^error: could not read script [0-9a-f]{24} of account:HERE: Celigo answered 403: Not yours\./,
    );
    expect(emulator.count({ operation: "getScriptById" })).toBeLessThanOrEqual(2);
  });

  it("finds nothing to differ in two empty accounts", async () => {
    expect(await linesOf(0, sides, env)).toEqual([
      "0 same, 0 different, 0 only in account:HERE, 0 only in account:THERE",
    ]);
  });
});

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
      // An account knows nothing of templates.
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
    expect(emulator.count({ operation: "getScriptById", account: "dev" })).toBe(2);
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
        "content in dev was changed in Celigo since the last refresh: the lines are those of now",
      );
    } finally {
      account.edit(id, { content: code("0.1") });
    }
  });

  it("says in one line why a stack cannot be read", async () => {
    expect(await complaintOf(1, ["dev", "production", ...inProject()], env)).toMatch(
      /^error: could not read stack production: no stack named 'production' found\. The stack must be one of /,
    );
    expect(await complaintOf(1, ["dev", "staging", "--cwd", join(dev.root, "nowhere")], env)).toMatch(
      /^error: could not read stack (dev|staging): \S+nowhere is not a folder\. Give the folder /,
    );
    expect(await complaintOf(1, ["dev", "staging", "--cwd", dev.root], env)).toMatch(
      /^error: could not read stack (dev|staging): \S.+\. The stack must be one of the Pulumi project in /,
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
      substitutions: { KEY: resource("hidden")["inputs"]?.["content"] },
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
          "content in staging is not known, because the last pulumi up did not finish it: not compared",
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
