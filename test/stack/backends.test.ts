import { copyFileSync } from "node:fs";
import { describe, expect, it, type TestContext } from "vitest";
import { startEmulator } from "../../sdk/emulator/index";
import { createWorkspace, type WorkspaceOptions } from "../engine/index";
import { engineOrSkip } from "../engine/vitest";
import { type Backend, NoBackendError, startBucket, startDatabase } from "./backends";
import { until } from "./kill";
import { programOf } from "./session";

const engine = engineOrSkip();

/** Starts what the test needs, to be stopped after it; skips the test, and says so, where this machine has none. */
async function startOrSkip(context: TestContext, start: () => Promise<Backend>): Promise<Backend> {
  try {
    const backend = await start();
    context.onTestFinished(() => backend.stop());
    return backend;
  } catch (error) {
    if (!(error instanceof NoBackendError)) throw error;
    console.warn(`SKIPPED: "${context.task.suite?.name} ${context.task.name}": ${error.message}`);
    return context.skip(error.message);
  }
}

async function open(context: TestContext, options: WorkspaceOptions) {
  const workspace = await createWorkspace({ engine: engine(), ...options });
  context.onTestFinished(() => workspace.dispose());
  return workspace;
}

const token = "team-token-5d41402a";
const recipe = 'function recipe() { return "7 herbs"; }';

const program = (description: string) =>
  programOf({
    shared: `{ content: "function shared() { return 1; }", description: "${description}" }`,
    recipe: '{ content: new pulumi.Config().requireSecret("recipe") }',
  });

describe.each([
  ["an S3-compatible bucket", startBucket],
  ["a PostgreSQL database", startDatabase],
] as const)("a stack in %s", { timeout: 600_000 }, (_, start) => {
  it("serves two clients from the first script to the last, one at a time, and holds no secret in the clear", async (context) => {
    const backend = await startOrSkip(context, start);
    const emulator = await startEmulator({ accounts: [{ token }] });
    context.onTestFinished(() => emulator.stop());
    const account = emulator.account();
    const shared = () => account.scripts().find(({ name }) => name === "shared");
    const env = { CELIGO_BASE_URL: emulator.url };
    /** The file in which Pulumi keeps the stack as it is now. */
    const lastState = async () =>
      Object.entries(await backend.contents()).find(([key]) => key.endsWith(".pulumi/stacks/test/dev.json"))?.[1];
    const expectNothingSecret = async (...known: readonly string[]) => {
      const contents = Object.values(await backend.contents());
      for (const text of known) expect(contents.filter((one) => one.includes(text))).not.toEqual([]);
      for (const secret of [token, "7 herbs", backend.password]) {
        expect(contents.filter((one) => one.includes(secret))).toEqual([]);
      }
    };

    const first = await open(context, {
      program: { files: program("one") },
      env: { ...env, ...backend.clients[0] },
    });
    await first.setConfig("celigo:apiToken", token, { secret: true });
    await first.setConfig("test:recipe", recipe, { secret: true });
    const up = await first.up();
    expect(account.scripts().map(({ content }) => content)).toContain(recipe);
    await expectNothingSecret("function shared()", "contentHash", "ciphertext");
    emulator.resetRequests();
    await first.preview({ expectNoChanges: true });
    expect(emulator.requests).toEqual([]);

    // Another folder with its own Pulumi home, and the same Pulumi.dev.yaml, as from a team's repository.
    const second = await open(context, { program: { files: program("by the second") }, env });
    for (const [name, value] of Object.entries(backend.clients[1])) second.setEnv(name, value);
    copyFileSync(first.configFile, second.configFile);

    first.writeFile("index.js", program("two")["index.js"] ?? "");
    const removeLatency = emulator.faults.add({ fault: { kind: "latency", milliseconds: 2000 } });
    const running = first.start("up");
    await until(() => emulator.count({ operation: "updateScript" }) === 1, "the update of the script");
    // However slow the machine is, the first client has not ended when the second one comes.
    expect(running.killOnly("cli", "SIGSTOP")).toHaveLength(1);
    const before = await backend.contents();
    const refused = await second.up({ expectFailure: true });
    expect(refused.output).toMatch(
      /error: the stack is currently locked by 1 lock\(s\)\. Either wait for the other process\(es\) to end or delete the lock file with `pulumi cancel`\.\n.*\/\.pulumi\/locks\/organization\/test\/dev\/.*: created by .*\(pid \d+\)/,
    );
    expect(await backend.contents()).toEqual(before);
    await expectNothingSecret("function shared()", '"pid"');
    running.killOnly("cli", "SIGCONT");
    expect(await running.done).toMatchObject({ code: 0 });
    removeLatency();
    expect(shared()).toMatchObject({ description: "two" });
    expect(emulator.count({ method: "GET" })).toBe(1);
    expect(emulator.count()).toBe(2);

    // The second client goes on from there.
    second.writeFile("index.js", program("two")["index.js"] ?? "");
    emulator.resetRequests();
    await second.preview({ expectNoChanges: true });
    expect(emulator.requests).toEqual([]);
    account.edit(shared()?._id ?? "", { description: "edited in Celigo" });
    await second.refresh();
    expect(emulator.count({ operation: "getScriptById" })).toBe(1);
    expect(emulator.count({ operation: "getScriptAudit" })).toBe(1);
    expect(emulator.count()).toBe(3);
    expect(await lastState()).toContain("edited in Celigo");
    await expectNothingSecret("edited in Celigo", "ciphertext");
    await second.destroy();
    expect(account.scripts()).toEqual([]);
    expect(await lastState()).not.toContain("celigo:Script");
    expect(Object.keys(await backend.contents()).filter((key) => key.includes("/locks/"))).toEqual([]);

    // Nor does anything that the clients printed, or left in their folders. (Pulumi writes its URL, and what is in it, to a log.)
    await expectNothingSecret("edited in Celigo", "ciphertext");
    for (const secret of [token, "7 herbs", backend.password]) {
      expect(first.filesContaining(secret)).toEqual([]);
      expect(up.output + refused.output).not.toContain(secret);
    }
    for (const secret of [token, "7 herbs"]) expect(second.filesContaining(secret)).toEqual([]);
  });
});
