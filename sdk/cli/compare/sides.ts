import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { CeligoClient, type ScriptRecord } from "../../../provider/api/client";
import { type Configuration, readConfiguration, settings } from "../../../provider/config";
import { contentHash, normalise, readText } from "../../../provider/content/content";
import { CeligoError } from "../../../provider/errors";
import { isObject } from "../../../provider/json";
import { isAsset } from "../../../provider/pulumi-wire";
import { type ComparableName, comparableNames, emptyFields, wholeFieldsOf } from "../../../provider/script/fields";
import { projectOf } from "../project/project";
import { type ManagedScript, Stack, settingsIn } from "../pulumi";
import { listNames, readLive, readRecords } from "../records";

/** A field that is compared. Content is compared by its hash. */
export type ComparedField = "content" | ComparableName;
/** All of {@link ComparedField}. */
export const comparedFields: readonly ComparedField[] = ["content", ...comparableNames];

/** A script on one side. */
export interface SideScript {
  /** Celigo's id. */
  readonly id: string;
  /** The name in Celigo; may be empty. */
  readonly name: string;
  /** The name in the Pulumi program; only in a stack. */
  readonly logicalName?: string;
  /** The types of its parents and itself, and the logical name: unique in a stack. */
  readonly path?: string;
  /** The compared fields; `content` is its `contentHash`. A secret or unknown field is absent. */
  readonly fields: Readonly<Partial<Record<ComparedField, string | boolean>>>;
  /** The hash of the code before substitution, where a stack substitutes: values differ between environments. */
  readonly codeHash?: string | undefined;
  /** What must not be shown. */
  readonly secrets: ReadonlySet<ComparedField>;
  /** The normalised code, if the side has it. */
  readonly content?: string | undefined;
  /** The path of the content's file, relative to the program's folder; only in a stack. */
  readonly file?: string | undefined;
}

/** One of the two sets of scripts to compare. */
export interface Side {
  /** The side as given on the command line. */
  readonly label: string;
  readonly kind: "stack" | "account";
  /** Lists the scripts, those of an account without the compared fields. */
  list(): Promise<SideScript[]>;
  /** Adds the compared fields, and the code where it is asked for. Leaves out scripts that are deleted by now. */
  complete(scripts: SideScript[], withCode: boolean): Promise<SideScript[]>;
  /** Returns the normalised code of a script that does not have it: from its file, otherwise from Celigo as it is now. */
  contentOf(script: SideScript): Promise<string>;
}

/** Parses `account`, `account:PREFIX` or the name of a stack. */
export function toSide(word: string): string {
  if (!/^(?:account:[A-Za-z_]\w*|(?!-)[\w.-]+(?:\/[\w.-]+){0,2})$/.test(word)) {
    throw new InvalidArgumentError("Give the name of a stack, account, or account: and letters, digits and _.");
  }
  return word;
}

/** Opens the side that a word of {@link toSide} names. */
export function openSide(word: string, folder: string): Side {
  const [isAccount, prefix] = /^account(?::(.*))?$/.exec(word) ?? [];
  return isAccount === undefined
    ? stackSide(word, folder)
    : accountSide(word, prefix === undefined ? "" : `${prefix}_`);
}

/** Opens the scripts in the state of a stack. */
function stackSide(label: string, folder: string): Side {
  const stack = new Stack(folder, label);
  let client: Promise<CeligoClient> | undefined;
  return {
    label,
    kind: "stack",
    list: async () => (await stack.scripts()).map(scriptOfState),
    complete: async (scripts) => scripts,
    async contentOf(script) {
      const deployed = deployedFile(script, folder);
      if (deployed !== undefined) {
        return deployed;
      }
      client ??= clientOf(stack);
      const { content = "" } = await readLive(await client, script.id);
      return normalise(content);
    },
  };
}

/** Returns the text of a script's file, while it is the one that the state has the hash of. */
function deployedFile({ file, fields }: SideScript, folder: string): string | undefined {
  try {
    const text = file === undefined ? undefined : readText(resolve(projectOf(folder).programFolder, file));
    return text !== undefined && contentHash(text) === fields.content ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Prefers the stack's own configuration: the environment cannot be right for two stacks. */
async function clientOf(stack: Stack): Promise<CeligoClient> {
  const lookup = settingsIn(await stack.configuration());
  // An address in the environment must not win over a region of the stack.
  const groups = [["apiToken"], ["region", "baseUrl"]] as const;
  const ofStack = groups.filter((group) => group.some(lookup)).flat();
  const withoutThem = Object.fromEntries(ofStack.map((name) => [settings[name], undefined]));
  return new CeligoClient(readConfiguration(lookup, { ...process.env, ...withoutThem }));
}

/** Opens the live scripts of an account in the environment, whose variables have a prefix. */
function accountSide(label: string, prefix: string): Side {
  const client = new CeligoClient(configurationOf(label, prefix));
  /** Names the side in an error. */
  const fail = (error: unknown): never => {
    throw error instanceof CeligoError ? error.about(`${error.subject} of ${label}`) : error;
  };
  return {
    label,
    kind: "account",
    async list() {
      const records = await listNames(client).catch(fail);
      return records.map(({ id, name }) => ({ id, name, fields: {}, secrets: new Set<never>() }));
    },
    async complete(scripts, withCode) {
      const complete = (record: ScriptRecord, script: SideScript): SideScript => {
        const { name, ...fields } = wholeFieldsOf(record);
        const content = normalise(record.content ?? "");
        const code = withCode ? { content } : {};
        return { ...script, name, ...code, fields: known({ ...fields, name, content: contentHash(content) }) };
      };
      return readRecords(client, scripts, complete).catch(fail);
    },
    contentOf: async ({ content = "" }) => content,
  };
}

/** Reads the settings of an account. Token, region and address have the prefix, and so have their names in errors. */
function configurationOf(label: string, prefix: string): Configuration {
  const own = [settings.apiToken, settings.region, settings.baseUrl];
  const values = Object.fromEntries(own.map((name) => [name, process.env[prefix + name]]));
  const named = (text: string) => own.reduce((words, name) => words.replaceAll(name, prefix + name), text);
  try {
    const { token, ...others } = readConfiguration(() => undefined, { ...process.env, ...values });
    if (!token) {
      const hint = `Set ${settings.apiToken} in the environment.`;
      throw new CeligoError({ subject: `could not read ${label}`, reason: "no API token is set", hint });
    }
    return { ...others, token: { ...token, source: named(token.source) } };
  } catch (error) {
    throw error instanceof CeligoError
      ? error.with({ subject: named(error.subject), hint: error.hint && named(error.hint) })
      : error;
  }
}

function scriptOfState({ id, types, logicalName, inputs, outputs, secretOutputs }: ManagedScript): SideScript {
  const { content: declared, name } = inputs;
  const { contentHash: hash, codeHash, ...others } = outputs;
  const values = { ...emptyFields, name, ...others, content: hash };
  // An object instead of a text is an encrypted secret.
  const secrets = new Set(comparedFields.filter((field) => isObject(values[field])));
  if (secretOutputs.includes("content") || (isObject(declared) && !isAsset(declared))) {
    secrets.add("content");
  }
  const text = isAsset(declared) ? declared.text : declared;
  const content = typeof text === "string" && !secrets.has("content") ? normalise(text) : undefined;
  return {
    id,
    name: typeof values.name === "string" ? values.name : secrets.has("name") ? "[secret]" : "",
    logicalName,
    path: `${types}::${logicalName}`,
    fields: known(values),
    secrets,
    codeHash: typeof codeHash === "string" && codeHash !== hash ? codeHash : undefined,
    content: content !== undefined && contentHash(content) === hash ? content : undefined,
    file: isAsset(declared) ? declared.path : undefined,
  };
}

/** Keeps the compared fields that have a plain value. */
function known(values: Readonly<Record<string, unknown>>): SideScript["fields"] {
  const entries = comparedFields.map((field) => [field, values[field]] as const);
  return Object.fromEntries(entries.filter(([, value]) => typeof value === "string" || typeof value === "boolean"));
}
