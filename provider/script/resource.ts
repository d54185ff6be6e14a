import { isObject } from "../json";
import { type Asset, fileAsset, isAsset } from "../pulumi-wire";
import { jsonOf, oneLine } from "../text";
import type { RawInputs } from "./inputs";

/**
 * The hidden input and output: what only the program knows of a resource. A dynamic provider does not learn from Pulumi which
 * resource a call is about. The program registers a {@link ProgramResource}; check keeps its name, or a {@link KeptResource}.
 */
export const resourceKey = "__resource";

export interface ProgramResource {
  /** Its name in the stack: the types of its parents, and the logical name. */
  readonly name: string;
  /** Where messages of it stand. */
  readonly urn: string;
  /** Why the promotion gate blocks it; none when it may pass. */
  readonly blocked?: string;
  /** Whether no message may show the script's name. */
  readonly hasSecretName?: boolean;
  /** Why its content, which the program ignores, cannot be read. The state has another. */
  readonly unreadable?: string;
  /** What there is to say of its code, when it is created or its content changes; none where there is nothing. */
  readonly warnings?: readonly string[];
  /** The hash of the text whose code the program has judged: the provider need not judge it again. */
  readonly judged?: string;
  /** What a preview needs; none in an update. */
  readonly preview?: PreviewContext | undefined;
}

/** What the state keeps of a resource, where there is more than its name. Pulumi's read gets outputs and no inputs. */
interface KeptResource {
  readonly name?: string;
  readonly hasSecretName?: boolean;
  /** The path of the content's file; in outputs only. */
  readonly path?: string;
  /** SHA-256 of the file's bytes, in hex, where the text that was sent has another. */
  readonly hash?: string;
}

/** What a preview needs to show the lines of content. */
export interface PreviewContext {
  /** Whether no message may show the content: it is secret, or the program hides its differences. */
  readonly isSecret: boolean;
  /** The file that a text was made of by substitution; its lines are shown as those of a file are. */
  readonly file?: string;
  /** The port at which a connection keeps the program, and with it the preview, running. */
  readonly holdsAt?: number;
}

/** Returns what the program registered of a resource; nothing in inputs that are in the state already. */
export function resourceOf(inputs: RawInputs): ProgramResource | undefined {
  const { [resourceKey]: resource } = inputs;
  return isObject(resource) && typeof resource["name"] === "string"
    ? (resource as unknown as ProgramResource)
    : undefined;
}

/** Returns the name of the resource that inputs or outputs belong to; none in a state of another origin. */
export function resourceNameOf(values: RawInputs): string | undefined {
  const { [resourceKey]: resource } = values;
  return typeof resource === "string" ? resource : resourceOf(values)?.name;
}

export interface HiddenResource {
  readonly [resourceKey]?: string | KeptResource;
}

export function resourceInputOf(values: RawInputs): HiddenResource {
  const name = resourceNameOf(values);
  return name !== undefined && hasSecretName(values)
    ? { [resourceKey]: { name, hasSecretName: true } }
    : { ...(name === undefined ? {} : { [resourceKey]: name }) };
}

/** Returns what outputs keep of the resource, for inputs or outputs. */
export function resourceOutputOf(values: RawInputs): HiddenResource {
  const { [resourceKey]: resource } = resourceInputOf(values);
  const file = fileOf(values);
  const known = typeof resource === "string" ? { name: resource } : resource;
  return file
    ? { [resourceKey]: { ...known, ...file } }
    : { ...(resource === undefined ? {} : { [resourceKey]: resource }) };
}

/** Returns a message without the name of a script, in inputs or outputs, that the program keeps secret. */
export function withoutSecretName(text: string, ...states: readonly RawInputs[]): string {
  const names = states.some(hasSecretName) ? states.map(({ name }) => String(name ?? "")) : [];
  const forms = names.flatMap((name) => [name, oneLine(name), jsonOf(name).slice(1, -1)]);
  return forms.filter(Boolean).reduce((rest, form) => rest.replaceAll(form, "[secret]"), text);
}

function hasSecretName({ [resourceKey]: resource }: RawInputs): boolean {
  return isObject(resource) && resource["hasSecretName"] === true;
}

/** Returns the asset of the file that outputs were made of; none of a text. */
export function assetOf(outputs: RawInputs): Asset | undefined {
  const file = fileOf(outputs);
  const { contentHash = outputs["contentHash"] } = (outputs["sent"] ?? {}) as RawInputs;
  return file && fileAsset(file.path, file.hash ?? String(contentHash).replace("sha256:", ""));
}

function fileOf(values: RawInputs): (Pick<KeptResource, "hash"> & { readonly path: string }) | undefined {
  const { content, codeHash, [resourceKey]: resource } = values;
  if (isAsset(content) && content.path !== undefined) {
    const { path, hash } = content;
    // Check leaves a hash of the code only where it is not that of the bytes.
    return { path, ...(codeHash === undefined || hash === undefined ? {} : { hash }) };
  }
  if (!isObject(resource) || typeof resource["path"] !== "string") {
    return undefined;
  }
  const { path, hash } = resource;
  return { path, ...(typeof hash === "string" ? { hash } : {}) };
}

/** Names a resource by its URN: the types of its parents, and the logical name, which may hold the URN's separator. */
export function resourceName(urn: string): string {
  const [, , types = "", ...name] = urn.split("::");
  return [types.split("$").slice(0, -1).join("$"), ...name].join("::");
}
