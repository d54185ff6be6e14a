import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Emulator, type EmulatorAccount, startEmulator } from "../../sdk/emulator/index";
import { type CommandResult, killLeftovers, type RunningCommand } from "../engine/command";
import type { Environment } from "../engine/environment";
import { type CallOptions, complaintOf, hasTerminal, printed, runAtTerminal, runCli, startCli } from "./command-line";

const token = "token-of-logs";
const content = "function f() {\n  return 1;\n}\n";
const unknownId = "0123456789abcdef01234567";
const hour = 3_600_000;

let emulator: Emulator;
let account: EmulatorAccount;
let env: Environment;
let id: string;
const started = new Set<RunningCommand>();

/** Starts the emulator whose clock is so much ahead, with one script. */
async function open(clockOffset = 0): Promise<void> {
  await emulator?.stop();
  emulator = await startEmulator({ accounts: [{ token }], clockOffset });
  account = emulator.account();
  env = { CELIGO_API_TOKEN: token, CELIGO_BASE_URL: emulator.url };
  id = account.seed({ name: "orders", content })._id;
}

beforeEach(() => open());

afterEach(async () => {
  for (const command of started) {
    started.delete(command);
    killLeftovers(command.pid);
    await command.done;
  }
  await emulator.stop();
});

const operations = () => emulator.requests.map(({ operation }) => operation);
const queries = () => emulator.requests.map(({ path }) => new URL(path, emulator.url).searchParams);
const linesOf = async (...args: readonly string[]) => (await printed(args, env)).trimEnd().split("\n");
const jsonOf = async (...args: readonly string[]) => JSON.parse(await printed([...args, "--json"], env)) as unknown;
const time = (milliseconds: number) => new Date(Date.parse("2026-01-31T12:00:00Z") + milliseconds).toISOString();

describe("logs", { tags: ["slow"], timeout: 60_000 }, () => {
  it("shows time, level and message, the newest last, and those of one time in the order they came in", async () => {
    const entries = ["error", "warn", "info", "debug"].map((level, n) => ({ level, n })) as {
      level: "info";
      n: number;
    }[];
    account.addLogs(
      id,
      entries.map(({ level, n }) => ({ level, message: `message ${n}`, timestamp: time(n < 2 ? 5 : 0) })),
    );
    expect(await linesOf("logs", "orders")).toEqual([
      `${time(0)}  INFO   message 2`,
      `${time(0)}  DEBUG  message 3`,
      `${time(5)}  ERROR  message 0`,
      `${time(5)}  WARN   message 1`,
    ]);
    expect(operations()).toEqual(["listScripts", "getScriptLogs"]);
    expect(await linesOf("logs", id, "--level", "warn")).toEqual([`${time(5)}  WARN   message 1`]);
    expect(queries().at(-1)?.get("level")).toBe("warn");
  });

  it("takes times in UTC, dates and how long ago, by the server's clock", async () => {
    const at = ["2026-01-30T23:59:59.999Z", "2026-01-31T00:00:00.000Z", "2026-01-31T12:00:00.000Z"];
    account.addLogs(
      id,
      at.map((timestamp, n) => ({ timestamp, message: `${n}` })),
    );
    const told = async (...args: readonly string[]) => (await linesOf("logs", id, ...args)).map((line) => line.at(-1));
    expect(await told("--since", "2026-01-31")).toEqual(["1", "2"]);
    expect(await told("--until", "2026-01-31")).toEqual(["0", "1"]);
    expect(await told("--since", "2026-01-31T12:00")).toEqual(["2"]);
    expect(await told("--since", "2026-01-31T13:00:00.000+01:00")).toEqual(["2"]);
    expect(await told("--until", "2026-01-31T12:00:00+00:01")).toEqual(["0", "1"]);
    for (const ahead of [10 * hour, -10 * hour]) {
      await open(ahead);
      const now = Date.now() + ahead;
      const ago = (seconds: number, message: string) => ({
        message,
        timestamp: new Date(now - seconds * 1000).toISOString(),
      });
      account.addLogs(id, [ago(7200, "a"), ago(5400, "b"), ago(1800, "c")]);
      expect(await told("--since", "100m")).toEqual(["b", "c"]);
      expect(operations()).toEqual(["getScriptLogs", "getScriptLogs"]);
      expect(await told("--since", "1d", "--until", "1h")).toEqual(["a", "b"]);
    }
  });

  it("prints JSON of a stable shape", async () => {
    const entry = { timestamp: time(0), level: "warn", message: "two\nlines \u009b31m", executionId: "run" } as const;
    account.addLogs(id, [
      { ...entry, metadata: { functionName: "f" } },
      { ...entry, timestamp: time(1) },
    ]);
    expect(await jsonOf("logs", id)).toEqual([
      { ...entry, metadata: { functionName: "f" } },
      { ...entry, timestamp: time(1) },
    ]);
    account.addLogs(id, []);
    expect(await jsonOf("logs", id, "--level", "info")).toEqual([]);
    expect(await linesOf("logs", id, "--level", "info")).toEqual(["No entries."]);
  });

  it("keeps the lines of a message together, and lets none steer a terminal or look like an entry", async () => {
    account.addLogs(id, [
      { timestamp: time(0), message: `one\n${time(9)}  ERROR  two\r\n\tthree\u001b[2J\u202E\n\n` },
      { timestamp: time(1), message: "four" },
    ]);
    const indent = " ".repeat(`${time(0)}  INFO   `.length);
    expect(await linesOf("logs", id)).toEqual([
      `${time(0)}  INFO   one`,
      `${indent}${time(9)}  ERROR  two`,
      `${indent}\tthree\uFFFD[2J\uFFFD`,
      `${time(1)}  INFO   four`,
    ]);
  });

  it("shows the newest 100, says that there are more, and reads page after page when asked to", async () => {
    const entries = account.generateLogs(id, 2500);
    const { stdout, stderr } = await runCli(["logs", id], { env });
    const lines = stdout.trimEnd().split("\n");
    expect([lines.length, lines.at(-1)?.slice(0, 24)]).toEqual([100, entries.at(-1)?.timestamp]);
    expect(stderr).toBe("note: these are the newest 100 entries of 2500; --limit shows more.\n");
    emulator.resetRequests();
    expect(await jsonOf("logs", id, "--limit", "2100")).toEqual(entries.slice(-2100));
    expect(queries().map((query) => [query.get("limit"), query.get("offset")])).toEqual([
      ["1000", "0"],
      ["1000", "1000"],
      ["1000", "2000"],
    ]);
  });

  it("shows each entry once when entries come in between two pages", async () => {
    const entries = account.generateLogs(id, 1500);
    // Is under way when the entries come in.
    emulator.faults.add({ operation: "getScriptLogs", skip: 1, fault: { kind: "latency", milliseconds: 500 } });
    const read = jsonOf("logs", id, "--limit", "1500");
    await vi.waitUntil(() => emulator.count({ operation: "getScriptLogs" }) === 2, { timeout: 30_000 });
    account.addLogs(id, [{ message: "later" }, { message: "later" }]);
    expect(await read).toEqual(entries);
  });

  it("shows the newest also where the server begins with the oldest", async () => {
    const entries = Array.from({ length: 6 }, (_, n) => ({ timestamp: time(n), level: "info", message: `${n}` }));
    const answer = (from: number, to: number) => {
      const body = { logs: entries.slice(from, to), pagination: { hasMore: to < entries.length } };
      emulator.faults.add({ operation: "getScriptLogs", fault: { kind: "status", status: 200, body } });
    };
    answer(0, 4);
    answer(4, 6);
    expect((await linesOf("logs", id, "--limit", "3")).map((line) => line.at(-1))).toEqual(["3", "4", "5"]);
    expect(queries().map((query) => query.get("endDate"))).toEqual([null, null]);
  });

  it("says that there is no such script", async () => {
    expect(await complaintOf(1, ["logs", unknownId], { env })).toContain("Celigo answered 404: There is no script");
  });

  it.skipIf(!hasTerminal)("colours the levels at a terminal, unless NO_COLOR is set", async () => {
    account.addLogs(id, [{ timestamp: time(0), level: "error", message: "no" }]);
    const shown = async (more: Environment) => (await runAtTerminal(["logs", id], { env: { ...env, ...more } })).output;
    expect(await shown({})).toBe(`${time(0)}  \u001b[31mERROR\u001b[39m  no\r\n`);
    const plain = `${time(0)}  ERROR  no\r\n`;
    for (const more of [{ NO_COLOR: "1" }, { TERM: "dumb" }, { FORCE_COLOR: "0" }]) {
      expect(await shown(more)).toBe(plain);
    }
    // Node itself warns of this one.
    const both = await shown({ NO_COLOR: "1", FORCE_COLOR: "1" });
    expect([both.endsWith(plain), both.includes("\u001b")]).toEqual([true, false]);
    expect(await printed(["logs", id], { ...env, FORCE_COLOR: "1" })).toBe(plain.replace("\r", ""));
  });
});

describe("logs --follow", { tags: ["slow"], timeout: 60_000 }, () => {
  function followed(...args: readonly string[]): RunningCommand {
    const command = startCli(["logs", id, "--follow", "--interval", "0.1", ...args], { env });
    started.add(command);
    return command;
  }

  const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 30_000 });
  const polls = () => emulator.count({ operation: "getScriptLogs", status: 200 });
  /** Waits for a whole poll that began after now. */
  const nextPoll = () => ((from) => until(() => polls() >= from + 2))(polls());
  const messages = (command: RunningCommand) =>
    command
      .output()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replace(/^\S+ +[A-Z]+ +/, ""));

  async function interrupt(command: RunningCommand, signal: NodeJS.Signals = "SIGINT"): Promise<CommandResult> {
    command.kill(signal, ({ pid }) => pid === command.pid);
    const result = await command.done;
    expect(result.output).not.toMatch(/token-of|\n {4}at /);
    return result;
  }

  it("prints each entry once, also equal ones, late ones and those of one time, and ends with Ctrl-C", async () => {
    const now = Date.now();
    const at = (milliseconds: number, message: string) => ({
      timestamp: new Date(now + milliseconds).toISOString(),
      message,
      executionId: "run",
    });
    account.addLogs(id, [at(-1, "too old"), at(0, "one"), at(0, "twin"), at(0, "twin")]);
    const command = followed("--limit", "3");
    await until(() => messages(command).length === 3);
    await nextPoll();
    account.addLogs(id, [at(0, "twin"), at(0, "two")]);
    await until(() => messages(command).length === 5);
    account.addLogs(id, [at(20, "three"), at(-5000, "late")]);
    await until(() => messages(command).length === 7);
    await nextPoll();
    const { code, signal, stderr } = await interrupt(command);
    expect([code, signal, stderr]).toEqual([0, null, ""]);
    expect(messages(command)).toEqual(["one", "twin", "twin", "twin", "two", "late", "three"]);
    const [first, ...later] = queries().filter((query) => query.get("offset") === "0");
    expect(first?.has("startDate")).toBe(false);
    // Ten seconds are left to entries that come in late.
    expect(later[0]?.get("startDate")).toBe(at(-10_000, "").timestamp);
    expect(later.at(-1)?.get("startDate")).toBe(at(20 - 10_000, "").timestamp);
  });

  it("shows each entry once when more come in than a page holds, or a limit leaves some out", async () => {
    const earlier = account.generateLogs(id, 30);
    const command = followed("--json", "--limit", "2", "--level", "info");
    await until(() => command.output().includes(String(earlier[28]?.timestamp)));
    await nextPoll();
    expect(queries().filter((query) => !query.has("startDate"))).toHaveLength(2);
    const now = Date.now();
    const later = Array.from({ length: 2400 }, (_, n) => {
      return {
        level: "info",
        message: `later ${n}`,
        timestamp: new Date(now + Math.floor(n / 2)).toISOString(),
      } as const;
    });
    account.addLogs(id, later);
    const isInfo = ({ level }: { readonly level: string }) => level === "info";
    const expected = [...earlier.filter(isInfo).slice(-2), ...later];
    await until(() => command.output().split("\n").length > expected.length);
    await nextPoll();
    const { stdout, code } = await interrupt(command, "SIGTERM");
    expect(code).toBe(0);
    const told = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly message: string });
    expect(told.map(({ message }) => message)).toEqual(expected.map(({ message }) => message));
    expect(Object.keys(told[0] ?? {})).toEqual(["timestamp", "level", "message", "executionId", "metadata"]);
  });

  it("begins where the log is empty, and with --since", async () => {
    const command = followed();
    await nextPoll();
    account.addLogs(id, [{ message: "one" }]);
    await until(() => messages(command).length === 1);
    const since = followed("--since", "1m");
    await until(() => messages(since).length === 1);
    expect((await interrupt(since)).code).toBe(0);
    expect((await interrupt(command)).code).toBe(0);
    expect([messages(command), messages(since)]).toEqual([["one"], ["one"]]);
  });

  it("says once that the server is in trouble, and goes on", async () => {
    const command = followed();
    await nextPoll();
    // With such a Retry-After, there is no retry within a poll, so that polls fail quickly.
    const fault = { kind: "status", status: 503, headers: { "retry-after": "7200" } } as const;
    const clear = emulator.faults.add({ times: Number.POSITIVE_INFINITY, fault });
    await until(() => emulator.count({ status: 503 }) > 3);
    clear();
    account.addLogs(id, [{ message: "back" }]);
    await until(() => command.output().includes("back"));
    const { code, stderr, stdout } = await interrupt(command);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^note: could not read the execution log of script \w{24}: Celigo answered 503: [^\n]* Retrying until it works\.\n$/,
    );
    expect(stdout).toMatch(/^\S+ {2}INFO {3}back\n$/);
  });

  it("ends with an error when the token is refused, or the script is gone", async () => {
    const refused = followed();
    await nextPoll();
    account.rotateToken("token-of-tomorrow");
    expect(await refused.done).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^error: could not read the execution log of [^\n]*: Celigo answered 401: [^\n]*\n$/,
      ),
    });
    account.rotateToken(token);
    const gone = followed();
    await nextPoll();
    account.remove(id);
    expect(await gone.done).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^error: could not read the execution log of [^\n]*: Celigo answered 404: [^\n]*\n$/,
      ),
    });
  });

  it("ends with Ctrl-C while a request hangs", async () => {
    const command = followed();
    await nextPoll();
    emulator.faults.add({ times: 2, fault: { kind: "hang", when: "before" } });
    await until(() => emulator.faults.injected === 1);
    const begun = performance.now();
    expect(await interrupt(command)).toMatchObject({ code: 0, stderr: "" });
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

describe("logs clear", { tags: ["slow"], timeout: 60_000 }, () => {
  beforeEach(() => account.addLogs(id, [{ message: "one" }, { message: "two" }]));

  const left = () => jsonOf("logs", id);

  it("deletes the log with --yes", async () => {
    const done = `The execution log of "orders" (${id}) is deleted.\n`;
    expect(await printed(["logs", "clear", "orders", "--yes"], env)).toBe(done);
    expect(operations()).toEqual(["listScripts", "deleteScriptLogs"]);
    expect(await left()).toEqual([]);
    expect(await jsonOf("logs", "clear", id, "--yes")).toEqual({ id, name: "orders", cleared: true });
    emulator.resetRequests();
    expect(await printed(["logs", "clear", id, "--yes"], env)).toBe(done);
    expect(operations()).toEqual(["getScriptById", "deleteScriptLogs"]);
  });

  it("asks nobody and deletes nothing without a terminal", async () => {
    const { output, code } = await runCli(["logs", "clear", "orders"], { env, input: "y\n" } satisfies CallOptions);
    expect([output, code]).toEqual(["error: not a terminal: pass --yes to confirm\n", 2]);
    expect(emulator.requests).toEqual([]);
    expect(await left()).toHaveLength(2);
  });

  it("reaches a script that is named clear by its id", async () => {
    const { _id } = account.seed({ name: "clear", content });
    account.addLogs(_id, [{ timestamp: time(0), message: "mine" }]);
    expect(await linesOf("logs", _id)).toEqual([`${time(0)}  INFO   mine`]);
    expect(await complaintOf(2, ["logs", "clear"], { env })).toBe("error: missing required argument 'script'");
  });

  it.skipIf(!hasTerminal)("asks at a terminal, where anything but a yes is a no", async () => {
    const question = `Delete the whole execution log of "orders" (${id})? [y/N] `;
    const asked = (input: string) => runAtTerminal(["logs", "clear", "orders"], { env, input });
    for (const input of ["n\n", "\n", "yeah\n", "\u0004"]) {
      const { output, code } = await asked(input);
      expect([output.includes(question), output.includes("Nothing was deleted."), code]).toEqual([true, true, 1]);
    }
    const declined = await runAtTerminal(["logs", "clear", "orders", "--json"], { env, input: "n\n" });
    expect(declined.output).toContain('"cleared": false');
    expect((await asked("\u0003")).code).not.toBe(0);
    expect(emulator.count({ operation: "deleteScriptLogs" })).toBe(0);
    expect(await left()).toHaveLength(2);
    const { output, code } = await asked("y\n");
    expect([output.includes(question), code]).toEqual([true, 0]);
    expect(await left()).toEqual([]);
  });
});

describe("debug", { tags: ["slow"], timeout: 60_000 }, () => {
  const debugUntil = () => Date.parse(account.scripts()[0]?.debugUntil ?? "");

  it("switches debug logging on for half an hour, or as long as asked, and says until when", async () => {
    const times: readonly (readonly [readonly string[], string, number])[] = [
      [[], "30m", 1_800_000],
      [["--for", "90s"], "1m 30s", 90_000],
      [["--for", "60m"], "1h", hour],
      [["--for", "1h"], "1h", hour],
    ];
    for (const [args, words, milliseconds] of times) {
      emulator.resetRequests();
      const before = Date.now();
      const text = await printed(["debug", "on", "orders", ...args], env);
      const until = debugUntil();
      const iso = new Date(until).toISOString();
      expect(text).toBe(`Debug logging of "orders" (${id}) is on until ${iso}, for ${words}.\n`);
      // The server says its time in whole seconds.
      expect(until).toBeGreaterThanOrEqual(before + milliseconds - 1000);
      expect(until).toBeLessThanOrEqual(Date.now() + milliseconds);
      expect(operations()).toEqual(["listScripts", "patchScript"]);
    }
  });

  it.each([2 * hour, -2 * hour])("goes by the server's clock, which is %i ms ahead", async (ahead) => {
    await open(ahead);
    expect(await printed(["debug", "on", id, "--for", "1h"], env)).toContain(" is on until ");
    expect(Math.abs(debugUntil() - (Date.now() + ahead + hour))).toBeLessThan(30_000);
    expect(await printed(["debug", "off", id], env)).toContain(" ends at ");
    expect(operations()).toEqual(["getScriptById", "patchScript", "getScriptById", "patchScript"]);
  });

  it("switches debug logging off within seconds", async () => {
    await printed(["debug", "on", "orders"], env);
    const text = await printed(["debug", "off", "orders"], env);
    expect(text).toBe(`Debug logging of "orders" (${id}) ends at ${new Date(debugUntil()).toISOString()}, in 5s.\n`);
    expect(debugUntil() - Date.now()).toBeLessThanOrEqual(5000);
  });

  it("prints JSON that says until when", async () => {
    for (const call of ["on", "off"]) {
      const printed = await jsonOf("debug", call, "orders");
      expect(printed).toEqual({ id, name: "orders", debugUntil: new Date(debugUntil()).toISOString() });
    }
  });

  it("says that there is no such script", async () => {
    expect(await complaintOf(1, ["debug", "on", unknownId], { env })).toContain("Celigo answered 404: There is no");
    account.behave({ showsRecycled: true });
    account.remove(id);
    expect(await complaintOf(1, ["debug", "on", id], { env })).toContain("it is in the recycle bin");
    expect(emulator.count({ operation: "patchScript" })).toBe(0);
  });
});
