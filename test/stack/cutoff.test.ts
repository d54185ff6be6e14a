import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../sdk/emulator/index";
import { startEmulatorCommand } from "../cli/emulator-command";
import { CommandError, type CommandResult, createWorkspace, resourcesOf, type Workspace } from "../engine/index";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { engineOrSkip } from "../engine/vitest";
import { numberFrom, randomOf, until, type Victim, victims } from "./kill";
import { openSession, programOf, sourceOf } from "./session";

const engine = engineOrSkip();
const limit = { timeout: 300_000 };
const kills = numberFrom("CUTOFF_KILLS", 5);
/** Runs that end before they are cut off do not count, and are repeated, up to this number of all runs. */
const mostRounds = 2 * kills + 10;
const verbs = ["create", "update", "destroy"] as const;
/** Whether Pulumi writes the state at each step; by default every other three runs. */
const checkpoints = process.env["CUTOFF_CHECKPOINTS"];
const adopt = { env: { CELIGO_ON_NAME_TAKEN: "adopt" } };
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

/** Scripts by name, and their content. */
function scriptsOf(count: number, version: number, extra = ""): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `script-${index}`,
      `function script${index}() { return ${version}; }${extra}`,
    ]),
  );
}

function programText(contents: Readonly<Record<string, string>>): string {
  const args = Object.entries(contents).map(([name, content]) => [name, `{ content: ${JSON.stringify(content)} }`]);
  return sourceOf(Object.fromEntries(args));
}

/** The account has every script exactly once, the state has them all by their ids, and nothing is left to do. */
async function expectClean(
  workspace: Workspace,
  emulator: Emulator,
  contents: Readonly<Record<string, string>>,
): Promise<void> {
  const scripts = emulator.account().scripts();
  expect(scripts.map(({ name }) => name).sort()).toEqual(Object.keys(contents).sort());
  expect(Object.fromEntries(scripts.map(({ name, content }) => [name, content]))).toEqual(contents);
  const { deployment } = await workspace.exportState();
  const state = resourcesOf({ version: 3, deployment });
  const byName = Object.fromEntries(state.map(({ id, outputs }) => [String(outputs?.["name"]), id]));
  expect(byName).toEqual(Object.fromEntries(scripts.map(({ name, _id }) => [name, _id])));
  expect(state).toHaveLength(scripts.length);
  expect(deployment.pending_operations ?? []).toEqual([]);
  emulator.resetRequests();
  if (scripts.length > 0) {
    await workspace.preview({ expectNoChanges: true });
  }
  expect(emulator.count()).toBe(0);
}

/**
 * What the README says to type after a run that was cut off, and nothing else.
 *
 * @param backend The folder of the backend.
 * @returns How many times the files of the state had to be restored.
 */
async function recover(
  workspace: Workspace,
  verb: (typeof verbs)[number],
  isLocked: boolean,
  backend = join(workspace.root, "backend"),
): Promise<number> {
  let restored = 0;
  const run = async (command: () => Promise<CommandResult>): Promise<CommandResult> => {
    try {
      return await command();
    } catch (error) {
      const output = error instanceof CommandError ? error.result.output : "";
      const state = stateFile(workspace, backend);
      if (output.includes("failed to load checkpoint: EOF")) {
        // Killed while it wrote the attributes of the state's file, which is whole; Pulumi does without them.
        rmSync(`${state}.attrs`);
      } else if (output.includes("failed to load checkpoint")) {
        // On a full disk a part of the state is left, and the whole one before beside it.
        copyFileSync(`${state}.bak`, state);
      } else {
        throw error;
      }
      restored++;
      return command();
    }
  };
  if (isLocked) {
    await run(() => workspace.cancel());
  }
  if (verb === "destroy") {
    await run(() => workspace.destroy()).catch(async (error: unknown) => {
      if (!String(error).includes("this token's account has no scripts at all")) {
        throw error;
      }
      // All are deleted, and the state has some of them still.
      for (const { urn } of resourcesOf(await workspace.exportState())) {
        await workspace.run(["state", "delete", String(urn), "--yes"]);
      }
      await workspace.destroy();
    });
  } else {
    await run(() => workspace.refresh({ args: ["--clear-pending-creates"] }));
    await workspace.up({ ...adopt, args: ["--refresh"] });
  }
  return restored;
}

/** Where the backend of a folder keeps the state. */
function stateFile({ project, stack }: Workspace, backend: string): string {
  return join(backend, ".pulumi", "stacks", project, `${stack}.json`);
}

describe("cut-off runs", () => {
  it(`are made good by the documented steps, ${kills} times at random moments`, {
    timeout: 60_000 + mostRounds * 60_000,
  }, async () => {
    const seed = numberFrom("CUTOFF_SEED", Math.floor(Math.random() * 1e9));
    const only = process.env["CUTOFF_ROUND"] === undefined ? undefined : numberFrom("CUTOFF_ROUND", 0);
    const folder = temporaryFolder("cutoff");
    cleanUps.push(() => removeTemporaryFolder(folder));
    const options = { dataDir: folder, latency: 120, accounts: [{ token: "cutoff-token" }] };
    let emulator = await startEmulator(options);
    cleanUps.push(() => emulator.stop());
    const workspace = await createWorkspace({
      engine: engine(),
      program: { files: programOf({}) },
      env: { CELIGO_BASE_URL: emulator.url, CELIGO_API_TOKEN: "cutoff-token" },
    });
    cleanUps.push(() => workspace.dispose());
    const port = Number(new URL(emulator.url).port);
    const struck: Record<string, number> = {};
    let count = 0;
    let restored = 0;
    let hasCheckpoints = true;

    /** Starts a run, and waits for a random moment of it; tells its result, where that comes first. */
    async function startRun(verb: (typeof verbs)[number], random: () => number, hasBegun: () => boolean) {
      const env = hasCheckpoints ? {} : { PULUMI_SKIP_CHECKPOINTS: "true" };
      const run = workspace.start(verb === "destroy" ? "destroy" : "up", { env });
      const end: { result?: CommandResult } = {};
      const done = run.done.then((result) => {
        end.result = result;
      });
      if (random() < 0.1) {
        await Promise.race([delay(random() * 4000), done]);
      } else {
        await until(() => hasBegun() || end.result !== undefined, "the first request");
        await Promise.race([delay(random() * 750), done]);
      }
      if (end.result) {
        expect(end.result.code).toBe(0);
      }
      return { run, end, done };
    }

    /** Kills a run, or a part of it; tells whether it was still going. */
    async function killRun(victim: Exclude<Victim, "server">, verb: (typeof verbs)[number], random: () => number) {
      emulator.resetRequests();
      const { run, end, done } = await startRun(verb, random, () => emulator.count() > 0);
      if (end.result) {
        return false;
      }
      const isStruck = run.killOnly(victim).length > 0;
      await done;
      return isStruck && end.result !== undefined;
    }

    /** Kills the server of a run, a process of its own this time, and starts another one; tells whether the run was going. */
    async function killServer(verb: (typeof verbs)[number], random: () => number) {
      await emulator.stop();
      const args = ["--port", String(port), "--data", folder, "--token", "cutoff-token", "--latency", "120"];
      const server = await startEmulatorCommand(...args);
      try {
        const { end, done } = await startRun(verb, random, () => server.lines().length > 0);
        const isCut = end.result === undefined;
        expect(await server.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
        await delay(isCut ? random() * 2500 : 0);
        emulator = await startEmulator({ ...options, port });
        await done;
        return isCut;
      } finally {
        await server.end("SIGKILL");
      }
    }

    for (let round = only ?? 0; count < kills && round <= (only ?? mostRounds); round++) {
      const random = randomOf(seed + round * 7919);
      const verb = verbs[round % verbs.length] ?? "create";
      const victim = victims[round % victims.length] ?? "all";
      // An update changes what the create of the round before has made; a destroy deletes what the update has left.
      const cycle = Math.floor(round / verbs.length);
      const size = 20 + Math.floor(randomOf(seed + cycle)() * 21);
      const contents = scriptsOf(size, 2 * cycle + (verb === "create" ? 0 : 1));
      hasCheckpoints = checkpoints === undefined ? cycle % 2 === 0 : checkpoints === "true";
      try {
        if (round === only && verb !== "create") {
          workspace.writeFile("index.js", programText(scriptsOf(size, 2 * cycle)));
          await workspace.up();
        }
        const ids = emulator
          .account()
          .scripts()
          .map(({ _id }) => _id);
        const recycled = emulator.account().recycled().length;
        workspace.writeFile("index.js", programText(contents));
        const isCut = await (victim === "server" ? killServer(verb, random) : killRun(victim, verb, random));
        restored += await recover(workspace, verb, isCut && (victim === "all" || victim === "cli"));
        await expectClean(workspace, emulator, verb === "destroy" ? {} : contents);
        if (verb === "update") {
          expect(
            emulator
              .account()
              .scripts()
              .map(({ _id }) => _id),
          ).toEqual(ids);
        }
        expect(emulator.account().recycled()).toHaveLength(recycled + (verb === "destroy" ? ids.length : 0));
        if (isCut) {
          count++;
          const kind = `${victim} in ${verb}${hasCheckpoints ? "" : " without checkpoints"}`;
          struck[kind] = (struck[kind] ?? 0) + 1;
        }
      } catch (error) {
        const words = `round ${round} (${victim} cut off in ${verb}); again: CUTOFF_SEED=${seed} CUTOFF_ROUND=${round}`;
        throw new Error(`${words}\n${(error as Error).message}`, { cause: error });
      }
    }
    process.stdout.write(
      `cut off (seed ${seed}): ${JSON.stringify(struck)}; files of the state restored ${restored} times\n`,
    );
    expect(count).toBe(only === undefined ? kills : 1);
  });

  it(
    "are not repeated blindly: the next run names what is there, and adopts it only with CELIGO_ON_NAME_TAKEN=adopt",
    limit,
    async () => {
      const contents = scriptsOf(20, 1);
      const { workspace, emulator, account } = await openSession(engine(), { "index.js": programText(contents) });
      // The work is done, and the answer never comes: in no state, whatever the moment of the kill.
      emulator.faults.add({ operation: "createScript", skip: 3, fault: { kind: "hang", when: "after" } });
      const run = workspace.start("up");
      await until(() => emulator.faults.injected === 1 && account.scripts().length >= 8, "the hanging answer");
      expect(run.killOnly("all")).not.toEqual([]);
      await run.done;
      // As when it was killed between two steps of writing the state.
      const attributes = `${stateFile(workspace, join(workspace.root, "backend"))}.attrs`;
      truncateSync(attributes);
      const damaged = await workspace.up({ expectFailure: true });
      expect(damaged.output).toContain("error: failed to load checkpoint: EOF");
      rmSync(attributes);
      const locked = await workspace.up({ expectFailure: true });
      expect(locked.output).toMatch(/the stack is currently locked by 1 lock\(s\).*`pulumi cancel`/);
      await workspace.cancel();

      const before = account.scripts();
      const inState = resourcesOf(await workspace.exportState()).map(({ id }) => id);
      const { output } = await workspace.up({ expectFailure: true });
      const [, name, id, rest] =
        /could not create script "([^"]+)": the account already has a script of that name: ([0-9a-f]{24}) (.*)/.exec(
          output,
        ) ?? [];
      const known = before.find(({ _id }) => _id === id);
      expect(known?.name).toBe(name);
      expect(inState).not.toContain(id);
      expect(rest).toContain(`(last changed ${known?.lastModified}, the same content)`);
      expect(rest).toContain(
        "To adopt it, also after an interrupted run: CELIGO_ON_NAME_TAKEN=adopt pulumi up --refresh.",
      );
      expect(account.scripts()).toEqual(expect.arrayContaining([...before]));
      const names = account.scripts().map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);

      // Literally what the message says; what is left of the interrupted run in the state is harmless.
      await workspace.up({ ...adopt, args: ["--refresh"] });
      expect(account.scripts()).toEqual(expect.arrayContaining([...before]));
      await workspace.refresh({ args: ["--clear-pending-creates"] });
      await expectClean(workspace, emulator, contents);
    },
  );

  it("do not go on behind the back of the next one: the provider ends with the CLI", limit, async () => {
    const contents = scriptsOf(6, 1);
    const { workspace, emulator } = await openSession(engine(), { "index.js": programText(contents) });
    const headers = { "retry-after": "12" };
    const lift = emulator.faults.add({
      operation: "createScript",
      times: 6,
      fault: { kind: "status", status: 429, headers },
    });
    const run = workspace.start("up");
    await until(() => emulator.count({ status: 429 }) === 6, "the rate limit");
    const refusedAt = performance.now();
    run.killOnly("cli");
    await run.done;
    lift();
    await recover(workspace, "create", true);
    // What waited for the rate limit would be sent by now.
    await delay(Math.max(0, refusedAt + 14_000 - performance.now()));
    await expectClean(workspace, emulator, contents);
  });

  for (const ending of ["is killed", "gives up"] as const) {
    it(
      `are made good by the same steps when the backend's disk was full and the CLI ${ending}`,
      limit,
      async (context) => {
        if (ending === "gives up" && kills <= 5) {
          context.skip("the CLI tries each write for half a minute: in the soak only");
        }
        const folder = temporaryFolder("disk");
        cleanUps.push(() => removeTemporaryFolder(folder));
        try {
          execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], { stdio: "pipe" });
        } catch (error) {
          const reason = `a small tmpfs cannot be mounted here: ${(error as Error).message.trim()}`;
          process.stderr.write(`SKIPPED: ${reason}\n`);
          context.skip(reason);
        }
        cleanUps.push(() => void execFileSync("umount", [folder]));

        const contents = scriptsOf(30, 1, ` // ${"x".repeat(8000)}`);
        const { workspace, emulator, account } = await openSession(engine(), { "index.js": programText(contents) });
        const backend = join(folder, "backend");
        mkdirSync(backend);
        cpSync(join(workspace.root, "backend"), backend, { recursive: true });
        workspace.setEnv("PULUMI_BACKEND_URL", pathToFileURL(backend).href);
        // One at a time: the CLI tries each write again for half a minute before it gives up.
        const run = workspace.start("up", { args: ending === "gives up" ? ["--parallel", "1"] : [], timeLimit: 200 });
        if (ending === "gives up") {
          const { output } = await run.done;
          expect(output).toMatch(/failed to save snapshot.*no space left on device/);
        } else {
          let seen = { count: 0, at: 0 };
          await until(() => {
            const { length: count } = account.scripts();
            seen = count === seen.count ? seen : { count, at: performance.now() };
            return count > 0 && performance.now() - seen.at > 3000;
          }, "a run that stands still");
          run.killOnly("all");
          await run.done;
        }
        expect(account.scripts().length).toBeLessThan(30);
        execFileSync("mount", ["-o", "remount,size=64m", folder]);

        expect(await recover(workspace, "create", ending === "is killed", backend)).toBe(1);
        await expectClean(workspace, emulator, contents);
      },
    );
  }
});
