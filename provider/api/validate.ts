import { isObject, isTooDeep, parseJson } from "../json";
import { quote } from "../text";

/** The most characters that a text from the server may have, other than content and log messages. */
const maxCharacters = 10_000;

/** Says how a value differs from the API's schema; nothing when it matches. Unknown fields always match. */
export type Shape = (value: unknown, path: string) => string | undefined;

export class SchemaMismatch extends Error {
  override readonly name = "SchemaMismatch";

  constructor(difference: string) {
    super(`the response does not match the API's schema: ${difference}`);
  }
}

/**
 * Parses the body of a response.
 *
 * @throws SchemaMismatch when it has another form than the API describes.
 */
export function parseBody<T>(text: string, shape: Shape): T {
  const body = parseJson(text);
  const difference = differenceOf(text, body, shape);
  if (difference !== undefined) {
    throw new SchemaMismatch(difference);
  }
  return body as T;
}

function differenceOf(text: string, body: unknown, shape: Shape): string | undefined {
  if (body === undefined) {
    return text === "" ? "it has no body" : "it is not JSON";
  }
  return isTooDeep(body) ? "it is nested too deeply to be read" : shape(body, "");
}

/** Tells whether a text has the form of a Celigo id: 24 hexadecimal digits. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{24}$/i.test(text);
}

export const anything: Shape = () => undefined;

const text: Shape = (value, path) => {
  if (typeof value !== "string") {
    return differs(value, path, "text");
  }
  return value.length > maxCharacters ? `${path} has ${value.length} characters` : undefined;
};
const longText: Shape = (value, path) => (typeof value === "string" ? undefined : differs(value, path, "text"));
const flag: Shape = (value, path) => (typeof value === "boolean" ? undefined : differs(value, path, "true or false"));
const number: Shape = (value, path) => (typeof value === "number" ? undefined : differs(value, path, "a number"));
const object: Shape = (value, path) => (isObject(value) ? undefined : differs(value, path, "an object"));
const id: Shape = (value, path) =>
  text(value, path) ?? (isId(String(value)) ? undefined : `${path} is ${quote(String(value))}, which is no id`);

const page: Readonly<Record<string, Shape>> = {
  "pagination?": fields({ "total?": number, "hasMore?": flag }),
};

/** A script, with or without its content. */
export const script = fields({
  _id: id,
  "name?": text,
  "description?": text,
  "content?": longText,
  "postResponseHookToProcessOnChildRecord?": flag,
  "__noModule?": flag,
  "__hash?": text,
  "createdAt?": text,
  "lastModified?": text,
  "deletedAt?": text,
  "_templateId?": text,
  "_userId?": text,
  "_sourceId?": text,
  "_integrationId?": text,
  "_connectorId?": text,
});

const scriptList = listOf(script);

/** A page of a list of scripts, each with an id of its own. */
export const scripts: Shape = (value, path) => {
  const difference = scriptList(value, path);
  const ids = difference === undefined ? (value as { readonly _id: string }[]).map(({ _id }) => _id) : [];
  return difference ?? (new Set(ids).size < ids.length ? "two scripts have one id" : undefined);
};

export const executionLog = fields({
  ...page,
  "logs?": listOf(fields({ "timestamp?": text, "level?": text, "message?": longText, "executionId?": text })),
});

export const auditLog = fields({
  ...page,
  "audit?": listOf(
    fields({
      "_id?": text,
      "timestamp?": text,
      "action?": text,
      "userId?": text,
      "userName?": text,
      "changes?": fields({ "before?": object, "after?": object }),
    }),
  ),
});

const dependents = listOf(fields({ "id?": anything, "name?": text, "paths?": listOf(text) }));

/** What uses a script, by resource type. Each of it should have an id: see {@link withoutId}. */
export const dependencies: Shape = (value, path) =>
  object(value, path) ?? first(Object.entries(value as object), ([type, list]) => dependents(list, plain(type)));

/** Names each dependent without an id, such as `"Sync" (flows)`. */
export function withoutId(
  found: Readonly<Record<string, readonly { readonly id?: unknown; readonly name?: string }[]>>,
): string[] {
  return Object.entries(found).flatMap(([type, entries]) =>
    entries
      .filter(({ id }) => typeof id !== "string" || id === "")
      .map(({ name }) => `${name ? quote(name) : "(no name)"} (${plain(type)})`),
  );
}

/** Quotes a resource type, unless it is a word. */
function plain(type: string): string {
  return /^\w{1,40}$/.test(type) ? type : quote(type);
}

export function scriptOf(asked: string): Shape {
  return (value, path) => {
    const isOther = isObject(value) && String(value["_id"]).toLowerCase() !== asked.toLowerCase();
    return script(value, path) ?? (isOther ? `it is script ${value["_id"]} instead of ${asked}` : undefined);
  };
}

/** An object with fields; a name that ends in `?` is that of a field that may be missing, or null. */
function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(shapes).map(([key, shape]) => ({
    name: key.replace(/\?$/, ""),
    isOptional: key.endsWith("?"),
    shape,
  }));
  return (value, path) =>
    object(value, path) ??
    first(entries, ({ name, isOptional, shape }) => {
      const field = (value as Readonly<Record<string, unknown>>)[name];
      return isOptional && (field ?? undefined) === undefined
        ? undefined
        : shape(field, path ? `${path}.${name}` : name);
    });
}

function listOf(shape: Shape): Shape {
  return (value, path) =>
    Array.isArray(value)
      ? first([...value.entries()], ([index, item]) => shape(item, `${path}[${index}]`))
      : differs(value, path, "a list");
}

function first<Item>(items: readonly Item[], differenceOf: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const difference = differenceOf(item);
    if (difference !== undefined) {
      return difference;
    }
  }
  return undefined;
}

function differs(value: unknown, path: string, expected: string): string {
  return `${path || "it"} is ${value === undefined ? "missing" : `${kindOf(value)} instead of ${expected}`}`;
}

const kinds: Readonly<Record<string, string>> = { string: "text", number: "a number", object: "an object" };

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : (kinds[typeof value] ?? String(value));
}
