import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import { type Emulator, type EmulatorAccount, hostile, startEmulator } from "../../sdk/emulator/index";
import { complaintOf, hasTerminal, printed, runAtTerminal, runCli, runInShell } from "../cli/command-line";
import type { Environment } from "../engine/environment";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";

const token = "token-of-commands";
const content = "function f() {\n  return 1;\n}\n";
const unknownId = "0123456789abcdef01234567";
/** What would steer a terminal: clear it, turn the text around, begin another line. */
const steering = "\u001b[2J\u202Eevil\n\u009b31m";

let emulator: Emulator;
let account: EmulatorAccount;
let env: Environment;

beforeEach(async () => {
  emulator = await startEmulator({ accounts: [{ token, name: "shop" }], behaviour: { pageSize: 3 } });
  account = emulator.account();
  env = { CELIGO_API_TOKEN: token, CELIGO_BASE_URL: emulator.url };
});

afterEach(() => emulator.stop());

const operations = () => emulator.requests.map(({ operation }) => operation);
const complaint = (code: 1 | 2, args: readonly string[], more: Environment = {}) =>
  complaintOf(code, args, { env: { ...env, ...more } });
const jsonOf = async (...args: readonly string[]) => JSON.parse(await printed([...args, "--json"], env)) as unknown;

/** Returns the cells of a table, whose columns must all begin at the same place. */
async function cellsOf(...args: readonly string[]): Promise<string[][]> {
  const lines = (await printed(args, env)).trimEnd().split("\n");
  const begins = lines.map((line) => [...line.matchAll(/(?<=^| {2})\S/g)].map(({ index }) => index));
  expect(new Set(begins.map(String)).size).toBe(1);
  return lines.map((line) => line.split(/ {2,}/));
}

describe("each subcommand", { tags: ["slow"], timeout: 60_000 }, () => {
  const calls = [["list"], ["get", "x"], ["deps", "x"], ["audit", "x"], ["logs", "x"], ["logs", "clear", "x", "--yes"]];
  const all = [...calls, ["debug", "on", "x"], ["debug", "off", "x"]];

  it("shows examples and exit codes in its help", async () => {
    for (const call of all) {
      const words = call.filter((word) => /^[a-w]/.test(word));
      const help = await printed([...words, "--help"], {});
      expect(help).toMatch(new RegExp(`^Usage: pulumi-celigo ${words.join(" ")} \\[options\\]`));
      expect(help).toContain("\nExit codes: 0 done, 1 failed, 2 wrong usage.\n\nExamples:\n  $ pulumi-celigo ");
      expect(help).toContain("  --stack <name> ");
    }
  });

  it("says in one line that the token is wrong, or that there is none", async () => {
    for (const call of all) {
      expect(await complaint(1, call, { CELIGO_API_TOKEN: "token-of-nobody" })).toMatch(
        /^error: could not [^\n]*: Celigo answered 401: Bearer Authentication Failed\. The token from CELIGO_API_TOKEN /,
      );
      expect(await complaint(1, call, { CELIGO_API_TOKEN: undefined })).toContain("no API token is set");
    }
  });

  it("ends with 2 when it is called in a wrong way, and asks Celigo nothing", async () => {
    const wrong: readonly (readonly [readonly string[], string])[] = [
      [["list", "--match", "("], "It is not a regular expression."],
      [["list", "x"], "too many arguments"],
      [["get"], "missing required argument 'script'"],
      [["get", "a", "b"], "too many arguments"],
      [["get", "a", "--out", "a.js", "--json"], "option '--out <file>' cannot be used with option '--json'"],
      [["deps", "x", "--verbose"], "unknown option '--verbose'"],
      [["audit", "x", "--action", "renamed"], "Allowed choices are created, updated,"],
      [["audit", "x", "--since", "yesterday"], "Give a time such as 2026-01-31 or"],
      [["audit", "x", "--since", "2026-02-31"], "Give a time such as"],
      [["audit", "x", "--until", "2026-01-31T25:00"], "Give a time such as"],
      [["audit", "x", "--since", "1h", "--until", "2h"], "error: --since is later than --until"],
      [["logs", "x", "--since", "2026-01-02", "--until", "2026-01-01T23:59"], "error: --since is later than --until"],
      [["logs", "x", "--limit", "0"], "Give a whole number from 1."],
      [["logs", "x", "--limit", "1.5"], "Give a whole number from 1."],
      [["logs", "x", "--level", "fatal"], "Allowed choices are error, warn, info, debug."],
      [["logs", "x", "--follow", "--until", "1h"], "option '--follow' cannot be used with option '--until <time>'"],
      [["logs", "x", "--follow", "--interval", "0"], "Give seconds, from 0.1 to 3600."],
      [["logs", "clear"], "missing required argument 'script'"],
      [["logs", "clear", "x"], "error: not a terminal: pass --yes to confirm"],
      [["logs", "clear", "x", "--yes", "--level", "debug"], "unknown option '--level'"],
      [["logs", "--json", "clear", "x", "--yes"], "error: option '--json' cannot stand before clear"],
      [["logs", "--level", "debug", "clear", "x", "--yes"], "error: option '--level' cannot stand before clear"],
      [["logs", "--stack", "dev", "clear", "x", "--yes"], "error: option '--stack' cannot stand before clear"],
      [["debug", "on", "x", "--for", "61m"], "Celigo allows at most 1h."],
      [["debug", "on", "x", "--for", "3601s"], "Celigo allows at most 1h."],
      [["debug", "on", "x", "--for", "1d"], "Celigo allows at most 1h."],
      [["debug", "on", "x", "--for", "0m"], "Give a duration such as 90s, 30m or 1h."],
      [["debug", "on", "x", "--for", "soon"], "Give a duration such as 90s, 30m or 1h."],
      [["debug", "off"], "missing required argument 'script'"],
      [
        ["debug", "orders"],
        "error: debug needs on or off. Run: pulumi-celigo debug on orders, or: pulumi-celigo debug off orders",
      ],
      [["debug", "it's $HOME"], "pulumi-celigo debug off 'it'\\''s $HOME'"],
    ];
    for (const [args, words] of wrong) {
      expect(await complaint(2, args)).toContain(words);
    }
    const { code, stdout, stderr } = await runCli(["debug"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^Usage: pulumi-celigo debug /);
    expect(emulator.requests).toEqual([]);
  });

  it("ends quietly when nobody reads on, and with an error when it cannot print", async () => {
    account.seed({ name: "orders", content: "// 0123456789\n".repeat(20_000) });
    const { code, stdout, stderr } = await runInShell("celigo get orders | head -1; exit $PIPESTATUS", { env });
    expect([code, stdout, stderr]).toEqual([0, "// 0123456789\n", ""]);
    const full = await runInShell("celigo list > /dev/full", { env });
    expect([full.code, full.stderr.trimEnd()]).toEqual([
      1,
      "error: could not write the output: ENOSPC: no space left on device, write",
    ]);
  });
});

describe("list", { tags: ["slow"], timeout: 60_000 }, () => {
  it("shows name, id and last change in the order of names and ids, with a request for each page", async () => {
    const seeded = ["b", "a", "B", "b"].map((name) => account.seed({ name, content }));
    const rows = [2, 1, 0, 3].map((n) => [seeded[n]?.name, seeded[n]?._id, seeded[n]?.lastModified]);
    expect(await cellsOf("list")).toEqual([["NAME", "ID", "LAST MODIFIED"], ...rows]);
    expect(operations()).toEqual(["listScripts", "listScripts"]);
    expect(emulator.requests[0]?.path).toBe("/v1/scripts?include=lastModified");
    expect((await cellsOf("list", "--match", "^a$")).slice(1)).toEqual([rows[1]]);
  });

  it("prints JSON of a stable shape, without content", async () => {
    const id = "5f0000000000000000000001";
    const stamped = account.seed({
      _id: id,
      name: "orders",
      content,
      description: "Brings orders into shape.",
      __noModule: true,
      _templateId: "5f0000000000000000000002",
    });
    const { createdAt, lastModified, __hash: hash, _userId: userId } = stamped;
    expect(await jsonOf("list")).toEqual([
      {
        id,
        name: "orders",
        description: "Brings orders into shape.",
        postResponseHookToProcessOnChildRecord: false,
        templateId: "5f0000000000000000000002",
        noModule: true,
        hash,
        createdAt,
        lastModified,
        userId,
      },
    ]);
    expect(operations()).toEqual(["listScripts"]);
  });

  it("says when there is none, and prints an empty array for programs", async () => {
    expect(await printed(["list"], env)).toBe("The account has no scripts.\n");
    expect(await jsonOf("list")).toEqual([]);
  });

  it("fails for a pattern that matches no script, and names the nearest", async () => {
    for (const name of ["round-prices", "normalize-orders", "Normalize invoices"]) account.seed({ name, content });
    for (const [pattern, hint] of [
      ["^normalise-", 'The nearest names: "normalize-orders" and "Normalize invoices".'],
      ["^prices$", 'The nearest names: "round-prices".'],
      ["(sku|x)\\d+", "Run pulumi-celigo list to see their names."],
    ] as const) {
      for (const args of [[], ["--json"], ["--used"]]) {
        const { stdout, stderr, code } = await runCli(["list", "--match", pattern, ...args], { env });
        const reason = `none of 3 scripts matches /${pattern}/. ${hint}`;
        expect([stdout, stderr, code]).toEqual(["", `error: could not list scripts: ${reason}\n`, 1]);
      }
    }
    expect(emulator.count({ operation: "listScriptDependencies" })).toBe(0);
  });

  it("shows how many resources use each script when asked", async () => {
    const [a] = ["a", "b"].map((name) => account.seed({ name, content })._id);
    const use = { id: "6a0000000000000000000001", name: "Sync" };
    account.setDependents(a ?? "", { flows: [use, { ...use, name: "Resync" }], imports: [use] });
    const rows = (await cellsOf("list", "--used")).map((row) => [row[0], row[3]]);
    expect(rows).toEqual([
      ["NAME", "USED BY"],
      ["a", "3"],
      ["b", "0"],
    ]);
    expect(await jsonOf("list", "--used")).toMatchObject([{ usedBy: 3 }, { usedBy: 0 }]);
  });

  it("shows no name that would steer a terminal", async () => {
    account.seed({ name: steering, content });
    const text = await printed(["list"], env);
    expect(text).toContain("\uFFFD[2J\uFFFDevil\uFFFD\uFFFD31m  ");
    const json = await printed(["list", "--json"], env);
    expect(json.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202E]/u);
    expect(JSON.parse(json)).toMatchObject([{ name: steering }]);
  });
});

describe("get", { tags: ["slow"], timeout: 60_000 }, () => {
  const codes: Readonly<Record<string, string>> = {
    "without a newline at the end": "function f() { return 1; }",
    "CRLF and a lone CR": "function f() {\r\n  return 1;\r}\r\n",
    "a byte order mark": `\uFEFF${content}`,
    "non-ASCII, NUL and steering characters": `// äöü€😀 \u0000 ${steering}\n`,
    "more than a pipe holds": `${content}${"// 0123456789\n".repeat(20_000)}`,
    nothing: "",
  };

  it.each(Object.entries(codes))("prints exactly the bytes that Celigo has: %s", async (_, code) => {
    const { _id: id } = account.seed({ name: "orders", content: code });
    expect(await printed(["get", id], env)).toBe(code);
    expect(operations()).toEqual(["getScriptById"]);
    expect(await jsonOf("get", id)).toMatchObject({ content: code, contentHash: contentHash(code) });
  });

  it("writes exactly the bytes to a file", async () => {
    const code = codes["a byte order mark"] ?? "";
    const { _id: id } = account.seed({ name: "orders", content: code });
    const folder = temporaryFolder("get");
    try {
      const file = join(folder, "orders.js");
      expect(await printed(["get", id, "--out", file], env)).toMatch(/orders\.js: "orders" \(\w{24}\), last modified /);
      expect(readFileSync(file).equals(Buffer.from(code))).toBe(true);
      const lost = join(folder, "no", "where.js");
      expect(await complaint(1, ["get", id, "--out", lost])).toMatch(
        /^error: could not write \S+where\.js: ENOENT: .* '\S+where\.js'$/,
      );
    } finally {
      removeTemporaryFolder(folder);
    }
  });

  it("prints the bytes, not only the characters", async () => {
    account.seed({ name: "orders", content: codes["a byte order mark"] ?? "" });
    const { stdout } = await runInShell("celigo get orders | od -An -tx1 | head -1", { env });
    expect(stdout).toMatch(/^ ef bb bf 66 75 6e /);
  });

  it("prints JSON of a stable shape", async () => {
    const { _id, createdAt, lastModified, __hash, _userId } = account.seed({ name: "orders", content });
    const text = await printed(["get", "orders", "--json"], env);
    expect(JSON.parse(text)).toEqual({
      id: _id,
      name: "orders",
      postResponseHookToProcessOnChildRecord: false,
      hash: __hash,
      createdAt,
      lastModified,
      userId: _userId,
      contentHash: contentHash(content),
      content,
    });
    expect(operations()).toEqual(["listScripts", "getScriptById"]);
  });

  it("says that a script is in the recycle bin, or nowhere", async () => {
    const { _id: id } = account.seed({ name: "orders", content });
    account.remove(id);
    expect(await complaint(1, ["get", id])).toMatch(/^error: could not read script \w{24}: Celigo answered 404: /);
    account.behave({ showsRecycled: true });
    expect(await complaint(1, ["get", id])).toMatch(
      /^error: could not read script \w{24}: it is in the recycle bin\. It was moved there at \d{4}-\S+Z; /,
    );
    expect(await complaint(1, ["get", "orders"])).toContain("none of 0 scripts in the account has that name");
  });

  it.skipIf(!hasTerminal)("shows a terminal who it is, and nothing that would steer it", async () => {
    const { _id: id, lastModified } = account.seed({ name: "orders", content: `\tone\r\n${steering}` });
    const { output, code } = await runAtTerminal(["get", id], { env });
    const hash = contentHash(`\tone\r\n${steering}`);
    expect(output.replaceAll("\r\n", "\n")).toBe(
      `"orders" (${id}), last modified ${lastModified}, ${hash}\n\tone\n\uFFFD[2J\uFFFDevil\n\uFFFD31m`,
    );
    expect(code).toBe(0);
  });
});

describe("deps", { tags: ["slow"], timeout: 60_000 }, () => {
  it("shows what uses a script, and where, by type and name", async () => {
    const { _id: id } = account.seed({ name: "orders", content });
    const flow = { id: "6a0000000000000000000001", name: "Sync", paths: ["a[0].b", "c"], accessLevel: "manage" };
    account.setDependents(id, { imports: [{ ...flow, name: "To ERP" }], flows: [flow, { ...flow, name: "Resync" }] });
    const at = [flow.id, "manage", "a[0].b, c"];
    expect(await cellsOf("deps", "orders")).toEqual([
      ["TYPE", "NAME", "ID", "ACCESS", "PATHS"],
      ["flow", "Resync", ...at],
      ["flow", "Sync", ...at],
      ["import", "To ERP", ...at],
    ]);
    const dependencyIds = { scripts: [id] };
    expect(await jsonOf("deps", id)).toEqual([
      { type: "flows", ...flow, name: "Resync", dependencyIds },
      { type: "flows", ...flow, dependencyIds },
      { type: "imports", ...flow, name: "To ERP", dependencyIds },
    ]);
    expect(operations()).toEqual(["listScripts", "listScriptDependencies", "listScriptDependencies"]);
  });

  it("says that nothing uses a script only when there is such a script", async () => {
    const { _id: id } = account.seed({ name: "orders", content });
    expect(await printed(["deps", id], env)).toBe("Nothing uses it.\n");
    expect(operations()).toEqual(["listScriptDependencies", "getScriptById"]);
    expect(await jsonOf("deps", id)).toEqual([]);
    for (const more of [[], ["--json"]]) {
      expect(await complaint(1, ["deps", unknownId, ...more])).toMatch(
        /^error: could not read script 0123456789abcdef01234567: Celigo answered 404: There is no script /,
      );
    }
  });
});

describe("audit", { tags: ["slow"], timeout: 60_000 }, () => {
  it("shows who changed what, the newest last, and takes filters", async () => {
    const { _id: id, createdAt } = account.seed({ name: "orders", content });
    const by = { userId: "5f00000000000000000000aa", userName: "Ann" };
    const { lastModified } = account.edit(id, { content: "x", description: "d" }, by);
    const rows = [
      [createdAt, "created", "Somebody Else", "-"],
      [lastModified, "updated", "Ann", "content, description"],
    ];
    expect(await cellsOf("audit", "orders")).toEqual([["TIME", "ACTION", "USER", "CHANGED"], ...rows]);
    expect((await cellsOf("audit", id, "--action", "created")).slice(1)).toEqual([rows[0]]);
    expect((await cellsOf("audit", id, "--limit", "1")).slice(1)).toEqual([rows[1]]);
    expect((await cellsOf("audit", id, "--since", lastModified)).slice(1)).toEqual([rows[1]]);
    expect((await cellsOf("audit", id, "--until", createdAt)).slice(1)).toEqual([rows[0]]);
    expect(await printed(["audit", id, "--until", "2020-01-01"], env)).toBe("No entries.\n");
    expect(await jsonOf("audit", id, "--action", "updated")).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        timestamp: lastModified,
        action: "updated",
        ...by,
        changes: { before: { content }, after: { content: "x", description: "d" } },
        metadata: { resourceType: "script", resourceId: id, resourceName: "orders", source: "ui" },
      },
    ]);
  });

  it("lists only the fields whose values differ", async () => {
    const { _id: id } = account.seed({ name: "orders", content });
    const same = { a: [1, { b: 2 }], name: "orders" };
    const changes = { before: { ...same, content: "x", gone: 1 }, after: { ...same, content: "y", description: "d" } };
    const body = { audit: [{ timestamp: "2026-01-31T12:00:00Z", action: "updated", userName: "Ann", changes }] };
    emulator.faults.add({ operation: "getScriptAudit", fault: { kind: "status", status: 200, body } });
    expect((await cellsOf("audit", id))[1]?.[3]).toBe("content, description, gone");
  });

  it("shows the newest 100, and says that there are more", async () => {
    const { _id: id } = account.seed({ name: "orders", content });
    for (let n = 0; n < 120; n++) account.edit(id, { content: `// ${n}` });
    const { stdout, stderr, code } = await runCli(["audit", id], { env });
    expect([stdout.trimEnd().split("\n").length, stderr, code]).toEqual([
      101,
      "note: these are the newest 100 entries of 121; --limit shows more.\n",
      0,
    ]);
    expect(operations()).toEqual(["getScriptAudit"]);
    expect(await jsonOf("audit", id, "--limit", "2000")).toHaveLength(121);
  });
});

describe("a dependent without an id", { tags: ["slow"], timeout: 60_000 }, () => {
  it.each(["deps orders", "deps {id}", "list --used", "graph", "graph --match orders"])(
    "is named with the script by %s",
    async (line) => {
      const { _id: id } = account.seed({ name: "orders", content });
      emulator.faults.add({
        times: Infinity,
        fault: { kind: "alter", alter: hostile.dependentWithoutId },
        operation: "listScriptDependencies",
      });
      const label = line.includes("{id}") ? id : `"orders" (${id})`;
      expect(await complaint(1, line.replace("{id}", id).split(" "))).toBe(
        `error: could not list the dependents of script ${label}: Celigo listed something without an id: ` +
          '"Orders" (exports). Look in Celigo at what uses the script.',
      );
    },
  );
});

describe("a script's name", { tags: ["slow"], timeout: 60_000 }, () => {
  it("is an id, in either case, before it is a name", async () => {
    const { _id: id } = account.seed({ name: "orders", content: "by id" });
    account.seed({ name: id, content: "by name" });
    expect(await printed(["get", id.toUpperCase()], env)).toBe("by id");
  });

  it("must be one script's only, and the nearest is named for one that is nobody's", async () => {
    const ids = ["a", "orders", "orders"].map((name) => account.seed({ name, content })._id).slice(1);
    expect(await complaint(1, ["get", "orders"])).toBe(
      `error: could not find a script named "orders": 2 scripts have that name: ${ids.join(", ")}. Give the id.`,
    );
    expect(await complaint(1, ["get", "Order"])).toBe(
      'error: could not find a script named "Order": none of 3 scripts in the account has that name. Did you mean "orders"?',
    );
    expect(await complaint(1, ["get", "invoices"])).toContain("Run pulumi-celigo list to see them.");
  });

  it("needs no Pulumi where the environment says everything, and otherwise says what is missing", async () => {
    const folder = temporaryFolder("commands");
    try {
      writeFileSync(join(folder, "Pulumi.yaml"), "name: test\nruntime: nodejs\n");
      account.seed({ name: "orders", content });
      const without = { env: { ...env, PATH: "/nowhere" }, cwd: folder };
      expect((await runCli(["get", "orders"], without)).stdout).toBe(content);
      expect(await complaintOf(1, ["get", "invoices"], without)).toMatch(
        /none of 1 script in the account has that name, and the logical names could not be read: .* there is no pulumi on PATH/,
      );
      expect(await complaintOf(1, ["list"], { ...without, env: { PATH: "/nowhere" } })).toMatch(
        /^error: could not read the configuration of the current stack: there is no pulumi on PATH\. Install /,
      );
    } finally {
      removeTemporaryFolder(folder);
    }
  });
});
