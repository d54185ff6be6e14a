import { isHash, labelOf } from "../content/content";
import type { RawInputs } from "./inputs";
import { resourceOf } from "./resource";

/** The code of a script and what the promotion gate expects. */
export interface Passage {
  /** How messages name the code: a file by its path. */
  readonly label: string;
  /** The hash of the code before substitution; none when the code cannot be read. */
  readonly codeHash: string | undefined;
  /** The input `expectedCodeHash`; empty when it was to come from elsewhere and has no value. */
  readonly expected: unknown;
  /** The stack that the expected hash is read from; none when the program states it. */
  readonly stack?: string | undefined;
  /** Whether the last `up` of that stack deployed only a part of it. */
  readonly isUnfinished?: boolean | undefined;
}

/** Says why the gate blocks a script; nothing when the script may pass. */
export function blockedBy({ label, codeHash, expected, stack, isUnfinished }: Passage): string | undefined {
  if (isUnfinished) {
    return `blocked: expectedCodeHash has no value, because the last pulumi up of stack ${stack} did not deploy all of it. Run it there again.`;
  }
  if (expected === "") {
    return stack === undefined
      ? "blocked: expectedCodeHash has no value. Deploy this script to the stage before first."
      : `blocked: expectedCodeHash has no value in the outputs of stack ${stack}. Deploy this script there first.`;
  }
  // What is not known yet, or is no hash at all, is for the check of the inputs to say.
  if (codeHash === undefined || !isHash(expected) || codeHash === expected) {
    return undefined;
  }
  return stack === undefined
    ? `blocked: the code hash of ${label} is ${codeHash}, and expectedCodeHash is ${expected}. Check out the version with that hash.`
    : `blocked: the code hash of ${label} is ${codeHash}, and stack ${stack} runs ${expected}. Deploy it there first, or check out the version that ${stack} runs.`;
}

/**
 * Says why the provider's check refuses a script at the gate. Pulumi asks the provider only for what it deploys, so that
 * `--target` takes one script past others that are blocked. What the program found comes with the resource.
 */
export function refusedAtGate(news: RawInputs, expected: unknown, codeHash: string | undefined): string | undefined {
  return resourceOf(news)?.blocked ?? blockedBy({ label: labelOf(news["content"]), codeHash, expected });
}
