import type { CheckFailure } from "@pulumi/pulumi/dynamic";
import { isId } from "../api/client";
import { syntaxCheckValues } from "../content/check";
import { type Asset, isAsset, isPath, normalise } from "../content/content";
import { judgeContent } from "../content/judgement";
import { checkSubstitutions, type Substitutions } from "../content/substitutions";
import { type Management, policies } from "../policies";
import { isUnknown } from "../pulumi-wire";
import { nearest } from "../text";
import { type Field, type WritableFields, wireNameOf, writableFields } from "./fields";

/**
 * The inputs of a script as check leaves them in the state: a property at its default is left out, so that the
 * program's inputs and those read from the server compare equal, key by key.
 */
export interface ScriptInputs extends WritableFields, Management {
  /** The name that Celigo shows. */
  readonly name: string;
  /** The code: normalised text, or an asset. */
  readonly content: string | Asset;
  /** The values of the `{{keys}}` in the content. */
  readonly substitutions?: Substitutions;
  /**
   * The hash of what is sent where that is neither the text of the content nor the bytes of its asset. Pulumi gives diff
   * neither text nor path of an asset, so that check, which has them, leaves the hash here.
   */
  readonly contentHash?: string;
  /**
   * The hash of content with substitutions, as text, where that is not the one of the bytes of its asset: stacks are
   * compared by it.
   */
  readonly templateHash?: string;
}

/** The input that carries why the program finds that its content may not be deployed; check takes it out. */
export const gateInput = "__gate";

/** What check leaves in the state beside what programs say. */
const keptHashes = ["contentHash", "templateHash"] as const;

/** Inputs before check, or with values that preview does not know yet. */
export type RawInputs = Readonly<Record<string, unknown>>;

type Check = (value: unknown, shown: string) => string | undefined;

/** What check is told and does not keep: it says how to judge the inputs, and changes nothing in Celigo. */
const judgements = {
  expectedContentHash: (value: unknown, origin: string) => {
    if (value === "") {
      return `has no value: there is none in ${origin}. Deploy this script there first.`;
    }
    return typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value)
      ? undefined
      : "must be a contentHash: sha256: and 64 hexadecimal digits";
  },
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
  substitutions: checkSubstitutions,
  ...Object.fromEntries(Object.entries(policies).map(([name, values]) => [name, oneOf(...values)])),
  ...judgements,
};

/** The names of a script's inputs. */
export const inputNames: readonly string[] = Object.keys(checks);

/** What only the program knows of its inputs. */
export interface InputsContext {
  /** Inputs whose value no message may show; by default the content. */
  readonly secrets?: ReadonlySet<string>;
  /** Where `expectedContentHash` comes from. */
  readonly expectedFrom?: string | undefined;
}

/** Inputs as check leaves them, and what it has to say. */
export interface CheckedInputs {
  readonly inputs: RawInputs;
  /** What is wrong; nothing is sent until it is mended. */
  readonly failures: readonly CheckFailure[];
  /** What will not work as it looks, a line each. */
  readonly warnings: readonly string[];
  /** The hash of the content before substitution, where the content was read. */
  readonly templateHash: string | undefined;
  /** The one of the failures that says that the content is not the one that may be deployed. */
  readonly gate: string | undefined;
}

/**
 * Validates the inputs of a script and brings them into the form that is kept in the state.
 * Makes no request, and reports everything that is wrong at once.
 */
export async function checkInputs(
  olds: RawInputs,
  news: RawInputs,
  { secrets = new Set(["content", "substitutions"]), expectedFrom = "the program" }: InputsContext = {},
): Promise<CheckedInputs> {
  const inputs: Record<string, unknown> = {};
  const reasons: string[] = [];
  let gate: string | undefined;
  for (const [property, value] of Object.entries(news)) {
    // An import hands check the hashes that an earlier check has left in the state.
    if (property.startsWith("__") || isKeptHash(property) || value === undefined || value === null) {
      continue;
    }
    const check = Object.hasOwn(checks, property) ? checks[property] : undefined;
    if (!check) {
      reasons.push(`${property} ${explainUnknown(property)}`);
    } else if (isUnknown(value)) {
      inputs[property] = value;
    } else {
      const shown = secrets.has(property) ? "the secret value" : describe(value);
      const reason = check(value, property === "expectedContentHash" ? expectedFrom : shown);
      if (reason) {
        reasons.push(`${property} ${reason}`);
        gate ??= property === "expectedContentHash" && value === "" ? reasons.at(-1) : undefined;
      } else if (value !== "" && value !== false) {
        inputs[property] = typeof value === "string" && property === "content" ? normalise(value) : value;
      }
    }
  }
  for (const property of ["name", "content"] as const) {
    if (news[property] === undefined || news[property] === null) {
      reasons.push(`${property} is required`);
    }
  }
  const kept = Object.entries(inputs).filter(([property]) => !Object.hasOwn(judgements, property));
  const isSecret = secrets.has("content") || secrets.has("substitutions");
  const judged = await judgeContent(olds, inputs, { isSecret, expectedFrom });
  for (const property of keptHashes) {
    if (news[property] !== undefined && news[property] !== judged.kept?.[property]) {
      reasons.push(`${property} ${explainUnknown(property)}`);
    }
  }
  gate ??= judged.mismatch;
  const failures = [...reasons, ...judged.failures];
  return {
    inputs: { ...Object.fromEntries(kept), ...judged.kept },
    // Pulumi prints the value of the property that a failure names: it may be long or secret.
    failures: refusedBy(news[gateInput], failures, gate).map((reason) => ({ property: "", reason })),
    warnings: judged.warnings,
    templateHash: judged.templateHash,
    gate,
  };
}

/** Puts what the program has found of its gate in the place of what was found here: the program says it in full. */
function refusedBy(told: unknown, failures: readonly string[], gate: string | undefined): readonly string[] {
  return typeof told === "string" ? [told, ...failures.filter((failure) => failure !== gate)] : failures;
}

function isKeptHash(property: string): property is (typeof keptHashes)[number] {
  return keptHashes.some((one) => one === property);
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
  if (isKeptHash(property) || wireNameOf(property) !== undefined) {
    return "is set by Celigo and cannot be given";
  }
  const near = nearest(property, inputNames);
  return `is not a property of a script${near ? `: did you mean ${near}?` : `; its properties are ${inputNames.join(", ")}`}`;
}
