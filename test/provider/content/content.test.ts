import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { contentHash, isPath, normalise, readContent } from "../../../provider/content/content";
import { CeligoError } from "../../../provider/errors";
import { type Asset, isAsset } from "../../../provider/pulumi-wire";

/** How Pulumi's wire marks what is no plain object, written out here a second time on purpose. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const signatures = {
  asset: "c44067f5952c0a294b673a41bacd8c17",
  archive: "0def7320c3a5731c473e5ecbe6d01bc7",
  secret: "1b47061264138c4ac30d75fd1eb44270",
};

const folder = mkdtempSync(join(tmpdir(), "celigo-content-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function fileOf(bytes: string | Uint8Array): string {
  const path = join(folder, `${++files}.js`);
  writeFileSync(path, bytes);
  return path;
}

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function failure(promise: Promise<unknown>): Promise<CeligoError> {
  const outcome: unknown = await promise.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(CeligoError);
  return outcome as CeligoError;
}

const bom = "\uFEFF";
const ends = fc.constantFrom("\n", "\r\n", "\r");
/** Any characters but those that normalising is about. */
const line = fc.string({ unit: "binary" }).map((text) => text.replace(/[\r\n\uFEFF]/g, ""));
const lines = fc.array(line, { minLength: 1, maxLength: 8 });
/** Lines, and the same with line ends of any kinds, and perhaps a byte order mark. */
const variants = fc
  .tuple(lines, fc.array(ends, { minLength: 8, maxLength: 8 }), fc.constantFrom("", bom))
  .map(([texts, chosen, mark]) => ({
    plain: texts.join("\n"),
    variant: mark + texts.map((text, n) => (n < texts.length - 1 ? text + chosen[n] : text)).join(""),
  }))
  // A CR at the end of a line and the LF after an empty one are a CRLF.
  .filter(({ plain, variant }) => (variant.match(/\r\n?|\n/g)?.length ?? 0) === plain.split("\n").length - 1);
const anyText = fc.string({ unit: fc.constantFrom("\r", "\n", bom, "a", "é", "📦") });

describe("normalised text", () => {
  it("is the text with LF and without a byte order mark", () => {
    fc.assert(
      fc.property(variants, ({ plain, variant }) => {
        expect(normalise(variant)).toBe(plain);
        expect(contentHash(variant)).toBe(contentHash(plain));
      }),
    );
  });

  it("stays as it is when it is normalised again, and so does its hash", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = normalise(text);
        expect(normalise(once)).toBe(once);
        expect(contentHash(once)).toBe(contentHash(text));
        expect(once).not.toMatch(/\r|^\uFEFF/);
      }),
    );
    expect(normalise(`${bom}${bom}a`)).toBe("a");
  });

  it("keeps every other character, and a byte order mark within", () => {
    expect(normalise(`a${bom}b\u2028c\u0085d\t\v\f \u0000📦 `)).toBe(`a${bom}b\u2028c\u0085d\t\v\f \u0000📦 `);
    expect(normalise("\r\n\r\r\n\n\r")).toBe("\n\n\n\n\n");
    expect(normalise("")).toBe("");
  });
});

describe("the content hash", () => {
  it("changes with every other character that changes, comes or goes", () => {
    fc.assert(
      fc.property(variants, line, line, fc.nat(), ({ plain }, one, other, at) => {
        fc.pre(one !== other);
        const characters = [...plain];
        const place = at % (characters.length + 1);
        const withText = (text: string) => [...characters.slice(0, place), text, ...characters.slice(place)].join("");
        expect(contentHash(withText(one))).not.toBe(contentHash(withText(other)));
      }),
    );
  });

  it("changes with the number of line ends, and with blanks at the end of a line", () => {
    const hashes = ["a\nb", "a\n\nb", "a\nb\n", "ab", "a \nb", "a\tb", "a\n b", `a\nb${bom}`].map(contentHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("is what sha256sum says of the file with LF, in UTF-8", () => {
    const text = 'function größe() {\n  return "📦";\n}\n';
    const output = execFileSync("sha256sum", [fileOf(text)], { encoding: "utf8" });
    expect(contentHash(`${bom}${text.replaceAll("\n", "\r\n")}`)).toBe(`sha256:${output.split(" ")[0]}`);
  });

  it("of nothing is the well-known one", () => {
    expect(contentHash("")).toBe("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
});

describe("an asset", () => {
  it("is a file or a text with Pulumi's signature, and nothing else", () => {
    const marked = (members: object, signature = signatures.asset) => ({ [signatureKey]: signature, ...members });
    expect([marked({ text: "" }), marked({ path: "a.js" }), marked({ path: "a.js", hash: "0" })].map(isAsset)).toEqual([
      true,
      true,
      true,
    ]);
    const others = [
      marked({ uri: "https://x" }),
      marked({ assets: {} }, signatures.archive),
      marked({ path: "a.zip" }, signatures.archive),
      marked({ text: "x" }, signatures.secret),
      marked({ text: 7 }),
      marked({}),
      { text: "x" },
      "x",
      null,
      undefined,
      7,
      [],
    ];
    expect(others.filter(isAsset)).toEqual([]);
  });
});

describe("reading content", () => {
  it("normalises a string, a text and a file alike", async () => {
    const text = `${bom}a\r\nb\rc\n`;
    const path = fileOf(text);
    for (const content of [text, { text }, { path }, { path, hash: sha256(text) }]) {
      expect(await readContent(content)).toBe("a\nb\nc\n");
    }
    expect(await readContent({})).toBe("");
    expect(await readContent({ path: fileOf("") })).toBe("");
    expect(await readContent({ path: fileOf(`${bom}${bom}a`) })).toBe("a");
  });

  it("reads every text that a file can hold in UTF-8", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        expect(await readContent({ path: fileOf(text), hash: sha256(text) })).toBe(normalise(text));
      }),
      { numRuns: 30 },
    );
  });

  it("refuses a file that is not the one that Pulumi has hashed", async () => {
    const path = fileOf("after");
    const error = await failure(readContent({ path, hash: sha256("before") }));
    expect(error.code).toBe("file_changed");
    expect(error.message).toBe(
      `could not read the content file ${path}: the file was changed while Pulumi ran. Run the command again.`,
    );
  });

  const linkTo = (target: string) => {
    const path = join(folder, `link-${links++}.js`);
    symlinkSync(target, path);
    return path;
  };
  let links = 0;
  const fifo = () => {
    const path = join(folder, "fifo.js");
    execFileSync("mkfifo", [path]);
    return path;
  };

  it("reads a file by a link that stays in the program's folder", async () => {
    expect(await readContent({ path: linkTo(join(process.cwd(), "package.json")) })).toContain("pulumi-celigo");
  });

  const utf16 = Buffer.from(`${bom}function f() {}`, "utf16le");
  it.each<[string, () => Asset, RegExp]>([
    ["is not there", () => ({ path: join(folder, "missing.js") }), /ENOENT.* relative to the folder of the program's/],
    [
      "is a folder",
      () => {
        mkdirSync(join(folder, "folder"), { recursive: true });
        return { path: join(folder, "folder") };
      },
      /: it is a folder\. Name a file in it, or declare the folder with ScriptFolder\.$/,
    ],
    ["lies below a file", () => ({ path: join(fileOf("x"), "x.js") }), /ENOTDIR/],
    ["has a name that cannot be", () => ({ path: "a\u0000b" }), /null bytes/],
    ["is a FIFO", () => ({ path: fifo() }), /: it is not a regular file$/],
    [
      "is over 10 MB",
      () => ({ path: fileOf(Buffer.alloc(10 * 1024 * 1024 + 1, 32)) }),
      /: it is 11 MB, and the limit is 10 MB$/,
    ],
    [
      "is a link to the environment",
      () => ({ path: linkTo("/proc/self/environ") }),
      /: it is a link that leads out of the program's folder\. Put/,
    ],
    [
      "is a link to a file elsewhere",
      () => ({ path: linkTo(fileOf("secret")) }),
      /a link that leads out of the program's/,
    ],
    [
      "is Latin-1",
      () => ({ path: fileOf(Buffer.from("größe", "latin1")) }),
      /not UTF-8 text\. Save the file as UTF-8\./,
    ],
    ["is UTF-16", () => ({ path: fileOf(utf16) }), /not UTF-8 text/],
    ["ends within a character", () => ({ path: fileOf(Buffer.from("📦").subarray(0, 3)) }), /not UTF-8 text/],
    ["has half of a pair", () => ({ path: fileOf(Buffer.from([0xed, 0xa0, 0x80])) }), /not UTF-8 text/],
    ["is not UTF-8, with the right hash", () => ({ path: fileOf(utf16), hash: sha256(utf16) }), /not UTF-8 text/],
  ])("refuses a file that %s, and names it", async (_, asset, words) => {
    const error = await failure(readContent(asset()));
    expect(error.code).toBe("unreadable_content");
    expect(error.message).toMatch(words);
    expect(error.message).toMatch(/^could not read the content file \S[^:]+: /);
    expect(error.message).not.toMatch(/[\r\n]/);
  });
});

describe("a path in the place of content", () => {
  it.each([
    "hooks/x.js",
    "x.js",
    "./a/b.mjs",
    "..\\hooks\\x.cjs",
    "C:\\hooks\\x.ts",
    "hooks/X.JS\n",
    "package.json",
    "LICENSE",
  ])("is %j", (text) => expect(isPath(text)).toBe(true));

  it.each([
    "",
    "module.exports.js = 1",
    "a.js;",
    "f(x.js",
    "return options",
    "function f() {}\n// x.js",
    "provider",
    "a b.js",
    "x".repeat(5000),
  ])("is not %j", (text) => expect(isPath(text)).toBe(false));
});
