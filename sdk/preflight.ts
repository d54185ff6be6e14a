import * as pulumi from "@pulumi/pulumi";
import { type ContentHashes, hashesOf } from "../provider/content/judgement";
import { isObject } from "../provider/json";
import { isUnknown } from "../provider/pulumi-wire";
import { checkInputs } from "../provider/script/inputs";
import type { PreviewContext } from "../provider/script/preview";
import { isMocked } from "./runtime";

/** A resource as far as Pulumi's log and its errors need it: they show a message beside it. */
type Place = pulumi.Resource;

/** What a program declares of a resource. */
export interface Declaration {
  readonly type: string;
  readonly logicalName: string;
  /** The inputs as they will be registered. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly options: pulumi.CustomResourceOptions;
}

/** What a program knows of a script once it is found to be right. */
export interface Verified {
  /** In a preview what its provider needs to know. */
  readonly preview: PreviewContext | undefined;
  /** Why the provider is not to take the content, where it is asked: Pulumi does not ask it where `--target` is another. */
  readonly gate: string | undefined;
  /** The hashes of the content in the program, which need not be what is deployed; none of content that is not known yet. */
  readonly hashes: ContentHashes | undefined;
}

/** Inputs as they reach a provider, and what only the program knows of them. */
interface Resolved {
  readonly values: Readonly<Record<string, unknown>>;
  /** The same with those that are ignored. */
  readonly declared: Readonly<Record<string, unknown>>;
  readonly secrets: ReadonlySet<string>;
  readonly expectedFrom: string | undefined;
  /** Why the expected hash has no value, where that is known. */
  readonly isShut: string | undefined;
}

/** What the provider says of content that the promotion gate holds back; the program has said why. */
const heldBack = "expectedContentHash does not let its content pass: the warning beside it says why";

/**
 * Checks a script in the program, as the provider's check will: Pulumi's engine stops at the first resource that its
 * provider refuses, and does not say to which one a warning belongs. Here every script of a program is judged, and what
 * there is to say stands beside it. The promotion gate is the exception: whether it stops anything is for the provider to
 * say, which is asked of what is deployed only.
 *
 * @throws ResourceError, beside the script, when an input is wrong: the script is then not registered.
 */
export async function verify({ type, logicalName, inputs, options }: Declaration): Promise<Verified> {
  const { values, declared, secrets, expectedFrom, isShut } = await resolve(inputs, options);
  const urn = await known(pulumi.createUrn(logicalName, type, options.parent));
  const place = { urn: pulumi.output(urn) } as Place;
  const checked = await checkInputs({}, values, { secrets, expectedFrom });
  const gate = isShut ?? checked.gate;
  // By its name, too: with --diff, Pulumi shows messages without saying where they belong.
  const tell = (message: string) => `script "${logicalName}": ${message}`;
  for (const warning of [...(gate && !isMocked() ? [gate] : []), ...checked.warnings]) {
    void pulumi.log.warn(tell(warning), place);
  }
  const reasons = checked.failures
    .map(({ reason }) => reason)
    .filter((reason) => isMocked() || reason !== checked.gate);
  const [last, ...others] = [...refusedOptions(options), ...reasons].map(tell).reverse();
  for (const failure of others.reverse()) {
    void pulumi.log.error(failure, place);
  }
  if (last !== undefined) {
    throw refusal(last, place);
  }
  const isSecret = secrets.has("content") || secrets.has("substitutions");
  return {
    preview: pulumi.runtime.isDryRun() && !isMocked() ? { urn, isSecret } : undefined,
    gate: gate && !isMocked() ? heldBack : undefined,
    hashes: await hashesOf(declared),
  };
}

/** Brings inputs into the form in which the engine hands them to a provider, those that are ignored left out. */
async function resolve(inputs: Declaration["inputs"], options: pulumi.CustomResourceOptions): Promise<Resolved> {
  const { ignoreChanges = [], additionalSecretOutputs = [] } = options;
  const values: Record<string, unknown> = {};
  const declared: Record<string, unknown> = {};
  const secrets = new Set<string>(additionalSecretOutputs.map(String));
  let expectedFrom: string | undefined;
  let isShut: string | undefined;
  for (const [name, input] of Object.entries(inputs)) {
    const sources = new Set<pulumi.Resource>();
    const value: unknown = await pulumi.runtime.serializeProperty(name, input as pulumi.Input<unknown>, sources);
    const isIgnored = ignoreChanges.includes(name) || ignoreChanges.includes("*");
    declared[name] = inTheClear(value);
    values[name] = isIgnored ? pulumi.runtime.unknownValue : declared[name];
    if (await pulumi.isSecret(pulumi.output(input))) {
      secrets.add(name);
    }
    if (name === "expectedContentHash") {
      const stack = [...sources].find((source) => source instanceof pulumi.StackReference);
      expectedFrom = stack && `the outputs of stack ${await known(stack.name)}`;
      isShut = stack && !isIgnored && isMissing(value) ? await explainUnfinished(stack) : undefined;
      // A gate that is there, but without a value, must not be open.
      values[name] ??= isPromised(input) ? "" : undefined;
    }
  }
  return { values, declared, secrets, expectedFrom, isShut };
}

/** Takes secrets out of their wrapping, also within an object: the engine does that, too, for Pulumi's dynamic host. */
function inTheClear(value: unknown): unknown {
  const bare: unknown = pulumi.runtime.unwrapRpcSecret(value);
  return isObject(bare)
    ? Object.fromEntries(Object.entries(bare).map(([name, inner]) => [name, inTheClear(inner)]))
    : bare;
}

/** Says that a stack does not know all of its outputs: Pulumi keeps those of an `up` that went on after an error so. */
async function explainUnfinished(stack: pulumi.StackReference): Promise<string | undefined> {
  const outputs: unknown = await pulumi.runtime.serializeProperty("outputs", stack.outputs);
  // What a preview takes for unknown is undefined in an update.
  if (!isUnknown(outputs) && !isMissing(await known(stack.outputs))) {
    return undefined;
  }
  const name = await known(stack.name);
  return `expectedContentHash has no value: the last pulumi up of stack ${name} did not deploy all of it. Run it there again.`;
}

/** Tells whether a value was to come from elsewhere, as those of other stacks do. */
function isPromised(input: unknown): boolean {
  return pulumi.Output.isInstance(input) || (isObject(input) && typeof input["then"] === "function");
}

/** Tells whether there is no value, or one within it is missing. */
function isMissing(value: unknown): boolean {
  return value === undefined || isUnknown(value) || (isObject(value) && Object.values(value).some(isMissing));
}

/** Says which of Pulumi's options cannot work: it reads what it imports without the text that opens our provider. */
function refusedOptions({ import: id }: pulumi.CustomResourceOptions): string[] {
  const cure = 'Leave it out, and set onNameTaken to "adopt" to take over the script of that name.';
  return id === undefined ? [] : [`the import option does not work for dynamic resources. ${cure}`];
}

/** Returns the error that Pulumi's program runner shows beside a resource, without a stack. */
export function refusal(message: string, place: Place): Error {
  const error = new pulumi.ResourceError(message, place, true);
  error.stack = "";
  // Pulumi puts the name of the property that it was about to send in front, which need not be the one that is wrong.
  return Object.defineProperty(error, "message", { get: () => message, set: () => {} });
}

/** Returns the value of an output that previews know, too. */
function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}
