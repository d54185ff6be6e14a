import { resolve } from "node:path";
import { CeligoClient } from "../../../provider/api/client";
import { type Configuration, readConfiguration, settings } from "../../../provider/config";
import { contentHash, isAsset, normalise, readText } from "../../../provider/content/content";
import { CeligoError } from "../../../provider/errors";
import { isObject } from "../../../provider/json";
import { type ComparableName, comparableNames, emptyFields } from "../../../provider/script/fields";
import { toOutputs } from "../../../provider/script/mapping";
import { projectOf } from "../project/project";
import { type ManagedScript, Stack } from "../pulumi";
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
  readonly codeHash?: string;
  /** What must not be shown. */
  readonly secrets: ReadonlySet<ComparedField>;
  /** The normalised code, if the side has it. */
  readonly content?: string;
  /** The path of the content's file, relative to the program's folder; only in a stack. */
  readonly file?: string;
}

/** One of the two sets of scripts to compare. */
export interface Side {
  /** The side as given on the command line. */
  readonly label: string;
  readonly kind: "stack" | "account";
  /** Lists the scripts, those of an account without the compared fields. */
  list(): Promise<SideScript[]>;
  /** Adds the compared fields, and leaves out scripts that are deleted by now. */
  complete(scripts: readonly SideScript[]): Promise<SideScript[]>;
  /** Returns the normalised code of a script: from the state or its file, otherwise from Celigo as it is now. */
  contentOf(script: SideScript): Promise<string>;
}

/** Makes a side, given the folder of the Pulumi project. */
export type SideIn = (folder: string) => Side;

/** Parses `account`, `account:PREFIX` or the name of a stack; `undefined` for anything else. */
export function sideOf(word: string): SideIn | undefined {
  const [, isAccount, prefix = ""] = /^(account)(?::([A-Za-z_]\w*))?$/.exec(word) ?? [];
  if (isAccount) {
    return () => new AccountSide(word, prefix && `${prefix}_`);
  }
  return /^(?!-)[\w.-]+(\/[\w.-]+){0,2}$/.test(word) ? (folder) => new StackSide(word, folder) : undefined;
}

/** The scripts in the state of a stack. */
class StackSide implements Side {
  readonly kind = "stack";
  readonly label: string;
  readonly #stack: Stack;
  #client: Promise<CeligoClient> | undefined;

  constructor(label: string, folder: string) {
    this.label = label;
    this.#stack = new Stack(folder, label);
  }

  async list(): Promise<SideScript[]> {
    return (await this.#stack.scripts()).map(scriptOfState);
  }

  async complete(scripts: readonly SideScript[]): Promise<SideScript[]> {
    return [...scripts];
  }

  async contentOf(script: SideScript): Promise<string> {
    if (script.content !== undefined) {
      return script.content;
    }
    const deployed = this.#fileOf(script);
    if (deployed !== undefined) {
      return deployed;
    }
    this.#client ??= this.#connect();
    const { content = "" } = await readLive(await this.#client, script.id);
    return normalise(content);
  }

  /** Returns the text of a script's file, while it is the one that the state has the hash of. */
  #fileOf({ file, fields }: SideScript): string | undefined {
    try {
      const { programFolder } = projectOf(this.#stack.folder);
      const text = file === undefined ? undefined : readText(resolve(programFolder, file));
      return text !== undefined && contentHash(text) === fields.content ? text : undefined;
    } catch {
      return undefined;
    }
  }

  /** Prefers the stack's own configuration: the environment cannot be right for two stacks. */
  async #connect(): Promise<CeligoClient> {
    const lookup = await this.#stack.settings();
    const environment = { ...process.env };
    // An address in the environment must not win over a region of the stack.
    for (const group of [["apiToken"], ["region", "baseUrl"]] as const) {
      if (group.some(lookup)) {
        for (const name of group) {
          delete environment[settings[name]];
        }
      }
    }
    return new CeligoClient(readConfiguration(lookup, environment));
  }
}

/** The live scripts of the account in the environment. */
class AccountSide implements Side {
  readonly kind = "account";
  readonly label: string;
  readonly #prefix: string;
  #client: CeligoClient | undefined;

  /** @param prefix The prefix of the environment variables. */
  constructor(label: string, prefix: string) {
    this.label = label;
    this.#prefix = prefix;
  }

  async list(): Promise<SideScript[]> {
    const records = await listNames(this.#connect(), ` of ${this.label}`);
    return records.map(({ id, name }) => ({ id, name, fields: {}, secrets: new Set<never>() }));
  }

  async complete(scripts: readonly SideScript[]): Promise<SideScript[]> {
    const records = await readRecords(this.#connect(), scripts, { where: ` of ${this.label}` });
    return records.map(([script, record]) => {
      const { name, contentHash, ...fields } = toOutputs(record, {});
      const content = normalise(record.content ?? "");
      return { ...script, name, content, fields: known({ ...fields, name, content: contentHash }) };
    });
  }

  async contentOf({ content = "" }: SideScript): Promise<string> {
    return content;
  }

  #connect(): CeligoClient {
    this.#client ??= new CeligoClient(this.#configuration());
    return this.#client;
  }

  #configuration(): Configuration {
    const { apiToken, region, baseUrl } = settings;
    const own = [apiToken, region, baseUrl].map((name) => [name, process.env[this.#prefix + name]] as const);
    const { token, ...others } = this.#prefixed(() =>
      readConfiguration(() => undefined, { ...process.env, ...Object.fromEntries(own) }),
    );
    if (!token) {
      throw new CeligoError({
        subject: `could not read ${this.label}`,
        reason: "no API token is set",
        hint: `Set ${this.#prefix}${apiToken} in the environment.`,
        code: "missing_token",
      });
    }
    return { ...others, token: { ...token, source: `${this.#prefix}${token.source}` } };
  }

  /** Adds the prefix to the variables that an error names. */
  #prefixed(read: () => Configuration): Configuration {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CeligoError)) {
        throw error;
      }
      const named = (text: string) => text.replace(/CELIGO_(?=API_TOKEN|REGION|BASE_URL)/g, `${this.#prefix}$&`);
      const { subject, hint } = error;
      throw new CeligoError({ ...error, subject: named(subject), hint: hint && named(hint), cause: error.cause });
    }
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
    ...(typeof codeHash === "string" && codeHash !== hash ? { codeHash } : {}),
    ...(content !== undefined && contentHash(content) === hash ? { content } : {}),
    ...(isAsset(declared) && declared.path !== undefined ? { file: declared.path } : {}),
  };
}

/** Keeps the compared fields that have a plain value. */
function known(values: Readonly<Record<string, unknown>>): SideScript["fields"] {
  const entries = comparedFields.map((field) => [field, values[field]] as const);
  return Object.fromEntries(entries.filter(([, value]) => typeof value === "string" || typeof value === "boolean"));
}
