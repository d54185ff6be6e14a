import * as pulumi from "@pulumi/pulumi";
import { contentHash, labelOf, readContent } from "../provider/content/content";
import { messageOf } from "../provider/errors";
import { isObject } from "../provider/json";
import { isAsset, isUnknown } from "../provider/pulumi-wire";
import { blockedBy, type Passage } from "../provider/script/gate";
import { checkInputs, type RawInputs } from "../provider/script/inputs";
import { type ProgramResource, resourceName } from "../provider/script/resource";
import { holdPort } from "./hold";
import { doubled, type Place, refuse } from "./refusal";
import { isMocked } from "./runtime";
import { putIn } from "./substitutions";

/** What a program declares of a resource. */
export interface Declaration {
  readonly type: string;
  readonly logicalName: string;
  /** The inputs as they will be registered. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly options: pulumi.CustomResourceOptions;
  readonly remark: string | undefined;
}

/** A warning about the file that arguments of a script were made of, shown with those about its code. */
export const remarks = new WeakMap<object, string>();

/** What a program registers of a script that passed the checks. */
export interface Verified {
  /** What only the program knows of the resource; none under mocks. */
  readonly resource: ProgramResource | undefined;
  /** The hash of the code before substitution; none of content that is not known yet. */
  readonly codeHash: string | undefined;
  /** The text with the values of the substitutions put in; none without substitutions. */
  readonly text: string | undefined;
  /** Whether the content is ignored and cannot be read: Pulumi's engine must not try to. */
  readonly isUnreadable: boolean;
}

/** Inputs as they reach a provider, and what only the program knows of them. */
interface Resolved {
  readonly values: Readonly<Record<string, unknown>>;
  readonly ignored: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
  readonly expectation: Pick<Passage, "stack" | "isUnfinished">;
}

/**
 * Checks a script in the program, as the provider's check does. Pulumi's engine stops at the first resource that its
 * provider refuses, and does not say to which resource a warning belongs. This check covers every script of the program, and
 * shows each message beside its script. The promotion gate only warns here: the provider decides, for what is deployed.
 *
 * @throws ResourceError, beside the script, when an input is wrong. The script is then not registered.
 */
export async function verify({ type, logicalName, inputs, options, remark }: Declaration): Promise<Verified> {
  const { values, ignored, secrets, expectation } = await resolve(inputs, options);
  const urn = `${await urnPrefix(type, options.parent)}${logicalName}`;
  // An output is made for a message only.
  const place = {
    get urn() {
      return pulumi.output(urn);
    },
  } as Place;
  const { substitutions, ...others } = values;
  const isSecret = secrets.has("content");
  const { content, code, codeHash, problems } = await putIn(values["content"], substitutions, isSecret);
  const isIgnored = ignored.has("content");
  const declared = hide({ ...others, content }, ignored);
  const checked = await checkInputs({}, declared, { secrets, code: isIgnored ? {} : code });
  const gate = blockedBy({
    label: labelOf(values["content"]),
    codeHash: isIgnored ? undefined : codeHash,
    expected: declared["expectedCodeHash"],
    ...expectation,
  });
  // By its name, too: with --diff, Pulumi shows messages without saying where they belong.
  const tell = (message: string) => `script "${logicalName}": ${message}`;
  const reasons = checked.failures.map(({ reason }) => reason);
  const failures = [
    ...doubled(urn, logicalName),
    ...refusedOptions(options),
    ...(gate && isMocked() ? [gate] : []),
    ...(isIgnored ? [] : problems),
    ...reasons,
  ];
  const warnings = [...checked.warnings, ...(remark === undefined ? [] : [remark])].map(tell);
  // The provider shows the others: it knows whether the state has this code already.
  const isOurs = failures.length > 0 || isMocked();
  for (const warning of [...(gate && !isMocked() ? [tell(gate)] : []), ...(isOurs ? warnings : [])]) {
    void pulumi.log.warn(warning, place);
  }
  if (failures.length > 0) {
    throw refuse(failures.map(tell), place);
  }
  const file = substitutions !== undefined && isAsset(values["content"]) ? code.label : undefined;
  const unreadable = isIgnored ? await whyUnreadable(values["content"]) : undefined;
  const isJudged = !isIgnored && code.text !== undefined && declared["syntaxCheck"] !== "off";
  const isHidden = isSecret || options.hideDiffs?.includes("content") === true;
  const holdsAt = pulumi.runtime.isDryRun() && !isMocked() ? await holdPort() : undefined;
  const preview = {
    isSecret: isHidden,
    ...(file === undefined ? {} : { file }),
    ...(holdsAt === undefined ? {} : { holdsAt }),
  };
  const resource = {
    name: resourceName(urn),
    urn,
    ...(gate ? { blocked: gate } : {}),
    ...(secrets.has("name") ? { hasSecretName: true } : {}),
    ...(unreadable === undefined ? {} : { unreadable }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(isJudged ? { judged: contentHash(code.text ?? "") } : {}),
    ...(pulumi.runtime.isDryRun() ? { preview } : {}),
  };
  return {
    resource: isMocked() ? undefined : resource,
    codeHash,
    text: substitutions === undefined ? undefined : code.text,
    isUnreadable: unreadable !== undefined,
  };
}

/** Says why content cannot be read; nothing when it can. */
async function whyUnreadable(content: unknown): Promise<string | undefined> {
  return isAsset(content) ? readContent(content).then(() => undefined, messageOf) : undefined;
}

/** Brings inputs into the form in which the engine hands them to a provider. */
async function resolve(inputs: Declaration["inputs"], options: pulumi.CustomResourceOptions): Promise<Resolved> {
  const { ignoreChanges = [], additionalSecretOutputs = [] } = options;
  const values: Record<string, unknown> = {};
  const secrets = new Set<string>(additionalSecretOutputs.map(String));
  const ignored = new Set(Object.keys(inputs).filter((name) => ["*", name].some((one) => ignoreChanges.includes(one))));
  let expectation: Resolved["expectation"] = {};
  for (const [name, input] of Object.entries(inputs)) {
    if (isPrimitive(input)) {
      values[name] = input;
      continue;
    }
    const sources = new Set<pulumi.Resource>();
    const value: unknown = await pulumi.runtime.serializeProperty(name, input as pulumi.Input<unknown>, sources);
    values[name] = inTheClear(value);
    if (!isPlain(input) && (await pulumi.isSecret(pulumi.output(input)))) {
      // A secret value is part of the code that is sent.
      secrets.add(name === "substitutions" ? "content" : name);
    }
    if (name === "expectedCodeHash") {
      const reference = [...sources].find((source) => source instanceof pulumi.StackReference);
      expectation = reference
        ? {
            stack: await known(reference.name),
            isUnfinished: !ignored.has(name) && isMissing(value) && (await isUnfinished(reference)),
          }
        : {};
      // A gate that is there, but without a value, must not be open.
      values[name] ??= isPromised(input) ? "" : undefined;
    }
  }
  return { values, ignored, secrets, expectation };
}

/** Makes ignored inputs unknown. The state has their values, which are not checked again. */
function hide(values: RawInputs, names: ReadonlySet<string>): RawInputs {
  const entries = Object.entries(values);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, names.has(name) ? pulumi.runtime.unknownValue : value]),
  );
}

/** Unwraps secrets, also within an object. Pulumi's engine does the same for its dynamic host. */
function inTheClear(value: unknown): unknown {
  const bare: unknown = pulumi.runtime.unwrapRpcSecret(value);
  return isObject(bare)
    ? Object.fromEntries(Object.entries(bare).map(([name, inner]) => [name, inTheClear(inner)]))
    : bare;
}

/** Tells whether a stack has no value for some outputs. Pulumi stores them so after an `up` that went on after an error. */
async function isUnfinished(stack: pulumi.StackReference): Promise<boolean> {
  const outputs: unknown = await pulumi.runtime.serializeProperty("outputs", stack.outputs);
  // What a preview takes for unknown is undefined in an update.
  return isUnknown(outputs) || isMissing(await known(stack.outputs));
}

/** Tells whether a value was to come from elsewhere, as those of other stacks do. */
function isPromised(input: unknown): boolean {
  return pulumi.Output.isInstance(input) || (isObject(input) && typeof input["then"] === "function");
}

/** Tells whether an input is a plain value, which needs no output of Pulumi to be read. */
export function isPlain<Value>(input: pulumi.Input<Value>): input is Value {
  return isPrimitive(input) || pulumi.asset.Asset.isInstance(input);
}

function isPrimitive(input: unknown): boolean {
  return typeof input !== "object" && typeof input !== "function";
}

/** The beginnings of URNs, by parent. */
const prefixes = new WeakMap<pulumi.Resource, Promise<string>>();

/** Returns what stands before the logical name in the URN of a script. Pulumi makes outputs to find out: once per parent. */
async function urnPrefix(type: string, parent: pulumi.Resource | undefined): Promise<string> {
  if (parent === undefined) {
    return `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${type}::`;
  }
  const prefix = prefixes.get(parent) ?? known(pulumi.createUrn("", type, parent));
  prefixes.set(parent, prefix);
  return prefix;
}

/** Tells whether there is no value, or one within it is missing. */
function isMissing(value: unknown): boolean {
  return value === undefined || isUnknown(value) || (isObject(value) && Object.values(value).some(isMissing));
}

/** Says which of Pulumi's options cannot work: it reads what it imports without the text that opens our provider. */
function refusedOptions({ import: id }: pulumi.CustomResourceOptions): string[] {
  const fix = 'Remove it, and set onNameTaken to "adopt" to adopt the script of that name.';
  return id === undefined ? [] : [`the import option does not work for dynamic resources. ${fix}`];
}

/** Returns the value of an output that previews know, too. */
function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}
