import type { ScriptRecord } from "../api/client";
import { contentHash, normalise } from "../content/content";
import { type Management, managementOf, policies } from "../policies";
import { sameFields, setFieldsOf, toWire, type WholeFields, type WireFields, wholeFieldsOf } from "./fields";
import { codeHashOf, contentHashOf, type RawInputs, type ScriptInputs } from "./inputs";
import { assetOf, type HiddenResource, resourceInputOf, resourceKey, resourceOutputOf } from "./resource";

/** The outputs of a script, as the state holds them. Content is not among them: the inputs hold it already. */
export interface ScriptOutputs extends WholeFields, Management, HiddenResource {
  /** `sha256:` and the hash, in hex, of the normalised content. */
  readonly contentHash: string;
  /** What was sent and Celigo stores differently. */
  readonly sent?: Readonly<Record<string, unknown>>;
  /** The same for the code before substitution, while Celigo runs what was made of it. */
  readonly codeHash: string;
}

/** The body of a request with every writable field, since a PUT erases what it lacks. */
export type WholeBody = WireFields & { readonly content: string };

/** Fields that the server sets; none is sent back. */
const serverFields = new Set(["createdAt", "lastModified", "deletedAt", "debugUntil"]);

export function toRequest(inputs: ScriptInputs, content: string): WholeBody {
  return { ...toWire(inputs), content };
}

/**
 * Maps a record to outputs.
 *
 * @param known The inputs or outputs with what the server does not know: the code, how the script is managed, the resource.
 * @param sent The content to assume where the server does not return it.
 */
export function toOutputs(record: ScriptRecord, known: RawInputs, sent = ""): ScriptOutputs {
  const hash = contentHash(record.content ?? sent);
  return { ...wholeFieldsOf(record), contentHash: hash, codeHash: hash, ...ownValuesOf(known, hash) };
}

/** Maps a record to the inputs that a program would declare for it. The file of content that is as known stays. */
export function toInputs(record: ScriptRecord, known: RawInputs): ScriptInputs {
  const text = normalise(record.content ?? "");
  const hash = contentHash(text);
  const content = (contentHashOf(known) === hash && assetOf(known)) || text;
  const { codeHash = hash, [resourceKey]: _, ...management } = ownValuesOf(known, hash);
  return {
    name: "",
    ...setFieldsOf(record),
    content,
    ...management,
    ...resourceInputOf(known),
    ...(codeHash === contentHashOf({ content }) ? {} : { codeHash }),
  };
}

/** Returns the outputs with what the server does not know, taken from inputs. */
export function managedAs(outputs: ScriptOutputs, inputs: RawInputs): ScriptOutputs {
  const others = Object.entries(outputs).filter(([name]) => !Object.hasOwn(policies, name));
  return {
    ...(Object.fromEntries(others) as unknown as ScriptOutputs),
    ...ownValuesOf(inputs, outputs.contentHash),
    ...resourceOutputOf(inputs),
  };
}

/** Tells whether two sets of inputs or outputs agree in what the server does not know, except in the resource's name. */
export function sameManagement(some: RawInputs, others: RawInputs): boolean {
  const isSame = JSON.stringify(managementOf(some)) === JSON.stringify(managementOf(others));
  return isSame && codeHashOf(some) === codeHashOf(others);
}

/** Picks what the server does not know; the code and the file only where the content is the one that was made of them. */
function ownValuesOf(
  known: RawInputs,
  hash: string,
): Management & HiddenResource & Partial<Pick<ScriptOutputs, "codeHash">> {
  const isMadeOfIt = contentHashOf(known) === hash;
  const codeHash = isMadeOfIt ? codeHashOf(known) : undefined;
  return {
    ...managementOf(known),
    ...(codeHash === undefined ? {} : { codeHash }),
    ...(isMadeOfIt ? resourceOutputOf(known) : resourceInputOf(known)),
  };
}

/**
 * Tells whether a record is the one that the state describes, in its content and every field. The server's hash is not
 * asked: Celigo does not publish what it covers.
 */
export function isAsKnown(record: ScriptRecord, known: RawInputs): boolean {
  const actual = toOutputs(record, {});
  return actual.contentHash === known["contentHash"] && sameFields({ ...actual }, known);
}

/** Tells whether a record already is what a request would make it. */
export function holds(record: ScriptRecord, body: WholeBody): boolean {
  return isAsKnown(record, { ...toOutputs({ ...body, _id: record._id }, {}) });
}

/** Returns the fields of a record that this package does not know of, so that a PUT does not erase them. */
export function unknownFields(record: ScriptRecord): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).filter(([field]) => !field.startsWith("_") && !serverFields.has(field)),
  );
}
