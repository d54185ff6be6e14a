import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { contentHash } from "../provider/content";
import {
  checkInputs,
  hashOfInputs,
  inputNames,
  isUnknown,
  type RawInputs,
  type ScriptInputs,
} from "../provider/inputs";
import { wireNames } from "../provider/record";

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
    const all = {
      ...good,
      description: "Two\r\nlines",
      postResponseHookToProcessOnChildRecord: true,
      templateId: id,
      noModule: true,
      onNameTaken: "adopt",
      onConflict: "overwrite",
    };
    expect(await accepted(all)).toEqual(all);
    expect(inputNames.filter((name) => !(name in all))).toEqual([]);
  });

  it("lose what is at its default, so that a program that says it and one that does not are the same", async () => {
    const said = { ...good, description: "", postResponseHookToProcessOnChildRecord: false, noModule: false };
    expect(await accepted(said)).toEqual(good);
    const absent = Object.fromEntries(inputNames.map((name) => [name, undefined]));
    expect(Object.keys(await accepted({ ...absent, ...good }))).toEqual(Object.keys(good));
    const nothing = Object.fromEntries(inputNames.map((name) => [name, null]));
    expect(Object.keys(await accepted({ ...nothing, ...good })).sort()).toEqual(Object.keys(good).sort());
  });

  it("lose byte order mark and CR of the content, and of nothing else", async () => {
    const text = "\uFEFFa\r\nb\rc";
    expect(await accepted({ name: text, content: text, description: text })).toEqual({
      name: text,
      content: "a\nb\nc",
      description: text,
    });
  });

  it("lose what Pulumi's host adds", async () => {
    expect(await accepted({ ...good, __provider: "x", __defaults: [] })).toEqual(good);
  });

  it("can be unknown in a preview, and stay so", async () => {
    const news = Object.fromEntries(inputNames.map((name) => [name, unknown]));
    expect(await accepted(news)).toEqual(news);
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
  ];

  it.each(wrong)("are a %s of %j: %s", async (property, value, reason) => {
    const { failures } = await checkInputs({}, { ...good, [property]: value });
    expect(failures).toEqual([{ property: property === "content" ? "" : property, reason: `${property} ${reason}` }]);
  });

  it("have a wrong value of every property somewhere in this list", () => {
    expect([...new Set(wrong.map(([property]) => property))].sort()).toEqual([...inputNames].sort());
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
    ["flowId", "; its properties are name, content, "],
  ])("have the unknown property %s: %s", async (property, words) => {
    const { failures } = await checkInputs({}, { ...good, [property]: "x" });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.property).toBe(property);
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
    const outputs = ["contentHash", ...Object.keys(wireNames)].filter((name) => !inputNames.includes(name));
    expect(outputs).toContain("lastModified");
    expect(outputs).toHaveLength(9);
    const given = Object.fromEntries(outputs.map((name) => [name, "x"]));
    expect(await reasons({ ...good, ...given })).toEqual(
      outputs.map((name) => `${name} is set by Celigo and cannot be given`),
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
    expect(failures.map(({ property }) => property)).toEqual([
      "name",
      "",
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
      expect(failures[0]?.reason).toMatch(/^content /);
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
    expect(hashOfInputs(inputs as unknown as ScriptInputs)).toBe(contentHash(content));
  });

  it.each(["\uFEFFfunction f() {}\n", "function f() {}\r\n", "function f() {}\r"])(
    "has a hash of its own when its bytes %j are not what is sent",
    async (text) => {
      for (const asset of [fileAsset(text), { ...signature, text, hash: sha256(text) }]) {
        const inputs = await accepted({ ...good, content: asset });
        expect(inputs).toEqual({ ...good, content: asset, contentHash: contentHash("function f() {}\n") });
        expect(hashOfInputs(inputs as unknown as ScriptInputs)).toBe(contentHash(text));
      }
    },
  );

  it("has a hash of its own when Pulumi gives none", async () => {
    const asset = { ...signature, text: content };
    expect(await accepted({ ...good, content: asset })).toEqual({
      ...good,
      content: asset,
      contentHash: contentHash(content),
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
      const inputs = await accepted({ ...good, content: asset }, { ...good, content: old, contentHash: "sha256:x" });
      expect(inputs["contentHash"]).toBe(contentHash("after\n"));
    }
  });

  it.each([
    ["empty", () => fileAsset(""), /content .*it is empty/],
    ["a byte order mark and nothing else", () => fileAsset("\uFEFF"), /content .*it is empty/],
    ["an empty text", () => ({ ...signature, text: "" }), /content .*it is empty/],
    [
      "not there",
      () => ({ ...signature, path: join(folder, "missing.js"), hash: "0" }),
      /content could not read .*ENOENT/,
    ],
    ["not UTF-8", () => fileAsset(Buffer.from([0xff, 0xfe])), /content could not read .*not UTF-8/],
    [
      "another file by now",
      () => ({ ...fileAsset("after"), hash: sha256("before") }),
      /content could not .*was changed/,
    ],
  ])("is refused when it is %s", async (_, asset, words) => {
    const { failures } = await checkInputs({}, { ...good, content: asset() });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.property).toBe("");
    expect(failures[0]?.reason).toMatch(words);
    expect(failures[0]?.reason).not.toMatch(/[\r\n]|\[object/);
  });
});
