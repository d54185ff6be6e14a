import { isObject } from "../json";
import type { RawInputs } from "./inputs";

/**
 * The hidden input and output: what only the program knows of a resource. Pulumi does not tell a dynamic provider which
 * resource it asks for. The program registers a {@link ProgramResource}; check keeps its name only.
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

/** Names a resource by its URN: the types of its parents, and the logical name, which may hold the URN's separator. */
export function resourceName(urn: string): string {
  const [, , types = "", ...name] = urn.split("::");
  return [types.split("$").slice(0, -1).join("$"), ...name].join("::");
}
