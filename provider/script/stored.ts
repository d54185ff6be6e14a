import type { ScriptRecord } from "../api/client";
import { contentHash, normalise } from "../content/content";
import { count, enumerate } from "../text";
import { type WritableName, wholeFieldsOf, writableFields } from "./fields";
import { codeHashOf, type RawInputs } from "./inputs";
import { holds, type ScriptOutputs, toOutputs, type WholeBody } from "./mapping";
import { resourceOutputOf } from "./resource";

/**
 * The hashes of the values that were sent and that Celigo stores differently, by output. With them in the state, these values
 * count as deployed. The values are not kept: Pulumi encrypts an output only when a secret input has the same name.
 */
export type Sent = Readonly<Partial<Record<WritableName | "contentHash", string>>>;

export type Warn = (message: string) => Promise<void>;

/** Returns the outputs of a script that was just written. Warns once of each value that Celigo stores differently. */
export async function outputsAfter(
  record: ScriptRecord,
  body: WholeBody,
  inputs: RawInputs,
  known: RawInputs,
  warn: Warn,
): Promise<ScriptOutputs> {
  const difference = sentOf(record, body);
  if (difference.sent && Object.keys(difference.sent).some((name) => !Object.hasOwn(known["sent"] ?? {}, name))) {
    await warn(explainStored(record, body, difference));
  }
  const outputs = toOutputs(record, inputs, body.content);
  return { ...outputs, codeHash: codeHashOf(inputs) ?? outputs.codeHash, ...resourceOutputOf(inputs), ...difference };
}

/** Returns what Celigo stores differently; nothing when it stores what was sent. */
function sentOf(record: ScriptRecord, body: WholeBody): { readonly sent?: Sent } {
  const stored = valuesOf({ ...record, content: record.content ?? body.content });
  const others = Object.entries(valuesOf({ ...body, _id: record._id })).filter(
    ([name, value]) => value !== stored[name],
  );
  return sent(others.map(([name, value]) => [name, name === "contentHash" ? String(value) : hashOf(value)]));
}

/** Returns what is still to count as deployed of what was sent: the fields that Celigo stores as it did before. */
export function stillSent(known: RawInputs, outputs: RawInputs): { readonly sent?: Sent } {
  const before = Object.entries((known["sent"] ?? {}) as Sent);
  return sent(before.filter(([name]) => outputs[name] === known[name]));
}

/** Returns what the state knows of a script to compare with a program: what was sent counts, not what Celigo made of it. */
export function asSent(known: RawInputs, news: RawInputs = {}): RawInputs {
  const { contentHash: hash = known["contentHash"], ...fields } = (known["sent"] ?? {}) as Sent;
  const values = Object.entries(fields).map(([name, one]) => [name, hashOf(news[name]) === one ? news[name] : one]);
  return { ...known, contentHash: hash, ...Object.fromEntries(values) };
}

/** Returns the hash of a field's value; inputs leave out one at its default. */
function hashOf(value: unknown): string {
  return contentHash(JSON.stringify(value || null));
}

/** Tells whether a record is what a server may make of a request: blanks, and newlines at the ends of content, can differ. */
export function canComeFrom(record: ScriptRecord, body: WholeBody): boolean {
  return holds(trimmed(record), trimmed(body));
}

function trimmed<Fields extends ScriptRecord | WholeBody>(fields: Fields): Fields {
  const texts = Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? plain(value) : value]);
  return { ...Object.fromEntries(texts), content: trimmedContent(fields.content ?? "") };
}

/** Tells whether two contents differ at most in the newlines at their ends, which a server may strip. */
export function isSameContent(one: string, other: string): boolean {
  return trimmedContent(one) === trimmedContent(other);
}

/** Tells whether a name in a list may be that of a script, of whose name a server may change the blanks and the encoding. */
export function isSameName(one: string | undefined, other: string): boolean {
  return one !== undefined && plain(one) === plain(other);
}

/** Says field by field what Celigo made of a request. Values may be secret, so the message counts characters. */
function explainStored(record: ScriptRecord, body: WholeBody, { sent = {} }: { readonly sent?: Sent }): string {
  const texts = [...writableFields.map(([name, { wire }]) => [name, wire] as const), ["content", "content"] as const];
  const changes = texts.flatMap(([name, wire]) => {
    if (!((name === "content" ? "contentHash" : name) in sent)) {
      return [];
    }
    const [before, after] = [body[wire as keyof WholeBody], record[wire]];
    return typeof before === "string" && typeof after === "string"
      ? `its ${name} with ${count([...normalise(after)].length, "character")} instead of ${[...before].length}`
      : `another ${name}`;
  });
  return (
    `script "${record.name}" (${record._id}): Celigo stores ${enumerate(changes)}. ` +
    "The state keeps what was sent, so this is no change."
  );
}

function sent(entries: readonly (readonly [string, string])[]): { readonly sent?: Sent } {
  return entries.length > 0 ? { sent: Object.fromEntries(entries) } : {};
}

function valuesOf(record: ScriptRecord): RawInputs {
  const fields: RawInputs = { ...wholeFieldsOf(record) };
  const writable = writableFields.map(([name]) => [name, fields[name]] as const);
  return { ...Object.fromEntries(writable), contentHash: contentHash(record.content ?? "") };
}

/** Returns a text without what a server may change in it: blanks, half characters, and how Unicode composes a character. */
export function plain(text: string): string {
  // UTF-8 has no half characters.
  return Buffer.from(text).toString().normalize("NFC").replace(/\s+/g, " ").trim();
}

function trimmedContent(content: string): string {
  const text = normalise(content);
  let end = text.length;
  while (text[end - 1] === "\n") {
    end--;
  }
  return text.slice(0, end);
}
