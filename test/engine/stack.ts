import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import { type Engine, findEngine } from "./cli";
import { CommandError, type CommandResult, killLeftovers, type RunningCommand, startCommand } from "./command";
import { compileCache, type Environment, inheritedEnvironment } from "./environment";
import type { ProcessInfo } from "./family";
import { type PlacedProgram, type Program, placeProgram, writeText } from "./program";
import { filesContaining } from "./scan";
import type { StackState } from "./state";
import { removeTemporaryFolder, temporaryFolder } from "./temporary";

/** Describes the workspace to make. */
export interface WorkspaceOptions {
  readonly program: Program;
  /** The project's name, where the program is given as files. @default "test" */
  readonly project?: string;
  /** @default "dev" */
  readonly stack?: string;
  /** Plain stack configuration; for secrets, see `Workspace.setConfig`. */
  readonly config?: Readonly<Record<string, string>>;
  /** Environment variables of each run; nothing that begins with CELIGO_ or PULUMI_ is inherited. */
  readonly env?: Environment;
  /** Seconds for each run. @default 120 */
  readonly timeLimit?: number;
  /** @default the one of `findEngine` */
  readonly engine?: Engine;
}

/** Sets one run of the CLI. */
export interface RunOptions {
  /** Further arguments. */
  readonly args?: readonly string[];
  /** Environment variables of this run only. */
  readonly env?: Environment;
  /** The run must fail, and its success is the error. @default false */
  readonly expectFailure?: boolean;
  /** Seconds. */
  readonly timeLimit?: number;
  /** Text for its standard input. */
  readonly input?: string;
}

/** Sets one run that changes the stack. */
export interface ChangeOptions extends RunOptions {
  /** Shows a preview before, at the cost of running the program twice. @default false */
  readonly preview?: boolean;
}

/** Sets one preview. */
export interface PreviewOptions extends RunOptions {
  /** The preview must show that nothing changes. @default false */
  readonly expectNoChanges?: boolean;
}

/** Names the commands that run with a stack's usual arguments. */
export type Verb = "up" | "preview" | "refresh" | "destroy" | "import";

/** A run of the CLI in the background. */
export interface BackgroundRun extends RunningCommand {
  /**
   * Sends a signal: to the CLI alone, to the process that hosts dynamic resources alone, or to all that the run has started; returns
   * the ids of the processes that it reached.
   */
  killOnly(which: "cli" | "provider" | "all", signal?: NodeJS.Signals): number[];
}

/**
 * Makes a stack of its own, in a temporary folder with its own Pulumi home and backend.
 *
 * @example
 * const workspace = await createWorkspace({ program: { files: { "index.js": "exports.answer = 42;" } } });
 * await workspace.up();
 * await workspace.dispose();
 */
export async function createWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const engine = options.engine ?? (await findEngine());
  const root = temporaryFolder("stack");
  try {
    const program = await placeProgram(options.program, options.project ?? "test", join(root, "program"));
    const workspace = new Workspace(engine, root, program, options);
    await makeStack(workspace, options.env ?? {});
    for (const [key, value] of Object.entries(options.config ?? {})) await workspace.setConfig(key, value);
    return workspace;
  } catch (error) {
    removeTemporaryFolder(root);
    throw error;
  }
}

/** The files of the new stacks that this process has made, by their paths in a workspace. */
const newStacks = new Map<string, ReadonlyMap<string, string>>();

/** Makes the stack of a workspace: the first of its name with the CLI, and those after it as copies, each of which saves a run. */
async function makeStack(workspace: Workspace, env: Environment): Promise<void> {
  const { engine, root, project, stack } = workspace;
  const key = JSON.stringify([engine.folder, project, stack]);
  const elsewhere = Object.keys(env).some((name) => name.startsWith("PULUMI_"));
  const made = elsewhere ? undefined : newStacks.get(key);
  if (made === undefined) {
    await workspace.run(["stack", "init", stack, "--no-select"]);
    if (!elsewhere) newStacks.set(key, readFiles(root, ["backend", "config"]));
  } else {
    for (const [path, text] of made) writeText(join(root, path), text);
  }
}

function readFiles(root: string, folders: readonly string[]): ReadonlyMap<string, string> {
  const entries = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
  );
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [relative(root, path), readFileSync(path, "utf8")]));
}

/** A stack, its program and its backend in a temporary folder, on which the real CLI runs. */
export class Workspace {
  readonly engine: Engine;
  /** The temporary folder. */
  readonly root: string;
  readonly project: string;
  readonly stack: string;
  /** The folder with Pulumi.yaml. */
  readonly folder: string;
  /** The stack's configuration file, outside of `folder`. */
  readonly configFile: string;

  readonly #program: PlacedProgram;
  readonly #timeLimit: number;
  readonly #started: number[] = [];
  #env: Environment;

  constructor(engine: Engine, root: string, program: PlacedProgram, options: WorkspaceOptions) {
    this.engine = engine;
    this.root = root;
    this.#program = program;
    this.project = program.project;
    this.folder = program.folder;
    this.stack = options.stack ?? "dev";
    this.#env = options.env ?? {};
    this.#timeLimit = options.timeLimit ?? 120;
    for (const name of ["home", "backend", "config", "tmp"]) mkdirSync(join(root, name), { recursive: true });
    // A project of the same name, so that what writes configuration never writes beside the program.
    writeFileSync(join(root, "config", "Pulumi.yaml"), stringify({ name: this.project, runtime: "nodejs" }));
    this.configFile = join(root, "config", `Pulumi.${this.stack}.yaml`);
  }

  /** Runs `pulumi up`. */
  up(options: ChangeOptions = {}): Promise<CommandResult> {
    return this.#verb("up", options);
  }

  /** Runs `pulumi preview`. */
  preview(options: PreviewOptions = {}): Promise<CommandResult> {
    return this.#verb("preview", options);
  }

  /** Runs `pulumi refresh`. */
  refresh(options: ChangeOptions = {}): Promise<CommandResult> {
    return this.#verb("refresh", options);
  }

  /** Runs `pulumi destroy`. */
  destroy(options: ChangeOptions = {}): Promise<CommandResult> {
    return this.#verb("destroy", options);
  }

  /** Runs `pulumi import` with a file of resources, given by its path or as the value to write into one. */
  importResources(file: string | object, options: ChangeOptions = {}): Promise<CommandResult> {
    const path = typeof file === "string" ? file : join(this.root, "import.json");
    if (typeof file !== "string") writeFileSync(path, JSON.stringify(file));
    return this.#verb("import", { ...options, args: ["--file", path, ...(options.args ?? [])] });
  }

  /** Runs `pulumi cancel`, which takes away the lock that a killed run has left. */
  cancel(options: RunOptions = {}): Promise<CommandResult> {
    return this.run(["cancel", "--yes"], options);
  }

  /** Starts a run in the background: a verb with its usual arguments, or any arguments. */
  start(command: Verb | readonly string[], options: ChangeOptions & PreviewOptions = {}): BackgroundRun {
    const args = typeof command === "string" ? this.#argumentsOf(command, options) : command;
    const run = this.#start(args, this.folder, options);
    const matching = {
      cli: (one: ProcessInfo) => one.pid === run.pid,
      provider: (one: ProcessInfo) => /cmd[/\\]dynamic-provider|pulumi-resource-pulumi-nodejs/.test(one.command),
      all: () => true,
    };
    return { ...run, killOnly: (which, signal = "SIGKILL") => run.kill(signal, matching[which]) };
  }

  /** Runs the CLI with these arguments on this stack, in the program's folder. */
  run(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    // Those that write configuration take no --config-file, or would write beside the program.
    const cwd = ["config", "stack"].includes(args[0] ?? "") ? join(this.root, "config") : this.folder;
    return this.#finish(args, cwd, options);
  }

  /** Returns the stack's state, secrets encrypted. */
  async exportState(): Promise<StackState> {
    return JSON.parse((await this.run(["stack", "export"])).stdout) as StackState;
  }

  /** Returns the stack's outputs, secret ones as `[secret]`. */
  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.run(["stack", "output", "--json"])).stdout) as Record<string, unknown>;
  }

  /** Sets stack configuration, plain or, by the CLI, encrypted. */
  async setConfig(key: string, value: string, options: { readonly secret?: boolean } = {}): Promise<void> {
    if (options.secret) {
      // By standard input, so that the value is in no list of processes.
      await this.run(["config", "set", "--secret", key], { input: value });
      return;
    }
    const settings = parse(readFileSync(this.configFile, "utf8")) as { config?: Record<string, unknown> };
    writeFileSync(this.configFile, stringify({ ...settings, config: { ...settings.config, [key]: value } }));
  }

  /** Sets an environment variable of all runs to come, or removes it. */
  setEnv(name: string, value: string | undefined): void {
    this.#env = { ...this.#env, [name]: value };
  }

  /** Writes a file of the program. */
  writeFile(path: string, text: string): void {
    if (this.#program.files === undefined) throw new Error(`${this.folder} is used in place and is not written to`);
    writeText(join(this.#program.files, path), text);
  }

  /** Lists the files of this workspace (backend, home, configuration, program, temporary ones) that contain a text. */
  filesContaining(text: string): string[] {
    return filesContaining(text, this.root);
  }

  /** Kills what is left of its runs and removes the temporary folder. */
  async dispose(): Promise<void> {
    for (const pid of this.#started) killLeftovers(pid);
    removeTemporaryFolder(this.root);
  }

  #verb(verb: Verb, options: ChangeOptions & PreviewOptions): Promise<CommandResult> {
    return this.#finish(this.#argumentsOf(verb, options), this.folder, options);
  }

  #argumentsOf(verb: Verb, options: ChangeOptions & PreviewOptions): string[] {
    const args: string[] = [verb, "--config-file", this.configFile];
    if (verb !== "preview") args.push("--yes", ...(options.preview ? [] : ["--skip-preview"]));
    if (verb === "import") args.push("--generate-code=false", "--protect=false");
    if (options.expectNoChanges) args.push("--expect-no-changes");
    return [...args, ...(options.args ?? [])];
  }

  async #finish(args: readonly string[], cwd: string, options: RunOptions): Promise<CommandResult> {
    const result = await this.#start(args, cwd, options).done;
    if ((result.code !== 0) === (options.expectFailure ?? false)) return result;
    const what = options.expectFailure ? "succeeded, but was expected to fail" : `failed with ${ending(result)}`;
    throw new CommandError(what, result, cwd);
  }

  #start(args: readonly string[], cwd: string, options: RunOptions): RunningCommand {
    const run = startCommand("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd,
      env: this.#environment(options.env ?? {}),
      input: options.input,
      timeLimit: options.timeLimit ?? this.#timeLimit,
    });
    this.#started.push(run.pid);
    return run;
  }

  #environment(once: Environment): Record<string, string> {
    const inherited = inheritedEnvironment(process.env);
    const environment: Environment = {
      ...inherited,
      PATH: [this.engine.folder, inherited.PATH].filter(Boolean).join(delimiter),
      TMPDIR: join(this.root, "tmp"),
      NO_COLOR: "1",
      PULUMI_HOME: join(this.root, "home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(this.root, "backend")).href,
      PULUMI_STACK: this.stack,
      PULUMI_CONFIG_PASSPHRASE: "passphrase",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      ...compileCache,
      // The CLI ends before it needs the memory.
      GOGC: "400",
      ...this.#env,
      ...once,
    };
    const set = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return Object.fromEntries(set);
  }
}

function ending(result: CommandResult): string {
  return result.signal ? `signal ${result.signal}` : `exit code ${result.code}`;
}
