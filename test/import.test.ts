import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse as parseJavaScript } from "acorn";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { nameAll } from "../sdk/cli/import/names";
import { type Declaration, declaredIn, programOf, withDeclarations } from "../sdk/cli/import/program";
import { accountOf, awkwardScripts, impossibleScripts } from "./awkward";
import { type CommandResult, type RunningCommand, startCommand } from "./engine/command";
import { inheritedEnvironment } from "./engine/environment";
import { type Program, resourcesOf } from "./engine/index";
import { repositoryRoot } from "./engine/repository";
import { engineOrSkip } from "./engine/vitest";
import { openSession, type Session } from "./session";

const code = (result: string) => `function f() {\n  return ${result};\n}\n`;

describe("the names of imported scripts", () => {
  const id = fc.stringMatching(/^[0-9a-f]{24}$/);
  const scripts = fc.uniqueArray(fc.record({ id, name: fc.string({ unit: "grapheme" }) }), {
    selector: (one) => one.id,
  });

  /** One for names that some file system takes for one. */
  const folded = (name: string) => name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");

  it("serve as names of files on every system, and no two are one on any", () => {
    const check = (some: { id: string; name: string }[]) => {
      const names = [...nameAll(some, []).values()];
      expect(names).toHaveLength(some.length);
      expect(new Set(names.map(folded)).size).toBe(some.length);
      for (const name of names) {
        expect(name).toMatch(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}-]*$/u);
        expect(name.normalize("NFKC")).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)$/i);
        expect([...name].length).toBeLessThanOrEqual(85);
      }
    };
    fc.assert(fc.property(scripts, check));
    check([...awkwardScripts].map(({ name }, n) => ({ id: n.toString(16).padStart(24, "0"), name })));
  });

  it("do not depend on the order, nor change for scripts that were named before when more come", () => {
    const check = (some: { id: string; name: string }[], more: { id: string; name: string }[]) => {
      const names = nameAll(some, []);
      expect(nameAll([...some].reverse(), [])).toEqual(names);
      const later = nameAll(
        more.filter((one) => !names.has(one.id)),
        names.values(),
      );
      const all = [...names.values(), ...later.values()];
      expect(new Set(all.map(folded)).size).toBe(all.length);
    };
    fc.assert(fc.property(scripts, scripts, check));
  });

  it("can be read", () => {
    const names = ["Normalize orders", "normalize  ORDERS", "🚀", "preSavePageOrders2", "con", "Größe (neu)", "受注"];
    const some = names.map((name, n) => ({ id: n.toString(16).padStart(24, "0"), name }));
    expect([...nameAll(some, ["größe-neu"]).values()]).toEqual([
      "normalize-orders",
      "normalize-orders-000001",
      "script-000002",
      "pre-save-page-orders2",
      "con-script",
      "größe-neu-000005",
      "受注",
    ]);
  });
});

describe("the program of imported scripts", () => {
  const value = fc.oneof(fc.string({ unit: "binary" }), fc.boolean());
  const declaration: fc.Arbitrary<Declaration> = fc.record({
    id: fc.stringMatching(/^[0-9a-f]{24}$/),
    logicalName: fc.string({ unit: "binary", minLength: 1 }),
    file: fc.string({ unit: "binary" }),
    args: fc.dictionary(fc.constantFrom("name", "description", "noModule"), value),
    notes: fc.array(fc.string({ unit: "binary" })),
  });
  const declarations = fc.uniqueArray(declaration, { selector: ({ id }) => id });

  it("declares what it was given, whatever is in it, and can be read and added to by a later import", () => {
    fc.assert(
      fc.property(declarations, declarations, (some, others) => {
        const added = others.filter(({ id }) => some.every((one) => one.id !== id));
        const text = withDeclarations(programOf(some, "celigo/scripts"), added);
        const all = [...some, ...added];
        expect([...declaredIn(text)]).toEqual(all.map(({ id, logicalName }) => [id, logicalName]));
        expect(run(text)).toEqual(
          all.map(({ logicalName, args, file }) => [logicalName, { ...args, content: `celigo/scripts/${file}` }]),
        );
      }),
    );
  });

  it("is found by a later import when it was edited", () => {
    const text = programOf([one("a")], "scripts");
    const edited = text.replace("new Script(", "export const a = new Script(\n  ").replaceAll("\n", "\r\n");
    expect([...declaredIn(edited)]).toEqual([["a".repeat(24), "a"]]);
  });

  it("is found by a later import when a formatter has put single quotes", () => {
    const text = programOf([one('it\'s "quoted" \\ \u2028')], "scripts");
    const edited = text.replace(/new Script\("[^\n]*", \{/, "new Script('it\\'s \"quoted\" \\\\ \\u2028', {");
    expect(edited).not.toBe(text);
    expect([...declaredIn(edited)]).toEqual([["a".repeat(24), 'it\'s "quoted" \\ \u2028']]);
  });

  const one = (logicalName: string) => ({
    id: "a".repeat(24),
    logicalName,
    file: "a.js",
    args: {},
    notes: ["Is old."],
  });

  /** Runs the program, which holds no types beside one, and returns what it would declare. */
  function run(text: string): unknown[] {
    const lines = text.replace("(name: string)", "(name)").split("\n");
    const body = lines.filter((line) => !line.startsWith("import ")).join("\n");
    parseJavaScript(body, { ecmaVersion: 2022, sourceType: "module" });
    const declared: unknown[] = [];
    const pulumi = {
      asset: {
        FileAsset: class {
          constructor(readonly path: string) {}
        },
      },
    };
    const Script = class {
      constructor(name: string, { content, ...args }: { content: { path: string } }) {
        declared.push([name, { ...args, content: content.path }]);
      }
    };
    new Function("pulumi", "Script", body)(pulumi, Script);
    return declared;
  }
});

describe("import, on the real engine", { timeout: 480_000 }, () => {
  const engine = engineOrSkip();

  it("brings an old account of 300 scripts under management, without a change and without a write", async () => {
    const session = await begin({ "index.js": "" });
    const { account, takeRequests } = session;
    const seeded = [...accountOf(299), ...impossibleScripts].map((script) => account.seed(script));
    const nameless = account.seed({ name: "nameless", content: code("1") });
    account.edit(nameless._id, { name: "" });
    const before = account.scripts();
    const folder = newFolder(session);

    expect((await command(session, folder, [], 2)).stderr).toContain("to make one, give its stack with --stack");
    const dry = await command(session, folder, ["--stack", "dev", "--dry-run"]);
    expect(dry.stdout).toContain("300 scripts would be imported into stack dev, and 304 files written");
    expect(readdirSync(folder)).toEqual(["node_modules"]);
    takeRequests();

    const first = await command(session, folder, ["--stack", "dev"]);
    expect(first.stdout).toContain("300 scripts imported into stack dev, 304 files written");
    for (const { name } of impossibleScripts) {
      expect(first.stdout).toContain(`left out "${name}" (`);
    }
    expect(first.stdout).toMatch(/^invalid: Is not valid JavaScript \(1:15: /m);
    expect(first.stderr).toContain("303 of 303 scripts read\n");
    expect(takeRequests()).toEqual({ "GET listScripts": 4, "GET getScriptById": 303 });
    expect(account.scripts()).toEqual(before);

    // Every file has the bytes of its script.
    const report = JSON.parse((await command(session, folder, ["--stack", "dev", "--json"])).stdout) as Report;
    expect(report).toMatchObject({ imported: [], managedBefore: 300, filesWritten: [] });
    const state = resourcesOf(await stateOf(session, folder));
    expect(state).toHaveLength(300);
    for (const { id, inputs } of state) {
      const { path = "" } = (inputs?.["content"] ?? {}) as { path?: string };
      const script = before.find(({ _id }) => _id === id);
      expect(readFileSync(join(folder, path)).equals(Buffer.from(script?.content ?? "")), path).toBe(true);
    }
    takeRequests();
    await pulumi(session, folder, ["preview", "--expect-no-changes"]);
    expect(takeRequests()).toEqual({});

    // What is new comes to the end of a program that was edited meanwhile.
    const module = join(folder, "celigo", "index.ts");
    writeFileSync(module, `${readFileSync(module, "utf8")}\n// Ours.`);
    const fresh = ["Normalize orders", "Brand new"].map((name) => account.seed({ name, content: code("2") }));
    const second = await command(session, folder, ["--stack", "dev"]);
    expect(second.stdout).toContain("2 scripts imported into stack dev, 3 files written");
    expect(second.stdout).toContain("300 were managed before");
    expect(takeRequests()).toEqual({ "GET listScripts": 4, "GET getScriptById": 5 });
    const text = readFileSync(module, "utf8");
    expect(text.indexOf("// Ours.")).toBeLessThan(text.indexOf(fresh[0]?._id ?? ""));
    expect(text).toContain(`new Script("normalize-orders-${fresh[0]?._id.slice(-6)}", {`);

    // A refresh finds them as the state says; only the one without a name has to be given one.
    await pulumi(session, folder, ["refresh", "--yes", "--skip-preview"]);
    takeRequests();
    const changes = await pulumi(session, folder, ["preview", "--json"]);
    expect(JSON.parse(changes.stdout).changeSummary).toEqual({ same: 302, update: 1 });
    await pulumi(session, folder, ["up", "--yes", "--skip-preview"]);
    expect(takeRequests()).toEqual({ "GET getScriptById": 1, "PUT updateScript": 1 });
    expect(account.scripts().map(({ content }) => content)).toEqual([
      ...[...seeded, nameless, ...fresh].map(({ content }) => content),
    ]);
  });

  it("needs the program to declare the scripts before it touches the state, and never overwrites a file unasked", async () => {
    const session = await begin({
      files: { "index.ts": 'export const answer: number = "42";\n', "celigo/scripts/orders.js": "// mine\n" },
      layout: "subfolder",
    });
    const { account, workspace } = session;
    const { folder } = workspace;
    const orders = account.seed({ name: "Orders", content: code("1") });
    const twins = ["1", "2"].map((result) => account.seed({ name: "Twin", content: code(result) }));
    const path = (name: string) => join(folder, "infra", "celigo", name);

    const taken = await command(session, folder, [], 1);
    expect(taken.stderr).toMatch(
      /^error: could not write the scripts' files: infra\/celigo\/scripts\/orders\.js would be overwritten, and nothing was changed\. .*--overwrite/m,
    );
    expect(existsSync(path("index.ts"))).toBe(false);
    expect(readFileSync(path("scripts/orders.js"), "utf8")).toBe("// mine\n");
    expect((await command(session, folder, ["Twin"], 1)).stderr).toContain(
      `2 scripts have that name: ${twins[0]?._id}, ${twins[1]?._id}. Give the id.`,
    );
    const nobody = "0".repeat(24);
    session.takeRequests();
    expect((await command(session, folder, ["Orders", nobody], 1)).stderr).toContain(
      `could not find script ${nobody}: none of 3 scripts in the account has that id.`,
    );
    expect(session.takeRequests()).toEqual({ "GET listScripts": 1 });
    expect((await command(session, folder, ["--match", "("], 2)).stderr).toContain("It is not a regular expression.");

    const broken = await command(session, folder, ["--overwrite", "Orders"], 1);
    expect(broken.stderr).toMatch(
      /^error: could not check the program.*Type 'string' is not assignable to type 'number'/m,
    );
    workspace.writeFile("index.ts", "export const answer = 42;\n");
    const undeclared = await command(session, folder, ["--match", "^Twin$"], 1);
    expect(undeclared.stderr).toMatch(
      /does not declare "twin" and "twin-[0-9a-f]{6}"\. .* run the command again: import "\.\/celigo";\n$/,
    );
    expect(resourcesOf(await workspace.exportState())).toEqual([]);

    workspace.writeFile("index.ts", 'import "./celigo";\nexport const answer = 42;\n');
    // The program declares all three: a part of them is no reason to leave the others to be created.
    const done = await command(session, folder, [twins[1]?._id ?? ""]);
    expect(done.stdout).toContain("1 script imported");
    expect(resourcesOf(await workspace.exportState()).map(({ id }) => id)).toEqual([twins[1]?._id]);
    await command(session, folder, []);
    await workspace.preview({ expectNoChanges: true });
    expect(
      resourcesOf(await workspace.exportState())
        .map(({ id }) => id)
        .sort(),
    ).toEqual([orders, ...twins].map(({ _id }) => _id).sort());
    expect(readFileSync(path("scripts/orders.js"), "utf8")).toBe(code("1"));
  });

  it("has a way for one script that the program declares already: the file of the README, and a refresh", async () => {
    const session = await begin({
      "index.js":
        'const { Script } = require("pulumi-celigo");\nnew Script("normalize-orders", { content: "function f() { return 1; }" });',
    });
    const { account, workspace, takeRequests } = session;
    const { _id } = account.seed({
      name: "normalize-orders",
      content: "function f() { return 0; }",
      description: "Old.",
    });
    const readme = readFileSync(join(repositoryRoot(), "README.md"), "utf8");
    const [, file = ""] = /```json\n(\{ "resources": [^`]*)```/.exec(readme) ?? [];
    await workspace.importResources(JSON.parse(file.replace("66f1a0c4b7d2e35a9c01d4e1", _id)) as object);
    expect(takeRequests()).toEqual({});
    await workspace.refresh();
    const { output } = await workspace.preview({ args: ["--diff"] });
    expect(output).toMatch(/~ content *: "function f\(\) \{ return 0; \}" => "function f\(\) \{ return 1; \}"/);
    expect(output).toContain('- description: "Old."');
    takeRequests();
    await workspace.up();
    expect(takeRequests()).toEqual({ "GET getScriptById": 1, "PUT updateScript": 1 });
    expect(account.scripts().map(({ _id, content }) => [_id, content])).toEqual([[_id, "function f() { return 1; }"]]);
  });

  it("can be repeated after it was killed, and after the server has failed half-way", async () => {
    const session = await begin({ "index.js": "" });
    const { account, emulator, takeRequests } = session;
    const scripts = Array.from({ length: 12 }, (_, n) =>
      account.seed({ name: `Script ${n}`, content: code(String(n)) }),
    );
    const folder = newFolder(session);
    emulator.faults.add({
      operation: "getScriptById",
      skip: 6,
      times: Infinity,
      fault: { kind: "status", status: 403 },
    });
    const failed = await command(session, folder, ["--stack", "dev"], 1);
    expect(failed.stderr).toMatch(/^error: could not read script [0-9a-f]{24}: .*403/m);
    expect(readdirSync(folder)).toEqual(["node_modules"]);
    emulator.faults.clear();

    const run = start(session, folder, ["--stack", "dev"]);
    await vi.waitUntil(() => run.output().includes("Checking the program"), { timeout: 60_000 });
    run.kill("SIGKILL", () => true);
    await run.done;
    expect(resourcesOf(await stateOf(session, folder))).toEqual([]);
    const again = await command(session, folder, ["--stack", "dev"]);
    expect(again.stdout).toContain("12 scripts imported into stack dev, 0 files written");
    const ids = resourcesOf(await stateOf(session, folder)).map(({ id }) => id);
    expect(ids.sort()).toEqual(scripts.map(({ _id }) => _id).sort());
    expect(Object.keys(takeRequests()).filter((request) => !request.startsWith("GET "))).toEqual([]);
  });

  function begin(program: Program | Readonly<Record<string, string>>): Promise<Session> {
    return openSession(engine(), program, { emulator: { pageSize: 100 } });
  }
});

interface Report {
  readonly imported: readonly unknown[];
}

/** Makes a folder in which the packages are installed, and nothing else is. */
function newFolder({ workspace }: Session): string {
  const folder = join(workspace.root, "fresh");
  mkdirSync(folder);
  symlinkSync(join(workspace.folder, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function start(session: Session, cwd: string, args: readonly string[]): RunningCommand {
  const main = join(repositoryRoot(), "dist", "sdk", "cli", "main.js");
  return startCommand(process.execPath, [main, "import", ...args], {
    cwd,
    env: environmentOf(session),
    timeLimit: 200,
  });
}

/** Runs the command, which never shows a stack or the token. */
async function command(session: Session, cwd: string, args: readonly string[], code = 0): Promise<CommandResult> {
  const result = await start(session, cwd, args).done;
  expect([result.code, code === 0 ? result.stderr.match(/error.*/)?.[0] : undefined], result.output).toEqual([
    code,
    undefined,
  ]);
  expect(result.output).not.toMatch(/\n {4}at /);
  expect(result.output).not.toContain(session.account.token);
  return result;
}

async function pulumi(session: Session, cwd: string, args: readonly string[]): Promise<CommandResult> {
  const options = { cwd, env: environmentOf(session), timeLimit: 120 };
  const result = await startCommand("pulumi", [...args, "--stack", "dev", "--non-interactive"], options).done;
  expect(result.code, result.output).toBe(0);
  return result;
}

async function stateOf(session: Session, cwd: string) {
  return JSON.parse((await pulumi(session, cwd, ["stack", "export"])).stdout) as Parameters<typeof resourcesOf>[0];
}

function environmentOf({ workspace, emulator, account }: Session): Record<string, string> {
  const inherited = inheritedEnvironment(process.env);
  return {
    ...inherited,
    PATH: [workspace.engine.folder, inherited["PATH"]].join(delimiter),
    PULUMI_HOME: join(workspace.root, "home"),
    PULUMI_BACKEND_URL: pathToFileURL(join(workspace.root, "backend")).href,
    PULUMI_STACK: "dev",
    PULUMI_CONFIG_PASSPHRASE: "passphrase",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    CELIGO_BASE_URL: emulator.url,
    CELIGO_API_TOKEN: account.token,
  } as Record<string, string>;
}
