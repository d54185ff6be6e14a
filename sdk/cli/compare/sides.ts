import { CeligoClient } from "../../../provider/api/client";
import { type Configuration, readConfiguration, settings } from "../../../provider/config";
import { contentHash, isAsset, normalise } from "../../../provider/content/content";
import { CeligoError } from "../../../provider/errors";
import { isObject } from "../../../provider/json";
import { type ComparableName, comparableNames, emptyFields } from "../../../provider/script/fields";
import { toOutputs } from "../../../provider/script/mapping";
import { logicalNameOf } from "../account";
import { Stack } from "../pulumi";
import { listNames, readLive, readRecords } from "../records";

/** What of a script is compared; content is compared by its hash. */
export type ComparedField = "content" | ComparableName;
/** All of {@link ComparedField}. */
export const comparedFields: readonly ComparedField[] = ["content", ...comparableNames];

/** A script as one side knows it. */
export interface SideScript {
  /** Celigo's id. */
  readonly id: string;
  /** The name that Celigo shows; empty when there is none. */
  readonly name: string;
  /** The name in the Pulumi program; only in a stack. */
  readonly logicalName?: string;
  /** The types of its parents and itself, and the logical name: unique in a stack. */
  readonly path?: string;
  /** What is compared, content being its `contentHash`; a field that is secret or not known is absent. */
  readonly fields: Readonly<Partial<Record<ComparedField, string | boolean>>>;
  /** The hash of the content before substitution, where a stack substitutes: values differ between environments. */
  readonly templateHash?: string;
  /** What must not be shown. */
  readonly secrets: ReadonlySet<ComparedField>;
  /** The code, normalised, where the side holds that of the hash. */
  readonly content?: string;
}

/** One of the two sets of scripts that are compared. */
export interface Side {
  /** The side as it was given on the command line. */
  readonly label: string;
  readonly kind: "stack" | "account";
  /** Lists the scripts; those of an account still without what is compared. */
  list(): Promise<SideScript[]>;
  /** Adds what the list lacks, and leaves out what is gone by now. */
  complete(scripts: readonly SideScript[]): Promise<SideScript[]>;
  /** Returns the code of a script, normalised; of a stack's, as it is in Celigo now where the state does not hold it. */
  contentOf(script: SideScript): Promise<string>;
}

/** The key by which a state marks what is no plain value, such as an encrypted one. */
const signatureKey = "4dabf18193072939515e22adb298388d";

/** A side that still has to be told the folder of the Pulumi project whose stacks are meant. */
export type SideIn = (folder: string) => Side;

/** Returns the side that a word names: `account`, `account:PREFIX`, or a stack by its name; nothing for another word. */
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
    return (await this.#stack.scripts()).map(scriptOfResource);
  }

  async complete(scripts: readonly SideScript[]): Promise<SideScript[]> {
    return [...scripts];
  }

  async contentOf(script: SideScript): Promise<string> {
    if (script.content !== undefined) {
      return script.content;
    }
    this.#client ??= this.#connect();
    const { content = "" } = await readLive(await this.#client, script.id);
    return normalise(content);
  }

  /** Prefers the stack's own configuration: what the environment says cannot be right for two stacks. */
  async #connect(): Promise<CeligoClient> {
    const lookup = await this.#stack.settings();
    const environment = { ...process.env };
    // A region of the stack's is not to give way to an address of the environment's.
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

/** The live scripts of an account, by the settings in the environment. */
class AccountSide implements Side {
  readonly kind = "account";
  readonly label: string;
  readonly #prefix: string;
  #open: { readonly client: CeligoClient; readonly lanes: number } | undefined;

  /** @param prefix What the names of the environment's variables begin with. */
  constructor(label: string, prefix: string) {
    this.label = label;
    this.#prefix = prefix;
  }

  async list(): Promise<SideScript[]> {
    const records = await listNames(this.#connect().client, ` of ${this.label}`);
    return records.map(({ id, name }) => ({ id, name, fields: {}, secrets: new Set<never>() }));
  }

  async complete(scripts: readonly SideScript[]): Promise<SideScript[]> {
    const { client, lanes } = this.#connect();
    const records = await readRecords(client, scripts, lanes, { where: ` of ${this.label}` });
    return records.map(([script, record]) => {
      const { name, contentHash, ...fields } = toOutputs(record, {});
      const content = normalise(record.content ?? "");
      return { ...script, name, content, fields: known({ ...fields, name, content: contentHash }) };
    });
  }

  async contentOf({ content = "" }: SideScript): Promise<string> {
    return content;
  }

  #connect(): { readonly client: CeligoClient; readonly lanes: number } {
    if (!this.#open) {
      const configuration = this.#configuration();
      this.#open = { client: new CeligoClient(configuration), lanes: configuration.maxConcurrency };
    }
    return this.#open;
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

  /** Names the environment's variables as they are called for this side. */
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

function scriptOfResource(resource: Readonly<Record<string, unknown>>): SideScript {
  const { urn, id, inputs, outputs, additionalSecretOutputs } = resource;
  const { content: declared, substitutions, templateHash, name } = isObject(inputs) ? inputs : {};
  const { contentHash: hash, ...others } = isObject(outputs) ? outputs : {};
  const values = { ...emptyFields, name, ...others, content: hash };
  // An object in the place of a text is a secret, encrypted.
  const secrets = new Set(comparedFields.filter((field) => isObject(values[field])));
  const isMarked = JSON.stringify(additionalSecretOutputs ?? []).includes('"content"');
  // A secret substitution is in the code that Celigo runs.
  const isSubstituted = JSON.stringify(substitutions ?? {}).includes(`"${signatureKey}"`);
  if (isMarked || isSubstituted || (isObject(declared) && !isAsset(declared))) {
    secrets.add("content");
  }
  const text = isAsset(declared) ? declared.text : declared;
  const content = typeof text === "string" && !secrets.has("content") ? normalise(text) : undefined;
  // The hash of an asset is that of its bytes; where the text has another one, check has left it in the state.
  const bytesHash = isAsset(declared) ? declared.hash && `sha256:${declared.hash}` : undefined;
  const template = typeof text === "string" ? contentHash(text) : (templateHash ?? bytesHash);
  // A logical name may hold the separator of the URN's parts.
  const [, , types = "", ...rest] = String(urn).split("::");
  return {
    id: typeof id === "string" ? id : "",
    name: typeof values.name === "string" ? values.name : secrets.has("name") ? "[secret]" : "",
    logicalName: logicalNameOf(resource),
    path: [types, ...rest].join("::"),
    fields: known(values),
    secrets,
    ...(substitutions !== undefined && typeof template === "string" ? { templateHash: template } : {}),
    ...(content !== undefined && contentHash(content) === hash ? { content } : {}),
  };
}

/** Keeps the fields that are compared and have a value that can be. */
function known(values: Readonly<Record<string, unknown>>): SideScript["fields"] {
  const entries = comparedFields.map((field) => [field, values[field]] as const);
  return Object.fromEntries(entries.filter(([, value]) => typeof value === "string" || typeof value === "boolean"));
}
