import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { contentHash } from "../../../provider/content/content";
import { isUnknown } from "../../../provider/pulumi-wire";
import { fieldNames } from "../../../provider/script/fields";
import { checkInputs, contentHashOf, inputNames, type RawInputs } from "../../../provider/script/inputs";
import { resourceKey } from "../../../provider/script/resource";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const signature = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17" };
const archive = { "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7" };
const content = "function orders() {}\n";
const good = { name: "Orders", content };
const id = "0123456789abcdef01234567";

const folder = mkdtempSync(join(tmpdir(), "celigo-inputs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

let files = 0;
function fileAsset(bytes: string | Uint8Array) {
  const path = join(folder, `${++files}.js`);
  writeFileSync(path, bytes);
  return { ...signature, path, hash: sha256(bytes) };
}

/** Checks inputs that are good, and returns them as the state keeps them. */
async function accepted(news: RawInputs, olds: RawInputs = {}): Promise<RawInputs> {
  const { inputs, failures } = await checkInputs(olds, news);
  expect(failures).toEqual([]);
  return inputs;
}

/** Checks inputs that are bad, and returns what is wrong with them. */
async function reasons(news: RawInputs): Promise<string[]> {
  const { failures } = await checkInputs({}, news);
  expect(failures.length).toBeGreaterThan(0);
  return failures.map(({ reason }) => reason);
}

describe("good inputs", () => {
  it("are kept, all of them", async () => {
    const codeHash = contentHash("// {{region}}\n");
    const kept = {
      ...good,
      description: "Two\r\nlines",
      postResponseHookToProcessOnChildRecord: true,
      templateId: id,
      noModule: true,
      onNameTaken: "adopt",
      onConflict: "overwrite",
      onDependents: "delete",
    };
    const all = { ...kept, expectedCodeHash: codeHash, syntaxCheck: "warn" };
    expect(await accepted({ ...all, codeHash })).toEqual({ ...kept, codeHash });
    // The program puts the substitutions in.
    expect(inputNames.filter((name) => !(name in all))).toEqual(["substitutions"]);
  });

  it("lose what is at its default, so that a program that says it and one that does not are the same", async () => {
    const said = { ...good, description: "", postResponseHookToProcessOnChildRecord: false, noModule: false };
    expect(await accepted(said)).toEqual(good);
    const absent = Object.fromEntries(inputNames.map((name) => [name, undefined]));
    expect(Object.keys(await accepted({ ...absent, ...good })).sort()).toEqual(Object.keys(good).sort());
    const nothing = Object.fromEntries(inputNames.map((name) => [name, null]));
    expect(Object.keys(await accepted({ ...nothing, ...good })).sort()).toEqual(Object.keys(good).sort());
  });

  it("lose byte order mark and CR of the content, and of nothing else", async () => {
    const text = "\uFEFFa\r\nb\rc";
    expect(await accepted({ name: `x${text}`, content: text, description: text })).toEqual({
      name: `x${text}`,
      content: "a\nb\nc",
      description: text,
    });
  });

  it("lose what Pulumi's host adds", async () => {
    expect(await accepted({ ...good, __provider: "x", __defaults: [] })).toEqual(good);
  });

  it("can be unknown in a preview, and stay so", async () => {
    const { substitutions: _, ...news } = Object.fromEntries(inputNames.map((name) => [name, unknown]));
    const { expectedCodeHash, syntaxCheck, ...kept } = news;
    expect([expectedCodeHash, syntaxCheck]).toEqual([unknown, unknown]);
    expect(await accepted(news)).toEqual(kept);
    expect([unknown, "x", undefined].map(isUnknown)).toEqual([true, false, false]);
  });

  it("do not change when they are checked again", async () => {
    const once = await accepted({ ...good, content: "\uFEFF\uFEFFa\r\n", noModule: false, description: "x" });
    expect(await accepted(once, once)).toEqual(once);
  });
});

describe("bad inputs", () => {
  const wrong: readonly (readonly [string, unknown, string])[] = [
    ["name", 7, "must be a string, not the number 7"],
    ["name", true, "must be a string, not the boolean true"],
    ["name", ["Orders"], "must be a string, not a list"],
    ["name", { ...signature, text: "x" }, "must be a string, not an object"],
    ["name", "", "must not be empty"],
    ["name", "x".repeat(101), "has 101 characters, and Celigo allows at most 100"],
    ["name", "📦".repeat(101), "has 101 characters, and Celigo allows at most 100"],
    ["description", 0, "must be a string, not the number 0"],
    ["description", {}, "must be a string, not an object"],
    ["description", "é".repeat(1025), "has 1025 characters, and Celigo allows at most 1024"],
    ["content", 7, "must be a string, or a Pulumi asset of a file or a string"],
    ["content", false, "must be a string, or a Pulumi asset of a file or a string"],
    ["content", ["x"], "must be a string, or a Pulumi asset of a file or a string"],
    ["content", { text: "x" }, "must be a string, or a Pulumi asset of a file or a string"],
    ["content", { ...archive, path: "x.zip" }, "must be a string, or a Pulumi asset of a file or a string"],
    [
      "content",
      { ...signature, uri: "https://x.example" },
      "must be a string, or a Pulumi asset of a file or a string",
    ],
    ["content", "", "must not be empty"],
    ["postResponseHookToProcessOnChildRecord", "true", "must be true or false, not the string true"],
    ["postResponseHookToProcessOnChildRecord", 1, "must be true or false, not the number 1"],
    ["noModule", "", "must be true or false, not the string "],
    ["noModule", 0, "must be true or false, not the number 0"],
    ["noModule", [], "must be true or false, not a list"],
    ["templateId", 7, "must be a Celigo id: 24 hexadecimal digits"],
    ["templateId", id.slice(1), "must be a Celigo id: 24 hexadecimal digits"],
    ["templateId", `${id}0`, "must be a Celigo id: 24 hexadecimal digits"],
    ["templateId", id.replace("a", "g"), "must be a Celigo id: 24 hexadecimal digits"],
    ["templateId", `${id}\n`, "must be a Celigo id: 24 hexadecimal digits"],
    ["onNameTaken", "ignore", "must be fail or adopt or create, not the string ignore"],
    ["onConflict", true, "must be fail or overwrite, not the boolean true"],
    ["onDependents", "force", "must be fail or delete, not the string force"],
    ["syntaxCheck", "none", "must be error or warn or off, not the string none"],
    ["expectedCodeHash", "", "has no value. Deploy this script to the stage before first."],
    ["expectedCodeHash", "a".repeat(64), "must be a codeHash: sha256: and 64 hexadecimal digits"],
    ["expectedCodeHash", 7, "must be a codeHash: sha256: and 64 hexadecimal digits"],
  ];

  it.each(wrong)("are a %s of %j: %s", async (property, value, reason) => {
    const { failures } = await checkInputs({}, { ...good, [property]: value });
    // A property that is named has its value printed by Pulumi, long or secret as it may be.
    expect(failures).toEqual([{ property: "", reason: expect.stringMatching(/^(blocked: )?/) }]);
    expect(failures[0]?.reason.replace("blocked: ", "")).toBe(`${property} ${reason}`);
  });

  it("have a wrong value of every property somewhere in this list", () => {
    expect([...new Set(wrong.map(([property]) => property))].sort()).toEqual(
      inputNames.filter((name) => name !== "substitutions").sort(),
    );
  });

  it("are none at the limits, which count characters and not their parts", async () => {
    for (const character of ["x", "é", "📦"]) {
      await accepted({ ...good, name: character.repeat(100), description: character.repeat(1024) });
    }
    await accepted({ ...good, templateId: id.toUpperCase(), content: "x".repeat(200_000) });
  });

  it("lack a name or content", async () => {
    expect(await reasons({})).toEqual(["name is required", "content is required"]);
    expect(await reasons({ name: null, content: undefined })).toEqual(["name is required", "content is required"]);
    expect(await reasons({ name: "x" })).toEqual(["content is required"]);
  });

  it.each([
    ["descripton", "did you mean description?"],
    ["Content", "did you mean content?"],
    ["postResponseHookToProcessOnChildRecords", "did you mean postResponseHookToProcessOnChildRecord?"],
    ["_templateId", "did you mean templateId?"],
    ["template", "did you mean templateId?"],
    ["flowId", "; its properties are content, name, "],
  ])("have the unknown property %s: %s", async (property, words) => {
    const { failures } = await checkInputs({}, { ...good, [property]: "x" });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.property).toBe("");
    expect(failures[0]?.reason).toContain(`${property} is not a property of a script`);
    expect(failures[0]?.reason).toContain(words);
  });

  it("have a property that every object has, and that is still not one of a script", async () => {
    for (const property of ["constructor", "toString", "valueOf", "hasOwnProperty"]) {
      expect(await reasons({ ...good, [property]: "x" })).toEqual([
        expect.stringContaining(`${property} is not a property of a script`),
      ]);
    }
  });

  it("give what only Celigo can set", async () => {
    const outputs = [...fieldNames, "contentHash", "codeHash"].filter((name) => !inputNames.includes(name));
    expect(outputs).toContain("lastModified");
    expect(outputs).toHaveLength(10);
    const given = Object.fromEntries(outputs.map((name) => [name, "x"]));
    const { failures } = await checkInputs({}, { ...good, ...given }, { secrets: new Set() });
    expect(failures.map(({ reason }) => reason)).toEqual(
      outputs.map((name) => `${name} is an output: it cannot be set`),
    );
  });

  it("are told all at once, with what is good beside them", async () => {
    const news = {
      name: "",
      content: 7,
      descripton: "x",
      templateId: "x",
      noModule: "no",
      hash: "x",
      description: "x",
    };
    const { inputs, failures } = await checkInputs({}, news);
    expect(failures.map(({ reason }) => reason.split(" ")[0])).toEqual([
      "name",
      "content",
      "descripton",
      "templateId",
      "noModule",
      "hash",
    ]);
    expect(inputs).toEqual({ description: "x" });
  });

  it("never show the content, nor let Pulumi show it by naming the property", async () => {
    const secret = "do-not-show-me";
    const bad = [
      [secret],
      { secret },
      { ...archive, path: secret },
      fileAsset(Buffer.concat([Buffer.from([0xff]), Buffer.from(secret)])),
      { ...fileAsset(secret), hash: sha256("other") },
    ];
    for (const value of bad) {
      const { failures } = await checkInputs({}, { ...good, content: value });
      expect(failures).toHaveLength(1);
      expect(failures[0]?.property).toBe("");
      expect(failures[0]?.reason).toMatch(/^content |^could not read the content file /);
      expect(JSON.stringify(failures)).not.toContain(secret);
    }
  });

  it("have content of a byte order mark and nothing else", async () => {
    expect(await reasons({ ...good, content: "\uFEFF" })).toEqual(["content must not be empty"]);
  });
});

describe("an asset as content", () => {
  it("is kept as it is, without a second hash, when its bytes are what is sent", async () => {
    const asset = fileAsset(content);
    const inputs = await accepted({ ...good, content: asset });
    expect(inputs).toEqual({ ...good, content: asset });
    expect(contentHashOf(inputs)).toBe(contentHash(content));
  });

  it.each(["\uFEFFfunction f() {}\n", "function f() {}\r\n", "function f() {}\r"])(
    "has a hash of its own when its bytes %j are not what is sent",
    async (text) => {
      for (const asset of [fileAsset(text), { ...signature, text, hash: sha256(text) }]) {
        const inputs = await accepted({ ...good, content: asset });
        expect(inputs).toEqual({ ...good, content: asset, codeHash: contentHash("function f() {}\n") });
        expect(contentHashOf(inputs)).toBe(contentHash(text));
      }
    },
  );

  it("has a hash of its own when Pulumi gives none", async () => {
    const asset = { ...signature, text: content };
    expect(await accepted({ ...good, content: asset })).toEqual({
      ...good,
      content: asset,
      codeHash: contentHash(content),
    });
  });

  it("is not read again when it is the one in the state, whose file may have changed", async () => {
    for (const text of [content, content.replace("\n", "\r\n")]) {
      const asset = fileAsset(text);
      const olds = await accepted({ ...good, content: asset });
      writeFileSync(asset.path, "something else");
      expect(await accepted({ ...good, content: asset }, olds)).toEqual(olds);
      rmSync(asset.path);
      // Pulumi gives old inputs without text and path.
      const { hash } = asset;
      const old = { ...olds, content: { ...signature, path: "", hash } };
      expect(await accepted({ ...good, content: asset }, old)).toEqual(olds);
    }
  });

  it("is read when the state has another one, or a text", async () => {
    for (const old of [fileAsset("before"), "before", undefined]) {
      const asset = fileAsset("after\r\n");
      const inputs = await accepted({ ...good, content: asset }, { ...good, content: old, codeHash: contentHash("x") });
      expect(inputs["codeHash"]).toBe(contentHash("after\n"));
    }
  });

  it.each([
    ["empty", () => fileAsset(""), /: it is empty$/],
    ["a byte order mark and nothing else", () => fileAsset("\uFEFF"), /: it is empty$/],
    ["an empty text", () => ({ ...signature, text: "" }), /: it is empty$/],
    [
      "not there",
      () => ({ ...signature, path: join(folder, "missing.js"), hash: "0" }),
      /^could not read the content file .*ENOENT/,
    ],
    ["not UTF-8", () => fileAsset(Buffer.from([0xff, 0xfe])), /^could not read the content file .*not UTF-8/],
    [
      "another file by now",
      () => ({ ...fileAsset("after"), hash: sha256("before") }),
      /^could not read the content file .*was changed/,
    ],
  ])("is refused when it is %s", async (_, asset, words) => {
    const { failures } = await checkInputs({}, { ...good, content: asset() });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.property).toBe("");
    expect(failures[0]?.reason).toMatch(words);
    expect(failures[0]?.reason).not.toMatch(/[\r\n]|\[object/);
  });
});

describe("the code", () => {
  const broken = "function orders(options) {\n  return options.data.map((order) => order;\n}\n";
  const fault = ":2:43: this is not valid JavaScript";

  it("is refused where it is not valid JavaScript, with its place, and with the line where it may be shown", async () => {
    const asset = fileAsset(broken);
    const shown = { secrets: new Set<string>() };
    const ofFile = await checkInputs({}, { ...good, content: asset }, shown);
    expect(ofFile.failures).toEqual([
      {
        property: "",
        reason: `${asset.path}${fault}: unexpected token\n  2 |   return options.data.map((order) => order;\n    |                                           ^`,
      },
    ]);
    const ofText = await checkInputs({}, { ...good, content: broken }, shown);
    expect(ofText.failures[0]?.reason).toContain(`content${fault}: unexpected token\n`);
    const hidden = await checkInputs({}, { ...good, content: broken });
    expect(hidden.failures).toEqual([{ property: "", reason: `content${fault}` }]);
  });

  it("is warned of, or not looked at, where syntaxCheck says so", async () => {
    const lenient = await checkInputs({}, { ...good, content: broken, syntaxCheck: "warn" });
    expect(lenient).toMatchObject({
      inputs: { ...good, content: broken },
      failures: [],
      warnings: [`content${fault}`],
    });
    for (const syntaxCheck of ["off", unknown]) {
      const off = await checkInputs({}, { ...good, content: `${broken}require("fs");`, syntaxCheck });
      expect(off).toMatchObject({ failures: [], warnings: [] });
    }
  });

  it("is not judged again when it is the one in the state", async () => {
    for (const content of [broken, fileAsset(broken)]) {
      const olds = await accepted({ ...good, content, syntaxCheck: "off" });
      expect(await accepted({ ...good, content }, olds)).toEqual(olds);
    }
  });

  it("is not judged again when the program has judged this text", async () => {
    const wrong = "function (";
    const judged = (text: string) => ({
      name: "Orders",
      content: wrong,
      [resourceKey]: { name: "orders", judged: text },
    });
    expect(await accepted(judged(contentHash(wrong)))).toEqual({
      name: "Orders",
      content: wrong,
      [resourceKey]: "orders",
    });
    expect(await reasons(judged(contentHash("")))).toMatchObject([expect.stringContaining("not valid JavaScript")]);
  });

  it("is warned of in a line for each finding, without the code where that is secret", async () => {
    const content = 'import lodash from "lodash";\nexport function preMap(options) { require("fs"); }\n';
    const shown = await checkInputs({}, { ...good, content }, { secrets: new Set() });
    expect(shown.failures).toEqual([]);
    expect(shown.warnings).toEqual([
      expect.stringMatching(/^content:1:1: .*lodash/),
      expect.stringMatching(/^content:2:\d+: /),
      expect.stringMatching(/^content:2:\d+: /),
    ]);
    const hidden = await checkInputs({}, { ...good, content });
    expect(hidden.warnings).toHaveLength(3);
    expect(hidden.warnings.join()).not.toContain("lodash");
  });
});

describe("the expected hash", () => {
  const other = contentHash("other");

  it("lets the content pass that has it, of a text and of a file, with any line ends", async () => {
    const expectedCodeHash = contentHash(content);
    for (const same of [content, `\uFEFF${content.replaceAll("\n", "\r\n")}`, fileAsset(content)]) {
      await accepted({ ...good, content: same, expectedCodeHash });
    }
  });

  it("refuses any other, and says both, also of content that the state has already", async () => {
    const asset = fileAsset(content);
    const reason = (of: string) =>
      `blocked: the code hash of ${of} is ${contentHash(content)}, and expectedCodeHash is ${other}. Check out the version with that hash.`;
    const news = { ...good, expectedCodeHash: other };
    expect(await reasons(news)).toEqual([reason("content")]);
    expect(await reasons({ ...news, content: asset })).toEqual([reason(asset.path)]);
    const olds = await accepted({ ...good, content: asset });
    expect((await checkInputs(olds, { ...news, content: asset })).failures).toHaveLength(1);
  });

  it("is that of the code before substitution, also of content that the state has already", async () => {
    const codeHash = contentHash(`${content}// {{region}}\n`);
    const news = { ...good, codeHash };
    for (const olds of [{}, await accepted(news)]) {
      await accepted({ ...news, expectedCodeHash: codeHash }, olds);
      const { failures } = await checkInputs(olds, { ...news, expectedCodeHash: contentHash(content) });
      expect(failures).toEqual([{ property: "", reason: expect.stringContaining(`hash of content is ${codeHash}`) }]);
    }
  });

  it("is said once where the program has found that the gate blocks the script", async () => {
    const blocked = { ...good, [resourceKey]: { name: "::orders", blocked: "blocked: this is why" } };
    for (const expectedCodeHash of [other, "", undefined, unknown]) {
      expect((await checkInputs({}, { ...blocked, expectedCodeHash, noModule: 1 })).failures).toEqual([
        { property: "", reason: "noModule must be true or false, not the number 1" },
        { property: "", reason: "blocked: this is why" },
      ]);
    }
    expect((await checkInputs({}, blocked)).inputs).toEqual({ ...good, [resourceKey]: "::orders" });
  });
});

it("names secret values in no message", async () => {
  const secrets = new Set(["noModule", "onConflict", "name"]);
  const news = { ...good, name: ["do-not-show"], noModule: "do-not-show", onConflict: "do-not-show" };
  const { failures } = await checkInputs({}, news, { secrets });
  expect(failures.map(({ reason }) => reason)).toEqual([
    "name must be a string, not the secret value",
    "noModule must be true or false, not the secret value",
    "onConflict must be fail or overwrite, not the secret value",
  ]);
});
