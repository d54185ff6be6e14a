import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import { type Emulator, type EmulatorAccount, startEmulator } from "../../sdk/emulator/index";
import type { Environment } from "../engine/environment";
import { complaintOf, linesOf, type Report, reportOf, run } from "./compare-command";

const tokens = { here: "token-of-here", there: "token-of-there" };
const code = (result: string) => `function f(options) {\n  return ${result};\n}\n`;
const short = (content: string) => contentHash(content).slice("sha256:".length).slice(0, 8);

describe("compare", { timeout: 60_000 }, () => {
  it("shows its options, its exit codes and two examples", async () => {
    const { stdout, code } = await run(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: pulumi-celigo compare \[options\] <here> <there>\n/);
    for (const option of ["--diff", "--json", "--match <pattern>", "--all", "--cwd <folder>"]) {
      expect(stdout).toContain(`  ${option} `);
    }
    expect(stdout).toContain("Exit codes: 0 no difference, 3 differences, 1 failed, 2 wrong usage.");
    expect(stdout.match(/ \$ pulumi-celigo compare /g)).toHaveLength(2);
  });

  it("ends with 2 for sides that are none, or the same, and for a pattern that is none", async () => {
    for (const word of ["", "my stack", "a/b/c/d", "account:", "account:MY-ACCOUNT", "account:1", "a;b", "$(id)"]) {
      expect(await complaintOf(2, [word, "dev"])).toContain(`'${word}' is invalid for argument 'here'. Give the name`);
    }
    expect(await complaintOf(2, ["--", "dev", "--show-secrets"])).toContain("is invalid for argument 'there'");
    expect(await complaintOf(2, ["dev"])).toBe("error: missing required argument 'there'");
    expect(await complaintOf(2, ["a/b/dev", "a/b/dev"])).toBe("error: a/b/dev cannot be compared with itself");
    expect(await complaintOf(2, ["account", "account"])).toBe("error: account cannot be compared with itself");
    expect(await complaintOf(2, ["a", "b", "--match", "("])).toMatch(
      /'\(' is invalid\. It is not a regular expression/,
    );
  });
});

describe("compare, of two accounts", { tags: ["slow"], timeout: 60_000 }, () => {
  const sides = ["account:HERE", "account:THERE"];
  let emulator: Emulator;
  let here: EmulatorAccount;
  let there: EmulatorAccount;
  let env: Environment;

  beforeEach(async () => {
    const accounts = Object.entries(tokens).map(([name, token]) => ({ name, token }));
    emulator = await startEmulator({ accounts, behaviour: { pageSize: 3 } });
    here = emulator.account(tokens.here);
    there = emulator.account(tokens.there);
    env = {
      HERE_CELIGO_API_TOKEN: tokens.here,
      HERE_CELIGO_BASE_URL: emulator.url,
      THERE_CELIGO_API_TOKEN: tokens.there,
      THERE_CELIGO_BASE_URL: emulator.url,
    };
  });

  afterEach(() => emulator.stop());

  it("shows script by script what differs, and how often", async () => {
    const same = { name: "a", content: code("1"), description: "A" };
    here.seed(same);
    there.seed({ ...same, content: `\uFEFF${code("1").replaceAll("\n", "\r\n")}`, __noModule: false });
    const [one, other] = [
      here.seed({ name: "orders", content: code("1") }),
      there.seed({ name: "orders", content: code("2"), description: "Orders", __noModule: true }),
    ];
    const onlyHere = here.seed({ name: "Zeta", content: code("3") });
    const onlyThere = there.seed({ name: "b", content: code("4"), postResponseHookToProcessOnChildRecord: true });
    const text = [
      `NAME    STATUS              WHAT DIFFERS                   account:HERE                       account:THERE`,
      `Zeta    only account:HERE   -                              ${short(code("3"))} ${onlyHere._id}  -`,
      `b       only account:THERE  -                              -                                  ${short(code("4"))} ${onlyThere._id}`,
      `orders  different           content, description, noModule  ${short(code("1"))} ${one._id}  ${short(code("2"))} ${other._id}`,
    ].map((line) => line.replace(/ +/g, " "));
    const lines = await linesOf(3, sides, env);
    expect(lines.slice(0, 4).map((line) => line.replace(/ +/g, " "))).toEqual(text);
    expect(lines.slice(4)).toEqual(["", "1 same, 1 different, 1 only in account:HERE, 1 only in account:THERE"]);
    // Every column begins at the same place in every line.
    const begins = lines.slice(0, 4).map((line) => [...line.matchAll(/(?<=^| {2})\S/g)].map(({ index }) => index));
    expect(new Set(begins.map(String)).size).toBe(1);
    const all = await linesOf(3, [...sides, "--all"], env);
    expect(all).toHaveLength(lines.length + 1);
    expect(all.join("\n")).toMatch(/^a {2,}same {2,}- {2,}[0-9a-f]{8} [0-9a-f]{24} {2}[0-9a-f]{8} [0-9a-f]{24}$/m);
  });

  it("prints JSON of all scripts, in the order of their names", async () => {
    const seeded = ["b", "a", "B", "é", "😀", "\uFF5E"].map((name) =>
      [here, there].map((account) => account.seed({ name, content: code("1") })._id),
    );
    const report = await reportOf(0, sides, env);
    const hash = contentHash(code("1"));
    const [idHere, idThere] = seeded[2] ?? [];
    expect(report).toMatchObject({
      here: { side: "account:HERE", kind: "account" },
      there: { side: "account:THERE", kind: "account" },
      summary: { same: 6, different: 0, onlyHere: 0, onlyThere: 0 },
    });
    expect(Object.keys(report)).toEqual(["here", "there", "scripts", "summary"]);
    expect(report.scripts[0]).toEqual({
      name: "B",
      status: "same",
      differs: [],
      here: { id: idHere, contentHash: hash },
      there: { id: idThere, contentHash: hash },
    });
    expect(report.scripts.map(({ name }) => name)).toEqual(["B", "a", "b", "é", "😀", "\uFF5E"]);
    expect(await linesOf(0, sides, env)).toEqual([
      "6 same, 0 different, 0 only in account:HERE, 0 only in account:THERE",
    ]);
  });

  it("asks each account for its list, and for each script once", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) here.seed({ name, content: code("1") });
    await linesOf(3, [...sides, "--diff"], env);
    expect(emulator.requests.map(({ operation }) => operation).sort()).toEqual([
      ...Array(5).fill("getScriptById"),
      ...Array(3).fill("listScripts"),
    ]);
    emulator.resetRequests();
    const report = await reportOf(3, [...sides, "--match", "^[ab]"], env);
    expect(report.scripts.map(({ name, status }) => [name, status])).toEqual([
      ["a", "onlyHere"],
      ["b", "onlyHere"],
    ]);
    expect(emulator.count({ operation: "getScriptById" })).toBe(2);
  });

  it("holds the code of few scripts at a time, where no lines are asked for", async () => {
    const content = code("1").padEnd(1024 * 1024, "// long\n");
    for (let index = 0; index < 80; index++) here.seed({ name: `s${index}`, content });
    const little = { CELIGO_MAX_CONCURRENCY: "2", NODE_OPTIONS: "--max-old-space-size=80" };
    const same = { THERE_CELIGO_API_TOKEN: tokens.here };
    expect(await linesOf(0, sides, { ...env, ...same, ...little })).toEqual([
      "80 same, 0 different, 0 only in account:HERE, 0 only in account:THERE",
    ]);
  });

  it("fails for a pattern that matches no script, and reads none", async () => {
    here.seed({ name: "orders", content: code("1") });
    there.seed({ name: "older-orders", content: code("1") });
    expect(await complaintOf(1, [...sides, "--match", "^ordes$"], env)).toBe(
      "error: could not compare account:HERE with account:THERE: none of 2 scripts matches /^ordes$/. " +
        'The nearest names: "orders" and "older-orders".',
    );
    expect(emulator.count({ operation: "getScriptById" })).toBe(0);
  });

  it("takes the settings without a prefix for the side account, and no others for one with a prefix", async () => {
    here.seed({ name: "a", content: code("1") });
    const plain = { CELIGO_API_TOKEN: tokens.here, CELIGO_BASE_URL: emulator.url };
    const report = await reportOf(3, ["account", "account:THERE"], { ...env, ...plain });
    expect([report.here, report.summary]).toEqual([
      { side: "account", kind: "account" },
      { same: 0, different: 0, onlyHere: 1, onlyThere: 0 },
    ]);
    const missing =
      "error: could not read account:OTHER: no API token is set. Set OTHER_CELIGO_API_TOKEN in the environment.";
    expect(await complaintOf(1, ["account", "account:OTHER"], plain)).toBe(missing);
    expect(await complaintOf(1, ["account", "account:HERE"], { ...env, CELIGO_BASE_URL: emulator.url })).toBe(
      "error: could not read account: no API token is set. Set CELIGO_API_TOKEN in the environment.",
    );
  });

  it("names the variable that is wrong", async () => {
    const wrong = { ...env, THERE_CELIGO_API_TOKEN: "token-of-nobody" };
    const refused = await complaintOf(1, sides, wrong);
    expect(refused).toContain("error: could not list scripts of account:THERE: Celigo answered 401");
    expect(refused).toContain(`The token from THERE_CELIGO_API_TOKEN in the environment was sent to ${emulator.url}`);
    expect(emulator.count({ operation: "getScriptById" })).toBe(0);
    const region = { ...env, THERE_CELIGO_BASE_URL: undefined, THERE_CELIGO_REGION: "mars" };
    expect(await complaintOf(1, sides, region)).toBe(
      'error: invalid configuration (THERE_CELIGO_REGION in the environment): "mars" is not a region. Set it to us or eu.',
    );
    expect(await complaintOf(1, sides, { ...env, HERE_CELIGO_BASE_URL: "http://token-of-here@localhost" })).toContain(
      "(HERE_CELIGO_BASE_URL in the environment): it holds a user name or a password. Remove it. Only HERE_CELIGO_API_TOKEN",
    );
  });

  it("matches scripts of one name by content, then the last ones, and drops none", async () => {
    const seed = (account: EmulatorAccount, contents: readonly string[], name = "twin") =>
      contents.map((content) => account.seed({ name, content: code(content) })._id);
    const [a1, a2, a3] = seed(here, ["1", "2", "1"]);
    const [b1, b2, b3] = seed(there, ["9", "1", "2"]);
    const twins = await reportOf(3, sides, env);
    expect(twins.scripts.map(({ status, here, there }) => [status, here?.id, there?.id])).toEqual([
      ["same", a1, b2],
      ["same", a2, b3],
      ["different", a3, b1],
    ]);
    const [a4] = seed(here, ["7"]);
    const left = await reportOf(3, sides, env);
    expect(left.scripts.map(({ status, here, there }) => [status, here?.id, there?.id])).toEqual([
      ["same", a1, b2],
      ["same", a2, b3],
      ["onlyHere", a3, undefined],
      ["onlyHere", a4, undefined],
      ["onlyThere", undefined, b1],
    ]);
    expect((await linesOf(3, sides, env)).filter((line) => line.startsWith("twin "))).toHaveLength(3);
  });

  it("prefers, of one name and one content, the script that is the same in all", async () => {
    const [a1, a2] = ["x", "y"].map((description) => here.seed({ name: "n", content: code("1"), description })._id);
    const [b1] = ["y"].map((description) => there.seed({ name: "n", content: code("1"), description })._id);
    const report = await reportOf(3, sides, env);
    expect(report.scripts.map(({ status, here, there }) => [status, here?.id, there?.id])).toEqual([
      ["same", a2, b1],
      ["onlyHere", a1, undefined],
    ]);
  });

  it("shows names without a character, with emoji, and with what would steer the terminal", async () => {
    const evil = "\u001b[31mred\u009b2J\nnew\u202Eline";
    for (const name of ["", "🚀 launch", "日本", evil, "x".repeat(100)]) here.seed({ name, content: code("1") });
    const { stdout } = await run(sides, env);
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202A-\u202E]/u);
    expect(stdout).toContain("\uFFFD[31mred\uFFFD2J\uFFFDnew\uFFFDline  ");
    const cells = stdout.split("\n").filter((line) => line.includes("only account:HERE "));
    expect(cells).toHaveLength(5);
    const id = "[0-9a-f]{8} [0-9a-f]{24}  -";
    for (const [name, width] of [
      ["(no name)", 9],
      ["🚀 launch", 9],
      ["日本", 4],
      ["x".repeat(100), 100],
    ] as const) {
      expect(stdout).toMatch(
        new RegExp(`^${name.replace(/[()]/g, "\\$&")}${" ".repeat(102 - width)}only account:HERE +- +${id}$`, "m"),
      );
    }
    const json = await run([...sides, "--json"], env);
    expect(json.stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    expect((JSON.parse(json.stdout) as Report).scripts.map(({ name }) => name)).toEqual([
      "",
      evil,
      "x".repeat(100),
      "日本",
      "🚀 launch",
    ]);
  });

  it("shows the lines that differ when it is asked", async () => {
    const one = here.seed({ name: "orders\u001b[2J", content: `${code("1")}\u001b[31m` });
    const other = there.seed({ name: "orders\u001b[2J", content: code("2") });
    const [same] = [here, there].map((account, index) =>
      account.seed({ name: "b", content: code("3"), description: String(index) }),
    );
    expect(same).toBeDefined();
    const diff = [
      `--- account:HERE: orders\uFFFD[2J (${one._id})`,
      `+++ account:THERE: orders\uFFFD[2J (${other._id})`,
      "@@ -1,4 +1,3 @@",
      " function f(options) {",
      "-  return 1;",
      "+  return 2;",
      " }",
      "-\uFFFD[31m",
      "\\ No newline at end of file",
    ];
    const lines = await linesOf(3, [...sides, "--diff"], env);
    expect(lines.slice(3)).toEqual([
      "",
      ...diff,
      "",
      "0 same, 2 different, 0 only in account:HERE, 0 only in account:THERE",
    ]);
    const report = await reportOf(3, [...sides, "--diff"], env);
    expect(report.scripts.map((script) => script.diff)).toEqual([undefined, diff.join("\n")]);
    expect((await reportOf(3, sides, env)).scripts.map((script) => Object.keys(script))).toEqual(
      Array(2).fill(["name", "status", "differs", "here", "there"]),
    );
  });

  it("leaves out what is deleted between list and read, and what is in the recycle bin", async () => {
    const [gone, kept] = ["gone", "kept"].map((name) => here.seed({ name, content: code("1") }));
    there.seed({ name: "kept", content: code("1") });
    emulator.faults.add({ path: new RegExp(`/${gone?._id}$`), fault: { kind: "status", status: 404 } });
    expect((await reportOf(0, sides, env)).scripts.map(({ name, here }) => [name, here?.id])).toEqual([
      ["kept", kept?._id],
    ]);
    here.remove(gone?._id ?? "");
    here.behave({ showsRecycled: true });
    expect((await reportOf(0, sides, env)).scripts).toHaveLength(1);
  });

  it("fails when a script cannot be read, and begins to read no more", async () => {
    for (let index = 0; index < 20; index++) here.seed({ name: `s${index}`, content: code("1") });
    const body = { errors: [{ code: "forbidden", message: "Not yours." }] };
    emulator.faults.add({ operation: "getScriptById", times: 20, fault: { kind: "status", status: 403, body } });
    const complaint = await complaintOf(1, sides, { ...env, CELIGO_MAX_CONCURRENCY: "2" });
    expect(complaint).toMatch(
      /^error: could not read script [0-9a-f]{24} of account:HERE: Celigo answered 403: Not yours\./,
    );
    expect(emulator.count({ operation: "getScriptById" })).toBeLessThanOrEqual(2);
  });

  it("finds nothing to differ in two empty accounts", async () => {
    expect(await linesOf(0, sides, env)).toEqual([
      "0 same, 0 different, 0 only in account:HERE, 0 only in account:THERE",
    ]);
  });
});
