import { maskToken } from "../text";
import { frameOf } from "./code-frame";
import { contentHash } from "./content";
import type { Finding } from "./lint";
import { Recent } from "./recent";
import { parseScript, type SyntaxFault } from "./syntax";

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

/** What was found in content. */
interface Findings {
  readonly fault: SyntaxFault | undefined;
  readonly findings: readonly Finding[];
}

/** What was found in the last thousand contents, without their syntax trees, by content and options. */
const examined = new Recent<Promise<Findings>>(1000);

/** Examines normalised content: whether it parses, and which of its code does not work in Celigo. */
export async function examine(text: string, options: ExaminationOptions): Promise<Examination> {
  const { label, syntaxCheck, isSecret } = options;
  const key = JSON.stringify([contentHash(text), syntaxCheck === "off", options.noModule, options.values]);
  const { fault, findings } = await (examined.get(key) ?? examined.keep(key, findIn(text, options), 1));
  const warnings = findings.map(
    ({ rule, line, column, message, discreet }) =>
      `${label}:${line}:${column}: ${isSecret ? discreet : message} [${rule}]`,
  );
  if (!fault) {
    return { failures: [], warnings };
  }
  const { line, column, message } = fault;
  const failure =
    `${label}:${line}:${column}: this is not valid JavaScript` +
    (isSecret ? "" : `: ${message}\n${frameOf(maskToken(text), line, column)}`);
  return syntaxCheck === "warn"
    ? { failures: [], warnings: [failure, ...warnings] }
    : { failures: [failure], warnings };
}

async function findIn(text: string, { syntaxCheck, noModule, values }: ExaminationOptions): Promise<Findings> {
  const parsed = syntaxCheck === "off" ? {} : await parseScript(text);
  // Loaded only when there is content to examine.
  const { findingsOf } = await import("./lint.js");
  return { fault: parsed.fault, findings: await findingsOf(text, parsed, { noModule, values }) };
}
