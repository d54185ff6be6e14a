import { maskToken } from "../text";
import { frameOf } from "./code-frame";
import { findingsOf } from "./lint";
import { parseScript, placesIn } from "./syntax";

/** The values of {@link SyntaxCheck}. */
export const syntaxCheckValues = ["error", "warn", "off"] as const;
/** What to do when content is not valid JavaScript. */
export type SyntaxCheck = (typeof syntaxCheckValues)[number];

/** How to examine content. */
export interface ExaminationOptions {
  /** What messages put before line and column, such as a file's path. */
  readonly label: string;
  /** What to do when it is not valid JavaScript; `off` examines no code at all. */
  readonly syntaxCheck: SyntaxCheck;
  /** Whether Celigo loads it as a plain script. */
  readonly noModule: boolean;
  /** Whether messages must not quote it. */
  readonly isSecret: boolean;
  /** Values that the program has put in: those of this environment, such as ids. */
  readonly values: readonly string[];
}

/** The failures and warnings about content, before it is sent. */
export interface Examination {
  /** What must be fixed first. */
  readonly failures: readonly string[];
  /** What will not work in Celigo, or not in every account; one line each. */
  readonly warnings: readonly string[];
}

/** Examines normalised content: whether it parses, and which of its code does not work in Celigo. */
export async function examine(text: string, options: ExaminationOptions): Promise<Examination> {
  const { label, syntaxCheck, noModule, isSecret, values } = options;
  const parsed = syntaxCheck === "off" ? {} : await parseScript(text);
  const locate = placesIn(text);
  const findings = await findingsOf(text, parsed, { noModule, values, locate });
  const warnings = findings.map(
    ({ line, column, message, discreet }) => `${label}:${line}:${column}: ${isSecret ? discreet : message}`,
  );
  if (!parsed.fault) {
    return { failures: [], warnings };
  }
  const { offset, message } = parsed.fault;
  const { line, column } = locate(offset);
  const fault =
    `${label}:${line}:${column}: this is not valid JavaScript` +
    (isSecret ? "" : `: ${message}\n${frameOf(maskToken(text), line, column)}`);
  return syntaxCheck === "warn" ? { failures: [], warnings: [fault, ...warnings] } : { failures: [fault], warnings };
}
