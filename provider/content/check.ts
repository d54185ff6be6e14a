import { maskToken } from "../text";
import { frameOf } from "./code-frame";
import { findingsOf } from "./lint";
import { originOf, type Substitutions } from "./substitutions";
import { parseScript, placesIn } from "./syntax";

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
  /** What it was made of for this environment; places are then those of the template. */
  readonly source?: { readonly template: string; readonly substitutions: Substitutions } | undefined;
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
  const { label, syntaxCheck, noModule, isSecret, source } = options;
  const parsed = syntaxCheck === "off" ? {} : await parseScript(text);
  const written = source?.template ?? text;
  const placeIn = placesIn(written);
  const locate = (offset: number) => placeIn(source ? originOf(written, source.substitutions, offset) : offset);
  const values = Object.values(source?.substitutions ?? {});
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
    (isSecret ? "" : `: ${message}\n${frameOf(maskToken(written), line, column)}`);
  return syntaxCheck === "warn" ? { failures: [], warnings: [fault, ...warnings] } : { failures: [fault], warnings };
}
