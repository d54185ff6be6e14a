import { posix } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { readText } from "../../provider/content/content";
import { CeligoError, messageOf } from "../../provider/errors";
import { isUnknown } from "../../provider/pulumi-wire";
import { writableFields } from "../../provider/script/fields";
import { enumerateSome, nearest, quote } from "../../provider/text";
import { remarks } from "../preflight";
import { Script, type ScriptArgs } from "../script";
import { warnOnce } from "../warn";
import { type Discovery, readFiles, refusal, type ScriptFile } from "./files";

/** Options for one file of a {@link ScriptFolder}. They win over the file's header, which wins over `defaults`. */
export interface ScriptFileOptions extends Partial<Omit<ScriptArgs, "content">> {
  /**
   * Former paths of the file in the folder, so that its script keeps its id. Can stay in the program until a new file has
   * one of these paths.
   */
  readonly renamedFrom?: string | readonly string[] | undefined;
  /** Pulumi's own options of the script, such as `protect` or `ignoreChanges`. */
  readonly options?: pulumi.CustomResourceOptions | undefined;
}

/** Arguments of {@link ScriptFolder}. Patterns are globs that match {@link ScriptFile.path}. */
export interface ScriptFolderArgs extends Discovery {
  /**
   * Returns the name that Celigo shows, for files whose options have none.
   * @default the header's name, otherwise the file's name without its extension
   */
  readonly displayName?: ((file: ScriptFile) => string | undefined) | undefined;
  /**
   * Defaults for all scripts of the folder. A description in a file's header wins over the default one.
   * Substitutions are set file by file, because a value without a key is an error.
   */
  readonly defaults?: Omit<ScriptArgs, "content" | "name" | "expectedCodeHash" | "substitutions"> | undefined;
  /** Options for single files: by path in the folder, or from a function. */
  readonly scripts?:
    | Readonly<Record<string, ScriptFileOptions>>
    | ((file: ScriptFile) => ScriptFileOptions | undefined)
    | undefined;
  /**
   * Returns the code to deploy for a file, such as a bundle of TypeScript. It is given the text of the file, without a
   * byte order mark and with LF line ends. The header of the file still gives name and description.
   * @default the text as it is
   */
  readonly transform?: ((text: string, file: ScriptFile) => string | Promise<string>) | undefined;
}

/**
 * A folder of files, each of which is a {@link Script}.
 *
 * The logical name of a script is the folder's, a slash, and the path of the file without its extension. Its name in
 * Celigo and its description come from the comment at the beginning of the file: the text is the description, and a line
 * that begins with `@name` gives the name.
 *
 * @example
 * ```ts
 * import { ScriptFolder } from "pulumi-celigo";
 *
 * const hooks = new ScriptFolder("hooks", {
 *   path: "hooks",
 *   exclude: ["**\/*.test.js"],
 *   scripts: { "orders/normalize.js": { renamedFrom: "normalize-orders.js" } },
 * });
 * export const ids = hooks.ids;
 * ```
 */
export class ScriptFolder extends pulumi.ComponentResource {
  /** The scripts, by path in the folder. */
  readonly scripts: Readonly<Record<string, Script>>;
  /** The ids of the scripts, by path in the folder; here and below without what an update could not deploy. */
  readonly ids: pulumi.Output<Readonly<Record<string, string>>>;
  /** The `contentHash` of each script, by path in the folder. */
  readonly contentHashes: pulumi.Output<Readonly<Record<string, string>>>;
  /** The `codeHash` of each script, by path in the folder: what the next stage is to expect. */
  readonly codeHashes: pulumi.Output<Readonly<Record<string, string>>>;

  /**
   * Declares the scripts of a folder, in the order of their paths.
   *
   * @param name The folder's logical name. The logical names of its scripts begin with it.
   * @param args Which files are scripts, and their options.
   * @param opts Pulumi's own options. `protect`, `aliases` and others also apply to the scripts.
   * @throws CeligoError when the folder has no script, two files have one name, or an option names a file that does not exist.
   */
  constructor(name: string, args: ScriptFolderArgs, opts?: pulumi.ComponentResourceOptions) {
    // An invalid folder is not registered.
    const { files, leftOut } = readFiles(args);
    const plans = planScripts(name, args, files).map((plan) => ({ ...plan, content: contentOf(plan.file, args) }));
    super("celigo:index:ScriptFolder", name, {}, opts);
    if (leftOut.length > 0) {
      const what = `${enumerateSome(leftOut.map(quote))} ${leftOut.length === 1 ? "looks like a script and is" : "look like scripts and are"} left out`;
      warnOnce(`folder "${args.path}": ${what}. Add a pattern to include or exclude.`, this);
    }
    const scripts = plans.map(({ file, logicalName, inputs, content, warning, options }) => {
      const args = { ...inputs, content };
      if (warning !== undefined) {
        remarks.set(args, warning);
      }
      const script = new Script(logicalName, args, pulumi.mergeOptions({ parent: this }, options));
      return [file.path, script] as const;
    });
    this.scripts = Object.fromEntries(scripts);
    const collect = (of: (script: Script) => pulumi.Output<string | undefined>) =>
      pulumi.all(Object.fromEntries(scripts.map(([path, script]) => [path, deployed(of(script))]))) as Texts;
    this.ids = collect(({ id }) => id);
    this.contentHashes = collect(({ contentHash }) => contentHash);
    this.codeHashes = collect(({ codeHash }) => codeHash);
    this.registerOutputs({ ids: this.ids, contentHashes: this.contentHashes, codeHashes: this.codeHashes });
  }
}

/** Texts by path. Pulumi leaves out `undefined`. */
type Texts = pulumi.Output<Readonly<Record<string, string>>>;

/** The script that one file becomes. */
interface ScriptPlan {
  readonly file: ScriptFile;
  readonly logicalName: string;
  /** Former logical names of the script. */
  readonly formerNames: readonly string[];
  readonly inputs: Omit<ScriptArgs, "content">;
  readonly warning: string | undefined;
  readonly options: pulumi.CustomResourceOptions;
}

/** What must differ between files, and how to fix it. */
const distinctions: readonly {
  readonly of: (plan: ScriptPlan) => readonly string[];
  readonly what: string;
  readonly hint: string;
}[] = [
  {
    of: ({ logicalName, formerNames }) => [logicalName, ...formerNames],
    what: "become the same script",
    hint: "Rename one of them, exclude it, or remove a former path from renamedFrom.",
  },
  {
    of: ({ inputs }) => (typeof inputs.name === "string" && inputs.onNameTaken !== "create" ? [inputs.name] : []),
    what: "would have the same name in Celigo",
    hint: 'Set @name in the header of one of them, or allow both with onNameTaken: "create".',
  },
];

function planScripts(name: string, args: ScriptFolderArgs, files: readonly ScriptFile[]): ScriptPlan[] {
  const optionsOf = optionsByFile(args, files);
  const plans = files.map((file) => planScript(name, file, optionsOf(file) ?? {}, args));
  for (const { of, what, hint } of distinctions) {
    const owners = new Map<string, string>();
    for (const plan of plans) {
      for (const key of of(plan)) {
        const owner = owners.get(key);
        if (owner !== undefined) {
          throw refusal(args, `"${owner}" and "${plan.file.path}" ${what}, "${key}"`, hint);
        }
        owners.set(key, plan.file.path);
      }
    }
  }
  return plans;
}

function planScript(folder: string, file: ScriptFile, stated: ScriptFileOptions, args: ScriptFolderArgs): ScriptPlan {
  const { renamedFrom = [], options = {}, name, ...inputs } = stated;
  const logicalNameOf = (path: string) => `${folder}/${withoutExtension(posix.normalize(path))}`;
  const logicalName = logicalNameOf(file.path);
  const former = new Set([renamedFrom].flat().map(logicalNameOf));
  former.delete(logicalName);
  const formerNames = [...former];
  const fromHeader = stated.description === undefined ? file.header.description : undefined;
  const description = fromHeader && shortenDescription(fromHeader);
  return {
    file,
    logicalName,
    formerNames,
    inputs: {
      ...given(args.defaults ?? {}),
      ...given({ description }),
      ...given(inputs),
      name: nameOf(file, name, args),
    },
    warning:
      description === fromHeader
        ? undefined
        : `the description, from the first comment of ${file.file}, is longer than Celigo's ${maxDescription} characters. It is cut.`,
    options: pulumi.mergeOptions({ aliases: formerNames.map((name) => ({ name })) }, options),
  };
}

/** Returns what is deployed of a file. Only an asynchronous transform makes a promise of it. */
function contentOf(file: ScriptFile, { transform }: ScriptFolderArgs): ScriptArgs["content"] {
  if (!transform) {
    return new pulumi.asset.FileAsset(file.file);
  }
  const failed = (reason: string): CeligoError =>
    new CeligoError({ subject: `could not transform ${file.file}`, reason, code: "invalid_argument" });
  const checked = (text: unknown): string => {
    if (typeof text !== "string") {
      throw failed(`transform returned ${text === null ? "null" : typeof text}. Return the text to deploy.`);
    }
    return text;
  };
  const text = readText(file.file);
  let result: unknown;
  try {
    result = transform(text, file);
  } catch (error) {
    throw failed(messageOf(error));
  }
  return result instanceof Promise
    ? result.then(checked, (error: unknown) => Promise.reject(failed(messageOf(error))))
    : checked(result);
}

function nameOf(file: ScriptFile, stated: ScriptFileOptions["name"], args: ScriptFolderArgs): pulumi.Input<string> {
  if (typeof stated === "string") {
    return stated;
  }
  const name = args.displayName?.(file) ?? file.header.name ?? posix.basename(withoutExtension(file.path));
  return stated === undefined ? name : pulumi.output(stated).apply((one) => one ?? name);
}

/** Returns the options of each file. Throws for a path that no file has. */
function optionsByFile(
  args: ScriptFolderArgs,
  files: readonly ScriptFile[],
): (file: ScriptFile) => ScriptFileOptions | undefined {
  const { scripts = {} } = args;
  if (typeof scripts === "function") {
    return scripts;
  }
  const paths = files.map(({ path }) => path);
  for (const path of Object.keys(scripts)) {
    if (!paths.includes(path)) {
      const near = nearest(path, paths);
      const hint = near
        ? `Did you mean "${near}"?`
        : "Give paths in the folder, of files that match include and not exclude.";
      throw refusal(args, `scripts names "${path}", and the folder has no such script`, hint);
    }
  }
  return ({ path }) => (Object.hasOwn(scripts, path) ? scripts[path] : undefined);
}

/**
 * Leaves out a value that an update does not know: the script failed, or does not exist yet and is no `--target`.
 * One unknown value would make all outputs of the stack unknown in other stacks' previews.
 */
function deployed(output: pulumi.Output<string | undefined>): pulumi.Output<string | undefined> {
  const wire: Promise<unknown> = pulumi.runtime.serializeProperty("", output);
  const isKept = (value: unknown) => pulumi.runtime.isDryRun() || !isUnknown(value);
  // The script reports its error. Each output that repeats it costs Pulumi seconds.
  return pulumi.output(wire.then((value) => (isKept(value) ? output : undefined)).catch(() => undefined));
}

/** The longest description that Celigo allows, in characters. */
const maxDescription = new Map(writableFields).get("description")?.maxLength ?? Number.POSITIVE_INFINITY;

function shortenDescription(text: string): string {
  const characters = [...text];
  return characters.length > maxDescription ? `${characters.slice(0, maxDescription - 1).join("")}…` : text;
}

function withoutExtension(path: string): string {
  return path.replace(/\.[cm]?[jt]s$/i, "");
}

/** Leaves out `undefined` values, so that they do not hide a default. */
function given<Values extends object>(values: Values): Partial<Values> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Values>;
}
