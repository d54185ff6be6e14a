import { renameSync, rmSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import { ScriptFolder, type ScriptFolderArgs } from "../../sdk/folder/folder";
import { resourcesOf } from "../engine/index";
import { writeText } from "../engine/program";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { engineOrSkip } from "../engine/vitest";
import { openSession } from "./session";

const code = "function hook(options) {\n  return options.data;\n}\n";

interface Registered {
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

describe("a folder of scripts, in a unit test with mocks", () => {
  const registered = new Map<string, Registered>();

  beforeEach(async () => {
    registered.clear();
    await pulumi.runtime.setMocks({
      newResource({ type, name, inputs }) {
        registered.set(name, { type, inputs: inputs as Registered["inputs"] });
        return { id: `id of ${name}`, state: { ...inputs, contentHash: `hash of ${name}` } };
      },
      call: () => ({}),
    });
  });
  // Waits until the mocks of the test have got all that is theirs.
  afterEach(() => pulumi.runtime.disconnect());
  afterAll(() => pulumi.runtime.resetOptions("", "", -1, "", "", false, ""));

  function folderOf(...files: readonly (string | readonly [path: string, text: string])[]): string {
    const folder = temporaryFolder("folder");
    for (const file of files) {
      const [path, text] = typeof file === "string" ? [file, code] : file;
      writeText(join(folder, path), text);
    }
    return folder;
  }

  async function made(path: string, args: Omit<ScriptFolderArgs, "path"> = {}): Promise<ScriptFolder> {
    const folder = new ScriptFolder("hooks", { path, ...args });
    await Promise.all(Object.values(folder.scripts).map(({ urn }) => resolved(urn)));
    return folder;
  }

  async function pathsOf(path: string, args: Omit<ScriptFolderArgs, "path"> = {}): Promise<string[]> {
    return Object.keys((await made(path, args)).scripts);
  }

  /** What was given of each script, by logical name. */
  function given(input: string): Record<string, unknown> {
    const scripts = [...registered].filter(([, { type }]) => type !== "celigo:index:ScriptFolder");
    return Object.fromEntries(scripts.map(([name, { inputs }]) => [name, inputs[input]]));
  }

  function failureOf(path: string, args: Omit<ScriptFolderArgs, "path"> = {}): string {
    try {
      new ScriptFolder("hooks", { path, ...args });
    } catch (error) {
      expect(error).toMatchObject({ name: "CeligoError", code: "invalid_argument", stack: "" });
      return (error as Error).message.replace(`could not make scripts of the folder "${path}": `, "");
    }
    return expect.fail("made a folder of scripts");
  }

  it("has the script, the id and the hash of each file by path, in the order of code units", async () => {
    const path = folderOf("b.js", "a/z.js", "a-b.js", "B.js", "a/é/x.js");
    const folder = await made(path);
    const paths = ["B.js", "a-b.js", "a/z.js", "a/é/x.js", "b.js"];
    expect(Object.keys(folder.scripts)).toEqual(paths);
    const ids = await resolved(folder.ids);
    expect(Object.entries(ids)).toEqual(paths.map((one) => [one, `id of hooks/${one.replace(".js", "")}`]));
    expect(await resolved(folder.contentHashes)).toMatchObject({ "a/z.js": "hash of hooks/a/z" });
    expect(await resolved(folder.urn)).toBe("urn:pulumi:stack::project::celigo:index:ScriptFolder::hooks");
    expect(await resolved(folder.scripts["a/z.js"]?.urn ?? folder.urn)).toBe(
      "urn:pulumi:stack::project::celigo:index:ScriptFolder$pulumi-nodejs:dynamic/celigo:Script::hooks/a/z",
    );
    const content = given("content")["hooks/a/z"] as pulumi.asset.FileAsset;
    expect(await content.path).toBe(`${path}/a/z.js`);
    expect(registered.get("hooks")).toMatchObject({ inputs: {} });
  });

  it("gives assets by the path that the program gave, with slashes", async () => {
    const path = relative(process.cwd(), folderOf("a/z.js"));
    const files: string[] = [];
    await made(`./${path}/`, { displayName: ({ path, file }) => `${files.push(file)} ${path}` });
    expect(files).toEqual([`${path.replaceAll("\\", "/")}/a/z.js`]);
  });

  it("holds patterns against paths in the folder", async () => {
    const path = folderOf("a.js", "a.test.js", "b.mjs", "c.cjs", "d.ts", "x/a.js", "x/y/a.js", "(x)/[1].js");
    expect(await pathsOf(path, { displayName: ({ path }) => path })).toEqual([
      "(x)/[1].js",
      "a.js",
      "a.test.js",
      "x/a.js",
      "x/y/a.js",
    ]);
    const named = { onNameTaken: "create" } as const;
    const select = (include?: string[], exclude?: string[]) => {
      registered.clear();
      return pathsOf(path, { include, exclude, defaults: { ...named, syntaxCheck: "off" } });
    };
    expect(await select(["*.{js,mjs,cjs}"], ["*.test.js"])).toEqual(["a.js", "b.mjs", "c.cjs"]);
    expect(await select(["x/**"])).toEqual(["x/a.js", "x/y/a.js"]);
    expect(await select(["./x/*.js", "x/*.js"])).toEqual(["x/a.js"]);
    expect(await select(undefined, ["**/a.js", "a.*"])).toEqual(["(x)/[1].js"]);
    expect(await select(["!(a|a.test).js", "*.?js"])).toEqual(["b.mjs", "c.cjs"]);
    expect(await select([String.raw`\(x\)/\[1\].js`])).toEqual(["(x)/[1].js"]);
    expect(await select(["**/*.js"], [])).toHaveLength(5);
  });

  it("leaves hidden files and node_modules out, unless a pattern names them", async () => {
    const path = folderOf(
      "a.js",
      ".b.js",
      ".git/c.js",
      "node_modules/p/d.js",
      "x/node_modules/e.js",
      "x/.f/g.js",
      "x/.f/.h.js",
    );
    const include = (...patterns: string[]) => pathsOf(path, { include: patterns });
    expect(await pathsOf(path)).toEqual(["a.js"]);
    expect(await include("**/*.js", ".b.js", "x/.f/*.js")).toEqual([".b.js", "a.js", "x/.f/g.js"]);
    expect(await include("*.js", "node_modules/p/*.js")).toEqual(["a.js", "node_modules/p/d.js"]);
    expect(await include("**/*.js", "x/node_modules/nothing.js")).toEqual(["a.js"]);
    expect(await include("**/{.f,.git}/{,.}*.js")).toEqual([".git/c.js", "x/.f/.h.js", "x/.f/g.js"]);
    expect(
      await pathsOf(path, { include: ["**/.*.js", "a.js"], exclude: ["**/*.js", "!(x)"], allowEmpty: true }),
    ).toEqual([]);
  });

  it("follows links to files of the program, and no others", async () => {
    const path = folderOf("a.js", "x/b.js");
    const elsewhere = folderOf("c.js");
    const within = join(process.cwd(), "examples/basic/hooks/route-by-warehouse.js");
    symlinkSync(within, join(path, "x", "linked.js"));
    symlinkSync("..", join(path, "x", "loop"));
    symlinkSync("self", join(path, "self"));
    symlinkSync(elsewhere, join(path, "folder.js"));
    expect(await pathsOf(path)).toEqual(["a.js", "x/b.js", "x/linked.js"]);
    // The folder itself may be a link.
    symlinkSync(elsewhere, join(path, "x", "folder"));
    expect(await pathsOf(join(path, "x", "folder"))).toEqual(["c.js"]);
    symlinkSync(join(elsewhere, "c.js"), join(path, "outside.js"));
    expect(failureOf(path)).toMatch(/outside\.js: it is a link that leads out of the program's folder\./);
    rmSync(join(path, "outside.js"));
    symlinkSync("nothing", join(path, "dangling.js"));
    expect(failureOf(path)).toMatch(/dangling\.js: ENOENT: no such file or directory/);
    renameSync(join(path, "self"), join(path, "dangling.js"));
    expect(failureOf(path)).toMatch(/dangling\.js: E[A-Z]+: /);
  });

  it("names a script by its options, the function, its header and its file, in this order", async () => {
    const header = "/* From the header. @ignored\n@name Header */\n";
    const path = folderOf(["a.js", header + code], ["b.js", header + code], ["c.js", header + code], "x/d.js");
    await made(path, {
      displayName: ({ path, header }) => (path === "x/d.js" || path === "c.js" ? undefined : `${path} ${header.name}`),
      defaults: { description: "by default", noModule: true, onConflict: "overwrite" },
      scripts: {
        "a.js": { name: "Options", description: "From the options.", noModule: false, onConflict: undefined },
        "b.js": { name: pulumi.output(undefined), description: undefined },
        "x/d.js": { name: pulumi.output("Output") },
      },
    });
    expect(given("name")).toEqual({
      "hooks/a": "Options",
      "hooks/b": "b.js Header",
      "hooks/c": "Header",
      "hooks/x/d": "Output",
    });
    expect(given("description")).toEqual({
      "hooks/a": "From the options.",
      "hooks/b": "From the header. @ignored",
      "hooks/c": "From the header. @ignored",
      "hooks/x/d": "by default",
    });
    expect(given("noModule")).toEqual({ "hooks/a": false, "hooks/b": true, "hooks/c": true, "hooks/x/d": true });
    expect(new Set(Object.values(given("onConflict")))).toEqual(new Set(["overwrite"]));
    for (const { inputs } of registered.values()) {
      expect(Object.keys(inputs)).not.toEqual(expect.arrayContaining([expect.stringMatching(/renamedFrom|options/)]));
    }
  });

  it("cuts a description that is longer than Celigo allows", async () => {
    const path = folderOf(["a.js", `// ${"📦".repeat(1025)}\n${code}`], ["b.js", `// ${"📦".repeat(1024)}\n${code}`]);
    await made(path);
    expect(given("description")).toEqual({
      "hooks/a": `${"📦".repeat(1023)}…`,
      "hooks/b": "📦".repeat(1024),
    });
  });

  it("takes options from a function, and has plain names without anything", async () => {
    const path = folderOf("orders/normalize.js", "x.cjs");
    await made(path, {
      include: ["**/*.{js,cjs}"],
      scripts: ({ path }) => (path === "x.cjs" ? { noModule: true, renamedFrom: "y.cjs" } : undefined),
    });
    expect(given("name")).toEqual({ "hooks/orders/normalize": "normalize", "hooks/x": "x" });
    expect(given("noModule")).toEqual({ "hooks/orders/normalize": undefined, "hooks/x": true });
  });

  it("says which folder is not there or has no scripts, and how to be rid of the last one", async () => {
    const path = folderOf("readme.md", ["a.txt", "x"]);
    expect(failureOf(join(path, "hoks"))).toBe(
      `${join(path, "hoks")} does not exist. The path is relative to the folder of the program's main file.`,
    );
    expect(failureOf(join(path, "a.txt"))).toMatch(/a\.txt is not a folder\. The path/);
    expect(failureOf(path)).toBe(
      `no file in ${path} matches {"include":["**/*.js"]}. Correct the patterns. To delete all scripts of the folder, set allowEmpty: true.`,
    );
    expect(failureOf(path, { include: ["*.md"], exclude: ["readme.*"] })).toContain(
      'matches {"include":["*.md"],"exclude":["readme.*"]}.',
    );
    for (const empty of [path, join(path, "gone")]) {
      const folder = await made(empty, { allowEmpty: true });
      expect([folder.scripts, await resolved(folder.ids), await resolved(folder.contentHashes)]).toEqual([{}, {}, {}]);
    }
    expect(failureOf(join(path, "a.txt"), { allowEmpty: true })).toContain("is not a folder");
  });

  it("refuses patterns that would not do what they seem to, and options of no file", () => {
    const path = folderOf("orders/normalize.js");
    for (const pattern of ["!**/*.test.js", ""]) {
      expect(failureOf(path, { include: ["**/*.js", pattern] })).toBe(
        `"${pattern}" is not a pattern. Use globs such as "**/*.js". Put patterns of files to leave out into exclude, without "!".`,
      );
    }
    expect(failureOf(path, { exclude: [7 as unknown as string] })).toMatch(/^7 is not a pattern/);
    expect(failureOf(path, { scripts: { "orders/normalise.js": {} } })).toBe(
      'scripts names "orders/normalise.js", and the folder has no such script. Did you mean "orders/normalize.js"?',
    );
    expect(failureOf(path, { scripts: { toString: {} } })).toMatch(
      /the folder has no such script\. Give paths in the folder, of files that/,
    );
  });

  it("refuses two files that would be one script, or that nobody could tell apart in Celigo", async () => {
    const path = folderOf("a.js", "a.mjs", "x/a.js", "b.js");
    expect(failureOf(path, { include: ["**/*.{js,mjs}"] })).toBe(
      '"a.js" and "a.mjs" become the same script, "hooks/a". Rename one of them, exclude it, or remove a former ' +
        "path from renamedFrom.",
    );
    const names = { displayName: ({ path }: { readonly path: string }) => path };
    const renamed = (from: string | string[]) =>
      failureOf(path, { ...names, scripts: { "b.js": { renamedFrom: from } } });
    expect(renamed(["c.js", "a.js"])).toContain('"a.js" and "b.js" become the same script, "hooks/a"');
    expect(renamed("./x/a.mjs")).toContain('"b.js" and "x/a.js" become the same script, "hooks/x/a"');
    expect(failureOf(path, { ...names, scripts: () => ({ renamedFrom: "c.js" }) })).toContain(
      'the same script, "hooks/c"',
    );
    // Of itself, as a function for a whole folder may say it.
    await made(path, { ...names, scripts: ({ path }) => ({ renamedFrom: [path.replace(/^x/, "y"), path] }) });

    expect(failureOf(path)).toBe(
      '"a.js" and "x/a.js" would have the same name in Celigo, "a". Set @name in the header of one of them, or allow both ' +
        'with onNameTaken: "create".',
    );
    registered.clear();
    await made(path, { defaults: { onNameTaken: "create" } });
    expect(Object.keys(given("name"))).toHaveLength(3);
  });

  it("gives every file a logical name of its own, or names the two that share one", async () => {
    const part = fc.stringMatching(/^[a-c.]{1,2}$/).filter((one) => !/^\.+$/.test(one));
    const path = fc
      .tuple(part, part, fc.constantFrom(".js", ".mjs", ".cjs", ""))
      .map(([a, b, end]) => `d${a}/${b}${end}`);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { minLength: 1, maxLength: 8 }), async (paths) => {
        const root = folderOf(...paths);
        const names = paths.map((one) => `hooks/${one.replace(/\.[cm]?js$/, "")}`);
        const args = { include: ["**", "**/.*"], displayName: ({ path }: { readonly path: string }) => path };
        registered.clear();
        if (new Set(names).size < names.length) {
          expect(failureOf(root, args)).toContain("become the same script");
        } else {
          expect(await pathsOf(root, args)).toEqual([...paths].sort());
          expect(Object.keys(given("name")).sort()).toEqual(names.sort());
        }
        removeTemporaryFolder(root);
      }),
      { numRuns: 50 },
    );
  });

  it("deploys what transform returns, with the name and the description of the file", async () => {
    const path = folderOf([
      "a/orders.ts",
      "\uFEFF// Brings orders into one shape.\r\n// @name Orders\r\nlet a: string;\r\n",
    ]);
    const seen: unknown[] = [];
    await made(path, {
      include: ["**/*.ts"],
      transform: (text, { path, header }) => {
        seen.push([text, path, header.name]);
        return code;
      },
    });
    const text = "// Brings orders into one shape.\n// @name Orders\nlet a: string;\n";
    expect(seen).toEqual([[text, "a/orders.ts", "Orders"]]);
    expect(given("content")).toEqual({ "hooks/a/orders": code });
    expect(given("name")).toEqual({ "hooks/a/orders": "Orders" });
    expect(given("description")).toEqual({ "hooks/a/orders": "Brings orders into one shape." });
    expect(given("codeHash")).toEqual({ "hooks/a/orders": contentHash(code) });
  });

  it("waits for a transform that is asynchronous", async () => {
    await made(folderOf("a.js"), { transform: async (text) => text.replace("hook", "later") });
    expect(given("content")).toEqual({ "hooks/a": code.replace("hook", "later") });
  });

  it("is not registered when transform fails, and the message names the file", () => {
    const path = folderOf("a.js", "b.js");
    const failing = (transform: ScriptFolderArgs["transform"]) => failureOf(path, { transform });
    const refuse = (text: string, { path }: { readonly path: string }): string => {
      if (path === "b.js") throw new SyntaxError("Unexpected\n  token");
      return text;
    };
    expect(failing(refuse)).toBe(`could not transform ${path}/b.js: Unexpected token`);
    expect(failing(() => undefined as unknown as string)).toBe(
      `could not transform ${path}/a.js: transform returned undefined. Return the text to deploy.`,
    );
    expect(registered.size).toBe(0);
  });
});

const engine = engineOrSkip();

/** A program of one folder of scripts. */
function programOf(args: string, name = "hooks", opts = "{}", rest = ""): string {
  return `const pulumi = require("@pulumi/pulumi");
    const { Script, ScriptFolder } = require("pulumi-celigo");
    const folder = new ScriptFolder(${JSON.stringify(name)}, ${args}, ${opts});
    exports.ids = folder.ids;
    exports.contentHashes = folder.contentHashes;
    ${rest}`;
}

describe("a folder of scripts on the real engine", { timeout: 240_000 }, () => {
  const hook = (name: string, body = "options.data") => `function ${name}(options) {\n  return ${body};\n}\n`;
  const header = "/**\n * Brings orders into one shape.\n *\n * @name Normalize orders\n */\n";
  const plain = '{ path: "hooks", exclude: ["**/*.test.js"] }';

  it("goes up, stays, grows, keeps what is used, and keeps ids when files and the folder are renamed", async () => {
    const lonely = 'new Script("alone", { content: new pulumi.asset.FileAsset("alone.js") });';
    const { workspace, account, takeRequests } = await openSession(engine(), {
      "index.js": programOf(plain, "hooks", "{}", lonely),
      "alone.js": hook("alone"),
      "hooks/orders/normalize.js": header + hook("normalize"),
      "hooks/orders/normalize.test.js": "not ( a script",
      "hooks/customers.js": hook("customers"),
    });
    const write = (path: string, text: string) => workspace.writeFile(path, text);
    const remove = (path: string) => rmSync(join(workspace.folder, path));
    const idOf = (name: string) => account.scripts().find((script) => script.name === name)?._id;
    const urns = async () =>
      resourcesOf(await workspace.exportState())
        .map(({ urn }) => urn.split("::").at(-1))
        .sort();

    await workspace.up();
    expect(takeRequests()).toEqual({ "GET listScripts": 1, "POST createScript": 3 });
    const ids = { customers: idOf("customers"), orders: idOf("Normalize orders"), alone: idOf("alone") };
    expect(
      account
        .scripts()
        .map(({ name, description }) => [name, description])
        .sort(),
    ).toEqual([
      ["Normalize orders", "Brings orders into one shape."],
      ["alone", ""],
      ["customers", ""],
    ]);
    expect(await workspace.outputs()).toEqual({
      ids: { "customers.js": ids.customers, "orders/normalize.js": ids.orders },
      contentHashes: {
        "customers.js": contentHash(hook("customers")),
        "orders/normalize.js": contentHash(header + hook("normalize")),
      },
    });
    await workspace.preview({ expectNoChanges: true });
    expect(takeRequests()).toEqual({});

    write("hooks/sub/new.js", hook("fresh"));
    const grown = await workspace.preview();
    expect(grown.output).toMatch(/\+ 1 to create/);
    expect(grown.output).not.toMatch(/to (update|delete|replace)/);
    await workspace.up();
    expect(takeRequests()).toEqual({ "GET listScripts": 1, "POST createScript": 1 });

    rmSync(join(workspace.folder, "hooks/sub"), { recursive: true });
    account.setDependents(idOf("new") ?? "", { flows: [{ id: "5f0000000000000000000001", name: "Sync" }] });
    const shrunk = await workspace.preview();
    expect(shrunk.output).toMatch(/- 1 to delete/);
    expect(shrunk.output).not.toMatch(/to (update|create|replace)/);
    const kept = await workspace.up({ expectFailure: true });
    expect(kept.output).toMatch(
      /could not delete script "new" \(.*still used by flow "Sync" \(5f0000000000000000000001\)/,
    );
    expect(account.scripts()).toHaveLength(4);
    account.setDependents(idOf("new") ?? "", {});
    takeRequests();

    // A file whose name is pinned, one whose name goes with it, and a script that was declared alone.
    write("hooks/orders/shape.js", header + hook("normalize"));
    remove("hooks/orders/normalize.js");
    const forgotten = await workspace.up({ expectFailure: true });
    expect(forgotten.output).toMatch(
      /could not create script "Normalize orders": .* If it belongs to a file that you renamed, name its former path in renamedFrom\./,
    );
    expect(forgotten.output).not.toMatch(/alias/);
    workspace.writeFile("hooks/alone.js", hook("alone"));
    write("hooks/clients.js", hook("customers"));
    for (const path of ["alone.js", "hooks/customers.js"]) {
      remove(path);
    }
    const renamed = plain.replace(
      "}",
      `, scripts: {
        "orders/shape.js": { renamedFrom: "orders/normalize.js" },
        "clients.js": { renamedFrom: ["people.js", "customers.js"] },
        "alone.js": { options: { aliases: [{ name: "alone", parent: pulumi.rootStackResource }] } },
      } }`,
    );
    write("index.js", programOf(renamed));
    const moved = await workspace.preview();
    expect(moved.output).toMatch(/~ 1 to update\n\s+- 1 to delete/);
    expect(moved.output).not.toMatch(/to (create|replace)/);
    takeRequests();
    await workspace.up();
    expect(takeRequests()).toEqual({
      "GET getScriptById": 2,
      "PUT updateScript": 1,
      // Whether the new name is free.
      "GET listScripts": 1,
      "GET listScriptDependencies": 1,
      "DELETE deleteScript": 1,
    });
    const now = { "alone.js": ids.alone, "clients.js": ids.customers, "orders/shape.js": ids.orders };
    expect((await workspace.outputs())["ids"]).toEqual(now);
    expect(idOf("clients")).toBe(ids.customers);
    expect(await urns()).toEqual(["hooks/alone", "hooks/clients", "hooks/orders/shape"]);

    write("index.js", programOf(plain, "scripts", '{ aliases: [{ name: "hooks" }], protect: true }'));
    await workspace.up();
    expect(takeRequests()).toEqual({});
    expect((await workspace.outputs())["ids"]).toEqual(now);
    expect(await urns()).toEqual(["scripts/alone", "scripts/clients", "scripts/orders/shape"]);
    expect(resourcesOf(await workspace.exportState()).map(({ protect }) => protect)).toEqual([true, true, true]);
    await workspace.preview({ expectNoChanges: true });
  });

  it("warns once of what it cuts and of what it leaves out, and takes no stub of Celigo's editor for a description", async () => {
    const stub = `/*\n* preMapFunction stub:\n*\n${"* The function is given a page of records.\n".repeat(20)}*/\n`;
    const { workspace } = await openSession(engine(), {
      "index.js": programOf(plain),
      "hooks/long.js": `// ${"x".repeat(1500)}\n${hook("long")}`,
      "hooks/stub.js": stub + hook("preMap", "options.data"),
      "hooks/B.JS": hook("b"),
      "hooks/other.mjs": hook("other"),
    });
    const { output } = await workspace.preview({ args: ["--diff"] });
    expect(output.match(/warning: .*/g)).toEqual([
      expect.stringMatching(/folder "hooks": "other\.mjs" looks like a script and is left out\. Add a pattern to/),
      expect.stringMatching(
        /the description, from the first comment of hooks\/long\.js, is longer than Celigo's 1024 char/,
      ),
    ]);
    expect(output.match(/description *: /g)).toHaveLength(1);
    expect(output).toMatch(/name *: "B"/);
  });

  it("deploys what transform returns, and names the file where an asynchronous one fails", async () => {
    const args = (transform: string) => programOf(`{ path: "hooks", transform: ${transform} }`);
    const { workspace, account, takeRequests } = await openSession(engine(), {
      "index.js": args('(text) => text.split("// tests")[0]'),
      "hooks/a.js": `${hook("a")}// tests\nexpect(1);\n`,
      "hooks/b.js": hook("b"),
    });
    const hashes = { "a.js": contentHash(hook("a")), "b.js": contentHash(hook("b")) };
    await workspace.up();
    expect(
      account
        .scripts()
        .map(({ content }) => content)
        .sort(),
    ).toEqual([hook("a"), hook("b")]);
    expect((await workspace.outputs())["contentHashes"]).toEqual(hashes);
    takeRequests();

    workspace.writeFile("hooks/a.js", `${hook("a")}// tests\nexpect(2);\n`);
    await workspace.preview({ expectNoChanges: true });
    workspace.writeFile("index.js", args('async (text) => text.split("// tests")[0]'));
    await workspace.preview({ expectNoChanges: true });
    await workspace.up();
    expect(takeRequests()).toEqual({});

    const failing = 'async (text, { path }) => { if (path === "b.js") throw new Error("no\\nway"); return text; }';
    workspace.writeFile("index.js", args(failing));
    const { output } = await workspace.preview({ expectFailure: true });
    expect(output).toMatch(/error: .*could not transform hooks\/b\.js: no way$/m);
    expect(output).not.toMatch(/^\s+at .*[:(]\d+/m);
  });

  it("fails a preview with one line: where a file is wrong, or what is wrong with the folder", async () => {
    const { workspace, takeRequests } = await openSession(engine(), {
      "index.js": programOf(plain),
      "hooks/orders/normalize.js": hook("normalize", "options.data )"),
      "hooks/customers.js": hook("customers"),
    });
    const wrong = await workspace.preview({ expectFailure: true });
    expect(wrong.output).toMatch(/script "hooks\/orders\/normalize": .*hooks\/orders\/normalize\.js:2:23/);
    workspace.writeFile("index.js", programOf('{ path: "hoks" }'));
    const { output } = await workspace.preview({ expectFailure: true });
    expect(output).toMatch(/error: could not make scripts of the folder "hoks": \S*hoks does not exist\. The path is/);
    expect(output).not.toMatch(/^\s+at .*[:(]\d+/m);
    expect(takeRequests()).toEqual({});
  });
});

function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as T));
  });
}
