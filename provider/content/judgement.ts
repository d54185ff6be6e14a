import { CeligoError, messageOf } from "../errors";
import { isUnknown } from "../pulumi-wire";
import type { RawInputs, ScriptInputs } from "../script/inputs";
import { type Examination, examine, type SyntaxCheck } from "./check";
import { type Asset, contentHash, isAsset, readContent } from "./content";
import { explainKeys, type Substitutions, substitute } from "./substitutions";

/** How content is judged, beside what the inputs say. */
export interface JudgementContext {
  /** Whether messages must show nothing of the content. */
  readonly isSecret: boolean;
  /** Where `expectedContentHash` comes from. */
  readonly expectedFrom: string;
}

/** What there is to say of content, and what the state keeps of it. */
export interface Judgement extends Examination {
  /** The inputs that say what is sent, and of what template, where content alone does not. */
  readonly kept?: Pick<ScriptInputs, "contentHash" | "templateHash">;
  /** The hash of the content before substitution: the one that stages agree on. */
  readonly templateHash?: string | undefined;
  /** The one of the failures that says that the content is not the expected one. */
  readonly mismatch?: string | undefined;
}

/** The hashes of content, which differ where there are substitutions. */
export interface ContentHashes {
  /** That of the content before substitution. */
  readonly templateHash: string;
  /** That of what is sent. */
  readonly resultHash: string;
}

/** Judges content of the right type: whether it can be read, is the expected one, has its keys, and is good code. */
export async function judgeContent(olds: RawInputs, inputs: RawInputs, context: JudgementContext): Promise<Judgement> {
  const { content } = inputs;
  if (isUnknown(content) || !(typeof content === "string" || isAsset(content))) {
    return { failures: [], warnings: [] };
  }
  try {
    return isSettled(content, olds, inputs)
      ? await judgeAsBefore(content, olds, inputs, context)
      : await judgeAnew(content, inputs, context);
  } catch (error) {
    return { failures: [messageOf(error)], warnings: [] };
  }
}

/** Judges content that is the one in the state, where it was judged when it got there; its file may have changed since. */
async function judgeAsBefore(
  content: string | Asset,
  olds: RawInputs,
  { expectedContentHash, substitutions }: RawInputs,
  { expectedFrom }: JudgementContext,
): Promise<Judgement> {
  const hash = hashOfInputs(olds as unknown as ScriptInputs);
  const { templateHash: old } = olds as unknown as ScriptInputs;
  // A file that is ignored may have changed: its template was judged, too, and cannot be had again.
  const templateHash = substitutions === undefined ? hash : (old ?? (await hashesOf({ content }))?.templateHash);
  const mismatch = templateHash && explainMismatch(labelOf(content), templateHash, expectedContentHash, expectedFrom);
  const kept = keep(content, hash, substitutions && templateHash);
  return { failures: mismatch ? [mismatch] : [], warnings: [], kept, templateHash, mismatch };
}

async function judgeAnew(
  content: string | Asset,
  { expectedContentHash, substitutions, syntaxCheck, noModule }: RawInputs,
  { isSecret, expectedFrom }: JudgementContext,
): Promise<Judgement> {
  const label = labelOf(content);
  const template = await readContent(content);
  const templateHash = contentHash(template);
  const mismatch = explainMismatch(label, templateHash, expectedContentHash, expectedFrom);
  const values = isUnknown(substitutions) ? undefined : (substitutions as Substitutions | undefined);
  const keys = values ? explainKeys(template, values, label, isSecret) : [];
  const text = substitute(template, values);
  if (text === "") {
    throw new CeligoError({ subject: label, reason: "it is empty" });
  }
  const failures = [...(mismatch ? [mismatch] : []), ...keys];
  if (isUnknown(substitutions) || keys.length > 0) {
    return { failures, warnings: [], templateHash, mismatch };
  }
  const examination = await examine(text, {
    label,
    syntaxCheck: isUnknown(syntaxCheck) ? "off" : ((syntaxCheck as SyntaxCheck | undefined) ?? "error"),
    noModule: noModule === true,
    isSecret,
    source: values && { template, substitutions: values },
  });
  return {
    failures: [...failures, ...examination.failures],
    warnings: examination.warnings,
    kept: keep(content, contentHash(text), substitutions && templateHash),
    templateHash,
    mismatch,
  };
}

/** Tells whether content and values are those of the state. */
function isSettled(content: string | Asset, olds: RawInputs, inputs: RawInputs): boolean {
  const { content: old } = olds;
  const isSame =
    typeof content === "string"
      ? content === old
      : content.hash !== undefined && isAsset(old) && old.hash === content.hash;
  return isSame && JSON.stringify(olds["substitutions"]) === JSON.stringify(inputs["substitutions"]);
}

/** Keeps the hash of what is sent, and that of the template, where the content alone does not tell them. */
function keep(
  content: string | Asset,
  hash: string | undefined,
  templateHash: unknown,
): Pick<ScriptInputs, "contentHash" | "templateHash"> {
  const told = hashOfContent(content);
  return {
    ...(hash === undefined || hash === told ? {} : { contentHash: hash }),
    ...(typeof templateHash !== "string" || templateHash === told ? {} : { templateHash }),
  };
}

function explainMismatch(label: string, actual: string, expected: unknown, expectedFrom: string): string | undefined {
  if (expected === undefined || isUnknown(expected) || expected === actual) {
    return undefined;
  }
  return (
    `content is not the one that may be deployed: ${label === "content" ? "its text" : label} has the hash ${actual}, and ` +
    `expectedContentHash, from ${expectedFrom}, is ${expected}. ` +
    "Deploy this content where that hash comes from first, or check out the content that was deployed there."
  );
}

/** Returns the hash of what is sent, of inputs that check has seen; of those of an import that have no content, nothing. */
export function hashOfInputs({ contentHash, content }: Partial<ScriptInputs>): string | undefined {
  return contentHash ?? (content === undefined ? undefined : hashOfContent(content));
}

/** Returns the hashes of content that may be wrong in any way; nothing where they cannot be had. */
export async function hashesOf({ content, substitutions }: RawInputs): Promise<ContentHashes | undefined> {
  if (isUnknown(content) || isUnknown(substitutions) || !(typeof content === "string" || isAsset(content))) {
    return undefined;
  }
  const template = await readContent(content).catch(() => undefined);
  return template === undefined
    ? undefined
    : {
        templateHash: contentHash(template),
        resultHash: contentHash(substitute(template, substitutions as Substitutions | undefined)),
      };
}

function hashOfContent(content: string | Asset): string | undefined {
  return typeof content === "string" ? contentHash(content) : content.hash && `sha256:${content.hash}`;
}

/** Names content in a message: a file by its path. */
export function labelOf(content: string | Asset): string {
  return (typeof content !== "string" && content.path) || "content";
}

/** Returns what is sent: the content with the values in the place of their keys. */
export async function textToSend({ content, substitutions }: ScriptInputs): Promise<string> {
  return substitute(await readContent(content), substitutions);
}
