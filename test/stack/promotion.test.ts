import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { contentHash } from "../../provider/content/content";
import { type Emulator, startEmulator } from "../../sdk/emulator/index";
import { compileCache, inheritedEnvironment } from "../engine/environment";
import { type CommandResult, createWorkspace, type Workspace } from "../engine/index";
import { repositoryRoot } from "../engine/repository";
import { engineOrSkip } from "../engine/vitest";
import { readExample } from "./session";

const engine = engineOrSkip();
const example = join(repositoryRoot(), "examples", "promotion");
const stages = ["dev", "staging", "prod"] as const;
type Stage = (typeof stages)[number];

interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly concurrency?: string;
  readonly strategy?: {
    readonly "fail-fast"?: boolean;
    readonly "max-parallel"?: number;
    readonly matrix: { readonly stage: string };
  };
  readonly steps: readonly { readonly run?: string; readonly env?: Readonly<Record<string, string>> }[];
}

const { jobs, concurrency } = parse(readFileSync(join(example, ".github", "workflows", "scripts.yml"), "utf8")) as {
  readonly jobs: Readonly<Record<string, Job>>;
  readonly concurrency?: unknown;
};

const expression = (name: string) => `\${{ ${name} }}`;

/** The arguments of the one Pulumi command of a job, as GitHub's runner would run it for a stage. */
function commandOf(name: "preview" | "promote" | "drift", stage: Stage): string[] {
  const [install, deploy, ...others] = (jobs[name]?.steps ?? []).filter(({ run }) => run !== undefined);
  expect(others).toEqual([]);
  expect(install?.run).toBe("npm ci");
  expect(deploy?.env).toMatchObject({ CELIGO_API_TOKEN: expression("secrets.CELIGO_API_TOKEN") });
  const [program, ...args] = (deploy?.run ?? "")
    .replace(expression("matrix.stage"), stage)
    .replace(expression("needs.stages.outputs.first"), stage)
    .replaceAll("'", "")
    .split(" ");
  expect(program).toBe("pulumi");
  return args;
}

describe("the workflow", () => {
  it("previews a pull request, promotes stage by stage on main, and looks for drift in all of them at night", () => {
    const list = expression("fromJSON(needs.stages.outputs.list)");
    expect(jobs["preview"]).toMatchObject({
      if: "github.event_name == 'pull_request'",
      environment: expression("needs.stages.outputs.first"),
    });
    expect(jobs["promote"]).toMatchObject({
      if: "github.event_name == 'push'",
      strategy: { "max-parallel": 1, matrix: { stage: list } },
      environment: expression("matrix.stage"),
    });
    // An environment without reviewers: the night waits for nobody.
    expect(jobs["drift"]).toMatchObject({
      if: "github.event_name == 'schedule'",
      environment: `${expression("matrix.stage")}-drift`,
      strategy: { "fail-fast": false, matrix: { stage: list } },
    });
    expect(Object.keys(jobs).sort()).toEqual(["drift", "preview", "promote", "stages"]);
    // GitHub keeps one waiting job of a group: a promotion must not lose its place to a preview, nor either wait for a review.
    expect(concurrency).toBeUndefined();
    const groups = Object.entries(jobs).map(([name, job]) => [name, job.concurrency]);
    expect(Object.fromEntries(groups)).toEqual({
      stages: undefined,
      preview: undefined,
      promote: `celigo-${expression("matrix.stage")}`,
      drift: undefined,
    });
  });

  it("takes the stages from the list that the program has", () => {
    expect(JSON.parse(readFileSync(join(example, "stages.json"), "utf8"))).toEqual(stages);
    const scripts = (jobs["stages"]?.steps ?? []).map(({ run = "" }) => run).join("\n");
    expect(scripts).toContain("stages.json");
  });
});

const files = readExample(example);
const orders = "hooks/normalize-orders.js";
const prices = "hooks/round-prices.js";
const returns = "hooks/returns/route-returns.js";

/** Three accounts, and the example with a stack for each of them. */
async function openStages(): Promise<{ readonly emulator: Emulator; readonly workspace: Workspace }> {
  const emulator = await startEmulator({ accounts: stages.map((stage) => ({ token: `${stage}-token` })) });
  const workspace = await createWorkspace({
    engine: engine(),
    program: { files },
    project: "celigo-promotion",
    // examples.test.ts checks the types.
    env: { CELIGO_BASE_URL: emulator.url, PULUMI_NODEJS_TRANSPILE_ONLY: "true" },
  });
  await workspace.run(["stack", "init", "staging", "--no-select"]);
  await workspace.run(["stack", "init", "prod", "--no-select"]);
  return { emulator, workspace };
}

describe("the way of a script from dev to prod", { timeout: 300_000 }, () => {
  let emulator: Emulator;
  let workspace: Workspace;
  const settingsOf = (stage: Stage) => parse(files[`Pulumi.${stage}.yaml`] ?? "") as { config: Record<string, string> };

  afterAll(async () => {
    await workspace?.dispose();
    await emulator?.stop();
  });

  /** Runs the job of a stage as GitHub's runner does. */
  function runJob(name: "preview" | "promote" | "drift", stage: Stage, expectFailure = false): Promise<CommandResult> {
    return workspace.run(commandOf(name, stage), { env: { CELIGO_API_TOKEN: `${stage}-token` }, expectFailure });
  }

  /** Runs the job "promote" without its preview, where no preview is looked at. */
  const promoteTo = (stage: Stage) =>
    workspace.run([...commandOf("promote", stage), "--skip-preview"], { env: { CELIGO_API_TOKEN: `${stage}-token` } });

  /** Reads a script of an account through the API, without any code of ours. */
  async function rawScript(stage: Stage, name: string): Promise<{ readonly _id: string; readonly content: string }> {
    const headers = { authorization: `Bearer ${stage}-token` };
    const list = (await (await fetch(`${emulator.url}/v1/scripts`, { headers })).json()) as {
      _id: string;
      name: string;
    }[];
    const [script, ...others] = list.filter((one) => one.name === name);
    expect(others).toEqual([]);
    const answer = await fetch(`${emulator.url}/v1/scripts/${script?._id}`, { headers });
    return (await answer.json()) as { readonly _id: string; readonly content: string };
  }

  /** Compares two stages by the command, and returns its exit code and what it prints. */
  async function compare(here: Stage, there: Stage): Promise<{ readonly code: unknown; readonly stdout: string }> {
    const env = {
      ...inheritedEnvironment(process.env),
      ...compileCache,
      PATH: [workspace.engine.folder, process.env["PATH"]].join(delimiter),
      PULUMI_HOME: join(workspace.root, "home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(workspace.root, "backend")).href,
      PULUMI_CONFIG_PASSPHRASE: "passphrase",
    };
    const command = join(repositoryRoot(), "dist", "sdk", "cli", "main.js");
    return new Promise((resolve) => {
      const args = [command, "compare", here, there, "--cwd", workspace.folder];
      execFile(process.execPath, args, { env }, (error, stdout) => resolve({ code: error?.code ?? 0, stdout }));
    });
  }

  it("carries the bytes that dev ran, and nothing else", async () => {
    // Not before all: without an engine the test is skipped.
    ({ emulator, workspace } = await openStages());
    const first = files[orders] ?? "";
    const second = first.replace("trim().toLowerCase()", 'trim().toLowerCase().replace(/^"|"$/g, "")');
    expect(second).not.toBe(first);

    // Nothing can begin in the middle.
    const early = await runJob("promote", "staging", true);
    expect(early.output).toMatch(
      /normalize-orders": blocked: expectedCodeHash has no value in the outputs of stack organization\/celigo-promotion\/dev\. Deploy this script there first/,
    );
    expect(emulator.account("staging-token").scripts()).toEqual([]);

    await promoteTo("dev");
    await promoteTo("staging");
    await runJob("promote", "prod");
    const ids = new Map<Stage, string>();
    for (const stage of stages) {
      const script = await rawScript(stage, "Normalize orders");
      ids.set(stage, script._id);
      expect(script.content).toBe(first);
      const { returnsFlowId = "" } = Object.fromEntries(
        Object.entries(settingsOf(stage).config).map(([key, value]) => [key.split(":")[1], value]),
      );
      const routed = await rawScript(stage, "Route returns");
      expect(routed.content).toBe(files[returns]?.replace("{{returnsFlowId}}", returnsFlowId));
    }
    const outputs = JSON.parse((await workspace.run(["stack", "output", "--json", "--stack", "prod"])).stdout) as {
      readonly contentHashes: Readonly<Record<string, string>>;
      readonly codeHashes: Readonly<Record<string, string>>;
    };
    expect(outputs.codeHashes["normalize-orders.js"]).toBe(contentHash(first));
    expect(outputs.contentHashes["normalize-orders.js"]).toBe(contentHash(first));
    expect(outputs.codeHashes["returns/route-returns.js"]).not.toBe(outputs.contentHashes["returns/route-returns.js"]);

    // By the template, which has other values in each.
    expect(await compare("dev", "prod")).toEqual({
      code: 0,
      stdout: "3 same, 0 different, 0 only in dev, 0 only in prod\n",
    });

    // A shortcut: prod wants what only dev has.
    workspace.writeFile(orders, second);
    await runJob("preview", "dev");
    await promoteTo("dev");
    const ahead = await compare("dev", "prod");
    expect(ahead).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^hooks\/normalize-orders +different +content/m),
    });
    // What waits to be promoted is no drift.
    await runJob("drift", "staging");
    await runJob("drift", "prod");
    const shortcut = await runJob("promote", "prod", true);
    expect(shortcut.output).toMatch(
      new RegExp(
        `normalize-orders": blocked: the code hash of hooks/normalize-orders\\.js is ${contentHash(second)}, and stack ` +
          `organization/celigo-promotion/staging runs ${contentHash(first)}`,
      ),
    );
    expect((await rawScript("prod", "Normalize orders")).content).toBe(first);

    // An urgent fix passes alone, and leaves a trace until it is removed.
    const fix = "hooks/normalize-orders.js: INC-4711, refunds are sent twice";
    const asProd = { env: { CELIGO_API_TOKEN: "prod-token" } };
    workspace.writeFile(prices, `${files[prices]}// not tested\n`);
    const fixing = ["up", "--stack", "prod", "--yes", "--config", `urgentFix=${fix}`];
    const both = await workspace.run(fixing, { ...asProd, expectFailure: true });
    expect(both.output).toContain('script "hooks/round-prices": blocked: ');
    expect(both.output).not.toContain('script "hooks/normalize-orders": blocked: ');
    workspace.writeFile(prices, files[prices] ?? "");
    await workspace.run([...fixing, "--skip-preview"], asProd);
    expect((await rawScript("prod", "Normalize orders")).content).toBe(second);
    const trace = JSON.parse((await workspace.run(["stack", "output", "--json", "--stack", "prod"])).stdout) as object;
    expect(trace).toMatchObject({ gate: `only what staging runs, and ${fix}` });
    expect(readFileSync(join(workspace.folder, "Pulumi.prod.yaml"), "utf8")).toContain("INC-4711");
    const open = await workspace.run(["preview", "--stack", "prod"], asProd);
    expect(open.output).toContain(`the promotion gate lets ${fix} pass. To close it:`);
    for (const [wrong, message] of [
      ["hooks/nowhere.js: why", "urgentFix names hooks/nowhere.js, and there is no such file"],
      ["hooks/normalize-orders.js", "urgentFix needs a reason"],
    ] as const) {
      const refused = ["preview", "--stack", "prod", "--config", `urgentFix=${wrong}`];
      expect((await workspace.run(refused, { ...asProd, expectFailure: true })).output).toContain(message);
    }
    workspace.writeFile("Pulumi.prod.yaml", files["Pulumi.prod.yaml"] ?? "");
    await promoteTo("staging");
    await promoteTo("prod");

    // The night: somebody has edited staging.
    const clean = await runJob("drift", "staging");
    expect(clean.output).not.toMatch(/looks like a Celigo id|Undefined value/);
    emulator.account("staging-token").edit(ids.get("staging") ?? "", { content: `${second}// quick fix\n` });
    const drift = await runJob("drift", "staging", true);
    expect(drift.output).toMatch(
      /::hooks\/normalize-orders\]\n +~ codeHash .*\n +~ contentHash +: "sha256:\w+" => "sha256:\w+"/,
    );
    expect(drift.output).toMatch(/no changes were expected .*but changes were proposed/);
    await workspace.run(["up", "--stack", "staging", "--yes", "--refresh", "--skip-preview"], {
      env: { CELIGO_API_TOKEN: "staging-token" },
    });

    // Back to the former content, by the same way, with the same ids.
    workspace.writeFile(orders, first);
    for (const stage of stages) {
      await promoteTo(stage);
    }
    for (const stage of stages) {
      expect(await rawScript(stage, "Normalize orders")).toMatchObject({ _id: ids.get(stage), content: first });
      expect(emulator.account(`${stage}-token`).recycled()).toEqual([]);
    }
    for (const stage of stages) {
      expect(workspace.filesContaining(`${stage}-token`)).toEqual([]);
    }
  });
});

describe("one script alone", { timeout: 300_000 }, () => {
  let emulator: Emulator;
  let workspace: Workspace;

  afterAll(async () => {
    await workspace?.dispose();
    await emulator?.stop();
  });

  const up = (stage: Stage, args: readonly string[] = [], expectFailure = false) =>
    workspace.run(["up", "--stack", stage, "--yes", ...args], {
      env: { CELIGO_API_TOKEN: `${stage}-token` },
      expectFailure,
    });
  const urnIn = (stage: Stage, script: string) =>
    `urn:pulumi:${stage}::celigo-promotion::celigo:index:ScriptFolder$pulumi-nodejs:dynamic/celigo:Script::hooks/${script}`;
  const alone = (stage: Stage, script: string) => ["--target", urnIn(stage, script)];

  /** The marks of the versions that a stage runs: the comments that the test has put at the end of the files. */
  const runs = (stage: Stage) =>
    Object.fromEntries(
      emulator
        .account(`${stage}-token`)
        .scripts()
        .map(({ name, content = "" }) => [name, /^\/\/ (\w+)$/m.exec(content)?.[1]])
        .filter(([, mark]) => mark),
    );
  const idIn = (stage: Stage, name: string) =>
    emulator
      .account(`${stage}-token`)
      .scripts()
      .find((script) => script.name === name)?._id ?? "";
  const hashesOf = async (stage: Stage) =>
    JSON.parse((await workspace.run(["stack", "output", "codeHashes", "--json", "--stack", stage])).stdout) as object;
  const marked = (path: string, mark: string) => `${files[path]}// ${mark}\n`;

  it("goes through all stages, and takes nothing with it that they have not run", async () => {
    ({ emulator, workspace } = await openStages());
    for (const stage of stages) {
      await up(stage, ["--skip-preview"]);
    }
    workspace.writeFile(orders, marked(orders, "A2"));
    workspace.writeFile(prices, marked(prices, "B2"));
    workspace.writeFile(returns, marked(returns, "C2"));
    workspace.writeFile("hooks/new.js", "function brandNew() {}\n");
    await up("dev", ["--skip-preview"]);
    const staging = await up("staging", alone("staging", "normalize-orders"));
    expect(runs("staging")).toEqual({ "Normalize orders": "A2" });
    // Of what it has not deployed, a stage says what it runs.
    expect(staging.output).not.toContain("blocked");
    expect(await hashesOf("staging")).toEqual({
      "normalize-orders.js": contentHash(marked(orders, "A2")),
      "round-prices.js": contentHash(files[prices] ?? ""),
      "returns/route-returns.js": contentHash(files[returns] ?? ""),
    });

    const all = await up("prod", [], true);
    expect(all.output).toMatch(/warning: script "hooks\/round-prices": blocked: the code hash of /);
    expect(all.output).toMatch(
      /hooks\/\S+' has a problem: blocked: (the code hash of hooks\/\S+ is sha256:\w+, and stack \S+\/staging runs sha256:\w+|expectedCodeHash has no value in the outputs of stack )/,
    );
    const missing =
      "blocked: expectedCodeHash has no value in the outputs of stack organization/celigo-promotion/staging.";
    expect(all.output).toContain(`script "hooks/new": ${missing} Deploy`);
    expect(all.output).toContain('script "hooks/returns/route-returns": blocked: the code hash of ');
    expect(runs("prod")).toEqual({});
    await up("prod", ["--skip-preview", ...alone("prod", "normalize-orders")]);
    expect(runs("prod")).toEqual({ "Normalize orders": "A2" });
    const held = await up("prod", alone("prod", "round-prices"), true);
    expect(held.output).toContain(
      "round-prices' has a problem: blocked: the code hash of hooks/round-prices.js is sha256:",
    );

    // The rest follows, after a run that failed for one of them.
    const faulty = emulator.faults.add({
      operation: "updateScript",
      path: new RegExp(idIn("staging", "Round prices")),
      times: Infinity,
      fault: { kind: "status", status: 422 },
    });
    await up("staging", ["--skip-preview", "--continue-on-error"], true);
    faulty();
    expect(Object.keys(await hashesOf("staging")).sort()).toEqual([
      "new.js",
      "normalize-orders.js",
      "returns/route-returns.js",
    ]);
    const after = await up("prod", [], true);
    expect(after.output).toContain('script "hooks/round-prices": blocked: expectedCodeHash has no value in');
    expect(after.output).not.toContain('script "hooks/new": blocked');
    await up("staging", ["--skip-preview"]);
    await up("prod", ["--skip-preview"]);
    expect(runs("prod")).toEqual(runs("dev"));

    // A stack that is no stage would have no gate.
    await workspace.run(["stack", "init", "production", "--no-select"]);
    const args = ["up", "--stack", "production", "--yes", "--config", "returnsFlowId=x"];
    const stray = await workspace.run(args, { env: { CELIGO_API_TOKEN: "prod-token" }, expectFailure: true });
    expect(stray.output).toContain(
      'the stack "production" is not a stage. Add it to stages.json, or select dev, staging, prod.',
    );
  });
});
