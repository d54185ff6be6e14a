import { type ExecFileException, execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { configNamespace, type SettingLookup } from "../../provider/config";
import { CeligoError, messageOf } from "../../provider/errors";
import { isObject, parseJson } from "../../provider/json";
import { foldersFrom } from "../../provider/version";

/** The type of a script's resource, as Pulumi's states and import files name it. */
export const scriptType = "pulumi-nodejs:dynamic/celigo:Script";

/** A resource in a stack's state, as Pulumi exports it. */
export type StateResource = Readonly<Record<string, unknown>>;

/** What a preview would do to a resource. */
export interface PreviewStep {
  /** `create`, `same`, `update` and so on. */
  readonly op: string;
  readonly urn: string;
  /** The inputs as the provider's check has left them. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A stack's configuration, secrets in the clear, by keys such as `celigo:region`. */
export type StackConfiguration = ReadonlyMap<string, { readonly value: string; readonly isSecret: boolean }>;

interface Execution {
  readonly stdout: string;
  readonly stderr: string;
  readonly error: ExecFileException | null;
}

/** A stack of the Pulumi project in a folder, reached through Pulumi's CLI. */
export class Stack {
  /** How messages name the stack. */
  readonly label: string;
  /** The folder that was given; the project may be in one above it. */
  readonly folder: string;
  readonly #name: string | undefined;
  readonly #timeLimit: number;

  /**
   * @param name Default: the stack that is selected in the folder.
   * @param timeLimit Milliseconds for one run of Pulumi's CLI; 0 sets no limit.
   */
  constructor(folder: string, name?: string, timeLimit = 0) {
    this.folder = folder;
    this.#name = name;
    this.#timeLimit = timeLimit;
    this.label = name === undefined ? "the current stack" : `stack ${name}`;
  }

  /** Lists the scripts of the stack's state, but for those that an interrupted run has still to delete. */
  async scripts(): Promise<StateResource[]> {
    const state = await this.runForJson(["stack", "export"], `could not read ${this.label}`);
    const deployment = isObject(state) && isObject(state["deployment"]) ? state["deployment"] : {};
    const resources = Array.isArray(deployment["resources"]) ? deployment["resources"].filter(isObject) : [];
    return resources.filter((one) => one["type"] === scriptType && one["delete"] !== true);
  }

  /** Reads the settings that the stack's own configuration has. */
  async settings(): Promise<SettingLookup> {
    return settingsIn(await this.configuration());
  }

  /** Reads the stack's own configuration. */
  async configuration(): Promise<StackConfiguration> {
    const subject = `could not read the configuration of ${this.label}`;
    const values = await this.runForJson(["config", "--show-secrets", "--json"], subject);
    const entries = isObject(values) ? Object.entries(values) : [];
    return new Map(
      entries.flatMap(([key, entry]) =>
        isObject(entry) && typeof entry["value"] === "string"
          ? [[key, { value: entry["value"], isSecret: entry["secret"] === true }]]
          : [],
      ),
    );
  }

  /** Runs Pulumi's CLI on the stack, and returns the JSON that it prints. */
  async runForJson(command: readonly string[], subject: string): Promise<unknown> {
    const printed = await this.run(command, subject);
    const parsed = parseJson(printed);
    if (parsed === undefined) {
      throw new CeligoError({ subject, reason: `pulumi ${command.join(" ")} did not print JSON` });
    }
    return parsed;
  }

  /**
   * Runs Pulumi's CLI on the stack, and returns what it prints.
   *
   * @param subject What the error says was attempted.
   * @throws CeligoError with Pulumi's own words.
   */
  async run(
    command: readonly string[],
    subject: string,
    {
      environment = {},
      hint,
    }: { readonly environment?: Readonly<Record<string, string>>; readonly hint?: string } = {},
  ): Promise<string> {
    const { stdout, stderr, error } = await this.#execute(command, subject, environment);
    if (error) {
      throw pulumiFailed(subject, error, stderr || stdout, hint);
    }
    return stdout;
  }

  /**
   * Runs a preview, and returns what it would do, step by step.
   *
   * @throws CeligoError with the preview's errors.
   */
  async preview(subject: string, hint?: string): Promise<PreviewStep[]> {
    const { stdout, stderr, error } = await this.#execute(["preview", "--json"], subject);
    const digest = parseJson(stdout);
    const { steps, diagnostics } = isObject(digest) ? digest : {};
    if (error) {
      throw pulumiFailed(subject, error, errorsOf(diagnostics) || stderr || stdout, hint);
    }
    return (Array.isArray(steps) ? steps.filter(isObject) : []).map(({ op, urn, newState }) => ({
      op: String(op),
      urn: String(urn),
      inputs: isObject(newState) && isObject(newState["inputs"]) ? newState["inputs"] : {},
    }));
  }

  async #execute(
    command: readonly string[],
    subject: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Execution> {
    if (!isFolder(this.folder)) {
      const hint = "Give the folder of the stack's Pulumi project with --cwd.";
      throw new CeligoError({ subject, reason: `${this.folder} is not a folder`, hint });
    }
    const stack = this.#name === undefined ? [] : ["--stack", this.#name];
    const args = [...command, ...stack, "--non-interactive", "--color", "never"];
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true", ...environment };
    return new Promise<Execution>((done) => {
      const limits = { maxBuffer: Number.POSITIVE_INFINITY, timeout: this.#timeLimit, killSignal: "SIGKILL" } as const;
      const options = { cwd: this.folder, env, ...limits };
      execFile("pulumi", args, options, (error, stdout, stderr) => done({ stdout, stderr, error }));
    });
  }
}

/** Tells whether there is a folder at a path. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Returns the settings in a stack's configuration. */
export function settingsIn(configuration: StackConfiguration): SettingLookup {
  return (name) => configuration.get(`${configNamespace}:${name}`)?.value.trim() || undefined;
}

/** Returns the folder of the Pulumi project that a folder belongs to, as Pulumi's CLI looks for it. */
export function projectAbove(folder: string): string | undefined {
  return foldersFrom(resolve(folder)).find((at) => projectFileIn(at) !== undefined);
}

/** Returns the path of the file that makes a folder a Pulumi project. */
export function projectFileIn(folder: string): string | undefined {
  return ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"]
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
}

/** Returns the errors of a preview. */
function errorsOf(diagnostics: unknown): string {
  const said = Array.isArray(diagnostics) ? diagnostics.filter(isObject) : [];
  return said.flatMap(({ severity, message }) => (severity === "error" ? [String(message)] : [])).join("\n");
}

/** Says why Pulumi's CLI did not do as asked, in its own words. */
function pulumiFailed(subject: string, error: ExecFileException, words: string, hint?: string): CeligoError {
  if (error.code === "ENOENT") {
    const install = "Install Pulumi's CLI: https://www.pulumi.com/docs/install";
    return new CeligoError({ subject, reason: "there is no pulumi on PATH", hint: install });
  }
  if (error.killed) {
    return new CeligoError({ subject, reason: "pulumi did not end in time" });
  }
  const said = words.replace(/^error: /gm, "").trim();
  const usual = "The stack must be one of the Pulumi project in the working directory, or in that of --cwd.";
  const isAboutPlace = /\b(stack|project)\b/i.test(said);
  return new CeligoError({
    subject,
    reason: said || (error.code ? `pulumi ended with exit code ${error.code}` : messageOf(error)),
    hint: hint ?? (isAboutPlace ? usual : undefined),
  });
}
