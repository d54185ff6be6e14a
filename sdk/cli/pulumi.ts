import { type ExecFileException, execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { configNamespace, type SettingLookup } from "../../provider/config";
import { CeligoError, messageOf } from "../../provider/errors";
import { isObject, objectOf, parseJson } from "../../provider/json";
import { foldersFrom } from "../../provider/version";

/** The resource type of a script in states and import files. */
export const scriptType = "pulumi-nodejs:dynamic/celigo:Script";

type Properties = Readonly<Record<string, unknown>>;

/** A script in the state of a stack. */
export interface ManagedScript extends Place {
  /** Celigo's id. */
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  /** The names of outputs that the program has marked as secret. */
  readonly secretOutputs: readonly unknown[];
}

/** A step of a preview. */
export interface PreviewStep extends Place {
  /** `create`, `same`, `update` and so on. */
  readonly op: string;
  /** The inputs after the provider's check. */
  readonly inputs: Properties;
}

/** What a URN says of a resource. */
interface Place {
  /** The type, after those of its parents and a `$` each. */
  readonly types: string;
  readonly logicalName: string;
}

/** A stack's configuration with decrypted secrets, by keys such as `celigo:region`. */
export type StackConfiguration = ReadonlyMap<string, { readonly value: string; readonly isSecret: boolean }>;

/** How Pulumi's CLI is run. */
interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** What to do after a failure. */
  readonly hint?: string | undefined;
  /** Finds the errors in what a failed run printed. Default: all that it printed. */
  readonly errorsIn?: (stdout: string) => string;
}

/** A stack of the Pulumi project in a folder, used through Pulumi's CLI. */
export class Stack {
  /** The stack's name in messages. */
  readonly label: string;
  /** The given folder; the project may be in a folder above. */
  readonly folder: string;
  readonly #name: string | undefined;
  readonly #timeLimit: number;

  /**
   * @param name Default: the selected stack.
   * @param timeLimit Milliseconds for one run of Pulumi's CLI; 0 is no limit.
   */
  constructor(folder: string, name?: string, timeLimit = 0) {
    this.folder = folder;
    this.#name = name;
    this.#timeLimit = timeLimit;
    this.label = name === undefined ? "the current stack" : `stack ${name}`;
  }

  /** Lists the scripts in the state, except those that an interrupted run must still delete. */
  async scripts(): Promise<ManagedScript[]> {
    const state = await this.runForJson(["stack", "export"], `could not read ${this.label}`);
    const { resources } = objectOf(objectOf(state)["deployment"]);
    const all = Array.isArray(resources) ? resources.filter(isObject) : [];
    return all
      .filter((one) => one["type"] === scriptType && one["delete"] !== true)
      .map(({ urn, id = "", inputs, outputs, additionalSecretOutputs: secrets }) => ({
        ...placeOf(urn),
        id: String(id),
        inputs: objectOf(inputs),
        outputs: objectOf(outputs),
        secretOutputs: Array.isArray(secrets) ? secrets : [],
      }));
  }

  /** Reads the stack's own configuration. */
  async configuration(): Promise<StackConfiguration> {
    const subject = `could not read the configuration of ${this.label}`;
    const values = await this.runForJson(["config", "--show-secrets", "--json"], subject);
    return new Map(
      Object.entries(objectOf(values)).flatMap(([key, entry]) =>
        isObject(entry) && typeof entry["value"] === "string"
          ? [[key, { value: entry["value"], isSecret: entry["secret"] === true }]]
          : [],
      ),
    );
  }

  /** Runs Pulumi's CLI on the stack, and returns its JSON. */
  async runForJson(command: readonly string[], subject: string): Promise<unknown> {
    const printed = await this.run(command, subject);
    const parsed = parseJson(printed);
    if (parsed === undefined) {
      throw new CeligoError({ subject, reason: `pulumi ${command.join(" ")} did not print JSON` });
    }
    return parsed;
  }

  /**
   * Runs Pulumi's CLI on the stack, and returns its output.
   *
   * @param subject What was attempted, for the error.
   * @throws CeligoError with Pulumi's own words.
   */
  async run(
    command: readonly string[],
    subject: string,
    { environment = {}, hint, errorsIn }: RunOptions = {},
  ): Promise<string> {
    if (!isFolder(this.folder)) {
      const hint = "Give the folder of the stack's Pulumi project with --cwd.";
      throw new CeligoError({ subject, reason: `${this.folder} is not a folder`, hint });
    }
    const stack = this.#name === undefined ? [] : ["--stack", this.#name];
    const args = [...command, ...stack, "--non-interactive", "--color", "never"];
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true", ...environment };
    const limits = { maxBuffer: Number.POSITIVE_INFINITY, timeout: this.#timeLimit, killSignal: "SIGKILL" } as const;
    return new Promise((resolve, reject) => {
      execFile("pulumi", args, { cwd: this.folder, env, ...limits }, (error, stdout, stderr) => {
        if (error) {
          reject(pulumiFailed(subject, error, errorsIn?.(stdout) || stderr || stdout, hint));
        } else {
          resolve(stdout);
        }
      });
    });
  }

  /**
   * Runs a preview, and returns its steps.
   *
   * @throws CeligoError with the preview's errors.
   */
  async preview(subject: string, hint?: string): Promise<PreviewStep[]> {
    const printed = await this.run(["preview", "--json"], subject, { hint, errorsIn: errorsInPreview });
    const { steps } = objectOf(parseJson(printed));
    return (Array.isArray(steps) ? steps.filter(isObject) : []).map(({ op, urn, newState }) => ({
      ...placeOf(urn),
      op: String(op),
      inputs: objectOf(objectOf(newState)["inputs"]),
    }));
  }
}

/** Reads a URN. A logical name may contain its separator. */
function placeOf(urn: unknown): Place {
  const [, , types = "", ...rest] = String(urn).split("::");
  return { types, logicalName: rest.join("::") };
}

/** Tells whether there is a folder at a path. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Returns the settings in a stack's configuration. */
export function settingsIn(configuration: StackConfiguration): SettingLookup {
  return (name) => configuration.get(`${configNamespace}:${name}`)?.value.trim() || undefined;
}

/** Finds the file of a folder's Pulumi project as Pulumi's CLI does: there or in a folder above. */
export function projectFileAbove(folder: string): string | undefined {
  const names = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];
  const paths = foldersFrom(resolve(folder)).flatMap((at) => names.map((name) => join(at, name)));
  return paths.find((path) => existsSync(path));
}

/** Returns the errors of a preview. */
function errorsInPreview(printed: string): string {
  const { diagnostics } = objectOf(parseJson(printed));
  const said = Array.isArray(diagnostics) ? diagnostics.filter(isObject) : [];
  return said.flatMap(({ severity, message }) => (severity === "error" ? [String(message)] : [])).join("\n");
}

/** Returns the error for a failed run of Pulumi's CLI, in Pulumi's words. */
function pulumiFailed(subject: string, error: ExecFileException, words: string, hint?: string): CeligoError {
  if (error.code === "ENOENT") {
    const install = "Install Pulumi's CLI: https://www.pulumi.com/docs/install";
    return new CeligoError({ subject, reason: "there is no pulumi on PATH", hint: install });
  }
  if (error.killed) {
    return new CeligoError({ subject, reason: "pulumi did not end in time" });
  }
  const said = words.replace(/^error: /gm, "").trim();
  const usual = "The stack must belong to the Pulumi project in the working directory or in --cwd.";
  const isAboutPlace = /\b(stack|project)\b/i.test(said);
  return new CeligoError({
    subject,
    reason: said || (error.code ? `pulumi ended with exit code ${error.code}` : messageOf(error)),
    hint: hint ?? (isAboutPlace ? usual : undefined),
  });
}
