import { findingsOf } from "./findings";
import { frameOf, parseScript } from "./syntax";

/** The values of {@link SyntaxCheck}. */
export const syntaxCheckValues = ["error", "warn", "off"] as const;
/** What happens when content is not valid JavaScript. */
export type SyntaxCheck = (typeof syntaxCheckValues)[number];

/** How content is examined. */
export interface ExaminationOptions {
  /** What stands before line and column: a file's path, where there is one. */
  readonly label: string;
  /** What happens when it is not valid JavaScript; `off` examines no code at all. */
  readonly syntaxCheck: SyntaxCheck;
  /** Whether Celigo loads it as a plain script. */
  readonly noModule: boolean;
  /** Whether messages must show nothing of it. */
  readonly isSecret: boolean;
  /** What was put into it for this environment. */
  readonly values: readonly string[];
}

/** What there is to say of content before Celigo sees it. */
export interface Examination {
  /** What must be mended. */
  readonly failures: readonly string[];
  /** What will not work, or not everywhere; a line each. */
  readonly warnings: readonly string[];
}

/** Examines normalised content: whether it parses, and what in it Celigo does not offer. */
export async function examine(text: string, options: ExaminationOptions): Promise<Examination> {
  const { label, syntaxCheck, noModule, isSecret, values } = options;
  const parsed = syntaxCheck === "off" ? {} : await parseScript(text);
  const findings = await findingsOf(text, parsed, noModule, values);
  const warnings = findings.map(
    ({ line, column, message, discreet }) => `${label}:${line}:${column}: ${isSecret ? discreet : message}`,
  );
  if (!parsed.fault) {
    return { failures: [], warnings };
  }
  const { line, column, message } = parsed.fault;
  const fault =
    `${label}:${line}:${column}: this is not valid JavaScript` +
    (isSecret ? "" : `: ${message}\n${frameOf(text, line, column)}`);
  return syntaxCheck === "warn" ? { failures: [], warnings: [fault, ...warnings] } : { failures: [fault], warnings };
}
