import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { lookUpEngine, overrideVariable } from "./cli";
import { inheritedEnvironment } from "./environment";
import { isRunning } from "./family";
import { createWorkspace, type Program, resourcesOf, stateBytes, type Workspace } from "./index";
import { withLock } from "./lock";
import { isAtLeast } from "./probe";
import { dynamicProviderScript } from "./recipe";
import { repositoryRoot } from "./repository";
import { removeTemporaryFolder, temporaryFolder } from "./temporary";
import { engineIsRequired, engineOrSkip, skipBanner } from "./vitest";

const dynamicType = "pulumi-nodejs:dynamic/test:Thing";
const dynamicProgram = `
const pulumi = require("@pulumi/pulumi");
const __provider = "exports.handler = () => ({ create: async (inputs) => ({ id: 'thing-1', outs: inputs }) });";
class Thing extends pulumi.CustomResource {
  constructor(name, args) { super("${dynamicType}", name, { ...args, __provider }); }
}
exports.id = new Thing("thing", { size: 3 }).id;
exports.region = new pulumi.Config("celigo").get("region");
exports.secret = new pulumi.Config("celigo").getSecret("apiToken");
`;

const folders: string[] = [];
const workspaces: Workspace[] = [];

function scratch(): string {
  const folder = temporaryFolder("test");
  folders.push(folder);
  return folder;
}

async function workspaceOf(program: Program): Promise<Workspace> {
  const workspace = await createWorkspace({ program, engine: engine() });
  workspaces.push(workspace);
  return workspace;
}

function script(folder: string, name: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

/** Fakes a folder with the CLI and what belongs to it. */
function fakeEngine(version: string, companions = ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]): string {
  const folder = scratch();
  script(folder, "pulumi", `echo v${version}`);
  for (const name of companions) script(folder, name, "exit 1");
  return folder;
}

/** Fakes a Go that builds what prints a version, slowly, and notes each build. */
function fakeGo(build: string): { PATH: string; XDG_CACHE_HOME: string; notes: string } {
  const folder = scratch();
  const notes = join(folder, "notes");
  script(
    join(folder, "bin"),
    "go",
    `PATH=/usr/bin:/bin
if [ "$1" = env ]; then echo go9.9; exit 0; fi
while [ "$1" != -o ]; do shift; done
echo "$2" >> ${notes}
${build}`,
  );
  return { PATH: join(folder, "bin"), XDG_CACHE_HOME: join(folder, "cache"), notes };
}

const builds = `sleep 0.5; printf '#!/bin/sh\\necho v3.999.0\\n' > "$2"; chmod +x "$2"`;
const engine = engineOrSkip();

afterEach(async () => {
  for (const workspace of workspaces.splice(0)) await workspace.dispose();
});
afterAll(() => folders.forEach(removeTemporaryFolder));

describe("finding the CLI", () => {
  it("finds one on this machine, with its version", () => {
    expect(isAtLeast(engine().version, "3.254.0")).toBe(true);
    expect(readdirSync(engine().folder)).toContain("pulumi");
  });

  it("takes the folder of the override before one on PATH", async () => {
    const [override, onPath] = [fakeEngine("3.998.0"), fakeEngine("3.999.0")];
    const found = await lookUpEngine({ PATH: onPath, [overrideVariable]: override });
    expect(found).toEqual({ folder: override, version: "3.998.0", foundBy: "override" });
  });

  it("fails when the override holds no CLI, and looks no further", async () => {
    const empty = scratch();
    const looking = lookUpEngine({ PATH: fakeEngine("3.999.0"), [overrideVariable]: empty });
    await expect(looking).rejects.toThrow(`${overrideVariable}: ${empty} holds no executable pulumi`);
  });

  it("passes over a CLI on PATH that is too old or has no Node language host", async () => {
    const [bare, old, good] = [fakeEngine("3.999.0", []), fakeEngine("3.100.0"), fakeEngine("3.254.0")];
    expect((await lookUpEngine({ PATH: `${old}:${good}` })).folder).toBe(good);
    await expect(lookUpEngine({ PATH: bare, XDG_CACHE_HOME: scratch() })).rejects.toThrow(
      "comes without pulumi-language-nodejs",
    );
  });

  it("says every reason when there is none to be had", async () => {
    const looking = lookUpEngine({ PATH: scratch(), XDG_CACHE_HOME: scratch() });
    await expect(looking).rejects.toThrow(/no pulumi on PATH[\s\S]*no go on PATH[\s\S]*no npx on PATH/);
  });

  it("is built once when two processes look at the same time, and then found in the cache", async () => {
    const { notes, ...env } = fakeGo(builds);
    const cli = join(repositoryRoot(), "dist", "test", "engine", "cli.js");
    const looking = `require(${JSON.stringify(cli)}).lookUpEngine(process.env).then((e) => console.log(e.foundBy + e.version))`;
    const run = () => promisify(execFile)(process.execPath, ["-e", looking], { env });
    const found = await Promise.all([run(), run()]);
    expect(found.map((one) => one.stdout)).toEqual(["build3.999.0\n", "build3.999.0\n"]);
    expect(readFileSync(notes, "utf8").trim().split("\n")).toHaveLength(2);
    expect(await lookUpEngine(env)).toMatchObject({ foundBy: "cache", version: "3.999.0" });
  });

  it("tells what it builds, shows what Go said when that fails, and leaves nothing that looks built", async () => {
    const { notes, ...env } = fakeGo("echo 'no such module' >&2; exit 1");
    const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await expect(lookUpEngine(env)).rejects.toThrow(/go build of pulumi-language-nodejs[\s\S]*no such module/);
    expect(told).toHaveBeenCalledWith(expect.stringMatching(/building the Pulumi CLI .* once per machine/));
    await expect(lookUpEngine(env)).rejects.toThrow("no such module");
    expect(readFileSync(notes, "utf8").trim().split("\n")).toHaveLength(2);
    told.mockRestore();
  });

  it("fails rather than skips in CI and where it is required, and otherwise says loudly why it skips", () => {
    expect(engineIsRequired({ PULUMI_CELIGO_REQUIRE_ENGINE: "1" })).toBe(true);
    expect(engineIsRequired({ CI: "true" })).toBe(true);
    expect(engineIsRequired({ CI: "false", PULUMI_CELIGO_REQUIRE_ENGINE: "0" })).toBe(false);
    expect(skipBanner(new Error("no go"))).toMatch(/!{80}\n.* ARE SKIPPED: no go\n/);
  });

  it("passes nothing of Pulumi's and Celigo's on to runs", () => {
    const kept = inheritedEnvironment({ PATH: "/bin", CELIGO_API_TOKEN: "t", PULUMI_HOME: "h", npm_config_x: "1" });
    expect(kept).toEqual({ PATH: "/bin" });
  });
});

describe("the lock", () => {
  const lockModule = join(repositoryRoot(), "dist", "test", "engine", "lock.js");

  it("lets one process work at a time", async () => {
    const folder = scratch();
    const [lock, log] = [join(folder, "lock"), join(folder, "log")];
    const work = `require(${JSON.stringify(lockModule)}).withLock(${JSON.stringify(lock)}, async () => {
      require("fs").appendFileSync(${JSON.stringify(log)}, "in ");
      await new Promise((resolve) => setTimeout(resolve, 300));
      require("fs").appendFileSync(${JSON.stringify(log)}, "out ");
    })`;
    const run = () => promisify(execFile)(process.execPath, ["-e", work]);
    await Promise.all([run(), run(), run()]);
    expect(readFileSync(log, "utf8")).toBe("in out in out in out ");
    expect(readdirSync(folder)).toEqual(["log"]);
  });

  it("passes immediately from a process that was killed", async () => {
    const lock = join(scratch(), "lock");
    const hold = `require(${JSON.stringify(lockModule)}).withLock(${JSON.stringify(lock)}, () => new Promise(() => {}))`;
    const holder = spawn(process.execPath, ["-e", hold]);
    await vi.waitFor(() => expect(existsSync(lock)).toBe(true), 5000);
    const waited: number[] = [];
    const taken = withLock(lock, async () => isRunning(holder.pid ?? 0), { onWait: (pid) => waited.push(pid) });
    await vi.waitFor(() => expect(waited).toContain(holder.pid), 5000);
    holder.kill("SIGKILL");
    expect(await taken).toBe(false);
  });

  it("passes from a holder that gives no sign of life, although its process id is in use", async () => {
    const lock = join(scratch(), "lock");
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: "elsewhere", token: "x" }));
    expect(await withLock(lock, async () => "worked", { staleAfter: 1 })).toBe("worked");
  });

  it("is given back when the work fails", async () => {
    const lock = join(scratch(), "lock");
    await expect(withLock(lock, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(existsSync(lock)).toBe(false);
  });
});

describe("running stacks", { timeout: 60_000 }, () => {
  it("takes a program with a dynamic resource up, previews it clean, and destroys it", async () => {
    const workspace = await workspaceOf({ files: { "index.js": dynamicProgram } });
    await workspace.setConfig("celigo:region", "eu");
    await workspace.setConfig("celigo:apiToken", "very-secret", { secret: true });
    await workspace.up();
    expect(await workspace.outputs()).toEqual({ id: "thing-1", region: "eu", secret: "[secret]" });
    await workspace.preview({ expectNoChanges: true });
    const state = await workspace.exportState();
    expect(resourcesOf(state, dynamicType)).toMatchObject([{ id: "thing-1", inputs: { size: 3 } }]);
    expect([...stateBytes(state, dynamicType).values()]).toEqual([expect.closeTo(800, -3)]);
    expect(workspace.filesContaining("very-secret")).toEqual([]);
    await workspace.destroy();
    expect(resourcesOf(await workspace.exportState(), dynamicType)).toEqual([]);
  });

  it("shows the command and all that it printed when a run fails, unless it must", async () => {
    const workspace = await workspaceOf({ files: { "index.js": "" } });
    const args = ["stack", "export", "--version", "7"];
    await expect(workspace.run(args)).rejects.toThrow(
      /^pulumi stack export --version 7 [\s\S]*failed with exit code \d+ [\s\S]*error: /,
    );
    expect((await workspace.run(args, { expectFailure: true })).output).toContain("error: ");
    const exporting = workspace.run(["stack", "export"], { expectFailure: true });
    await expect(exporting).rejects.toThrow("was expected to fail");
  });

  it("kills all that a run has started at its time limit, and shows the output so far", async () => {
    const note = join(scratch(), "pid");
    const program = `require("fs").writeFileSync(${JSON.stringify(note)}, String(process.pid)); setInterval(() => {}, 1000);`;
    const workspace = await workspaceOf({ files: { "index.js": program } });
    await expect(workspace.preview({ timeLimit: 10 })).rejects.toThrow(/time limit of 10 s[\s\S]*Previewing update/);
    expect(isRunning(Number(readFileSync(note, "utf8")))).toBe(false);
  });

  it("leaves nothing alive after a kill -9 of the CLI once it is disposed of", async () => {
    const program = dynamicProgram.replace("({ id: 'thing-1', outs: inputs })", "{ await new Promise(() => {}) }");
    const workspace = await workspaceOf({ files: { "index.js": program } });
    const run = workspace.start("up");
    await vi.waitFor(() => expect(run.output()).toContain("thing creating"), 20_000);
    const before = run.processes().map((one) => one.pid);
    expect(run.killOnly("cli")).toEqual([run.pid]);
    expect(await run.done).toMatchObject({ code: null, signal: "SIGKILL" });
    const blocked = await workspace.up({ expectFailure: true });
    expect(blocked.output).toContain("pulumi cancel");
    await workspace.cancel();
    await workspace.dispose();
    expect(before.length).toBeGreaterThan(2);
    expect(before.filter(isRunning)).toEqual([]);
    expect(existsSync(workspace.root)).toBe(false);
  });

  it("kills the process that hosts dynamic resources alone", async () => {
    const program = dynamicProgram.replace("({ id: 'thing-1', outs: inputs })", "{ await new Promise(() => {}) }");
    const workspace = await workspaceOf({ files: { "index.js": program } });
    const run = workspace.start("up");
    await vi.waitFor(() => expect(run.output()).toContain("thing creating"), 20_000);
    expect(run.killOnly("provider")).toHaveLength(1);
    const { code, output } = await run.done;
    expect(code).not.toBe(0);
    expect(output).toContain("thing creating");
  });

  const resolving = `
const pulumi = require("@pulumi/pulumi");
const __provider = \`exports.handler = () => ({ create: async () => ({
  id: require("module").createRequire(process.cwd() + "/index.js").resolve("pulumi-celigo/provider"), outs: { cwd: process.cwd() } }) });\`;
class Thing extends pulumi.CustomResource {
  constructor() { super("${dynamicType}", "thing", { cwd: undefined, __provider }); }
}
const thing = new Thing();
exports.id = thing.id;
exports.cwd = thing.cwd;
`;

  it("runs a program in a subfolder, the package linked", async () => {
    const workspace = await workspaceOf({ files: { "index.js": resolving }, layout: "subfolder" });
    await workspace.up();
    expect(await workspace.outputs()).toEqual({
      id: join(repositoryRoot(), "dist", "provider", "index.js"),
      cwd: join(workspace.folder, "infra"),
    });
  });

  it("runs a program of an npm workspace, the package installed at the root", async () => {
    const program: Program = { files: { "index.js": resolving }, layout: "workspace", package: "installed" };
    const workspace = await workspaceOf(program);
    await workspace.up();
    expect(workspace.folder).toBe(join(workspace.root, "program", "packages", "infra"));
    expect(await workspace.outputs()).toEqual({
      id: join(workspace.root, "program", "node_modules", "pulumi-celigo", "dist", "provider", "index.js"),
      cwd: workspace.folder,
    });
  });

  it("runs a TypeScript program in place and writes nothing beside it", async () => {
    const other = await workspaceOf({
      files: { "index.ts": 'import "@pulumi/pulumi";\nexport const sum: number = 40 + 2;' },
    });
    const before = readdirSync(other.folder);
    const workspace = await workspaceOf({ folder: other.folder });
    await workspace.setConfig("test:key", "hidden", { secret: true });
    await workspace.up();
    expect(await workspace.outputs()).toEqual({ sum: 42 });
    expect(readdirSync(other.folder)).toEqual(before);
    expect(() => workspace.writeFile("index.ts", "")).toThrow("is used in place");
  });

  it("finds a text in packed files too", async () => {
    const workspace = await workspaceOf({ files: { "index.js": "" } });
    writeFileSync(join(workspace.root, "home", "packed.gz"), gzipSync("a needle in a haystack"));
    workspace.writeFile("needles/plain.txt", "another needle in");
    expect(workspace.filesContaining("needle in")).toEqual(["home/packed.gz", "program/needles/plain.txt"]);
  });
});

describe("the script that starts the host of dynamic resources", () => {
  it("says in one line what is missing where the SDK is not installed", async () => {
    const folder = scratch();
    writeFileSync(join(folder, "run"), dynamicProviderScript, { mode: 0o755 });
    const failing = promisify(execFile)(join(folder, "run"), [], { cwd: folder });
    await expect(failing).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^.*cannot be resolved from .*\n$/),
    });
  });
});
