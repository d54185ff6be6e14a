import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type Discovery, readFiles } from "../../sdk/folder/files";
import { readHeader } from "../../sdk/folder/header";

const root = mkdtempSync(join(tmpdir(), "pulumi-celigo-folder-"));
afterAll(() => rmSync(root, { recursive: true }));

const code = "function f(options) {\n  return options.data;\n}\n";
let folders = 0;

/** Makes a folder; a path that ends with a slash is a folder without entries. */
function folderOf(...paths: readonly string[]): string {
  const folder = join(root, `${folders++}`);
  for (const path of paths) {
    mkdirSync(join(folder, path.endsWith("/") ? path : dirname(path)), { recursive: true });
    if (!path.endsWith("/")) {
      writeFileSync(join(folder, path), code);
    }
  }
  return folder;
}

function failureOf(args: Discovery): string {
  try {
    readFiles(args);
  } catch (error) {
    return (error as Error).message.replace(`could not make scripts of the folder "${args.path}": `, "");
  }
  return expect.fail("found the files of a folder");
}

const pathsOf = (args: Discovery) => readFiles(args).files.map(({ path }) => path);

describe("the header of a script", () => {
  const stub = (name: string) =>
    `/*\n* ${name} stub:\n*\n* The function may have any name.\n*\n* It is given options with these fields:\n${"*   'x' - a field\n".repeat(20)}*/\n`;

  it.each([
    "preMapFunction",
    "preSavePageFunction",
    "step function",
    "contentBasedFlowRouter",
    "handleRequest function",
  ])("is not the stub %s of Celigo's editor", (name) => {
    expect(readHeader(stub(name) + code)).toEqual({});
    expect(readHeader(`${stub(name)}// Brings orders into one shape.\n${code}`)).toEqual({
      description: "Brings orders into one shape.",
    });
    expect(readHeader(`// Mine.\n${stub(name)}${code}`)).toEqual({ description: "Mine." });
  });

  it("is not a comment that silences a warning", () => {
    const ignore = "// celigo-ignore size: generated\n";
    expect(readHeader(`${ignore}${code}`)).toEqual({});
    expect(readHeader(`${ignore}// Mine.\n${code}`)).toEqual({ description: "Mine." });
  });

  it("may speak of a stub", () => {
    expect(readHeader("// A stub: it does nothing yet.\n")).toEqual({ description: "A stub: it does nothing yet." });
  });

  it.each([
    ["blank lines", "\n"],
    ["stars", "*\n"],
    ["spaces", " "],
    ["copyright signs", "(c"],
    ["tags", "@name\n"],
    ["rules", "---\n"],
  ])("of %s is read in time in proportion to its length", (_, piece) => {
    const seconds = (bytes: number) => {
      const text = `/*${piece.repeat(bytes / piece.length)}x*/\n${code}`;
      const start = process.cpuUsage();
      readHeader(text);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1e6;
    };
    seconds(100_000);
    expect(seconds(2_000_000)).toBeLessThan(2);
  });
});

describe("the files of a folder", () => {
  it("count with an ending in any case", () => {
    const path = folderOf("A.JS", "b.Js", "c.js", "x/D.MJS");
    expect(pathsOf({ path })).toEqual(["A.JS", "b.Js", "c.js"]);
    expect(pathsOf({ path, include: ["*.JS", "**/*.mjs"] })).toEqual(["A.JS", "x/D.MJS"]);
    expect(pathsOf({ path, exclude: ["a.js", "b.*", "A.js"] })).toEqual(["c.js"]);
  });

  it("tell which files look like scripts and match no pattern", () => {
    const path = folderOf(
      "a.js",
      "b.mjs",
      "x/c.ts",
      "x/d.d.ts",
      "e.json",
      "f.test.js",
      ".g.js.swp",
      "node_modules/h.mjs",
    );
    expect(readFiles({ path, exclude: ["*.test.js"] }).leftOut).toEqual(["b.mjs", "x/c.ts"]);
    expect(readFiles({ path, exclude: ["*.test.js", "**/*.{ts,mjs}"] }).leftOut).toEqual([]);
  });

  it("are not there where a subfolder has no entry, as that of a submodule that was not fetched", () => {
    const path = folderOf("a.js", "orders/", "x/y/");
    expect(failureOf({ path })).toBe(
      '"orders" and "x/y" are empty, as a submodule is that was not fetched. Fetch it or remove the folder. ' +
        "To delete its former scripts, set allowEmpty: true.",
    );
    expect(pathsOf({ path, allowEmpty: true })).toEqual(["a.js"]);
    expect(pathsOf({ path, exclude: ["orders/**", "x/y"] })).toEqual(["a.js"]);
    expect(pathsOf({ path, include: ["*.js"] })).toEqual(["a.js"]);
    expect(pathsOf({ path: folderOf("a.js", ".git/", "node_modules/p/", "z/.gitkeep") })).toEqual(["a.js"]);
    expect(failureOf({ path, include: ["a.js", "orders/normalize.js"] })).toMatch(/^"orders" is empty/);
  });

  it("are refused in one line where they are no regular files, too large, or links that lead out of the program", () => {
    const path = folderOf("a.js");
    const refused = (name: string, make: (file: string) => void) => {
      const file = join(path, name);
      make(file);
      const message = failureOf({ path });
      rmSync(file);
      return message;
    };
    expect(refused("fifo.js", (file) => execFileSync("mkfifo", [file]))).toMatch(/fifo\.js: it is not a regular file$/);
    expect(refused("large.js", (file) => writeFileSync(file, Buffer.alloc(11 * 1024 * 1024, 32)))).toMatch(
      /large\.js: it is 11 MB, and the limit is 10 MB$/,
    );
    for (const target of ["/proc/self/environ", join(folderOf("secret.env"), "secret.env")]) {
      expect(refused("link.js", (file) => symlinkSync(target, file))).toMatch(
        /link\.js: it is a link that leads out of the program's folder\. Put the file there/,
      );
    }
    expect(pathsOf({ path })).toEqual(["a.js"]);
  });
});
