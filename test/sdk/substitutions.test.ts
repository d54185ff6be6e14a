import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import { checkInputs } from "../../provider/script/inputs";
import { explainKeys, putIn, substitute } from "../../sdk/substitutions";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signature = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17" };
const template = 'function route(options) {\n  return "{{flow}} {{region}} {{flow}}";\n}\n';

describe("substitution", () => {
  it("puts each value in the place of its key, wherever that is, and changes nothing else", () => {
    expect(substitute(template, { flow: "a", region: "b" })).toContain('"a b a"');
    const others = "{{#if x}} {{{triple}} {{ spaced }} {{a.b}} {{1st}} {{}} {single} {{a-b}}";
    expect(substitute(others, { x: "!", triple: "!", spaced: "!", a: "!", b: "!", single: "!" })).toBe(
      others.replace("{{{triple}}", "{!"),
    );
  });

  it("takes values as they are: no key in a value is replaced, and no pattern in it means anything", () => {
    expect(substitute("{{a}}-{{b}}", { a: "{{b}}", b: "$& $1 $$" })).toBe("{{b}}-$& $1 $$");
    expect(substitute("{{constructor}} {{__proto__}}", { a: "x" })).toBe("{{constructor}} {{__proto__}}");
  });

  it("is not done unless it is asked for", () => {
    expect(substitute(template, undefined)).toBe(template);
  });

  it("has nothing to say when keys and values are the same, and otherwise names each of them once", () => {
    const name = fc.stringMatching(/^[a-z][a-z_0-9]{0,3}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.uniqueArray(name), (used, given) => {
        const text = used.map((key) => `// {{${key}}} {{${key}}}`).join("\n");
        const values = Object.fromEntries(given.map((key) => [key, "x"]));
        const messages = explainKeys(text, values, "a.js", false);
        const missing = used.filter((key) => !given.includes(key));
        const unused = given.filter((key) => !used.includes(key));
        expect(messages).toHaveLength(missing.length + unused.length);
        for (const key of missing) {
          expect(messages).toContain(`a.js:${used.indexOf(key) + 1}: {{${key}}} has no value in substitutions`);
        }
        for (const key of unused) {
          expect(
            messages.some((one) => one.startsWith(`substitutions has a value for ${key}, but a.js has no {{${key}}}`)),
          ).toBe(true);
        }
      }),
    );
  });

  it("tells places by the text that results, and names the file", async () => {
    const content = "// {{note}}\nfunction f() { return {{value}}; }\nrequire('x');\n";
    const asset = { ...signature, text: content, path: "hooks/f.js" };
    const judge = async (values: Record<string, string>) => {
      const { content: result, code, problems } = await putIn({ ...asset, path: undefined }, values, false);
      expect(problems).toEqual([]);
      return checkInputs({}, { name: "s", content: result }, { secrets: new Set(), code: { ...code, label: "f.js" } });
    };
    const { warnings } = await judge({ note: "one\n// two\n// three", value: "1000000" });
    expect(warnings).toEqual([expect.stringMatching(/^f\.js:5:1: require does not work/)]);
    const { failures } = await judge({ note: "one", value: "(1" });
    expect(failures.map(({ reason }) => reason)).toEqual([
      "f.js:2:25: this is not valid JavaScript: unexpected token\n" +
        "  2 | function f() { return (1; }\n    |                         ^",
    ]);
  });

  it("names 20 keys of thousands, and counts the others", () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `key${index}`);
    const code = keys.map((key) => `{{${key}}}\n`).join("");
    const without = explainKeys(code, {}, "a.js", false);
    expect(without).toHaveLength(21);
    expect(without[19]).toBe("a.js:20: {{key19}} has no value in substitutions");
    expect(without[20]).toBe("substitutions: 9980 more keys of the same kind");
    const values = Object.fromEntries(keys.map((key) => [`${key}_`, "x"]));
    expect(explainKeys("{{one}}\n", { one: "1", ...values }, "a.js", false)).toHaveLength(21);
  });

  it("suggests the key that was meant, and shows no key of a secret content", () => {
    expect(explainKeys(template, { flow: "x", regin: "y" }, "a.js", false)).toEqual([
      "a.js:2: {{region}} has no value in substitutions",
      "substitutions has a value for regin, but a.js has no {{regin}}: did you mean {{region}}?",
    ]);
    expect(explainKeys(template, { flow: "x", regin: "y" }, "a.js", true).join()).not.toContain("region");
  });
});

describe("code with substitutions", () => {
  const values = { flow: "a", region: "b" };
  const result = template.replaceAll("{{flow}}", "a").replace("{{region}}", "b");

  it("is sent as the text that results, and known by the hash of the code in the repository, however its lines end", async () => {
    const windows = `\uFEFF${template.replaceAll("\n", "\r\n")}`;
    for (const content of [template, windows, { ...signature, text: template }, { ...signature, text: windows }]) {
      const put = await putIn(content, values, false);
      expect([put.content, put.codeHash, put.problems]).toEqual([result, contentHash(template), []]);
      const as = { name: "route", content: put.content, codeHash: put.codeHash };
      expect((await checkInputs({}, as)).inputs).toEqual({ ...as, content: result });
    }
  });

  it("is an asset as it is where there is nothing to put in", async () => {
    const asset = { ...signature, text: template };
    expect(await putIn(asset, undefined, false)).toMatchObject({ content: asset, codeHash: contentHash(template) });
  });

  it("is not known while a value is not, but its hash is", async () => {
    expect(await putIn(template, { flow: "a", region: unknown }, false)).toMatchObject({
      content: unknown,
      codeHash: contentHash(template),
      problems: [],
    });
    expect(await putIn(unknown, values, false)).toMatchObject({ content: unknown, problems: [] });
  });

  it.each([
    ["region=eu", "must be an object of texts by key"],
    [["eu"], "must be an object of texts by key"],
    [{ "a b": "eu" }, 'has the key "a b": a key is a name of letters, digits and _'],
    [{ region: 7 }, "must have a text for region, not a number"],
    [{ region: null }, "must have a text for region, not nothing"],
  ])("cannot have the values %j: %s", async (wrong, reason) => {
    expect((await putIn(template, wrong, false)).problems).toEqual([`substitutions ${reason}`]);
  });

  it("is judged by the code that results, which must not be empty", async () => {
    const judge = async (content: unknown, given: object | undefined) => {
      const put = await putIn(content, given, false);
      const context = { secrets: new Set<string>(), code: put.code };
      return (await checkInputs({}, { name: "x", content: put.content }, context)).failures;
    };
    expect(await judge(template, { flow: 'a" b', region: "b" })).toEqual([
      { property: "", reason: expect.stringContaining("content:2:") },
    ]);
    expect(await judge("{{all}}", { all: "" })).toEqual([{ property: "", reason: "content must not be empty" }]);
    expect(await judge('function f() { return "{{name}}"; }', undefined)).toEqual([]);
    // What lacks a value is not judged as code.
    expect(await judge("function f() { return {{name}} }", {})).toEqual([]);
  });

  it("may bring in ids, which are those of the environment, but the code may not", async () => {
    const id = "66f1a0c4b7d2e35a9c01d4e1";
    const warningsOf = async (content: string) => {
      const { content: text, code } = await putIn(content, { flow: id }, false);
      return (await checkInputs({}, { name: "x", content: text }, { secrets: new Set(), code })).warnings;
    };
    const content = template.replace("{{region}}", "x");
    expect(await warningsOf(content)).toEqual([]);
    expect(await warningsOf(content.replace('"', `"${id.replace("66", "77")} `))).toHaveLength(1);
  });
});
