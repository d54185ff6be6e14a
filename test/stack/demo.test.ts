import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { overrideVariable } from "../engine/cli";
import { type CommandResult, killLeftovers, type RunningCommand, startCommand } from "../engine/command";
import { inheritedEnvironment } from "../engine/environment";
import { isRunning } from "../engine/family";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { engineOrSkip } from "../engine/vitest";

const engine = engineOrSkip();
const built = join(repositoryRoot(), "dist", "test", "stack");
const demo = join(built, "demo.js");

/** A run of the demo whose temporary folders are all in one, and whose processes are noted as they come. */
interface DemoRun {
  readonly run: RunningCommand;
  readonly done: Promise<CommandResult>;
  /** What it has left: processes, and what is in the folder for temporary files. */
  left(): { readonly processes: readonly number[]; readonly files: readonly string[] };
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

function startDemo(args: readonly string[]): DemoRun {
  const folder = temporaryFolder("demo");
  const env = { ...inheritedEnvironment(process.env), TMPDIR: folder, [overrideVariable]: engine().folder };
  const run = startCommand(process.execPath, args, { cwd: repositoryRoot(), env, timeLimit: 240 });
  const seen = new Set<number>();
  const note = () => {
    for (const { pid } of run.processes()) seen.add(pid);
  };
  const timer = setInterval(note, 100);
  cleanups.push(
    () => removeTemporaryFolder(folder),
    () => clearInterval(timer),
    () => killLeftovers(run.pid),
  );
  const done = run.done.finally(() => clearInterval(timer));
  return { run, done, left: () => ({ processes: [...seen].filter(isRunning), files: readdirSync(folder) }) };
}

const nothing = { processes: [], files: [] };

/** The part of the output below the heading of a step. */
function stepOf(output: string, number: number): string {
  return output.split(/^--- /m).find((part) => part.startsWith(`${number}. `)) ?? "";
}

describe("the demo", { timeout: 300_000 }, () => {
  it("walks through the life of the scripts, says what is true, and leaves nothing", async () => {
    const { done, left } = startDemo([demo]);
    const { code, output } = await done;
    const step = (number: number) => stepOf(output, number);
    expect([code, output.includes("emulator-token")]).toEqual([0, false]);

    expect(step(1)).toMatch(
      /^\$ pulumi preview\n[\s\S]*\+ 7 to create[\s\S]*=> 0 requests to Celigo, 0 of them to change/m,
    );
    expect(step(2)).toMatch(
      /^\$ pulumi up --yes --skip-preview\n[\s\S]*\+ 7 created[\s\S]*=> 7 requests to Celigo, 6 of/m,
    );
    expect(step(2)).toContain("the account holds 6 scripts");
    expect(step(3)).toMatch(
      /^\$ pulumi preview --expect-no-changes\n[\s\S]*7 unchanged[\s\S]*=> 0 requests to Celigo, 0 of/m,
    );
    expect(step(4)).toMatch(
      /^\$ pulumi preview --diff\n[\s\S]*- .*: 10000;\n\s+\+ .*: 25000;[\s\S]*=> 2 requests to Celigo, 0 of/m,
    );
    expect(step(5)).toMatch(
      /^\$ pulumi up --yes --skip-preview\n[\s\S]*~ 1 updated[\s\S]*=> 2 requests to Celigo, 1 of/m,
    );
    expect(step(6)).toMatch(
      /^\$ pulumi refresh --yes --skip-preview\n[\s\S]*~ 1 updated[\s\S]*^\$ pulumi preview --diff\n/m,
    );
    expect(step(6)).toMatch(/- \/\/ quick fix, will clean up later\n[\s\S]*=> 5 requests to Celigo, 0 of/);
    expect(step(7)).toMatch(/~ 1 updated[\s\S]*=> 2 requests to Celigo, 1 of .*; the content is back, byte for byte\./);
    expect(step(8)).toMatch(
      /^\$ pulumi destroy --yes --skip-preview\n[\s\S]*- 7 deleted[\s\S]*=> 18 requests to Celigo, 6 of/m,
    );
    expect(step(8)).toContain("live: 0, in the recycle bin: 6.");
    expect(output).not.toMatch(/warning/i);
    expect(left()).toEqual(nothing);
  });

  it("fails when the repair does not work, and when scripts are left at its end", async () => {
    const source = `
      const { main } = require(${JSON.stringify(demo)});
      const { startEmulator } = require(${JSON.stringify(join(repositoryRoot(), "dist", "sdk", "emulator", "index.js"))});
      let emulator, spoilt;
      const counts = {};
      const onRequest = ({ operation }) => {
        counts[operation] = (counts[operation] ?? 0) + 1;
        const account = emulator.account();
        if (operation === "updateScript" && counts[operation] === 2) {
          spoilt = account.scripts().find(({ name }) => name === "skip-unfulfillable-orders");
          account.edit(spoilt._id, { content: "function spoilt() {}" });
        }
        if (operation === "deleteScript" && counts[operation] === 1) account.seed({ name: "left", content: "1" });
      };
      const log = console.log;
      console.log = (text) => {
        log(text);
        // So that nothing but the demo's own look finds it.
        if (text.includes("Take everything down")) emulator.account().edit(spoilt._id, { content: spoilt.content });
      };
      void main(async () => (emulator = await startEmulator({ onRequest })));`;
    const { done, left } = startDemo(["-e", source]);
    const { code, output } = await done;
    expect(stepOf(output, 7)).toContain("the content is NOT back.");
    expect(stepOf(output, 8)).toContain("live: 1, in the recycle bin: 6.");
    expect(output).toMatch(
      /^The demo did not do what it says: the script that somebody edited was not repaired; 1 of the scripts .*\.$/m,
    );
    expect(output).not.toContain("Done.");
    expect([code, left()]).toEqual([1, nothing]);
  });

  it("leaves nothing when Ctrl-C interrupts it in the middle of a command", async () => {
    const { run, done, left } = startDemo([demo]);
    const inUp = () => [
      run.output().includes("$ pulumi up"),
      run.processes().some(({ command }) => command.includes("pulumi-language-nodejs")),
    ];
    await vi.waitFor(() => expect(inUp()).toEqual([true, true]), { timeout: 120_000, interval: 50 });
    const pids = run.processes().map(({ pid }) => pid);
    expect(left().files).toEqual([expect.stringMatching(/^pulumi-celigo-stack-/)]);
    expect(run.kill("SIGINT", ({ pid }) => pid === run.pid)).toEqual([run.pid]);
    expect(await done).toMatchObject({ signal: "SIGINT" });
    expect(pids.filter(isRunning)).toEqual([]);
    expect(left()).toEqual(nothing);
  });
});
