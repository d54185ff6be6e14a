import * as pulumi from "@pulumi/pulumi";
import { checkInputs } from "../provider/inputs";
import { isObject } from "../provider/json";
import type { PreviewContext } from "../provider/preview";
import { isMocked } from "./lookup";

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
  /** The hash of the content before substitution; none for content that is ignored or not known yet. */
  readonly templateHash: string | undefined;
}

/** Inputs as they reach a provider, and what only the program knows of them. */
interface Resolved {
  readonly values: Readonly<Record<string, unknown>>;
  readonly secrets: ReadonlySet<string>;
  readonly expectedFrom: string | undefined;
}

/**
 * Checks a script in the program, as the provider's check will: Pulumi's engine stops at the first resource that its
 * provider refuses, and does not say to which one a warning belongs. Here every script of a program is judged, and what
 * there is to say stands beside it.
 *
 * @throws ResourceError, beside the script, when an input is wrong: the script is then not registered.
 */
export async function verify({ type, logicalName, inputs, options }: Declaration): Promise<Verified> {
  const { values, secrets, expectedFrom } = await resolve(inputs, options);
  const urn = await known(pulumi.createUrn(logicalName, type, options.parent));
  const place = { urn: pulumi.output(urn) } as Place;
  const { failures, warnings, templateHash } = await checkInputs({}, values, { secrets, expectedFrom });
  // By its name, too: with --diff, Pulumi shows messages without saying where they belong.
  const tell = (message: string) => `script "${logicalName}": ${message}`;
  for (const warning of warnings) {
    void pulumi.log.warn(tell(warning), place);
  }
  const [last, ...others] = [...refusedOptions(options), ...failures.map(({ reason }) => reason)].map(tell).reverse();
  for (const failure of others.reverse()) {
    void pulumi.log.error(failure, place);
  }
  if (last !== undefined) {
    throw refusal(last, place);
  }
  const isSecret = secrets.has("content") || secrets.has("substitutions");
  return { templateHash, preview: pulumi.runtime.isDryRun() && !isMocked() ? { urn, isSecret } : undefined };
}

/** Brings inputs into the form in which the engine hands them to a provider, those that are ignored left out. */
async function resolve(inputs: Declaration["inputs"], options: pulumi.CustomResourceOptions): Promise<Resolved> {
  const { ignoreChanges = [], additionalSecretOutputs = [] } = options;
  const values: Record<string, unknown> = {};
  const secrets = new Set<string>(additionalSecretOutputs.map(String));
  let expectedFrom: string | undefined;
  for (const [name, input] of Object.entries(inputs)) {
    const sources = new Set<pulumi.Resource>();
    const value: unknown = await pulumi.runtime.serializeProperty(name, input as pulumi.Input<unknown>, sources);
    const isIgnored = ignoreChanges.includes(name) || ignoreChanges.includes("*");
    values[name] = isIgnored ? pulumi.runtime.unknownValue : inTheClear(value);
    if (await pulumi.isSecret(pulumi.output(input))) {
      secrets.add(name);
    }
    if (name === "expectedContentHash") {
      expectedFrom = await originOf(sources);
      // A gate that is there, but without a value, must not be open.
      values[name] ??= pulumi.Output.isInstance(input) ? "" : undefined;
    }
  }
  return { values, secrets, expectedFrom };
}

/** Takes secrets out of their wrapping, also within an object: the engine does that, too, for Pulumi's dynamic host. */
function inTheClear(value: unknown): unknown {
  const bare: unknown = pulumi.runtime.unwrapRpcSecret(value);
  return isObject(bare)
    ? Object.fromEntries(Object.entries(bare).map(([name, inner]) => [name, inTheClear(inner)]))
    : bare;
}

/** Names the stack that a value was read from. */
async function originOf(sources: ReadonlySet<pulumi.Resource>): Promise<string | undefined> {
  for (const source of sources) {
    if (source instanceof pulumi.StackReference) {
      return `the outputs of stack ${await known(source.name)}`;
    }
  }
  return undefined;
}

/** Says which of Pulumi's options cannot work: it reads what it imports without the text that opens our provider. */
function refusedOptions({ import: id }: pulumi.CustomResourceOptions): string[] {
  const cure = 'Leave it out, and set onNameTaken to "adopt" to take over the script of that name.';
  return id === undefined ? [] : [`the import option does not work for dynamic resources. ${cure}`];
}

/** Returns the error that Pulumi's program runner shows beside a resource, without a stack. */
function refusal(message: string, place: Place): Error {
  const error = new pulumi.ResourceError(message, place, true);
  error.stack = "";
  // Pulumi puts the name of the property that it was about to send in front, which need not be the one that is wrong.
  return Object.defineProperty(error, "message", { get: () => message, set: () => {} });
}

/** Returns the value of an output that previews know, too. */
function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply((value) => resolve(value as T)));
}
