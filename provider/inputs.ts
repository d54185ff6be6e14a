import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import { isId } from "./client";
import { type Asset, contentHash, isAsset, normalise, readContent } from "./content";
import { CeligoError, messageOf } from "./errors";
import { type Management, onConflictValues, onNameTakenValues } from "./management";
import { wireNames } from "./record";
import { nearest } from "./spelling";

/** What stands for a value that preview does not know yet (Pulumi's `sdk/nodejs/runtime/rpc.ts`). */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * The inputs of a script as check leaves them in the state: a property at its default is left out, so that the
 * program's inputs and those read from the server compare equal, key by key.
 */
export interface ScriptInputs extends Management {
  /** The name that Celigo shows. */
  readonly name: string;
  /** The code: normalised text, or an asset. */
  readonly content: string | Asset;
  /** What the script does. */
  readonly description?: string;
  /** Whether a post-response hook also processes child records. */
  readonly postResponseHookToProcessOnChildRecord?: boolean;
  /** The id of the template that the script was made from. */
  readonly templateId?: string;
  /** Whether Celigo loads the code as a plain script and not as a module. */
  readonly noModule?: boolean;
  /**
   * The hash of an asset's content where it is not that of the asset's bytes. Pulumi gives diff neither text nor path,
   * so that check, which has them, leaves the hash here.
   */
  readonly contentHash?: string;
}

/** Inputs before check, or with values that preview does not know yet. */
export type RawInputs = Readonly<Record<string, unknown>>;

/** Limits that Celigo states for the texts of a script, in characters. */
const maxLength = { name: 100, description: 1024 } as const;

type Check = (value: unknown) => string | undefined;

const checks: Readonly<Record<Exclude<keyof ScriptInputs, "contentHash">, Check>> = {
  name: (value) => checkText(value, maxLength.name) ?? (value === "" ? "must not be empty" : undefined),
  content: (value) => {
    if (typeof value !== "string" && !isAsset(value)) {
      return "must be a string, or a Pulumi asset of a file or a string";
    }
    return typeof value === "string" && normalise(value) === "" ? "must not be empty" : undefined;
  },
  description: (value) => checkText(value, maxLength.description),
  postResponseHookToProcessOnChildRecord: checkBoolean,
  templateId: (value) =>
    typeof value === "string" && isId(value) ? undefined : "must be a Celigo id: 24 hexadecimal digits",
  noModule: checkBoolean,
  onNameTaken: oneOf(...onNameTakenValues),
  onConflict: oneOf(...onConflictValues),
};

/** The names of a script's inputs. */
export const inputNames: readonly string[] = Object.keys(checks);

/** Tells whether a value is not known yet, as in a preview. */
export function isUnknown(value: unknown): boolean {
  return value === unknownValue;
}

/**
 * Validates the inputs of a script and brings them into the form that is kept in the state.
 * Makes no request, and reports everything that is wrong at once.
 */
export async function checkInputs(
  olds: RawInputs,
  news: RawInputs,
): Promise<{ inputs: RawInputs; failures: CheckFailure[] }> {
  const inputs: Record<string, unknown> = {};
  const failures: CheckFailure[] = [];
  // Pulumi prints the value of the property that a failure names: content may be long or secret.
  const fail = (property: string, reason: string) =>
    failures.push({ property: property === "content" ? "" : property, reason: `${property} ${reason}` });
  for (const [property, value] of Object.entries(news)) {
    if (property.startsWith("__") || value === undefined || value === null) {
      continue;
    }
    const check = Object.hasOwn(checks, property) ? checks[property as keyof typeof checks] : undefined;
    if (!check) {
      fail(property, explainUnknown(property));
    } else if (isUnknown(value)) {
      inputs[property] = value;
    } else {
      const reason = check(value);
      if (reason) {
        fail(property, reason);
      } else if (value !== "" && value !== false) {
        inputs[property] = typeof value === "string" && property === "content" ? normalise(value) : value;
      }
    }
  }
  for (const property of ["name", "content"] as const) {
    if (news[property] === undefined || news[property] === null) {
      fail(property, "is required");
    }
  }
  const { content } = inputs;
  if (isAsset(content)) {
    try {
      const hash = await hashOfAsset(content, olds);
      if (hash !== hashOfBytes(content)) {
        inputs["contentHash"] = hash;
      }
    } catch (error) {
      fail("content", messageOf(error));
    }
  }
  return { inputs, failures };
}

/** Returns the content's hash of inputs that check has seen. */
export function hashOfInputs(inputs: ScriptInputs): string | undefined {
  return typeof inputs.content === "string"
    ? contentHash(inputs.content)
    : (inputs.contentHash ?? hashOfBytes(inputs.content));
}

function hashOfBytes(asset: Asset): string | undefined {
  return asset.hash === undefined ? undefined : `sha256:${asset.hash}`;
}

/** Hashes an asset's text, unless it is the one in the state, whose file may have changed since (`ignoreChanges`). */
async function hashOfAsset(asset: Asset, olds: RawInputs): Promise<string | undefined> {
  const { content: old } = olds;
  if (asset.hash && isAsset(old) && old.hash === asset.hash) {
    return hashOfInputs(olds as unknown as ScriptInputs);
  }
  const text = await readContent(asset);
  if (text === "") {
    throw new CeligoError({ subject: asset.path ?? "the asset", reason: "it is empty" });
  }
  return contentHash(text);
}

function checkText(value: unknown, max: number): string | undefined {
  if (typeof value !== "string") {
    return `must be a string, not ${describe(value)}`;
  }
  const length = [...value].length;
  return length > max ? `has ${length} characters, and Celigo allows at most ${max}` : undefined;
}

function checkBoolean(value: unknown): string | undefined {
  return typeof value === "boolean" ? undefined : `must be true or false, not ${describe(value)}`;
}

function oneOf(...allowed: readonly string[]): Check {
  return (value) =>
    allowed.some((one) => one === value) ? undefined : `must be ${allowed.join(" or ")}, not ${describe(value)}`;
}

function describe(value: unknown): string {
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `the ${typeof value} ${value}`;
}

function explainUnknown(property: string): string {
  if (property === "contentHash" || Object.hasOwn(wireNames, property)) {
    return "is set by Celigo and cannot be given";
  }
  const near = nearest(property, inputNames);
  return `is not a property of a script${near ? `: did you mean ${near}?` : `; its properties are ${inputNames.join(", ")}`}`;
}
