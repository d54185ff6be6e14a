import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import { isId } from "../api/client";
import { type Examination, examine, type SyntaxCheck, syntaxCheckValues } from "../content/check";
import { contentHash, isHash, isPath, labelOf, normalise, readContent } from "../content/content";
import { CeligoError, messageOf } from "../errors";
import { isObject } from "../json";
import { type Management, policies } from "../policies";
import { type Asset, isAsset, isUnknown } from "../pulumi-wire";
import { nearest } from "../text";
import { type Field, type WritableFields, wireNameOf, writableFields } from "./fields";
import { blockedBy } from "./gate";
import { resourceInputOf, resourceOf } from "./resource";

export interface Code {
  /** The text that is sent. */
  readonly text: string;
  /** How messages name it: a file by its path. */
  readonly label: string;
  /** The values that the program has put in; they may be ids of this account. */
  readonly values: readonly string[];
}

/**
 * The inputs of a script as check leaves them in the state: a property at its default is left out, so that the
 * program's inputs and those read from the server compare equal, key by key.
 */
export interface ScriptInputs extends WritableFields, Management {
  /** The name that Celigo shows. */
  readonly name: string;
  /** The code as it is sent: normalised text, or an asset. */
  readonly content: string | Asset;
  /**
   * The hash of the code before substitution. Check leaves it out where the content has the same: the text, or the bytes
   * of the asset.
   */
  readonly codeHash?: string;
}

/** Inputs before check, or with values that preview does not know yet. */
export type RawInputs = Readonly<Record<string, unknown>>;

type Check = (value: unknown, shown: string) => string | undefined;

/** Inputs that only affect check. They are neither stored nor sent. */
const judgements = {
  expectedCodeHash: (value: unknown) =>
    value === "" || isHash(value) ? undefined : "must be a codeHash: sha256: and 64 hexadecimal digits",
  syntaxCheck: oneOf(...syntaxCheckValues),
} as const satisfies Readonly<Record<string, Check>>;

const checks: Readonly<Record<string, Check>> = {
  content: (value) => {
    if (typeof value !== "string" && !isAsset(value)) {
      return "must be a string, or a Pulumi asset of a file or a string";
    }
    if (typeof value === "string" && isPath(value)) {
      return "must be code, not the path of a file: pass new pulumi.asset.FileAsset(path)";
    }
    return typeof value === "string" && normalise(value) === "" ? "must not be empty" : undefined;
  },
  ...Object.fromEntries(writableFields.map(([name, field]) => [name, checkOf(field)])),
  ...Object.fromEntries(Object.entries(policies).map(([name, values]) => [name, oneOf(...values)])),
  ...judgements,
};

/** The names of a script's inputs; the program itself puts in the substitutions. */
export const inputNames: readonly string[] = [...Object.keys(checks), "substitutions"];

export interface InputsContext {
  /** Inputs whose value no message may show. */
  readonly secrets: ReadonlySet<string>;
  /** The code, when the program has read it. */
  readonly code?: Partial<Code>;
}

export interface CheckedInputs {
  readonly inputs: RawInputs;
  /** What is wrong; nothing is sent until it is fixed. */
  readonly failures: readonly CheckFailure[];
  /** What will not work as it looks, a line each. */
  readonly warnings: readonly string[];
}

/**
 * Validates the inputs of a script and brings them into the form that is kept in the state.
 * Makes no request, and reports everything that is wrong at once.
 *
 * @param context What the program knows; without it the inputs are those that the program has registered.
 */
export async function checkInputs(olds: RawInputs, news: RawInputs, context?: InputsContext): Promise<CheckedInputs> {
  const inputs: Record<string, unknown> = {};
  const reasons: string[] = [];
  const secrets = context?.secrets ?? new Set(["content"]);
  for (const [property, value] of Object.entries(news)) {
    if (property.startsWith("__") || value === undefined || value === null || (property === "codeHash" && !context)) {
      continue;
    }
    const check = Object.hasOwn(checks, property) ? checks[property] : undefined;
    if (!check) {
      reasons.push(`${property} ${explainUnknown(property)}`);
    } else if (isUnknown(value)) {
      inputs[property] = value;
    } else {
      const reason = check(value, secrets.has(property) ? "the secret value" : describe(value));
      if (reason) {
        reasons.push(`${property} ${reason}`);
      } else if (value !== "" && value !== false) {
        inputs[property] = typeof value === "string" && property === "content" ? normalise(value) : value;
      }
    }
  }
  for (const property of ["name", "content"] as const) {
    if (news[property] === undefined || news[property] === null) {
      reasons.push((property === "content" && resourceOf(news)?.unreadable) || `${property} is required`);
    }
  }
  const { codeHash, ...judged } = await judgeContent(
    olds,
    { ...inputs, codeHash: news["codeHash"] },
    secrets,
    context?.code,
    resourceOf(news)?.judged,
  );
  const expected = news["expectedCodeHash"] === "" ? "" : inputs["expectedCodeHash"];
  const passage = { label: labelOf(news["content"]), codeHash: codeHash ?? contentHashOf(inputs), expected };
  const gate = context ? undefined : (resourceOf(news)?.blocked ?? blockedBy(passage));
  const failures = [...reasons, ...(gate ? [gate] : []), ...judged.failures];
  return {
    inputs: {
      ...Object.fromEntries(Object.entries(inputs).filter(([property]) => !Object.hasOwn(judgements, property))),
      ...(codeHash === undefined ? {} : { codeHash }),
      ...resourceInputOf(news),
    },
    // Pulumi prints the value of the property that a failure names: it may be long or secret.
    failures: failures.map((reason) => ({ property: "", reason })),
    warnings: judged.warnings,
  };
}

interface Judgement extends Examination {
  /** The hash of the code before substitution, where the content has another. */
  readonly codeHash?: string | undefined;
}

/**
 * Judges content of the right type: whether it can be read, and is good code.
 *
 * @param judged The hash of a text that the program has judged.
 */
async function judgeContent(
  olds: RawInputs,
  { content, codeHash, syntaxCheck, noModule }: RawInputs,
  secrets: ReadonlySet<string>,
  code: Partial<Code> = {},
  judged?: string,
): Promise<Judgement> {
  const nothing = { failures: [], warnings: [] };
  if (isUnknown(content) || !(typeof content === "string" || isAsset(content))) {
    return { ...nothing, ...(isHash(codeHash) ? { codeHash } : {}) };
  }
  const given = isHash(codeHash) && codeHash !== contentHashOf({ content }) ? codeHash : undefined;
  if (isSameContent(content, olds["content"])) {
    // It was judged when it got into the state. Its file may have changed since.
    return { ...nothing, codeHash: typeof content === "string" ? given : (olds["codeHash"] as string | undefined) };
  }
  try {
    const text = code.text ?? (await readContent(content));
    const label = code.label ?? labelOf(content);
    if (text === "") {
      throw new CeligoError({ subject: label, reason: "it is empty" });
    }
    const hash = contentHash(text);
    const examination =
      judged === hash
        ? nothing
        : await examine(text, {
            label,
            syntaxCheck: isUnknown(syntaxCheck) ? "off" : ((syntaxCheck as SyntaxCheck | undefined) ?? "error"),
            noModule: noModule === true,
            isSecret: secrets.has("content"),
            values: code.values ?? [],
          });
    // Only the program knows the code that a text was made of. The code of an asset is the asset's own.
    const ofAsset = hash === contentHashOf({ content }) ? undefined : hash;
    return { ...examination, codeHash: typeof content === "string" ? given : ofAsset };
  } catch (error) {
    return { ...nothing, failures: [messageOf(error)] };
  }
}

function isSameContent(content: string | Asset, old: unknown): boolean {
  return typeof content === "string"
    ? content === old
    : content.hash !== undefined && isAsset(old) && old.hash === content.hash;
}

/**
 * Returns the hash of the content that inputs send, or that outputs have; none of an asset whose bytes nobody has hashed.
 */
export function contentHashOf({ contentHash: known, content, codeHash }: RawInputs): string | undefined {
  if (typeof known === "string") {
    return known;
  }
  if (typeof content === "string") {
    return contentHash(content);
  }
  return isHash(codeHash) ? codeHash : hashOfBytes(content);
}

/** Returns the hash of an asset's bytes; Pulumi hands assets to diff without text and path. */
function hashOfBytes(content: unknown): string | undefined {
  return isObject(content) && typeof content["hash"] === "string" ? `sha256:${content["hash"]}` : undefined;
}

/** Returns the hash of the code before substitution, of inputs or outputs. */
export function codeHashOf(values: RawInputs): string | undefined {
  return isHash(values["codeHash"]) ? values["codeHash"] : contentHashOf(values);
}

function checkOf({ isId: mustBeId, isRequired, empty, maxLength = Infinity }: Field): Check {
  if (mustBeId) {
    return (value) =>
      typeof value === "string" && isId(value) ? undefined : "must be a Celigo id: 24 hexadecimal digits";
  }
  if (typeof empty === "boolean") {
    return (value, shown) => (typeof value === "boolean" ? undefined : `must be true or false, not ${shown}`);
  }
  return (value, shown) => {
    if (typeof value !== "string") {
      return `must be a string, not ${shown}`;
    }
    const length = [...value].length;
    if (length > maxLength) {
      return `has ${length} characters, and Celigo allows at most ${maxLength}`;
    }
    if (isRequired && length === 0) {
      return "must not be empty";
    }
    // A server that trims names has no script of such a name.
    return isRequired && value !== value.trim() ? "must not begin or end with a blank" : undefined;
  };
}

function oneOf(...allowed: readonly string[]): Check {
  return (value, shown) =>
    allowed.some((one) => one === value) ? undefined : `must be ${allowed.join(" or ")}, not ${shown}`;
}

function describe(value: unknown): string {
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `the ${typeof value} ${value}`;
}

function explainUnknown(property: string): string {
  if (["id", "contentHash", "codeHash"].includes(property) || wireNameOf(property) !== undefined) {
    return "is an output: it cannot be set";
  }
  const near = nearest(property, inputNames);
  return `is not a property of a script${near ? `: did you mean ${near}?` : `; its properties are ${inputNames.join(", ")}`}`;
}
