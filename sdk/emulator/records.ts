import type { components, operations } from "../../provider/api/schema";

type Schemas = components["schemas"];

/** Name of one of the API's ten operations. */
export type OperationId = keyof operations;

/** The fields of a script that a client may set. */
export type WritableFields = Schemas["Request"];

/** A script as the emulator keeps it: the full record, with code. */
export type StoredScript = Readonly<Schemas["Response"]> & {
  /** Time of creation by the emulator's clock. */
  readonly createdAt: string;
  /** Time of the latest change, later than that of the change before. */
  readonly lastModified: string;
  /** Id of the script's owner. */
  readonly _userId: string;
  /** Hash of the writable fields. */
  readonly __hash: string;
  /** Time until which the script logs. No response has it. */
  readonly debugUntil?: string;
};

/** Severity of a log entry. */
export type LogLevel = "error" | "warn" | "info" | "debug";

/** One entry of a script's execution log. */
export interface LogEntry {
  /** Time of the entry. */
  readonly timestamp: string;
  /** Severity of the entry. */
  readonly level: LogLevel;
  /** The logged text. */
  readonly message: string;
  /** The run that the entry belongs to. */
  readonly executionId: string;
  /** Other facts about the entry. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A log entry as a test declares it: the message, and any other member that matters. */
export type LogEntryInput = Partial<LogEntry> & Pick<LogEntry, "message">;

/** One entry of a script's audit log. */
export interface AuditEntry {
  /** Id of the entry. */
  readonly _id: string;
  /** Time of the action. */
  readonly timestamp: string;
  /** What was done. */
  readonly action: "created" | "updated" | "deleted";
  /** Id of the person. */
  readonly userId: string;
  /** Name of the person. */
  readonly userName: string;
  /** Old and new values of the fields that an update changed. */
  readonly changes?: { readonly before: Partial<WritableFields>; readonly after: Partial<WritableFields> };
  /** The resource, and whether the change came through the API or the user interface. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** One resource that uses a script. */
export type DependencyEntry = Schemas["DependencyEntry"];

/** A dependent as a test declares it: the name, and any other member that matters. */
export type DependencyEntryInput = Partial<DependencyEntry> & Pick<DependencyEntry, "name">;

/** Dependents by resource type. */
export type Dependents = Schemas["DependencyResponse"];

/** Everything that an account keeps about one script. */
export interface ScriptState {
  record: StoredScript;
  dependents: Dependents;
  /** Oldest first. */
  readonly audit: AuditEntry[];
  /** Oldest first. */
  logs: LogEntry[];
}
