import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Finding, type FindingRule, findingRules, findingsOf } from "../../../provider/content/lint";
import { parseScript } from "../../../provider/content/syntax";
import { enumerate } from "../../../provider/text";

async function findingsIn(text: string, noModule?: boolean): Promise<readonly Finding[]> {
  return findingsOf(text, await parseScript(text), noModule === undefined ? {} : { noModule });
}

/** What is found of one rule: `line:column`, or nothing. */
async function placeOfRule(rule: FindingRule, text: string): Promise<string | undefined> {
  const found = (await findingsIn(text)).filter((finding) => finding.rule === rule);
  expect(found.length).toBeLessThan(2);
  return found[0] && `${found[0].line}:${found[0].column}`;
}

/** Code around a piece under test: a hook that nothing is to be said of. */
function hookWith(code: string): string {
  return `function preMap(options) {\n  ${code}\n  return options.data;\n}\n`;
}

const someId = "5d0a1b2c3d4e5f6071829304";

/** The rules that look at the code alone. */
type CodeRule = Exclude<FindingRule, "size" | "module-syntax">;

/** Code, and the place of its finding. */
const found: Readonly<Record<CodeRule, readonly (readonly [code: string, place: string])[]>> = {
  import: [
    [`import { map } from "lodash";\nexport const f = map;`, "1:1"],
    [`import dayjs from "dayjs";\n  import "../../setup";`, "2:3"],
    [`import sub from "dayjs/plugin/utc";`, "1:1"],
    [`export { x } from "elsewhere";`, "1:1"],
    [`export * from "elsewhere";`, "1:1"],
    [`export * as all from "elsewhere";`, "1:1"],
    [hookWith(`import("lodash");`), "2:3"],
    [hookWith(`import("lodash").then(use);`), "2:3"],
  ],
  require: [
    [`const fs = require("fs");`, "1:12"],
    [hookWith("require(options.name);"), "2:3"],
    [`const name = "crypto", lib = require(name);`, "1:30"],
    [`try { require("a") } finally { done() }`, "1:7"],
  ],
  timer: [
    [hookWith("setTimeout(function () {}, 10);"), "2:3"],
    [hookWith("const timer = setInterval(work, 10);"), "2:17"],
    [hookWith("return new Promise((resolve) => setImmediate(resolve));"), "2:35"],
  ],
  "no-function": [
    ["// nothing here\n/* nor here */\n", "1:1"],
    ["", "1:1"],
    ["const limit = 5, names = ['a', `b`, -1, 1 + 2], table = { a: [1], b: { c: null } };", "1:1"],
    ["let later;", "1:1"],
    ["options.data.forEach(clean);", "1:1"],
    ["options.data = clean;", "1:1"],
    ["for (const record of options.data) {\n  record.total = record.net + record.tax;\n}", "1:1"],
    ["if (options) { options.data = 1; }", "1:1"],
    [`[{ "id": 1 }]`, "1:1"],
    [`"use strict";`, "1:1"],
  ],
  return: [
    ["function preMap(options) { options.data.forEach(clean); }", "1:10"],
    ["function postMap() {}", "1:10"],
    ["function postSubmit(options) { return; }", "1:32"],
    ["function postResponseMap(o) { o.list.map(function (x) { return x; }); }", "1:10"],
    ["function preSavePage(o) { const keep = (x) => { return x; }; keep(o); }", "1:10"],
    ["function filter(o) { class A { m() { return 1; } } new A(); }", "1:10"],
    ["function branching(o) { if (o) throw new Error('no'); }", "1:10"],
    ["async function handleRequest(o) { await o; }", "1:16"],
    ["export function preMap(o) { o.x = 1; }", "1:17"],
    ["export default function preMap(o) { o.x = 1; }", "1:25"],
    ["var preMap = function (o) { o.x = 1; };", "1:5"],
    ["const a = 1,\n  preMap = (o) => { o.x = 1; };", "2:3"],
    ["export const preMap = async (o) => {};", "1:14"],
    ["function preMap(o) { if (o) { throw 1; } else { o.x = 1; } }", "1:10"],
    ["function preMap(o) { try { o.x = 1; } catch (error) { throw error; } }", "1:10"],
    ["function preMap(o) { while (o.x) { o.next(); } }", "1:10"],
    ["function preMap(o) { if (o) return o.data; }", "1:10"],
    ["function preMap(o) { for (const x of o) { try { return x; } finally {} } }", "1:10"],
    ["function preMap(o) { switch (o.x) { case 1: o.y = 1; break; default: throw new Error('no'); } }", "1:10"],
  ],
  commonjs: [
    ["function preMap(o) { return o.data; }\nmodule.exports = { preMap };", "2:1"],
    ["function f() {}\n  exports.f = f;", "2:3"],
    ["module.exports.f = function () {};", "1:1"],
  ],
  id: [
    [hookWith(`options.flowId = "${someId}";`), "2:21"],
    [hookWith(`options.url = \`/v1/flows/\${options.x}/${someId}/run\`;`), "2:41"],
    [`const names = { "${someId}": "Orders" };\nfunction f() {}`, "1:18"],
    [`const url = '/v1/connections/${someId.toUpperCase()}';\nfunction f() {}`, "1:30"],
  ],
  ignore: [
    [hookWith("work(); // celigo-ignore tiemr"), "2:11"],
    [hookWith("/* celigo-ignore */ work();"), "2:3"],
    ["//celigo-ignore id, no-such: a reason\nfunction f() {}", "1:1"],
  ],
};

/** Code of which a rule says nothing. */
const silent: Readonly<Record<CodeRule, readonly string[]>> = {
  import: [
    `import { exports as e } from "integrator-api";\nimport dayjs from "dayjs";\nimport sjcl from 'sjcl';`,
    `export { flows } from "integrator-api";`,
    `const f = () => 1;\nexport { f };\nexport default f;`,
    hookWith(`import("dayjs");`),
    hookWith("import(options.name);"),
    hookWith(`try { import("lodash"); } catch (error) {}`),
    hookWith(`import("lodash").catch(() => null);`),
    hookWith(`import("lodash").then(use).catch(() => null);`),
    hookWith(`import("lodash").then(use, () => null);`),
    hookWith(`options.text = 'import x from "lodash"'; // import y from "z"`),
  ],
  require: [
    `function require(name) { return name; }\nrequire("fs");`,
    `define(function (require) { require("fs"); });`,
    `import { createRequire as require } from "module";\nrequire("fs");`,
    `import require from "module";\nrequire("fs");`,
    `import * as require from "module";\nrequire("fs");`,
    `globalThis.require = (name) => name;\nrequire("fs");`,
    `globalThis["require"] = (name) => name;\nrequire("fs");`,
    `require = (name) => name;\nrequire("fs");`,
    `const { require = 1 } = options;\nrequire("fs");`,
    `(function (root, factory) {
       if (typeof require === "function") { factory(require("fs")); } else { factory(root.fs); }
     })(this, function (fs) {});`,
    `let crypto;\ntry { crypto = require("crypto"); } catch (error) { crypto = null; }`,
    `with (options.tools) { require("fs"); }`,
    `eval(options.code);\nrequire("fs");`,
    `const fs = require?.("fs");`,
    `options.require("fs"); const text = "require('fs')"; // require("fs")`,
    "const own = require.resolve;",
  ],
  timer: [
    "function setTimeout(work) { work(); }\nsetTimeout(f);",
    hookWith("const { setTimeout } = options; setTimeout(f);"),
    hookWith(`if (typeof setTimeout === "function") setTimeout(f);`),
    hookWith("if (globalThis.setTimeout) setTimeout(f);"),
    hookWith(`if ("setTimeout" in options) setTimeout(f);`),
    hookWith("try { setTimeout(f); } catch (error) { f(); }"),
    hookWith("options.setTimeout(5); clearTimeout(options.timer); const later = setTimeout;"),
  ],
  "no-function": [
    "function f() {}",
    "async function* f() {}",
    "{ function f() {} }",
    "if (a) function f() {}",
    "label: function f() {}",
    "class A { static m() {} }",
    "var f = function () {};",
    "const f = () => 1;",
    "const f = make();",
    "const f = lib.f;",
    "const f = a ? b : c;",
    "const f = a || b;",
    "const f = g;",
    "const f = new Function('return 1');",
    "const f = make`x`;",
    "const f = (a, b);",
    "const f = await make();",
    "const { f } = lib;",
    "const hooks = { f() {} };",
    "const hooks = { get f() { return 1; } };",
    "const hooks = { ...others };",
    "const hooks = [...others];",
    "const hooks = [() => 1];",
    "const hooks = { deep: { list: [g] } };",
    "f = () => 1;",
    "let f; f ||= g;",
    "let f; ({ f } = lib);",
    "for (var f of list) {}",
    "for (f of list) {}",
    "export {};",
    "export default () => 1;",
    "export * from 'integrator-api';",
    `import { flows } from "integrator-api";`,
    "module.exports = { f: g };",
    "this.f = g;",
    "globalThis.f = g;",
    "Object.assign(globalThis, lib);",
    "eval(code);",
    "(function () { f = function () {}; })();",
    "(function () { return { f: g }; })();",
    "(function () { return g; }).call(null);",
    "(() => g)?.();",
    "(function (options) { return options.data; })",
    "(class {})",
    "hooks.preMap = function (o) { return o.data; };",
    'hooks["preMap"] = (o) => o.data;',
    "hooks.push(function (o) { return o.data; });",
    "options.data.forEach(function (record) { record.id = record.name; });",
    "({ f: g })",
  ],
  return: [
    hookWith(""),
    "const preMap = (o) => o.data;",
    "const preMap = (o) => void o.data;",
    "function* preMap(o) { o.x = 1; }",
    "function preMap() { throw new Error('not yet'); }",
    "function preMap(o) { if (o) { throw 1; } else { log(); throw 2; } }",
    "function preMap(options, callback) { callback(null, options.data); }",
    "function preMap(o) { o.x = 1; }\nfunction preMap(o) { return o.data; }",
    "function preMap(o) { o.x = 1; }\npreMap = other;",
    "function premap(o) { o.x = 1; }",
    "function postAggregate(o) { o.x = 1; }",
    "function preSave(o) { o.x = 1; }",
    "function outer() { function preMap(o) { o.x = 1; } }",
    "const tools = { preMap(o) { o.x = 1; } };",
    "const preMap = make(function (o) { o.x = 1; });",
    "let preMap;",
    "function preSavePage(o) { filter(o.data); return o; }\nfunction filter(rows) { rows.length = 0; }",
    "const tools = { branching };\nfunction branching(o) { o.x = 1; }",
    "function preMap(o) { try { throw new Error('no'); } catch (error) { throw wrap(error); } }",
    "function preMap(o) { try { log(o); } finally { throw new Error('no'); } }",
    "function preMap(o) { while (true) { if (o.x) throw new Error('no'); o.next(); } }",
    "function preMap(o) { for (;;) { o.next(); } }",
    "function preMap(o) { throw new Error('no'); function later() {} }",
    "function preMap() { var done = arguments[1]; done(null, arguments[0].data); }",
    "function preMap(...all) { all[1](null, all[0].data); }",
  ],
  commonjs: [
    "function f() {}\nif (typeof module !== 'undefined') { module.exports = { f }; }",
    "function f() {}\ntypeof module === 'object' && module.exports ? (module.exports = f) : null;",
    "function f() {}\nif (typeof exports !== 'undefined') exports.f = f;",
    "import { exports } from 'integrator-api';\nfunction f() { exports.x = 1; }",
    "function f(module) { module.exports = 1; }",
    "function f(o) { o.module.exports = 1; o.exports.a = 2; }",
  ],
  id: [
    hookWith(`// ${someId}\n  /* "${someId}" */`),
    hookWith(`options.a = "${"a".repeat(24)}"; options.b = "${"0".repeat(24)}";`),
    hookWith(`options.a = "${"abcdef".repeat(4)}"; options.b = "${"123456".repeat(4)}";`),
    hookWith(
      `options.a = "${someId}0"; options.b = "${someId.slice(1)}"; options.c = "x${someId}"; options.d = "${someId}_";`,
    ),
    hookWith(
      `options.a = "${someId}-1"; options.b = "urn-${someId}"; options.c = "${`${someId.slice(0, 12)}A${someId.slice(13)}`}";`,
    ),
    hookWith(`options.a = \`\${options.b}${someId}\`; options.c = \`${someId}\${options.b}\`;`),
    hookWith(`options.a = "${someId.slice(0, 12)}" + "${someId.slice(12)}";`),
    hookWith(`options.a = /${someId}/.test(options.b); options.c = 0x${someId}n;`),
    hookWith(`options.a${someId} = 1;`),
    hookWith(`options.a = "${someId}"; // celigo-ignore id: the same in all accounts`),
  ],
  ignore: [
    hookWith("work(); // celigo-ignore timer, require -- both are tested for"),
    hookWith("/* celigo-ignore return: a reason of several words */ work();"),
    hookWith("work(); // celigo-ignored, and no comment of ours"),
  ],
};

const rules = Object.keys(found) as CodeRule[];

describe.each(rules)("the rule %s", (rule) => {
  it.each(found[rule])("finds %j", async (code, place) => {
    expect(await placeOfRule(rule, code)).toBe(place);
  });

  it.each(silent[rule])("is silent about %j", async (code) => {
    expect((await parseScript(code)).fault).toBe(undefined);
    expect(await placeOfRule(rule, code)).toBe(undefined);
  });
});

describe("a comment that names a rule", () => {
  const warned = async (code: string) => (await findingsIn(code)).map(({ line, rule }) => `${line} ${rule}`);

  it("silences the rule on its line, or alone on its line on the next one, and no other rule or line", async () => {
    expect(await warned(hookWith('require("a"); // celigo-ignore require'))).toEqual([]);
    expect(await warned(hookWith('// celigo-ignore require\n  require("a");'))).toEqual([]);
    expect(await warned(hookWith('// celigo-ignore timer, require: tested\n  setTimeout(require("a"));'))).toEqual([]);
    expect(await warned(hookWith('// celigo-ignore timer\n  require("a");'))).toEqual(["3 require"]);
    expect(await warned(hookWith('// celigo-ignore require\n\n  require("a");'))).toEqual(["4 require"]);
    for (const comment of [
      "// celigo-ignore require: a reason",
      "/* celigo-ignore require */",
      "\t// celigo-ignore require",
    ]) {
      expect(await warned(`function f() {}\n${comment}\nrequire("a");\n`)).toEqual([]);
      expect(await warned(`${comment}\r\nrequire("a");\r\nfunction f() {}\n`)).toEqual([]);
      expect(await warned(`${comment}\n\nrequire("a");\nfunction f() {}\n`)).toEqual(["3 require"]);
    }
    expect(await warned(hookWith('/* celigo-ignore require */ require("a");'))).toEqual([]);
    expect(await warned(hookWith('require("a");\n  // celigo-ignore require'))).toEqual(["2 require"]);
    expect(await warned(hookWith('require("a"); // celigo-ignore require\n  require("b");'))).toEqual(["3 require"]);
    expect(await warned(hookWith('/* celigo-ignore require: no */ require("a");\n  require("b");'))).toEqual([
      "3 require",
    ]);
  });

  it("leaves the other places of a finding, with their own names and lines", async () => {
    const code = `import "one"; // celigo-ignore import\nimport "two";\nimport "three";\nexport function f() {}\n`;
    expect((await findingsIn(code)).map(({ line, message }) => `${line} ${message}`)).toEqual([
      expect.stringMatching(/^2 import of "two" and "three" does not work: .*; also in line 3$/),
    ]);
  });

  it("silences a finding about the whole content from any line", async () => {
    expect(await warned(`const limit = 5;\n// celigo-ignore no-function: data for another script\n`)).toEqual([]);
    expect(await warned(`function f() {}\n// ${"x".repeat(200_000)}\n// celigo-ignore size: generated\n`)).toEqual([]);
  });

  it("is itself found when it names no rule, and says which is meant", async () => {
    const messageOf = async (comment: string) => (await findingsIn(`${comment}\nfunction f() {}`))[0]?.message;
    const all = `The rules are ${enumerate(findingRules)}`;
    expect(await messageOf("// celigo-ignore tiemr")).toBe(
      'celigo-ignore names "tiemr", which is no rule. Did you mean timer?',
    );
    expect(await messageOf("// celigo-ignore")).toBe(`celigo-ignore names no rule. ${all}`);
    expect(await messageOf("// celigo-ignore id, no-undefined-var")).toBe(
      `celigo-ignore names "no-undefined-var", which is no rule. ${all}`,
    );
  });

  it("names a rule that the guide lists, and the guide lists no other", () => {
    const guide = readFileSync(join(__dirname, "../../../sdk/README.md"), "utf8");
    const [, section = ""] = guide.split("\n## Silence a warning\n");
    const [table = ""] = section.split("\n## ");
    expect([...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, rule]) => rule)).toEqual([...findingRules]);
  });
});

/** Code of which every rule but size has something to say, with texts that nobody else may see. */
const wrong = `import { secretName } from "secret-module";
import "other-module";
function filter(secretParameter) {
  setTimeout(() => setInterval(secretWork, 1), 5);
  require("secret-package"); setTimeout(secretWork);
  secretName("${someId}");
  require("x"); require("y");
}
require("z");
require("z");
`;

describe("a finding", () => {
  it("says what is wrong and what to do", async () => {
    expect(
      (await findingsIn(wrong, true)).map(({ rule, line, column, message }) => `${line}:${column} ${rule}: ${message}`),
    ).toEqual([
      '1:1 import: import of "secret-module" and "other-module" does not work: Celigo offers "integrator-api", "dayjs" and "sjcl" only. Put the code into the script; also in line 2',
      "1:1 module-syntax: import, export and top-level await need a module, and noModule makes this a plain script. Remove noModule; also in line 2",
      "3:10 return: filter returns nothing, but Celigo expects true or false",
      "4:3 timer: setTimeout does not work: Celigo has no timers; also in line 5",
      '5:3 require: require does not work: Celigo has no CommonJS. Import "integrator-api", "dayjs" or "sjcl", and put other code into the script; also in lines 7, 9 and 10',
      `6:15 id: "${someId}" looks like a Celigo id, and ids differ between accounts. Read it from the settings`,
    ]);
    expect((await findingsIn("// nothing"))[0]?.message).toBe("no top-level function: a hook has nothing to call");
  });

  it("says the same discreetly, without anything of the code", async () => {
    const other = wrong
      .replace(/secret|other/g, "hidden")
      .replace("setTimeout", "setImmediate")
      .replace("filter", "preSavePage");
    const discreet = (await findingsIn(wrong, true)).map((finding) => finding.discreet);
    expect(discreet).toEqual((await findingsIn(other, true)).map((finding) => finding.discreet));
    expect(discreet.join()).not.toMatch(/secret|other-|filter|setTimeout|5d0a/);
    expect(new Set(discreet).size).toBe(6);
  });

  it("counts the lines of further places, and each line once", async () => {
    const lines = (count: number) => findingsIn(`function f() {}\n${"require(a); require(b);\n".repeat(count)}`);
    const ends = await Promise.all(
      [1, 2, 3, 4, 5, 50].map(async (count) => (await lines(count))[0]?.message.split("; ")[1]),
    );
    expect(ends).toEqual([
      undefined,
      "also in line 3",
      "also in lines 3 and 4",
      "also in lines 3, 4 and 5",
      "also in lines 3, 4 and 2 more",
      "also in lines 3, 4 and 47 more",
    ]);
  });

  it("quotes names in one line, shortened, each once, and not too many", async () => {
    const imports = ["a\\nb\\u202ec", "x".repeat(110), "a", "a", "b", "c"]
      .map((name) => `import "${name}";\n`)
      .join("");
    expect((await findingsIn(imports))[0]?.message).toMatch(
      new RegExp(`^import of "a\\\\nb\\\\u202ec", "${"x".repeat(99)}…", "a" and 2 more does not work: `),
    );
  });

  it("takes time in proportion to the number of places", async () => {
    const seconds = async (count: number) => {
      const text = `function f() {}\n${"require(a); try { require(b); } catch {}\nsetTimeout(c, `5d0a1b2c3d4e5f6071829304`);\n".repeat(count)}`;
      const parsed = await parseScript(text);
      const start = process.cpuUsage().user;
      expect(await findingsOf(text, parsed)).toHaveLength(4);
      return (process.cpuUsage().user - start) / 1e6;
    };
    const small = await seconds(4000);
    expect(await seconds(40_000)).toBeLessThan(Math.max(small, 0.1) * 40);
  });

  it("stands at the line that an editor shows", async () => {
    expect(await placeOfRule("timer", "function f() {}\nvar a = '\u2028';\n\tvar é = '📦'; setTimeout(f);")).toBe(
      "3:16",
    );
  });
});

describe("the size of content", () => {
  const padded = (bytes: number) => `function f() {}\n// ${"é".repeat(2)}${"x".repeat(bytes - 23)}`;

  it.each([
    [100 * 1024, undefined],
    [100 * 1024 + 1, 101],
    [500 * 1024, 500],
  ])("is judged in bytes: %i", async (bytes, kilobytes) => {
    expect(Buffer.byteLength(padded(bytes))).toBe(bytes);
    const [finding, ...others] = await findingsIn(padded(bytes));
    expect(others).toEqual([]);
    expect(finding?.rule).toBe(kilobytes && "size");
    expect(finding?.message.startsWith(`the content is ${kilobytes} KB; `)).toBe(kilobytes && true);
    expect(finding?.discreet).toBe(finding?.message);
  });

  it("is all that is judged of content with a fault, or that is not judged", async () => {
    const text = `require("a"); import "b"; ${"x".repeat(200_000)}`;
    for (const parsed of [{ fault: { message: "", offset: 0, line: 1, column: 1 } }, {}]) {
      expect(
        (await findingsOf(text, parsed, { noModule: true })).map(({ rule, line, column }) => [rule, line, column]),
      ).toEqual([["size", 1, 1]]);
      expect(await findingsOf(`require("a");`, parsed, { noModule: true })).toEqual([]);
    }
  });

  it("is all that is judged of content that is nested too deeply to be walked through", async () => {
    const { program } = await parseScript(`require("a");`);
    let value: unknown = { type: "Literal", value: 1, start: 0, end: 1 };
    for (let depth = 0; depth < 100_000; depth++) {
      value = { type: "UnaryExpression", operator: "-", argument: value, start: 0, end: 1 };
    }
    const body = [...(program?.body ?? []), { type: "ExpressionStatement", expression: value, start: 0, end: 1 }];
    expect(await findingsOf(`require("a");`, { program: { ...program, body } as never })).toEqual([]);
  });
});

describe("module syntax", () => {
  it.each([
    ["import dayjs from 'dayjs';\nfunction f() {}", true, "1:1"],
    ["function f() {}\n  export { f };", true, "2:3"],
    ["export default function f() {}", true, "1:1"],
    ["export * from 'dayjs';", true, "1:1"],
    ["import dayjs from 'dayjs';\nfunction f() {}", false, undefined],
    ["import dayjs from 'dayjs';\nfunction f() {}", undefined, undefined],
    ["function f() { return import('dayjs'); }", true, undefined],
    ["function f() {}\n  await f();", true, "2:9"],
    ["function f() {}\n  await f();", false, undefined],
  ])("in %j with noModule %s is found at %s", async (code, noModule, place) => {
    const [finding, ...others] = await findingsIn(code, noModule);
    expect(others).toEqual([]);
    expect(finding && [finding.rule, `${finding.line}:${finding.column}`]).toEqual(place && ["module-syntax", place]);
  });
});

describe("the hooks of the examples", () => {
  const folder = join(__dirname, "../../..", "examples");
  const hooks = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    /\bhooks\/[^/]+\.js$/.test(path),
  );

  it("have nothing wrong", async () => {
    const places = await Promise.all(
      hooks.map(async (path) => {
        const findings = await findingsIn(readFileSync(join(folder, path), "utf8"));
        return findings.map(({ rule, line }) => `${path}:${line} ${rule}`);
      }),
    );
    expect(hooks.length).toBeGreaterThanOrEqual(8);
    expect(places.flat()).toEqual([]);
  });
});
