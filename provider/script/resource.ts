import { type Asset, fileAsset, isAsset } from "../content/content";
import { isObject } from "../json";
import type { RawInputs } from "./inputs";

/**
 * The hidden input and output: what only the program knows of a resource. Pulumi does not tell a dynamic provider which
 * resource it asks for. The program registers a {@link ProgramResource}; check keeps its name only. Outputs have a
 * {@link FileResource} where the content is a file.
 */
export const resourceKey = "__resource";

/** What a program registers of a resource. */
export interface ProgramResource {
  /** Its name in the stack: the types of its parents, and the logical name. */
  readonly name: string;
  /** Whether the promotion gate blocks it; the program has shown why. */
  readonly isBlocked?: boolean;
  /** Where and how a preview shows messages of it; none in an update. */
  readonly preview?: PreviewContext | undefined;
}

/** What outputs keep of a resource and its file: Pulumi's read gets no inputs. */
export interface FileResource {
  readonly name?: string;
  /** The file's path. */
  readonly path: string;
  /** SHA-256 of its bytes, in hex, where the text that was sent has another. */
  readonly hash?: string;
}

/** What a preview needs to show messages beside a resource. */
export interface PreviewContext {
  readonly urn: string;
  /** Whether no message may show the content. */
  readonly isSecret: boolean;
  /** The file that a text was made of by substitution; its lines are shown as those of a file are. */
  readonly file?: string;
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

/** What a resource's outputs have of {@link resourceKey}. */
export interface ResourceOutput {
  readonly [resourceKey]?: string | FileResource;
}

/** Returns the hidden output for inputs or outputs; with the file only where the content is the one that was made of it. */
export function resourceOutputOf(values: RawInputs, isOfFile = true): ResourceOutput {
  const name = resourceNameOf(values);
  const resource = (isOfFile ? fileOf(values) : undefined) ?? name;
  return resource === undefined ? {} : { [resourceKey]: resource };
}

/** Returns the asset of the file that outputs were made of; none of a text. */
export function assetOf(outputs: RawInputs): Asset | undefined {
  const file = fileOf(outputs);
  const { contentHash = outputs["contentHash"] } = (outputs["sent"] ?? {}) as RawInputs;
  return file && fileAsset(file.path, file.hash ?? String(contentHash).replace("sha256:", ""));
}

function fileOf(values: RawInputs): FileResource | undefined {
  const { content, codeHash, [resourceKey]: resource } = values;
  if (!isAsset(content) || content.path === undefined) {
    return isObject(resource) && typeof resource["path"] === "string"
      ? (resource as unknown as FileResource)
      : undefined;
  }
  const name = resourceNameOf(values);
  return {
    ...(name === undefined ? {} : { name }),
    path: content.path,
    // Check leaves a hash of the code only where it is not that of the bytes.
    ...(codeHash === undefined || content.hash === undefined ? {} : { hash: content.hash }),
  };
}

/** Names a resource by its URN: the types of its parents, and the logical name, which may hold the URN's separator. */
export function resourceName(urn: string): string {
  const [, , types = "", ...name] = urn.split("::");
  return [types.split("$").slice(0, -1).join("$"), ...name].join("::");
}
