import type { ScriptRecord } from "../api/client";

/** The fields of a script but its id and its content, by the names that Pulumi can carry. Absent: not sent by the server. */
export interface ScriptFields {
  /** The name that Celigo shows. */
  readonly name?: string;
  /** What the script does. */
  readonly description?: string;
  /** Whether a post-response hook also processes child records. */
  readonly postResponseHookToProcessOnChildRecord?: boolean;
  /** The id of the template that the script was made from. */
  readonly templateId?: string;
  /** Whether Celigo loads the code as a plain script and not as a module. */
  readonly noModule?: boolean;
  /** The server's own hash of content and settings; how it is made is not published. */
  readonly hash?: string;
  /** When the script was created, in ISO 8601. */
  readonly createdAt?: string;
  /** When the script was last changed, in ISO 8601. */
  readonly lastModified?: string;
  /** When the script was moved to the recycle bin, in ISO 8601; absent for a live one. */
  readonly deletedAt?: string;
  /** The id of the user who owns the script. */
  readonly userId?: string;
  /** The id of the script that this one is a copy of. */
  readonly sourceId?: string;
  /** The id of the installed integration that the script belongs to. */
  readonly integrationId?: string;
  /** The id of the integration app that defines the script. */
  readonly connectorId?: string;
}

/** Our names by those on the wire: Pulumi hides keys that begin with two underscores, and takes `id` for its own. */
export const wireNames = {
  name: "name",
  description: "description",
  postResponseHookToProcessOnChildRecord: "postResponseHookToProcessOnChildRecord",
  templateId: "_templateId",
  noModule: "__noModule",
  hash: "__hash",
  createdAt: "createdAt",
  lastModified: "lastModified",
  deletedAt: "deletedAt",
  userId: "_userId",
  sourceId: "_sourceId",
  integrationId: "_integrationId",
  connectorId: "_connectorId",
} as const satisfies Readonly<Record<keyof ScriptFields, keyof ScriptRecord>>;

/** Renames the fields of a record and leaves out those without a value. */
export function fieldsOf(record: ScriptRecord): ScriptFields {
  const named = Object.entries(wireNames).map(([ours, wire]) => [ours, record[wire] ?? undefined] as const);
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}
