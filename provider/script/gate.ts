import { isHash } from "../content/content";

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

/**
 * Says why the gate blocks a script; nothing when the script may pass. The program warns of it, for all scripts at once. The
 * provider's check refuses it: Pulumi asks for what it deploys only, so that `--target` takes one script past others.
 */
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
