import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hookPoints } from "../../../provider/content/hooks";
import { findingsOf } from "../../../provider/content/lint";
import { parseScript } from "../../../provider/content/syntax";

const fixtures = join(__dirname, "../../fixtures/hooks");

/** What is said of the returns in a text: `line:column what is returned`. */
async function returnsIn(text: string): Promise<string[]> {
  const findings = await findingsOf(text, await parseScript(text));
  return findings
    .filter(({ rule }) => rule === "return")
    .map(({ line, column, message }) => `${line}:${column} ${/ returns (.*), but Celigo /.exec(message)?.[1]}`);
}

/** The wrong one of each pair of hooks: where it breaks the contract, and what it returns there. */
const pairs: Readonly<Record<string, string>> = {
  "preSavePage-old-loop": "11:10 an array",
  "preSavePage-options": "5:10 an array",
  "preSavePage-destructured": "3:10 an array",
  "preMap-map": "1:10 nothing",
  "preMap-filter": "3:10 an array whose length .filter() has changed",
  "preMap-variable": "6:10 an array whose length .filter() has changed",
  "preMap-object": "6:10 an object",
  "preMap-early-return": "6:5 nothing on one path",
  "postMap-try": "5:12 an object",
  "postMap-catch-logs": "1:10 nothing on one path",
  "postSubmit-errors": "9:10 an array whose length .filter() has changed",
  "postSubmit-string": "6:10 a string",
  "postResponseMap-object": "6:10 its options",
  "postResponseMap-switch": "5:14 an array whose length .slice() has changed",
  "postResponseMap-concat": "2:10 an array whose length .concat() has changed",
  "filter-old": "1:10 nothing on one path",
  "filter-arrow": "1:64 a string",
  "input_filter-helper": "1:10 nothing",
  "transform-mutates": "3:10 nothing",
  "branching-switch": "14:10 a number",
  "handleRequest-status": "6:10 a string",
  "contentBasedFlowRouter-null": "1:10 nothing on one path",
  "formInit-form": "1:10 nothing",
};

describe("the contract of a hook", () => {
  it("has a pair of hooks for each entry, and an entry for each pair", () => {
    const names = Object.keys(pairs).flatMap((name) => [`${name}.right.js`, `${name}.wrong.js`]);
    expect(readdirSync(fixtures).sort()).toEqual(names.sort());
    expect(names.length).toBeGreaterThanOrEqual(40);
    const points = Object.entries(hookPoints).filter(([, { returns }]) => returns !== "any");
    expect(new Set(names.map((name) => name.replace(/[-.].*/, "")))).toEqual(new Set(points.map(([name]) => name)));
  });

  it.each(Object.entries(pairs))(
    "is broken by one hook of the pair %s, and kept by the other",
    async (name, broken) => {
      const read = (kind: string) => readFileSync(join(fixtures, `${name}.${kind}.js`), "utf8");
      expect(await findingsOf(read("right"), await parseScript(read("right")))).toEqual([]);
      expect(await returnsIn(read("wrong"))).toEqual([broken]);
    },
  );

  it.each([
    ["a conditional of which one side is wrong", "function preMap(o) { return o.ok ? o.data : null; }", "1:45 null"],
    ["a comparison", "function transform(o) { return o.record.a === 1; }", "1:32 true or false"],
    ["a negation", "function branching(o) { return !o.record; }", "1:32 true or false"],
    ["a negative number", "function branching(o) { return o.ok ? [0] : -1; }", "1:45 a number"],
    ["a regular expression", "function filter(o) { return /a/; }", "1:29 a regular expression"],
    [
      "a variable that is always of another kind",
      "function preMap(o) { var r; if (o) r = {}; else r = 'x'; return r; }",
      "1:65 an object or a string",
    ],
    ["a count", "function branching(o) { let n = 0; for (const x of o.record.lines) n++; return n; }", "1:80 a number"],
    ["a variable that gets no value", "function preMap(o) { let r; return r; }", "1:36 nothing"],
    ["a variable that holds the page", "function preSavePage(o) { const d = o.data; return d; }", "1:52 an array"],
    ["an array that nothing is put into", "function preMap(o) { const r = []; return r; }", "1:43 an empty array"],
    ["two elements for a page", "function preMap(o) { return [{}, {}]; }", "1:29 an array of 2 elements"],
    [
      "a filter behind map",
      "function preMap(o) { return o.data.map(f).filter(Boolean); }",
      "1:29 an array whose length .filter() has changed",
    ],
    [
      "map behind filter",
      "function preMap(o) { return o.data.filter(f).map(g); }",
      "1:29 an array whose length .filter() has changed",
    ],
    [
      "a copy that is filtered",
      "function preMap({ data }) { return [...data].filter(f); }",
      "1:36 an array whose length .filter() has changed",
    ],
    [
      "a hook that tests export",
      "function preMap(o) { return {}; }\nif (typeof module !== 'undefined') module.exports = { preMap };",
      "1:29 an object",
    ],
    ["a loop that is left", "function preMap(o) { while (true) { if (o.x) break; } }", "1:10 nothing"],
    ["a label that is left", "function preMap(o) { a: for (;;) { for (;;) { break a; } } }", "1:10 nothing"],
    [
      "a case that falls out of the switch",
      "function filter(o) { switch (o.x) { case 1: return true; case 2: break; default: return false; } }",
      "1:10 nothing on one path",
    ],
  ])("is broken by %s", async (_, code, broken) => {
    expect(await returnsIn(code)).toEqual([broken]);
  });

  it.each([
    [
      "a variable that something is pushed onto",
      "function preMap(o) { const r = []; o.data.forEach((x) => r.push(x)); return r; }",
    ],
    [
      "a filtered array that is filled up",
      "function preMap(o) { const r = o.data.filter(f); while (r.length < o.data.length) r.push({}); return r; }",
    ],
    ["a filtered array that is handed over", "function preMap(o) { const r = o.data.filter(f); fill(r); return r; }"],
    ["an array whose length is set", "function preMap(o) { const r = []; r.length = o.data.length; return r; }"],
    [
      "an array whose elements are set",
      "function preMap(o) { const r = []; o.data.forEach((x, i) => { r[i] = x; }); return r; }",
    ],
    ["a variable that gets another value", "function preMap(o) { let r = {}; r = f(o); return r; }"],
    ["a variable of a nested function", "function preMap(o) { function f() { var r = {}; return r; } return r(f); }"],
    ["a parameter that gets another value", "function preMap(o) { o = o.data; return o; }"],
    ["a page that gets another value", "function preSavePage(o) { o.data = { data: o.data }; return o.data; }"],
    ["an array that is collected with concat", "function preMap(o) { return [].concat(o.data); }"],
    ["a copy", "function preMap(o) { return o.data.slice(); }"],
    ["another copy", "function preMap(o) { return o.data.slice(0).concat(); }"],
    ["an empty array for an empty page", "function preMap(o) { if (!o.data.length) return []; return f(o); }"],
    ["one element, since a page may have one record", "function preMap(o) { return [{ data: o.data[0] }]; }"],
    ["a default that may never be used", "function preMap(o) { return f(o) || null; }"],
    ["a filter of something else", "function preMap(o) { return f(o).filter(g); }"],
    ["a record that is an array", "function transform(o) { return [o.record.a, o.record.b]; }"],
    [
      "a helper of that name that the script calls",
      "function go(o) { return filter(o); }\nfunction filter(o) { return o.list; }\nfunction transform(o) { go(o); return null; }",
    ],
    [
      "a helper that always throws",
      "function preMap(o) { if (o.ok) return o.data; stop(); }\nfunction stop() { throw new Error('x'); }",
    ],
    [
      "a catch that hands over to what throws",
      "function preMap(o) { try { return f(o); } catch (e) { lib.raise(e); } }",
    ],
    ["a module of other code", "import { f } from './f';\nexport function filter(list) { f(list); }"],
    [
      "a hook point of which Celigo states nothing",
      "function preSave(o) { o.x = 1; }\nfunction step(o) { return 1; }\nfunction postAggregate() {}",
    ],
    ["every case of a switch", "function filter(o) { switch (o.x) { case 1: return true; default: return false; } }"],
    ["two variables that get each other's value", "function preMap(o) { let a = {}, b = o; a = b; b = a; return a; }"],
    ["a finally that returns", "function preMap(o) { try { f(o); } finally { return o.data; } }"],
  ])("is in doubt, and nothing is said, with %s", async (_, code) => {
    expect((await parseScript(code)).fault).toBe(undefined);
    expect(await returnsIn(code)).toEqual([]);
  });

  it("is checked also beside variables that get each other's value", async () => {
    const code =
      "function preMap(o) { let a = {}, b = {}; a = b; b = a; return a; }\nfunction postMap(o) { return 1; }";
    expect(await returnsIn(code)).toEqual(["2:30 a number"]);
  });
});
