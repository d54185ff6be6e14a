import * as pulumi from "@pulumi/pulumi";
import { isMocked } from "./runtime";

/** What Pulumi's log and errors need of a resource to show a message beside it. */
export type Place = pulumi.Resource;

/** What the checks of one program share. */
interface Checked {
  firstRefusal?: Error;
  /** The scripts that it has declared. */
  readonly urns: Set<string>;
}

const programs = new WeakMap<pulumi.Resource, Checked>();

/** Returns what the checks of the program share. Under mocks, each check stands alone. */
function programOf(): Checked {
  const stack = isMocked() ? undefined : pulumi.runtime.getStackResource();
  const program = (stack && programs.get(stack)) ?? { urns: new Set() };
  if (stack) {
    programs.set(stack, program);
  }
  return program;
}

/** Says that another script of the program has the logical name: Pulumi would speak of a URN that is not unique. */
export function doubled(urn: string, logicalName: string): string[] {
  const { urns } = programOf();
  const isDoubled = urns.has(urn);
  urns.add(urn);
  return isDoubled
    ? [`the program declares two scripts with the logical name "${logicalName}". Give each its own first argument.`]
    : [];
}

/**
 * Shows the failures of a resource beside it, and returns what to throw. Once a program has ended, Pulumi shows what is thrown
 * at the stack, but nothing that it has shown before. So all scripts throw the refusal of the first one.
 */
export function refuse(failures: readonly string[], place: Place): Error {
  const program = programOf();
  const shown = program.firstRefusal ? failures : failures.slice(0, -1);
  for (const failure of shown) {
    void pulumi.log.error(failure, place);
  }
  program.firstRefusal ??= refusal(failures.at(-1) ?? "", place);
  return program.firstRefusal;
}

/** Returns the error that Pulumi's program runner shows beside a resource, without a stack. */
function refusal(message: string, place: Place): Error {
  const error = new pulumi.ResourceError(message, place, true);
  error.stack = "";
  // Pulumi puts the name of the property that it was about to send in front, which need not be the one that is wrong.
  return Object.defineProperty(error, "message", { get: () => message, set: () => {} });
}
