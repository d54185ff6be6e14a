import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { type RunningCommand, startCommand } from "./command";
import { inheritedEnvironment } from "./environment";
import { isRunning } from "./family";
import { repositoryRoot } from "./repository";
import { removeTemporaryFolder, temporaryFolder } from "./temporary";

const scratch = temporaryFolder("ending");
afterAll(() => removeTemporaryFolder(scratch));

const modules = join(repositoryRoot(), "dist", "test", "engine");
const required = (name: string) => `require(${JSON.stringify(join(modules, name))})`;

/** A program that starts what is busy, through a shell that stays; it prints its temporary folder when everything is started. */
const busy = (more = "") => `
  const folder = ${required("temporary.js")}.temporaryFolder("ended");
  ${required("command.js")}.startCommand("sh", ["-c", "sleep 600 & sleep 600"], { cwd: folder, env: process.env, timeLimit: 600 });
  setInterval(() => {}, 1000);
  ${more}
  console.log(folder);`;

function startNode(source: string, env: Record<string, string> = {}): RunningCommand {
  const whole = { ...inheritedEnvironment(process.env), TMPDIR: scratch, ...env };
  return startCommand(process.execPath, ["-e", source], { cwd: scratch, env: whole, timeLimit: 60 });
}

/** Starts a line of the shell, in which `"$0" -e "$SOURCE"` is the program. */
function startInShell(line: string, source: string): RunningCommand {
  const env = { ...inheritedEnvironment(process.env), TMPDIR: scratch, SOURCE: source };
  return startCommand("bash", ["-c", line, process.execPath], { cwd: scratch, env, timeLimit: 60 });
}

/** Waits for what a program has started, and returns all processes and the temporary folder that it has printed. */
async function startedBy(run: RunningCommand): Promise<{ readonly pids: readonly number[]; readonly folder: string }> {
  await vi.waitFor(() => expect([sleepersOf(run), run.output()]).toEqual([2, expect.stringMatching(/\n$/)]), 20_000);
  const folder = run.output().trim();
  expect(existsSync(folder)).toBe(true);
  return { pids: run.processes().map(({ pid }) => pid), folder };
}

function sleepersOf(run: RunningCommand): number {
  return run.processes().filter(({ command }) => command.startsWith("sleep")).length;
}

/** Sends a signal to the Node process alone, and not to what it has started. */
function interrupt(run: RunningCommand, signal: NodeJS.Signals = "SIGINT"): void {
  expect(run.kill(signal, ({ command }) => command.startsWith(process.execPath))).toHaveLength(1);
}

describe("a process that has started commands", () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`takes them and its temporary folders with it when ${signal} ends it, with the usual exit code`, async () => {
      const run = startInShell('"$0" -e "$SOURCE"; echo "exit code $?"', busy());
      const { pids, folder } = await startedBy(run);
      interrupt(run, signal);
      expect((await run.done).output).toContain(`exit code ${128 + constants.signals[signal]}\n`);
      expect([pids.filter(isRunning), existsSync(folder)]).toEqual([[], false]);
    });
  }

  it("is left alone where it has listeners of its own, and cleans up when they end it", async () => {
    const own = `let asked = 0;
      process.on("SIGINT", () => (asked++ === 0 ? console.error("not yet") : process.exit(7)));`;
    const run = startNode(busy(own));
    const { pids, folder } = await startedBy(run);
    interrupt(run);
    await vi.waitFor(() => expect(run.output()).toContain("not yet"), 20_000);
    expect([sleepersOf(run), existsSync(folder)]).toEqual([2, true]);
    interrupt(run);
    expect(await run.done).toMatchObject({ code: 7 });
    expect([pids.filter(isRunning), existsSync(folder)]).toEqual([[], false]);
  });

  it("is ended by a signal also where two copies of this code are loaded", async () => {
    const again = `for (const file of Object.keys(require.cache)) delete require.cache[file]; ${required("command.js")};`;
    const run = startNode(busy(again));
    const { pids, folder } = await startedBy(run);
    interrupt(run);
    expect(await run.done).toMatchObject({ signal: "SIGINT" });
    expect([pids.filter(isRunning), existsSync(folder)]).toEqual([[], false]);
  });

  it("stops the build of the Pulumi CLI, so that no compiler goes on", async () => {
    const bin = join(scratch, "bin");
    const started = join(scratch, "started");
    mkdirSync(bin);
    const go = `#!/bin/sh\nPATH=/usr/bin:/bin\n[ "$1" = env ] && { echo go9.9; exit; }\necho $$ > ${started}; sleep 600; sleep 600\n`;
    writeFileSync(join(bin, "go"), go, { mode: 0o755 });
    const env = { PATH: bin, XDG_CACHE_HOME: join(scratch, "cache") };
    const run = startNode(`${required("cli.js")}.lookUpEngine(process.env)`, env);
    await vi.waitFor(() => expect(readFileSync(started, "utf8")).toMatch(/\d+\n/), 20_000);
    const pids = run.processes().map(({ pid }) => pid);
    expect(pids).toContain(Number(readFileSync(started, "utf8")));
    interrupt(run);
    expect(await run.done).toMatchObject({ signal: "SIGINT" });
    expect(pids.filter(isRunning)).toEqual([]);
  });
});
