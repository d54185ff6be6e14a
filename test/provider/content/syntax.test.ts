import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameOf } from "../../../provider/content/code-frame";
import { normalise } from "../../../provider/content/content";
import { findingsOf } from "../../../provider/content/lint";
import { type ParsedScript, parseScript } from "../../../provider/content/syntax";

const root = join(__dirname, "../../..");

/** What V8 says of a text as a plain script and as a module: its error, or nothing. */
interface Verdict {
  readonly script: string;
  readonly module: string;
}

/**
 * Compiles and runs nothing. Import assertions (`assert {…}`, now `with {…}`) are off: the standard has dropped them,
 * and so have V8 12.6 and Node 22, but not yet Node 20.
 */
const oracle = `
  require("node:v8").setFlagsFromString("--no-harmony-import-assertions");
  const { Script, SourceTextModule } = require("node:vm");
  const { readFileSync } = require("node:fs");
  const complaint = (compile) => { try { compile(); return ""; } catch (error) { return error.name + ": " + error.message; } };
  const textOf = ({ path, text }) => text ?? readFileSync(path, "utf8").replace(/^\\uFEFF+/, "").replace(/\\r\\n?/g, "\\n");
  const verdicts = JSON.parse(readFileSync(0, "utf8")).map(textOf).map((text) => ({
    script: complaint(() => new Script(text)),
    module: complaint(() => new SourceTextModule(text)),
  }));
  process.stdout.write(JSON.stringify(verdicts));
`;

function judgedByV8(items: readonly ({ readonly path: string } | { readonly text: string })[]): Verdict[] {
  const output = execFileSync(process.execPath, ["--no-warnings", "--experimental-vm-modules", "--eval", oracle], {
    input: JSON.stringify(items),
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  return JSON.parse(output) as Verdict[];
}

/** Says how a reading and V8 disagree, or nothing where they do not. */
function disagreement(parsed: ParsedScript, { script, module }: Verdict): string | undefined {
  const isAccepted = script === "" || module === "";
  if (parsed.fault) {
    return isAccepted ? `false alarm: ${JSON.stringify(parsed.fault)}` : undefined;
  }
  if (!parsed.program) {
    return "not judged";
  }
  if (!isAccepted) {
    return `missed: ${script} / ${module}`;
  }
  return parsed.isModule === (module === "") ? undefined : `as module: ${parsed.isModule}, but V8: ${module}`;
}

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The soak reads all files of the dependencies; otherwise every fourth one is read, by name. */
const stride = process.env["CORPUS"] === "whole" ? 1 : 4;
const corpus = filesBelow("node_modules", /\.[cm]?js$/).filter((_, index) => index % stride === 0);
const hooks = filesBelow("examples", /\.js$/).filter((path) => path.split("/").at(-2) === "hooks");

const oldStyle = `var limit = 010;
with (o) { delete x; }
function f(a, a) { return f.call(1)[2]; }
f(1).x = 2;
for (var i in f()) { if (i) continue; else break; }
label: for (;;) { continue label; }
if (a) function g() {}
var yield = /[/]x/g.test(\`a\${b}c\`), async = async (x) => await x, y = a ? b : c;
`;
const newStyle = `import dayjs, { extend as more } from "dayjs";
export const x = await dayjs();
export default class A extends B {
  #p = 1; static { this.q = 2; }
  get z() { return this.#p ?? super.z; }
  async *gen() { yield* f(); for await (const [q, { r = 1, ...s }] of t); }
}
export { x as "y z" };
switch (x) { case 1: let q; break; default: }
try { throw 1; } catch { } finally { }
do x++; while (x < 3)
const { a, b: [c] } = { a: 1, b: [2] }, o = { get p() { return 1; }, async m() {}, [k]: 1_000n, ...x?.y };
`;

const pieces = (
  "( ) { } [ ] ' \" ` / , ; : ? . * = => == ... ?. # ! ++ -- \\ 0 1_ @ \\u0061 return await async function const let var else new of in " +
  "class yield static super import export default for if break continue case this delete typeof get set try catch throw do while " +
  "with enum arguments eval"
).split(" ");

/** Code with a piece less, more or exchanged. */
function mutants(originals: readonly string[]): fc.Arbitrary<string> {
  const choice = fc.tuple(
    fc.constantFrom(...originals),
    fc.nat(),
    fc.constantFrom("cut", "add", "swap"),
    fc.constantFrom(...pieces),
  );
  return choice.map(([text, number, action, piece]) => {
    if (action === "add") {
      const at = number % (text.length + 1);
      return `${text.slice(0, at)} ${piece} ${text.slice(at)}`;
    }
    const words = [...text.matchAll(/[a-z]+|[()[\]{}'"`/,;:?=.*+!#-]/gi)];
    const { 0: word = "", index = 0 } = words[number % words.length] ?? {};
    return text.slice(0, index) + (action === "swap" ? ` ${piece} ` : "") + text.slice(index + word.length);
  });
}

/** Known differences, which {@link differences} shows and the mutants leave out. */
function isKnown(text: string): boolean {
  return /<!--|-->|\blet(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)*\n/.test(text);
}

const differences: readonly (readonly [string, string, string])[] = [
  [
    "HTML-like comments are operators in a module, by the standard",
    "var a = 1\n<!-- b",
    "as module: true, but V8: SyntaxError",
  ],
  ["a plain script may have a variable named let", "var let = 1\nlet\nif (a) {}", "false alarm"],
  ["an assignment to a call fails when it runs, and no hook has one", "f() = 1;", "false alarm"],
];

/** What is valid, and whether it is as an ES module. */
const valid: readonly (readonly [string, string, boolean])[] = [
  ["a plain function", "function f(o) { return o }", true],
  ["an ES module", "import dayjs from 'dayjs';\nexport const now = await dayjs();", true],
  ["a hashbang", "#!/usr/bin/env node\nvar a;", true],
  ["`with`", "with (o) { a = b }", false],
  ["old octal numbers", "var a = 010 + '\\07'.length;", false],
  ["HTML-like comments", "<!-- a\nvar a;\n--> b", false],
  ["a variable named await", "var await = 1; function f() { await + 1 }", false],
  ["a parameter twice", "function f(a, a) { return arguments.callee }", false],
  ["nothing", "", true],
];

/** What is not valid, what is said, and of which line and column. */
const invalid: readonly (readonly [string, string, string, number, number])[] = [
  ["a return at the top level", "var a;\n  return a;", "'return' outside of function", 2, 3],
  [
    "an await in a plain function",
    "function f(o) {\n  return await o;\n}",
    "cannot use keyword 'await' outside an async function",
    2,
    10,
  ],
  ["an await at the top level of a script", "with (o) {}\nawait f();", "unexpected token", 2, 7],
  [
    "an import below the top level",
    "function f() {\n  import a from 'b';\n}",
    "'import' and 'export' may only appear at the top level",
    2,
    3,
  ],
  ["a fault behind an import", "import a from 'dayjs';\nvar b = ;", "unexpected token", 2, 9],
  ["a fault behind what only a script may hold", "var a = 010;\nvar b = ;", "unexpected token", 2, 9],
  ["a module with what only a script may hold", "with (o) {}\nimport a from 'dayjs';", "'with' in strict mode", 1, 1],
  ["a fault behind tabs", "function f() {\n\t\treturn ];\n}", "unexpected token", 2, 10],
  ["a fault behind other characters than ASCII", "var é = '日本📦' ;; ]", "unexpected token", 1, 19],
  ["a fault behind Windows line ends", normalise("var a;\r\nvar b = ;\r\n"), "unexpected token", 2, 9],
  ["a fault behind line separators", "var a = '\u2028'; // \u2029\nvar b = ;", "unexpected token", 2, 9],
  ["a fault behind a line separator in its line", "/*\u2028*/ ]", "unexpected token", 1, 7],
  ["a fault in the last line", "var a;\nvar b;\n)", "unexpected token", 3, 1],
  ["a bracket that is not closed", "function f() {\n  return [1;\n}\n", "unexpected token", 2, 12],
  ["a brace that is not closed", "function f() {\n  return 1;\n\n", "unexpected end of the script", 2, 12],
  ["a brace that is not closed in the last line", "function f() {", "unexpected end of the script", 1, 15],
  ["a text that is not closed", "f('a);\nf(b);", "unterminated string constant", 1, 3],
  ["a name that is declared twice", "let a;\nlet a;", "identifier 'a' has already been declared", 2, 5],
  ["a pattern that is none", "var a = /(/;", "invalid regular expression: /(/: Unterminated group", 1, 10],
  ["a call as a parameter", "(f()) => 1", "assigning to rvalue", 1, 2],
  ["a call as a parameter of several", "async (a, f()) => 1", "assigning to rvalue", 1, 11],
  ["a call in a pattern", "[f()] = [1]", "assigning to rvalue", 1, 2],
  ["a call in a pattern of a loop", "for ({ a: f() } of b);", "assigning to rvalue", 1, 11],
  ["a call that is assigned to unless it has a value", "f() ??= 1", "assigning to rvalue", 1, 1],
  ["a character that cannot be seen", "var a\u200b = 1;", "unexpected character '\\u200b'", 1, 6],
];

describe("the syntax check", () => {
  it("agrees with V8 on every hook of the examples and on files of the dependencies, and warns of no return there", {
    tags: ["slow"],
  }, async () => {
    const files = [...hooks, ...corpus];
    const verdicts = judgedByV8(files.map((path) => ({ path })));
    const counts = { files: files.length, asModule: 0, asScriptOnly: 0, refused: 0, findings: 0 };
    const disagreements: string[] = [];
    const misplaced: string[] = [];
    const returns: string[] = [];
    const discreet = new Map<string, Set<string>>();
    for (const [index, path] of files.entries()) {
      const text = normalise(readFileSync(path, "utf8"));
      const parsed = await parseScript(text);
      const difference = disagreement(parsed, verdicts[index] as Verdict);
      if (difference) {
        disagreements.push(`${path}: ${difference}`);
      }
      counts[parsed.fault ? "refused" : parsed.isModule ? "asModule" : "asScriptOnly"]++;
      const lines = text.split("\n");
      for (const finding of await findingsOf(text, parsed, { noModule: true })) {
        const { rule, line, column, message } = finding;
        counts.findings++;
        if (!((lines[line - 1]?.length ?? -1) >= column - 1) || /[\p{Cc}\u2028\u2029]/u.test(message)) {
          misplaced.push(`${path}:${line}:${column}: ${message}`);
        }
        // None of these files is a hook.
        if (rule === "return") {
          returns.push(`${path}:${line}:${column}: ${message}`);
        }
        const words = discreet.get(finding.rule) ?? new Set();
        discreet.set(finding.rule, words.add(finding.discreet.replace(/\d+ KB|; also in .*/g, "")));
      }
    }
    console.log("corpus", counts);
    expect(disagreements).toEqual([]);
    expect(misplaced).toEqual([]);
    expect(returns).toEqual([]);
    // What is discreet is the same whatever the code.
    expect([...discreet.values()].filter(({ size }) => size !== 1)).toEqual([]);
    expect(discreet.size).toBeGreaterThanOrEqual(6);
    expect(hooks.length).toBeGreaterThanOrEqual(8);
    expect(files.length).toBeGreaterThan(5000 / stride);
    // CommonJS files that return at the top level, and fixtures that are broken on purpose.
    expect(counts.refused).toBeGreaterThan(2 / stride);
  });

  it("agrees with V8 on code in which a piece is lost, added or exchanged", { tags: ["slow"] }, async () => {
    const originals = [
      ...hooks.map((path) => normalise(readFileSync(path, "utf8"))),
      ...Array(8).fill([oldStyle, newStyle]).flat(),
    ];
    const texts = fc.sample(mutants(originals), { seed: 20_240_601, numRuns: 2000 }).filter((text) => !isKnown(text));
    const verdicts = judgedByV8(texts.map((text) => ({ text })));
    const counts = { texts: texts.length, accepted: 0, refused: 0 };
    const disagreements: string[] = [];
    for (const [index, text] of texts.entries()) {
      const parsed = await parseScript(text);
      const difference = disagreement(parsed, verdicts[index] as Verdict);
      if (difference && parsed.fault?.message !== "assigning to rvalue") {
        disagreements.push(`${difference}\n${text}`);
      }
      counts[parsed.fault ? "refused" : "accepted"]++;
      await findingsOf(text, parsed, { noModule: true });
    }
    console.log("mutants", counts);
    expect(disagreements).toEqual([]);
    expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(300);
  });

  it("agrees with V8 on every example of this file, but for known differences", async () => {
    // Node 20 crashes where it would show a module's line with U+2028.
    const texts = [...valid, ...invalid, ...differences]
      .map(([, text]) => text)
      .filter((text) => !/[\u2028\u2029]/.test(text));
    const verdicts = judgedByV8(texts.map((text) => ({ text })));
    const found = await Promise.all(
      texts.map(async (text, index) => disagreement(await parseScript(text), verdicts[index] as Verdict)),
    );
    expect(found.filter((difference) => difference !== undefined)).toEqual(
      differences.map(([, , difference]) => expect.stringContaining(difference)),
    );
  });

  it.each(valid)("takes %s", async (_, text, isModule) => {
    expect(await parseScript(text)).toMatchObject({ isModule, program: { type: "Program" } });
  });

  it.each(invalid)("says what and where for %s", async (_, text, message, line, column) => {
    expect(await parseScript(text)).toEqual({ fault: { message, offset: expect.any(Number), line, column } });
  });

  it.each([
    ["a sum of 20,000 terms", Array(20_000).fill("a").join(" + ")],
    ["5,000 brackets", `${"(".repeat(5000)}1${")".repeat(5000)}`],
    ["5,000 lists", "[".repeat(5000) + "]".repeat(5000)],
    ["5,000 lists that are not closed", "[".repeat(5000)],
    ["5,000 groups of a pattern", `/${"(".repeat(5000)}a${")".repeat(5000)}/`],
    ["5,000 blocks", "{".repeat(5000) + "}".repeat(5000)],
  ])("finds no fault in %s, whether it can be read or not", async (_, text) => {
    const parsed = await parseScript(text);
    expect(parsed.fault).toBe(undefined);
    const rules = (await findingsOf(text, parsed)).map(({ rule }) => rule);
    expect(parsed.program ? [] : rules).toEqual([]);
  });
});

describe("the frame of a fault", () => {
  it("shows the line and a caret below the column", () => {
    expect(frameOf("a\nreturn data }\nb", 2, 13)).toBe("  2 | return data }\n    |             ^");
    expect(frameOf(`${"\n".repeat(99)}  a`, 100, 3)).toBe("  100 |   a\n      |   ^");
  });

  it("keeps tabs, so that the caret stands right", () => {
    expect(frameOf("\ta\tb ]", 1, 6)).toBe("  1 | \ta\tb ]\n    | \t \t  ^");
  });

  it("points behind the end of a line, and at a line that is empty or none", () => {
    expect(frameOf("f(", 1, 3)).toBe("  1 | f(\n    |   ^");
    expect(frameOf("f(\n", 2, 1)).toBe("  2 | \n    | ^");
    expect(frameOf("f(", 7, 1)).toBe("  7 | \n    | ^");
  });

  it("shows nothing that steers a terminal, and the caret stands right", () => {
    expect(frameOf("a\u001b[2Jb\u2028c\u0085 ]", 1, 11)).toBe("  1 | a\uFFFD[2Jb\uFFFDc\uFFFD ]\n    |           ^");
    expect(frameOf("a\u202eb\u2066 ]", 1, 6)).toBe("  1 | a\uFFFDb\uFFFD ]\n    |      ^");
    expect(frameOf("\u{e0041}b ]", 1, 5)).toBe("  1 | \uFFFDb ]\n    |    ^");
  });

  it.each([1, 2, 50, 51, 52, 500, 949, 950, 999, 1000, 1001])("cuts a long line around column %i", (column) => {
    const line = Array.from({ length: 1000 }, (_, index) => String.fromCharCode(0x4e00 + index)).join("");
    const [shown = "", caret = ""] = frameOf(line, 1, column).split("\n");
    const at = caret.indexOf("^");
    expect(shown.charAt(at)).toBe(line.charAt(column - 1));
    expect(caret).toBe(`    | ${"^".padStart(at - 5)}`);
    expect(shown.length).toBeLessThanOrEqual("  1 | ".length + 100);
    expect(shown.length).toBeGreaterThan(50);
    expect([shown.charAt(6) === "…", shown.endsWith("…")]).toEqual([column > 50, column < 951]);
  });

  it("cuts no character in two", () => {
    for (const column of [201, 202, 203]) {
      const [shown = ""] = frameOf("📦".repeat(300), 1, column).split("\n");
      expect(Buffer.from(shown, "utf8").toString("utf8")).toBe(shown);
      expect(shown).toContain("…📦");
    }
  });
});
