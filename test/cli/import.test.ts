import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { parse as parseJavaScript } from "acorn";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { nameAll } from "../../sdk/cli/import/names";
import { type Declaration, declaredIn, programOf, withDeclarations } from "../../sdk/cli/import/program";
import { entryIn, importLine, modulePathIn } from "../../sdk/cli/project/entry";
import { assertNotLinkedOut } from "../../sdk/cli/project/files";
import { gitignoreOf } from "../../sdk/cli/project/project";
import { awkwardScripts } from "../cli/awkward";
import { writeText } from "../engine/program";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";

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

  it("hold nothing that cannot be seen, and fit into a file system", () => {
    const named = (...names: string[]) => [
      ...nameAll(
        names.map((name, n) => ({ id: n.toString(16).padStart(24, "0"), name })),
        [],
      ).values(),
    ];
    expect(named("warn ⚠\uFE0F", "foo ❤\uFE0F bar", "1\uFE0F\u20E3 first", "a\u200Bb")).toEqual([
      "warn",
      "foo-bar",
      "1-first",
      "ab",
    ]);
    for (const name of named("\u{20000}".repeat(100), "\u{20000}".repeat(100), "é".repeat(100))) {
      expect(Buffer.byteLength(`${name}.js.1234567.tmp`)).toBeLessThanOrEqual(255);
    }
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

  it("declares what it was given, with any text in it, and can be read and added to by a later import", () => {
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

describe("the .gitignore of an import", () => {
  it.each([
    [undefined, "node_modules/\n"],
    ["dist/", "dist/\nnode_modules/\n"],
    ["# mine\r\ndist/\r\n", "# mine\r\ndist/\r\nnode_modules/\n"],
    ["my_node_modules/\n", "my_node_modules/\nnode_modules/\n"],
    ["dist/\n/node_modules\n", undefined],
    ["node_modules/\r\n", undefined],
  ])("completes %j to %j", (before, after) => {
    const folder = temporaryFolder("gitignore");
    if (before !== undefined) {
      writeText(join(folder, ".gitignore"), before);
    }
    const files = gitignoreOf({ folder });
    expect(files.map(({ path, bytes }) => [path, bytes.toString()])).toEqual(
      after === undefined ? [] : [[join(folder, ".gitignore"), after]],
    );
    removeTemporaryFolder(folder);
  });
});

describe("the line that takes in the module of the scripts", () => {
  const module = '{ "type": "module" }';
  it.each<[Record<string, string>, string]>([
    [{}, 'import "./celigo";'],
    [{ "index.mts": "" }, 'import "./celigo/index.mjs";'],
    [{ "index.js": "" }, 'require("./celigo");'],
    [{ "index.js": "", "celigo/index.ts": "" }, 'require("./celigo");'],
    [{ "index.js": "", "package.json": module }, 'import "./celigo/index.js";'],
    [{ "index.ts": "", "package.json": module }, 'import "./celigo/index.js";'],
    [{ "package.json": module }, 'import "./celigo/index.js";'],
    [{ "src/index.ts": "", "package.json": '{ "main": "src/index.ts" }' }, 'import "../celigo";'],
    [{ "src/index.ts": "", "package.json": '{ "main": "./src" }' }, 'import "../celigo";'],
    [
      { "a/b/c.js": "", "package.json": '{ "exports": { ".": { "default": "./a/b/c.js" } } }' },
      'require("../../celigo");',
    ],
    [{ "index.ts": "", "package.json": '{ "main": "bin/index.js" }' }, 'import "./celigo";'],
    [{ "index.ts": "", "package.json": "{" }, 'import "./celigo";'],
    [
      { "lib/main.cjs": "", "package.json": '{ "type": "module", "main": "lib/main.cjs" }' },
      'require("../celigo/index.cjs");',
    ],
  ])("is right for %j", (files, line) => {
    const folder = temporaryFolder("entry");
    try {
      for (const [path, text] of Object.entries(files)) writeText(join(folder, path), text);
      const entry = entryIn(folder);
      expect(importLine(entry, modulePathIn(join(folder, "celigo"), entry))).toBe(line);
    } finally {
      removeTemporaryFolder(folder);
    }
  });
});

describe("the files of an import", () => {
  const root = temporaryFolder("linked");
  afterAll(() => removeTemporaryFolder(root));
  const [project, elsewhere] = [join(root, "project"), join(root, "elsewhere")];
  const check =
    (...path: string[]) =>
    () =>
      assertNotLinkedOut([{ path: join(project, ...path), bytes: Buffer.from("") }], project);

  it("are not written through a link that leads out of the project, be it the folder or the file", () => {
    for (const folder of [join(project, "code", "scripts"), elsewhere]) {
      mkdirSync(folder, { recursive: true });
    }
    writeText(join(elsewhere, "a.js"), "// theirs");
    symlinkSync(elsewhere, join(project, "celigo"));
    symlinkSync(elsewhere, join(project, "code", "out"));
    symlinkSync(join(elsewhere, "a.js"), join(project, "code", "scripts", "a.js"));
    symlinkSync(join(root, "nowhere.js"), join(project, "code", "scripts", "b.js"));
    symlinkSync(join(project, "code"), join(project, "inside"));
    expect(check("celigo", "scripts", "a.js")).toThrow(
      /^could not write the scripts' files: \S+celigo is a link that leads out of \S+project, and nothing was changed\. Remove the link, or give another folder with --out\.$/,
    );
    for (const path of [
      ["code", "out", "a.js"],
      ["code", "scripts", "a.js"],
      ["code", "scripts", "b.js"],
    ]) {
      expect(check(...path)).toThrow(/is a link that leads out of/);
    }
    for (const path of [
      ["code", "scripts", "c.js"],
      ["inside", "c.js"],
      ["new", "c.js"],
    ]) {
      expect(check(...path)).not.toThrow();
    }
  });
});
