import type { ScriptRecord } from "../api/client";
import { contentHash, normalise } from "../content/content";
import { type Management, managementOf, policies } from "../policies";
import { sameFields, setFieldsOf, toWire, type WholeFields, type WireFields, wholeFieldsOf } from "./fields";
import type { RawInputs, ScriptInputs } from "./inputs";

/** The outputs of a script, as the state holds them. Content is not among them: the inputs hold it already. */
export interface ScriptOutputs extends WholeFields, Management {
  /** `sha256:` and the hash, in hex, of the normalised content. */
  readonly contentHash: string;
  /** What was sent, where Celigo stores something else. */
  readonly sent?: Readonly<Record<string, unknown>>;
  /** Whether the content holds substituted values, which may be secret; reading is not told the inputs. */
  readonly hasSubstitutions?: true;
}

/** Stands for content that was edited in Celigo and may hold secret values, which no state may hold in the clear. */
const hiddenContent = "// Edited in Celigo. Not kept here, because it holds values of substitutions.\n";
/** Stands for such content where only other fields were edited. */
const hiddenAsDeployed =
  "// As it was deployed: only settings were edited in Celigo. Not kept here, because it holds values of substitutions.\n";

/** The body of a request with every writable field, since a PUT erases what it lacks. */
export type WholeBody = WireFields & { readonly content: string };

/** What the server adds to a record, or keeps beside the desired state; none of it is sent back. */
const serverFields = new Set(["createdAt", "lastModified", "deletedAt", "debugUntil"]);

/** Maps inputs to a request. */
export function toRequest(inputs: ScriptInputs, content: string): WholeBody {
  return { ...toWire(inputs), content };
}

/**
 * Maps a record to outputs.
 *
 * @param management The inputs or outputs that say how the script is managed, which the server does not know.
 * @param sent The content to assume where the server does not return it.
 */
export function toOutputs(record: ScriptRecord, management: Management | RawInputs, sent = ""): ScriptOutputs {
  return {
    ...wholeFieldsOf(record),
    ...managementOf(management),
    ...(isSubstituted(management) ? { hasSubstitutions: true } : {}),
    contentHash: contentHash(record.content ?? sent),
  };
}

/** Maps a record to the inputs that a program would declare for it. */
export function toInputs(record: ScriptRecord, management: Management | RawInputs): ScriptInputs {
  return {
    name: "",
    ...setFieldsOf(record),
    content: isSubstituted(management) ? hidden(record, management) : normalise(record.content ?? ""),
    ...managementOf(management),
  };
}

function hidden({ content = "" }: ScriptRecord, known: Management | RawInputs): string {
  return (known as RawInputs)["contentHash"] === contentHash(content) ? hiddenAsDeployed : hiddenContent;
}

/** Returns the outputs of a script that is managed otherwise, of which the server knows nothing. */
export function managedAs({ hasSubstitutions: _, ...outputs }: ScriptOutputs, inputs: ScriptInputs): ScriptOutputs {
  const others = Object.entries(outputs).filter(([name]) => !Object.hasOwn(policies, name));
  return {
    ...(Object.fromEntries(others) as unknown as ScriptOutputs),
    ...managementOf(inputs),
    ...(isSubstituted(inputs as unknown as RawInputs) ? { hasSubstitutions: true } : {}),
  };
}

/** Tells whether inputs have substitutions, or outputs come from such inputs. */
export function isSubstituted(values: Management | RawInputs): boolean {
  return "substitutions" in values || "hasSubstitutions" in values;
}

/** Tells whether a record is the one that the state describes: by the server's hash, or by content and fields. */
export function isAsKnown(record: ScriptRecord, known: RawInputs): boolean {
  const actual = toOutputs(record, {});
  const isSameHash = actual.hash !== undefined && actual.hash === known["hash"];
  return isSameHash || (actual.contentHash === known["contentHash"] && sameFields({ ...actual }, known));
}

/** Tells whether a record already is what a request would make it. */
export function holds(record: ScriptRecord, body: WholeBody): boolean {
  return isAsKnown({ ...record, __hash: "" }, { ...toOutputs({ ...body, _id: record._id }, {}) });
}

/** Returns the fields of a record that this package does not know of, so that a PUT does not erase them. */
export function unknownFields(record: ScriptRecord): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).filter(([field]) => !field.startsWith("_") && !serverFields.has(field)),
  );
}
