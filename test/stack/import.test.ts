import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { programOf } from "../../sdk/cli/import/program";
import { accountOf, impossibleScripts } from "../cli/awkward";
import { hasTerminal, runAtTerminal } from "../cli/command-line";
import { type CommandResult, type RunningCommand, startCommand } from "../engine/command";
import { compileCache, type Environment, inheritedEnvironment } from "../engine/environment";
import { type Program, resourcesOf } from "../engine/index";
import { writeText } from "../engine/program";
import { repositoryRoot } from "../engine/repository";
import { engineOrSkip } from "../engine/vitest";
import { openSession, type Session } from "./session";

const main = join(repositoryRoot(), "dist", "sdk", "cli", "main.js");
const code = (result: string) => `function f() {\n  return ${result};\n}\n`;

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

    expect((await command(session, folder, [], 2)).stderr).toContain("to make one, name its stack with --stack");
    const dry = await command(session, folder, ["--stack", "dev", "--dry-run"]);
    expect(dry.stdout).toContain("300 scripts would be imported into stack dev, and 305 files written");
    expect(readdirSync(folder)).toEqual(["node_modules"]);
    symlinkSync(session.workspace.root, join(folder, "celigo"));
    expect((await command(session, folder, ["--stack", "dev", "--dry-run"], 1)).stderr).toContain(
      "could not write the scripts' files: celigo is a link that leads out of this folder, and nothing was changed.",
    );
    rmSync(join(folder, "celigo"));
    takeRequests();

    const first = await command(session, folder, ["--stack", "dev"]);
    expect(first.stdout).toContain("300 scripts imported into stack dev, 305 files written");
    for (const { name } of impossibleScripts) {
      expect(first.stdout).toContain(`left out "${name.replace("\uD83D", "\uFFFD")}" (`);
    }
    expect(first.stdout).toMatch(/^invalid: Is not valid JavaScript \(1:15: /m);
    expect(first.stderr).toContain("305 of 305 scripts read\n");
    // Reading does not wait for the end of the list.
    const order = session.emulator.requests.map(({ operation }) => operation);
    expect(order.indexOf("getScriptById")).toBeLessThan(order.lastIndexOf("listScripts"));
    expect(takeRequests()).toEqual({ "GET listScripts": 4, "GET getScriptById": 305 });
    expect(account.scripts()).toEqual(before);

    // Every file has the bytes of its script.
    const report = JSON.parse((await command(session, folder, ["--stack", "dev", "--json"])).stdout) as Report;
    expect(report).toMatchObject({ imported: [], managedBefore: 300, filesWritten: [] });
    const state = resourcesOf(await stateOf(session, folder));
    expect(state).toHaveLength(300);
    for (const { id, inputs, outputs } of state) {
      const record = before.find(({ _id }) => _id === id);
      const fields = { ...fieldsOf(record), name: record?.name || `script-${id?.slice(-6)}` };
      expect(fieldsOf(inputs)).toEqual(fields);
      expect(fieldsOf(outputs)).toEqual(fields);
      const { path = "" } = (inputs?.["content"] ?? {}) as { path?: string };
      expect(readFileSync(join(folder, path)).equals(Buffer.from(record?.content ?? "")), path).toBe(true);
    }
    // With TypeScript 6 a second import would not compile otherwise.
    expect(readFileSync(join(folder, "tsconfig.json"), "utf8")).toContain('"rootDir": "."');
    const made = readFileSync(join(folder, "celigo", "index.ts"), "utf8");
    expect(made).toMatch(/^\/\/ Made from template 0123456789abcdef01234567\.\nnew Script\("from-a-template"/m);
    expect(made).toMatch(/^\/\/ Belongs to integration 1123456789abcdef01234567\.\nnew Script\("of-an-integration"/m);
    expect(made).toMatch(
      /^\/\/ Belongs to integration 3123456789abcdef01234567\.\n\/\/ Installed by integration app 2123456789abcdef01234567, whose updates may overwrite [^\n]*\nnew Script\("of-an-app"/m,
    );
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
    expect(takeRequests()).toEqual({ "GET listScripts": 4, "GET getScriptById": 7 });
    const text = readFileSync(module, "utf8");
    expect(text.indexOf("// Ours.")).toBeLessThan(text.indexOf(fresh[0]?._id ?? ""));
    expect(text).toContain(`new Script("normalize-orders-${fresh[0]?._id.slice(-6)}", {`);

    // A refresh finds them as the state says; only the one without a name has to be given one.
    await pulumi(session, folder, ["refresh", "--yes", "--skip-preview"], { PULUMI_SKIP_CHECKPOINTS: "true" });
    takeRequests();
    const { stdout } = await pulumi(session, folder, ["up", "--yes", "--skip-preview"]);
    expect(stdout).toMatch(/^ +~ 1 updated\n +302 unchanged$/m);
    // The nameless script gets a name: the four pages of names are read until two readings agree.
    expect(takeRequests()).toEqual({ "GET listScripts": 2 * 4, "GET getScriptById": 1, "PUT updateScript": 1 });
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

    const typed = { PULUMI_NODEJS_TRANSPILE_ONLY: undefined };
    const broken = await command(session, folder, ["--overwrite", "Orders"], 1, typed);
    expect(broken.stderr).toMatch(
      /^error: could not check the program.*Type 'string' is not assignable to type 'number'.* Correct the program, and run the command again\.$/m,
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
    const readme = readFileSync(join(repositoryRoot(), "sdk", "cli", "README.md"), "utf8");
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

  it("lets Pulumi end at Ctrl-C, leaves no copy of the code behind, and can be repeated", async () => {
    const session = await begin({ "index.js": "" });
    const { account, workspace } = session;
    const scripts = Array.from({ length: 12 }, (_, n) => account.seed({ name: `Script ${n}`, content: code("1") }));
    const folder = newFolder(session);
    const temporary = join(workspace.root, "temporary");
    mkdirSync(temporary);
    const copies = () => readdirSync(temporary).filter((name) => name.startsWith("pulumi-celigo-import-"));

    const run = start(session, folder, ["--stack", "dev"], { TMPDIR: temporary });
    await vi.waitUntil(() => copies().length > 0, { timeout: 60_000 });
    // As a terminal does it: to all of the command's group, which Pulumi's plugins are not in.
    run.kill("SIGINT", ({ group }) => group === run.pid);
    expect((await run.done).signal).toBe("SIGINT");
    expect(copies()).toEqual([]);

    await command(session, folder, ["--stack", "dev"]);
    const ids = resourcesOf(await stateOf(session, folder)).map(({ id }) => id);
    expect(ids.sort()).toEqual(scripts.map(({ _id }) => _id).sort());
  });

  it("leaves nothing behind that a repeat would stumble over when the stack of a new project cannot be made", async () => {
    const session = await begin({ "index.js": "" });
    const { account, workspace, takeRequests } = session;
    const orders = account.seed({ name: "Orders", content: code("1") });
    const folder = newFolder(session);
    const args = ["--stack", "dev"];

    for (const more of [[], ["--dry-run"]]) {
      const { stderr } = await command(session, folder, [...args, ...more], 1, { PATH: "/nowhere" });
      expect(stderr).toMatch(/^error: could not begin the import: there is no pulumi on PATH\. Install /);
    }
    expect(takeRequests()).toEqual({});
    expect(readdirSync(folder)).toEqual(["node_modules"]);

    const dry = await command(session, folder, [...args, "--dry-run"]);
    expect(dry.stdout).toContain(
      "\nWould write: 1 script in celigo/scripts, celigo/index.ts, .gitignore, tsconfig.json, index.ts, Pulumi.yaml\n1 script would be imported",
    );
    const locked = await command(session, folder, args, 1, { PULUMI_CONFIG_PASSPHRASE: undefined });
    expect(locked.stderr).toMatch(
      /^error: could not make stack dev: .*PULUMI_CONFIG_PASSPHRASE.* was removed again\. .* run the command again\.$/m,
    );
    expect(existsSync(join(folder, "Pulumi.yaml"))).toBe(false);

    // Killed just before the stack is made: a pulumi on PATH that kills its caller.
    const killer = join(workspace.root, "killer");
    writeText(
      join(killer, "pulumi"),
      `#!/bin/sh\n[ "$1 $2" = "stack init" ] && kill -9 $PPID && exit 1\nexec "$REAL" "$@"\n`,
    );
    chmodSync(join(killer, "pulumi"), 0o755);
    const killed = await start(session, folder, args, {
      PATH: [killer, process.env["PATH"]].join(delimiter),
      REAL: join(workspace.engine.folder, "pulumi"),
    }).done;
    expect([killed.signal, existsSync(join(folder, "Pulumi.yaml"))]).toEqual(["SIGKILL", true]);
    const stackless = await command(session, folder, args, 1);
    expect(stackless.stderr).toMatch(
      /no stack named 'dev' found\. Run: pulumi stack init dev, and then the command again\.$/m,
    );
    await pulumi(session, folder, ["stack", "init", "dev"]);

    const report = JSON.parse((await command(session, folder, [...args, "--json"])).stdout) as Report;
    expect(report).toEqual({
      dryRun: false,
      imported: [{ id: orders._id, name: "Orders", logicalName: "orders", file: "orders.js", notes: [] }],
      leftOut: [],
      managedBefore: 0,
      filesWritten: [],
    });
    expect(resourcesOf(await stateOf(session, folder)).map(({ id }) => id)).toEqual([orders._id]);
  });

  it("does not mix the scripts of two accounts, and says how to adopt those of the second", async () => {
    const session = await begin({ "index.js": "" });
    const { account, emulator } = session;
    const other = emulator.addAccount({ token: "token-of-other" });
    const prod = { CELIGO_API_TOKEN: other.token };
    const folder = newFolder(session);
    for (const name of ["Orders", "Invoices"]) account.seed({ name, content: code("1") });
    const theirs = ["Invoices", "Orders"].map((name) => other.seed({ name, content: code("2") }));
    await command(session, folder, ["--stack", "dev"]);
    const text = readFileSync(join(folder, "celigo", "index.ts"), "utf8");

    await pulumi(session, folder, ["stack", "init", "prod"]);
    const refused = await command(session, folder, ["--stack", "prod"], 1, prod);
    expect(refused.stderr).toMatch(
      /^error: could not import into stack prod: celigo\/index\.ts declares the scripts of another account, and nothing was changed\. .*pulumi-celigo compare, then run CELIGO_ON_NAME_TAKEN=adopt pulumi up --stack prod\. .*--out\.$/m,
    );
    expect(readFileSync(join(folder, "celigo", "index.ts"), "utf8")).toBe(text);
    const dry = await command(session, folder, ["--stack", "prod", "--out", "prod", "--dry-run", "--json"], 0, prod);
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("node_modules/\n");
    const unmatched = await command(session, folder, ["--stack", "dev", "--match", "^nothing$"], 1);
    expect(unmatched.stderr).toBe(
      "error: could not begin the import: none of 2 scripts matches /^nothing$/. Run pulumi-celigo list to see their names.\n",
    );
    expect(JSON.parse(dry.stdout)).toMatchObject({
      dryRun: true,
      filesWritten: ["prod/scripts/invoices.js", "prod/scripts/orders.js", "prod/index.ts"],
    });
    await pulumi(session, folder, ["up", "--stack", "prod", "--yes", "--skip-preview"], {
      ...prod,
      CELIGO_ON_NAME_TAKEN: "adopt",
    });
    expect(other.scripts().map(({ _id, content }) => [_id, content])).toEqual(
      theirs.map(({ _id }) => [_id, code("1")]),
    );
    // What is new in the first account still comes to its stack, but for what another stack manages.
    account.seed({ name: "Returns", content: code("1") });
    await pulumi(session, folder, ["stack", "init", "team"]);
    const without = await command(session, folder, [
      "--stack",
      "team",
      "--not-in",
      "dev",
      "--out",
      "team",
      "--dry-run",
    ]);
    expect(without.stdout).toContain("1 script would be imported into stack team");
    expect((await command(session, folder, ["--stack", "dev"])).stdout).toContain("1 script imported into stack dev");
  });

  it("writes CommonJS for a program in it, by the main file of package.json, and counts what else would change", async () => {
    const session = await begin({ "index.js": "" });
    const { account, emulator } = session;
    for (let n = 0; n < 12; n++) account.seed({ name: `Script ${n}`, content: code(String(n)) });
    const folder = newFolder(session, {
      "Pulumi.yaml": "name: plain\nruntime: nodejs\n",
      "package.json": '{ "main": "src/index.js" }',
      "src/index.js":
        'const { Script } = require("pulumi-celigo");\nnew Script("ours", { content: "function f() {}" });\n',
    });
    await pulumi(session, folder, ["stack", "init", "dev"]);
    emulator.faults.add({ operation: "getScriptById", times: 12, fault: { kind: "latency", milliseconds: 100 } });
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, emulator.count({ operation: "getScriptById", status: 0 }));
    }, 5);
    const advised = await command(session, folder, [], 1, { CELIGO_MAX_CONCURRENCY: "3" });
    clearInterval(watch);
    expect(most).toBe(3);
    expect(advised.stderr).toMatch(/run the command again: require\("\.\.\/celigo"\);$/m);
    expect(readFileSync(join(folder, "celigo", "index.js"), "utf8")).toMatch(
      /^const pulumi = require\("@pulumi\/pulumi"\);\n.*\n\n.*\nconst file = \(name\) =>/,
    );
    const entry = join(folder, "src", "index.js");
    writeFileSync(entry, `require("../celigo");\n${readFileSync(entry, "utf8")}`);
    const done = await command(session, folder, []);
    expect(done.stdout).toContain(
      "12 scripts imported into the current stack, 0 files written in " +
        `${join(folder, "celigo")}. pulumi preview shows no change of them; it would also create 1 other resource.\n`,
    );
    expect(resourcesOf(await stateOf(session, folder))).toHaveLength(12);
  });

  it("writes ES modules for a program in them, new or not", async () => {
    const session = await begin({ "index.js": "" });
    const { account } = session;
    account.seed({ name: "Orders", content: code("1") });
    const module = '{ "type": "module", "main": "lib/main.js" }';
    const fresh = newFolder(session, { "package.json": module });
    const done = await command(session, fresh, ["--stack", "dev"]);
    expect(done.stdout).toContain("1 script imported into stack dev, 5 files written");
    expect(readFileSync(join(fresh, "index.js"), "utf8")).toBe('import "./celigo/index.js";\n');
    expect(existsSync(join(fresh, "tsconfig.json"))).toBe(false);

    const old = newFolder(
      session,
      { "package.json": module, "Pulumi.yaml": "name: old\nruntime: nodejs\n", "lib/main.js": "export const a = 1;\n" },
      "old",
    );
    await pulumi(session, old, ["stack", "init", "dev"]);
    expect((await command(session, old, [], 1)).stderr).toMatch(/again: import "\.\.\/celigo\/index\.js";$/m);
    writeFileSync(join(old, "lib", "main.js"), 'import "../celigo/index.js";\nexport const a = 1;\n');
    expect((await command(session, old, [])).stdout).toContain("1 script imported");

    const mixed = newFolder(
      session,
      { "Pulumi.yaml": "name: mixed\nruntime: nodejs\nmain: main.mjs\n", "main.mjs": 'import "./celigo/index.mjs";\n' },
      "mixed",
    );
    await pulumi(session, mixed, ["stack", "init", "dev"]);
    expect((await command(session, mixed, [])).stdout).toContain("1 script imported into the current stack, 3 files");
  });

  it("needs TypeScript for a program in it, as Pulumi's own is too old, and says so before anything is written", async () => {
    const session = await begin({ "index.js": "" });
    const { workspace, takeRequests } = session;
    const folder = join(workspace.root, "without-typescript");
    const modules = join(workspace.folder, "node_modules");
    mkdirSync(join(folder, "node_modules", "@pulumi"), { recursive: true });
    symlinkSync(join(modules, "@pulumi", "pulumi"), join(folder, "node_modules", "@pulumi", "pulumi"));
    symlinkSync(join(modules, "pulumi-celigo"), join(folder, "node_modules", "pulumi-celigo"));
    const { stderr } = await command(session, folder, ["--stack", "dev"], 1);
    expect(stderr).toBe(
      `error: could not begin the import: typescript is not installed in ${folder}. Run there: npm install typescript@5\n`,
    );
    expect(takeRequests()).toEqual({});
    expect(readdirSync(folder)).toEqual(["node_modules"]);
    // A program in JavaScript needs none.
    writeText(join(folder, "package.json"), '{ "type": "module" }');
    expect((await command(session, folder, ["--stack", "dev"])).stdout).toContain("Nothing to import");
  });

  it("adds to no file that it does not know, and needs the packages where it writes", async () => {
    const session = await begin({ files: { "index.ts": 'import "./celigo";\n', "celigo/index.ts": "export {};\n" } });
    const { account, workspace, takeRequests } = session;
    const { folder } = workspace;
    account.seed({ name: "Orders", content: code("1") });
    const refused = await command(session, folder, [], 1);
    expect(refused.stderr).toMatch(
      /^error: could not begin the import: celigo\/index\.ts was not made by an import, and nothing was changed\. Give another folder with --out, /m,
    );
    expect(readdirSync(join(folder, "celigo"))).toEqual(["index.ts"]);
    workspace.writeFile(
      "celigo/index.ts",
      'import { Script } from "pulumi-celigo";\nconst file = new pulumi.asset.FileAsset("hooks/mine.js");\n',
    );
    expect((await command(session, folder, [], 1)).stderr).toContain("celigo/index.ts was not made by an import");
    takeRequests();
    const outside = join(workspace.root, "outside");
    const lost = await command(session, folder, ["--out", outside], 1);
    expect(lost.stderr).toMatch(
      /^error: could not begin the import: from .*outside, @pulumi\/pulumi is not found where the program finds it\. Give an --out below /m,
    );
    expect(takeRequests()).toEqual({});

    workspace.writeFile("celigo/index.ts", programOf([], "celigo/scripts"));
    workspace.writeFile("celigo/scripts/orders.js.tmp", "mine");
    expect((await command(session, folder, [])).stdout).toContain("1 script imported into the current stack, 3 files");
    expect(readFileSync(join(folder, "celigo", "scripts", "orders.js.tmp"), "utf8")).toBe("mine");
    account.seed({ name: "Returns", content: code("1") });
    workspace.writeFile("index.ts", 'import "./celigo";\nimport "./a/b";\n');
    expect((await command(session, folder, ["--out", "a/b"])).stdout).toContain("1 script imported");
    expect(readdirSync(join(folder, "a", "b", "scripts"))).toEqual(["returns.js"]);
  });

  it("shows what was renamed in Celigo since an import that was stopped", async () => {
    const session = await begin({ files: { "index.ts": "" } });
    const { account, workspace } = session;
    const { folder } = workspace;
    const { _id: id } = account.seed({ name: "Orders", content: code("1"), description: "Old." });
    await command(session, folder, [], 1);
    account.edit(id, { name: "Orders, new", description: "" });
    workspace.writeFile("index.ts", 'import "./celigo";\n');
    const differing = await command(session, folder, [], 1);
    expect(differing.stderr).toMatch(
      /^error: could not finish the import into the current stack: pulumi preview shows a change of orders\. /m,
    );
    const [script] = resourcesOf(await workspace.exportState());
    expect(script?.inputs).toMatchObject({ name: "Orders, new" });
    expect(script?.inputs).not.toHaveProperty("description");
    expect(script?.outputs).toMatchObject({ name: "Orders, new", description: "" });
    const { output } = await workspace.preview({ args: ["--diff"] });
    expect(output).toContain('~ name       : "Orders, new" => "Orders"');
    expect(output).toContain('+ description: "Old."');
    await workspace.up();
    expect(account.scripts()).toMatchObject([{ name: "Orders", description: "Old." }]);
  });

  it.skipIf(!hasTerminal)("ends its progress bar before it says what went wrong, and shows it to the end", async () => {
    const session = await begin({ "index.js": "" });
    const { account, emulator } = session;
    for (let n = 0; n < 4; n++) account.seed({ name: `Script ${n}`, content: code(String(n)) });
    const cwd = newFolder(session);
    const env = environmentOf(session, { CELIGO_MAX_CONCURRENCY: "1" });
    const args = ["import", "--stack", "dev", "--dry-run"];
    emulator.faults.add({ operation: "getScriptById", skip: 2, fault: { kind: "status", status: 403 } });
    const failed = await runAtTerminal(args, { cwd, env });
    expect(failed.output).toMatch(/\r\[#{15}\.{15}\] 2 of 4 scripts read\r\nerror: could not read script /);
    const done = await runAtTerminal(args, { cwd, env });
    expect(done.output).toMatch(/^\r\[#{7}\.{23}\] 1 of 4 scripts read\r/);
    expect(done.output).toMatch(/\r\[#{30}\] 4 of 4 scripts read\r\nNAME /);
  });

  function begin(program: Program | Readonly<Record<string, string>>): Promise<Session> {
    return openSession(engine(), program, { emulator: { behaviour: { pageSize: 100 } } });
  }
});

interface Report {
  readonly dryRun: boolean;
  readonly imported: readonly { readonly id: string; readonly logicalName: string }[];
  readonly filesWritten: readonly string[];
}

/** Picks what a program says of a script beside its code, by the names of inputs; what is at its default is left out. */
function fieldsOf(from: object = {}): Record<string, unknown> {
  const { __noModule, _templateId, ...rest } = from as Record<string, unknown>;
  const all: Record<string, unknown> = { noModule: __noModule, templateId: _templateId, ...rest };
  const names = ["name", "description", "postResponseHookToProcessOnChildRecord", "noModule", "templateId"];
  return Object.fromEntries(names.filter((name) => all[name]).map((name) => [name, all[name]]));
}

/** Makes a folder in which the packages are installed, and nothing else is but the files that are given. */
function newFolder({ workspace }: Session, files: Readonly<Record<string, string>> = {}, name = "fresh"): string {
  const folder = join(workspace.root, name);
  mkdirSync(folder);
  symlinkSync(join(workspace.folder, "node_modules"), join(folder, "node_modules"));
  for (const [path, text] of Object.entries(files)) writeText(join(folder, path), text);
  return folder;
}

function start(session: Session, cwd: string, args: readonly string[], more: Environment = {}): RunningCommand {
  return startCommand(process.execPath, [main, "import", ...args], {
    cwd,
    env: environmentOf(session, more),
    timeLimit: 200,
  });
}

/** Runs the command, which never shows a stack or the token. */
async function command(
  session: Session,
  cwd: string,
  args: readonly string[],
  code = 0,
  more: Environment = {},
): Promise<CommandResult> {
  const result = await start(session, cwd, args, more).done;
  expect([result.code, code === 0 ? result.stderr.match(/error.*/)?.[0] : undefined], result.output).toEqual([
    code,
    undefined,
  ]);
  expect(result.output).not.toMatch(/\n {4}at /);
  expect(result.output).not.toContain(session.account.token);
  return result;
}

async function pulumi(
  session: Session,
  cwd: string,
  args: readonly string[],
  more: Environment = {},
): Promise<CommandResult> {
  const options = { cwd, env: environmentOf(session, more), timeLimit: 120 };
  const result = await startCommand("pulumi", [...args, "--non-interactive"], options).done;
  expect(result.code, result.output).toBe(0);
  return result;
}

async function stateOf(session: Session, cwd: string) {
  return JSON.parse((await pulumi(session, cwd, ["stack", "export"])).stdout) as Parameters<typeof resourcesOf>[0];
}

/** A stack of the environment's counts where no other is named. */
function environmentOf({ workspace, emulator, account }: Session, more: Environment = {}): Record<string, string> {
  const inherited = inheritedEnvironment(process.env);
  const whole = {
    ...inherited,
    ...compileCache,
    GOGC: "400",
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    PATH: [workspace.engine.folder, inherited["PATH"]].join(delimiter),
    PULUMI_HOME: join(workspace.root, "home"),
    PULUMI_BACKEND_URL: pathToFileURL(join(workspace.root, "backend")).href,
    PULUMI_STACK: "dev",
    PULUMI_CONFIG_PASSPHRASE: "passphrase",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    CELIGO_BASE_URL: emulator.url,
    CELIGO_API_TOKEN: account.token,
    ...more,
  };
  return Object.fromEntries(Object.entries(whole).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
