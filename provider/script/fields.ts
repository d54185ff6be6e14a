import type { ScriptRecord } from "../api/client";

/** What there is to know of a field. */
export interface Field {
  /** Its name in requests and responses. Pulumi hides keys that begin with two underscores, and takes `id` for its own. */
  readonly wire: keyof ScriptRecord;
  /** Whether a program sets it; only Celigo sets the others. */
  readonly isWritable?: true;
  /** The value that clears it. A field without one is cleared by leaving it out of a PUT. */
  readonly empty?: string | boolean;
  /** Whether every script has a value. */
  readonly isRequired?: true;
  /** How many characters Celigo allows. */
  readonly maxLength?: number;
  /** Whether its value is a Celigo id. Ids differ between accounts, so that comparing stages leaves them out. */
  readonly isId?: true;
}

/** The fields of a script but its id and its content: a new field is added here, and declared in `sdk/script.ts`. */
const table = {
  /** The name that Celigo shows. */
  name: { wire: "name", isWritable: true, isRequired: true, empty: "", maxLength: 100 },
  /** What the script does. */
  description: { wire: "description", isWritable: true, empty: "", maxLength: 1024 },
  /** Whether a post-response hook also processes child records. */
  postResponseHookToProcessOnChildRecord: {
    wire: "postResponseHookToProcessOnChildRecord",
    isWritable: true,
    empty: false,
  },
  /** The id of the template that the script was made from. */
  templateId: { wire: "_templateId", isWritable: true, isId: true },
  /** Whether Celigo loads the code as a plain script and not as a module. */
  noModule: { wire: "__noModule", isWritable: true, empty: false },
  /** The server's own hash of content and settings; how it is made is not published. */
  hash: { wire: "__hash" },
  /** When the script was created, in ISO 8601. */
  createdAt: { wire: "createdAt" },
  /** When the script was last changed, in ISO 8601. */
  lastModified: { wire: "lastModified" },
  /** When the script was moved to the recycle bin, in ISO 8601; absent for a live one. */
  deletedAt: { wire: "deletedAt" },
  /** The id of the user who owns the script. */
  userId: { wire: "_userId", isId: true },
  /** The id of the script that this one is a copy of. */
  sourceId: { wire: "_sourceId", isId: true },
  /** The id of the installed integration that the script belongs to. */
  integrationId: { wire: "_integrationId", isId: true },
  /** The id of the integration app that defines the script. */
  connectorId: { wire: "_connectorId", isId: true },
} as const satisfies Readonly<Record<string, Field>>;

type Table = typeof table;
export type FieldName = keyof Table;
/** The fields that a program sets. */
export type WritableName = { [Name in FieldName]: Table[Name] extends { isWritable: true } ? Name : never }[FieldName];
type DefiniteName = { [Name in FieldName]: Table[Name] extends { empty: unknown } ? Name : never }[FieldName];
type ValueOf<Name extends FieldName> = NonNullable<ScriptRecord[Table[Name]["wire"]]>;

/** The fields of a script but its id and its content, by the names that Pulumi can carry. Absent: not sent by the server. */
export type ScriptFields = { readonly [Name in keyof Table]?: ValueOf<Name> };
/** The fields that a program sets, each of them optional. */
export type WritableFields = Pick<ScriptFields, WritableName>;
/** The fields with the default of each that has one. */
export type WholeFields = ScriptFields & Required<Pick<ScriptFields, DefiniteName>>;
/** The writable fields by their wire names, as a PUT needs them: it erases what it lacks. */
export type WireFields = { readonly [Name in DefiniteName as Table[Name]["wire"]]: ValueOf<Name> } & {
  readonly [Name in Exclude<WritableName, DefiniteName> as Table[Name]["wire"]]?: ValueOf<Name>;
};

const entries = Object.entries(table) as readonly (readonly [FieldName, Field])[];

export const fieldNames: readonly FieldName[] = entries.map(([name]) => name);
export const wireNames: readonly string[] = entries.map(([, { wire }]) => wire);
/** The fields that a program sets. */
export const writableFields = entries.filter((entry): entry is [WritableName, Field] => entry[1].isWritable === true);

/** The writable fields that stages can have in common. */
export type ComparableName = WritableName & DefiniteName;
export const comparableNames = writableFields.flatMap(([name, { isId }]) => (isId ? [] : [name as ComparableName]));
/** The fields that always have a value, each at its default. */
export const emptyFields = wholeFieldsOf({ _id: "" });

/** Returns the wire name of a field; nothing for a word that is none. */
export function wireNameOf(name: string): keyof ScriptRecord | undefined {
  return Object.hasOwn(table, name) ? table[name as FieldName].wire : undefined;
}

/** Renames the fields of a record and leaves out those without a value. */
export function fieldsOf(record: ScriptRecord): ScriptFields {
  return compact(entries.map(([name, { wire }]) => [name, record[wire] ?? undefined]));
}

/** Renames the fields of a record and gives those without a value their default. */
export function wholeFieldsOf(record: ScriptRecord): WholeFields {
  return compact(entries.map(([name, { wire, empty }]) => [name, record[wire] ?? empty]));
}

/** Returns the writable fields of a record without those at their default, as check leaves them in the inputs. */
export function setFieldsOf(record: ScriptRecord): WritableFields {
  return compact(writableFields.map(([name, { wire }]) => [name, record[wire] || undefined]));
}

/** Names the writable fields as the API does, each with its value or its default. */
export function toWire(fields: WritableFields): WireFields {
  return compact(writableFields.map(([name, { wire, empty }]) => [wire, fields[name] || empty]));
}

/** Tells whether two sets of inputs or outputs agree in every writable field. */
export function sameFields(
  some: Readonly<Record<string, unknown>>,
  others: Readonly<Record<string, unknown>>,
): boolean {
  return writableFields.every(([name]) => (some[name] || undefined) === (others[name] || undefined));
}

function compact<Fields>(values: readonly (readonly [string, unknown])[]): Fields {
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as Fields;
}
