import { createHash } from "node:crypto";
import type { Behaviour } from "./behaviour";
import type { AuditEntry, StoredScript, WritableFields } from "./records";

const writableFields = [
  "name",
  "description",
  "postResponseHookToProcessOnChildRecord",
  "content",
  "_templateId",
  "__noModule",
] as const satisfies readonly (keyof WritableFields)[];

/** The fields that a client can set, with the API's defaults. All others are ignored. */
export function writable(
  body: { readonly [Field in keyof WritableFields]: WritableFields[Field] | undefined },
): WritableFields {
  const set = writableFields.filter((field) => body[field] !== undefined).map((field) => [field, body[field]]);
  return { postResponseHookToProcessOnChildRecord: false, ...(Object.fromEntries(set) as WritableFields) };
}

/** A record without its writable fields. */
export function stripped(record: StoredScript): StoredScript {
  const others = Object.entries(record).filter(([field]) => !(writableFields as readonly string[]).includes(field));
  return Object.fromEntries(others) as StoredScript;
}

/** Returns the old and new values of the fields that differ. */
export function difference(before: WritableFields, after: WritableFields): NonNullable<AuditEntry["changes"]> {
  const changed = writableFields.filter((field) => before[field] !== after[field]);
  const values = (from: WritableFields): Partial<WritableFields> =>
    Object.fromEntries(changed.filter((field) => from[field] !== undefined).map((field) => [field, from[field]]));
  return { before: values(before), after: values(after) };
}

/** Returns the fields as the server stores them. They may differ from what a client sent. */
export function asStored(fields: WritableFields, { trimsText, composesText, newlines }: Behaviour): WritableFields {
  const { name, description, content } = fields;
  const stored = (text: string) => {
    const trimmed = trimsText ? text.trim() : text;
    return composesText ? trimmed.normalize("NFC") : trimmed;
  };
  return {
    ...fields,
    ...(name !== undefined && { name: stored(name) }),
    ...(description !== undefined && { description: stored(description) }),
    ...(newlines === "crlf" && content !== undefined && { content: content.replaceAll(/\r?\n/g, "\r\n") }),
    ...(newlines === "stripped" && content !== undefined && { content: content.replace(/\r?\n$/, "") }),
  };
}

/** Returns the hash of the fields that it covers. */
export function hashOf(fields: WritableFields, covers: Behaviour["hashCovers"]): string {
  const { content, ...settings } = fields;
  const covered = { content: { content }, settings, nothing: {}, all: fields, absent: fields }[covers];
  return createHash("md5")
    .update(JSON.stringify(Object.entries(covered).sort()))
    .digest("hex");
}
