import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import { explainKeys, originOf, substitute } from "../../provider/content/substitutions";
import { checkInputs, type RawInputs } from "../../provider/script/inputs";
import { engineOrSkip } from "../engine/vitest";
import { openSession, sourceOf } from "./session";

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

  it("has nothing to say when keys and values are the same, and else names each of them once", () => {
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

  it("knows where each offset of the result comes from", () => {
    const key = fc.constantFrom("a", "bb", "ccc");
    const part = fc.oneof(
      fc.string().filter((text) => !/[{}]/.test(text)),
      key.map((name) => `{{${name}}}`),
    );
    const values = fc.record({ a: fc.string(), bb: fc.string() });
    fc.assert(
      fc.property(fc.array(part), values, (parts, substitutions) => {
        const whole = parts.join("");
        const result = substitute(whole, substitutions);
        let [at, from] = [0, 0];
        for (const one of parts) {
          const value = substitute(one, substitutions);
          const isKey = value !== one || one.startsWith("{{");
          for (let index = 0; index < value.length; index++) {
            const origin = isKey && one !== "{{ccc}}" ? from : from + index;
            expect(originOf(whole, substitutions, at + index)).toBe(origin);
          }
          at += value.length;
          from += one.length;
        }
        expect(originOf(whole, substitutions, result.length)).toBe(whole.length);
      }),
    );
  });

  it("tells places by the file, whatever the values are", async () => {
    const content = "// {{note}}\nfunction f() { return {{value}}; }\nrequire('x');\n";
    const check = (values: RawInputs) =>
      checkInputs({}, { name: "s", content, substitutions: values }, { secrets: new Set() });
    const { warnings } = await check({ note: "one\n// two\n// three", value: "1000000" });
    expect(warnings).toEqual([expect.stringMatching(/^content:3:1: require does not work/)]);
    const { failures } = await check({ note: "one\n// two\n// three", value: "(1" });
    expect(failures.map(({ reason }) => reason)).toEqual([
      "content:2:32: this is not valid JavaScript: unexpected token\n" +
        "  2 | function f() { return {{value}}; }\n    |                                ^",
    ]);
  });

  it("suggests the key that was meant, and shows no key of a secret content", () => {
    expect(explainKeys(template, { flow: "x", regin: "y" }, "a.js", false)).toEqual([
      "a.js:2: {{region}} has no value in substitutions",
      "substitutions has a value for regin, but a.js has no {{regin}}: did you mean {{region}}?",
    ]);
    expect(explainKeys(template, { flow: "x", regin: "y" }, "a.js", true).join()).not.toContain("region");
  });
});

describe("inputs with substitutions", () => {
  const news = { name: "route", content: template };

  it("keep the hash of the result, and tell that of the template", async () => {
    const first = await checkInputs({}, { ...news, substitutions: { flow: "a", region: "b" } });
    const second = await checkInputs({}, { ...news, substitutions: { flow: "c", region: "d" } });
    expect([first.templateHash, second.templateHash]).toEqual([contentHash(template), contentHash(template)]);
    expect(first.inputs["contentHash"]).toBe(
      contentHash(template.replaceAll("{{flow}}", "a").replace("{{region}}", "b")),
    );
    expect(first.inputs["contentHash"]).not.toBe(second.inputs["contentHash"]);
  });

  it("keep the hash of a file's template as text where that is not the one of its bytes", async () => {
    const kept = async (content: string, olds: RawInputs = {}) => {
      const hash = createHash("sha256").update(content).digest("hex");
      const asset = { ...signature, text: content, hash };
      return (await checkInputs(olds, { ...news, content: asset, substitutions: { flow: "a", region: "b" } })).inputs;
    };
    expect(await kept(template)).not.toHaveProperty("templateHash");
    const windows = `\uFEFF${template.replaceAll("\n", "\r\n")}`;
    const inputs = await kept(windows);
    expect(inputs["templateHash"]).toBe(contentHash(template));
    // Also with a state that has been written without it.
    const { templateHash: _, ...older } = inputs;
    expect(await kept(windows, inputs)).toEqual(inputs);
    expect(await kept(windows, older)).toEqual(inputs);
  });

  it("are judged by the code that results, which must not be empty", async () => {
    const broken = await checkInputs({}, { ...news, substitutions: { flow: 'a" b', region: "b" } });
    expect(broken.failures).toEqual([{ property: "", reason: expect.stringContaining("content:2:") }]);
    const empty = await checkInputs({}, { name: "x", content: "{{all}}", substitutions: { all: "" } });
    expect(empty.failures).toEqual([{ property: "", reason: "content: it is empty" }]);
    const handlebars = await checkInputs({}, { ...news, content: 'function f() { return "{{name}}"; }' });
    expect(handlebars.failures).toEqual([]);
  });

  it("may bring in ids, which are those of the environment, but the template may not", async () => {
    const id = "66f1a0c4b7d2e35a9c01d4e1";
    const content = template.replace("{{region}}", "x");
    expect((await checkInputs({}, { ...news, content, substitutions: { flow: id } })).warnings).toEqual([]);
    const written = content.replace('"', `"${id} `).replace(id, `${id.replace("66", "77")}`);
    expect((await checkInputs({}, { ...news, content: written, substitutions: { flow: id } })).warnings).toHaveLength(
      1,
    );
  });

  it("show neither content nor values where either is secret", async () => {
    const context = { secrets: new Set(["substitutions"]) };
    const broken = await checkInputs({}, { ...news, substitutions: { flow: 'hidden" b', region: "b" } }, context);
    expect(broken.failures).toHaveLength(1);
    expect(JSON.stringify(broken.failures)).not.toContain("hidden");
  });
});

const engine = engineOrSkip();

describe("substitutions on the real engine", { timeout: 180_000 }, () => {
  it("send the values of the environment, compare the result, and let every stage agree on the template", async () => {
    const source = (values: string, more = "") =>
      `${sourceOf({ text: `{ content: ${JSON.stringify(template)}, substitutions: ${values}${more} }` })}
       const file = new Script("file", { content: new pulumi.asset.FileAsset("route.js"), substitutions: ${values}${more} });
       exports.templateHash = file.templateHash;
       exports.contentHash = file.contentHash;`;
    const values = '{ flow: "F", region: pulumi.output("eu") }';
    const { workspace, account, takeRequests } = await openSession(engine(), {
      "index.js": source(values),
      "route.js": template,
    });
    await workspace.up();
    const sent = template.replaceAll("{{flow}}", "F").replace("{{region}}", "eu");
    expect(account.scripts().map(({ content }) => content)).toEqual([sent, sent]);
    expect(await workspace.outputs()).toMatchObject({
      templateHash: contentHash(template),
      contentHash: contentHash(sent),
    });
    takeRequests();
    await workspace.preview({ expectNoChanges: true });
    expect(takeRequests()).toEqual({});
    await workspace.refresh();
    await workspace.preview({ expectNoChanges: true });

    const gate = `, expectedContentHash: ${JSON.stringify(contentHash(template))}`;
    workspace.writeFile("index.js", source('{ flow: "G", region: "eu" }', gate));
    const preview = await workspace.preview();
    expect(preview.output).toMatch(/-\s+return "F eu F";\n\s+\+\s+return "G eu G";/);
    await workspace.up();
    const [one, other] = account.scripts();
    expect([one?.content, other?.content]).toEqual([sent.replaceAll("F", "G"), sent.replaceAll("F", "G")]);

    account.edit(one?._id ?? "", { content: template });
    await workspace.refresh();
    await workspace.up();
    expect(account.scripts()[0]?.content).toBe(sent.replaceAll("F", "G"));
    await workspace.preview({ expectNoChanges: true });

    workspace.writeFile("index.js", source('{ flow: "G", regon: "eu" }'));
    const refused = await workspace.preview({ expectFailure: true });
    expect(refused.output).toContain("route.js:2: {{region}} has no value in substitutions");
    expect(refused.output).toContain(
      "substitutions has a value for regon, but route.js has no {{regon}}: did you mean {{region}}?",
    );
    workspace.writeFile("index.js", source(`{ flow: pulumi.secret("top secret"), region: "eu" }`));
    const secret = await workspace.preview();
    expect(secret.output).not.toContain("top secret");
    await workspace.up();
    expect(account.scripts()[0]?.content).toContain("top secret eu top secret");
    expect(workspace.filesContaining("top secret eu")).toEqual([]);

    // An edit in Celigo must not bring the values into the state, and is found and repaired all the same.
    account.edit(account.scripts()[0]?._id ?? "", { content: "// top secret eu, edited\n" });
    await workspace.refresh();
    expect(workspace.filesContaining("top secret eu")).toEqual([]);
    expect((await workspace.preview({ args: ["--diff"] })).output).toContain("// Edited in Celigo. Not kept here");
    await workspace.up();
    expect(account.scripts()[0]?.content).toContain("top secret eu top secret");
    await workspace.preview({ expectNoChanges: true });
    account.edit(account.scripts()[0]?._id ?? "", { description: "Somebody's." });
    const settings = await workspace.preview({ args: ["--diff", "--refresh"] });
    expect(settings.output).toContain("// As it was deployed: only settings were edited in Celigo. Not kept here");
  });

  it("leave a stage that ignores changes of the file with the hash of the template that it runs, or with none", async () => {
    const { workspace, account } = await openSession(engine(), {
      "index.js": `const pulumi = require("@pulumi/pulumi");
        const { Script } = require("pulumi-celigo");
        const content = new pulumi.asset.FileAsset("route.js");
        const substitutions = { flow: "F", region: "eu" };
        exports.hash = new Script("pinned", { content, substitutions }, { ignoreChanges: ["content"] }).templateHash;`,
      "route.js": template,
    });
    await workspace.up();
    await workspace.up();
    expect(await workspace.outputs()).toEqual({ hash: contentHash(template) });
    workspace.writeFile("route.js", template.replace("route", "other"));
    await workspace.up();
    expect(account.scripts()[0]?.content).toContain("function route");
    expect(await workspace.outputs()).toEqual({});
  });
});
