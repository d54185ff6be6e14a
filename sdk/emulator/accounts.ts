import type { components } from "../../provider/api/schema";
import { type Behaviour, completed } from "./behaviour";
import { dependencyEntry, idOf, logEntries, logEntry, newId } from "./generate";
import { LaggingView } from "./lag";
import type {
  AuditEntry,
  DependencyEntryInput,
  Dependents,
  LogEntry,
  LogEntryInput,
  ScriptState,
  StoredScript,
  WritableFields,
} from "./records";
import { notFound } from "./refusal";
import type { Store } from "./store";
import { asStored, difference, hashOf, stripped, writable } from "./writable";

/** An account of the emulator. */
export interface AccountOptions {
  /** The bearer token that opens the account. It is never written to disk. */
  readonly token: string;
  /** Name of the account, and of its folder. @default "default" for the first account, then "account-2" and so on */
  readonly name?: string;
  /** Id of the owner, 24 hexadecimal characters. @default made from the account's name */
  readonly userId?: string;
  /** Name of the owner, for the audit log. @default "Emulator User" */
  readonly userName?: string;
  /**
   * The tenant. The token fails when a request names the other tenant's host (`api.integrator.io`,
   * `api.eu.integrator.io`) in its `Host` header; any other host serves both.
   * @default "us"
   */
  readonly region?: "us" | "eu";
  /** What differs from the emulator's behaviour. @default nothing */
  readonly behaviour?: Partial<Behaviour>;
}

/** A person who changes scripts in Celigo's own user interface. */
export interface Actor {
  /** Id of the person, 24 hexadecimal characters. @default made from the name */
  readonly userId?: string;
  /** Name of the person. @default "Somebody Else" */
  readonly userName?: string;
}

/** A script to start with: its writable fields, and any read-only field that matters. */
export type SeedScript = WritableFields &
  Partial<Omit<StoredScript, keyof WritableFields>> & { readonly name: string; readonly content: string };

/** One account, as a test sees it and changes it without HTTP. */
export interface EmulatorAccount {
  /** The token that opens the account now. */
  readonly token: string;
  /** Name of the account. */
  readonly name: string;
  /** Lists the live scripts, oldest first, with code. */
  scripts(): readonly StoredScript[];
  /** Lists the scripts in the recycle bin, oldest first, with code. */
  recycled(): readonly StoredScript[];
  /** Adds a script as somebody else would. */
  seed(script: SeedScript): StoredScript;
  /** Changes the given fields of a script as somebody else would; a field that is given as undefined is erased. */
  edit(
    id: string,
    changes: { readonly [Field in keyof WritableFields]: WritableFields[Field] | undefined },
    by?: Actor,
  ): StoredScript;
  /** Moves a script to the recycle bin as somebody else would, even one that is in use. */
  remove(id: string, by?: Actor): void;
  /** Gives the account another token. The server refuses the old one from now on. */
  rotateToken(newToken: string): void;
  /** Declares which resources use a script, by plural type. Replaces earlier declarations. */
  setDependents(scriptId: string, dependents: Readonly<Record<string, readonly DependencyEntryInput[]>>): void;
  /** Adds entries to a script's logs. */
  addLogs(scriptId: string, entries: readonly LogEntryInput[]): void;
  /** Adds generated entries of all four levels to a script's log, and returns them, oldest first. The last one is from now. */
  generateLogs(scriptId: string, count: number): readonly LogEntry[];
  /** Changes how the server behaves for this account. Members that are not given stay. */
  behave(behaviour: Partial<Behaviour>): void;
}

/** What an account gets from its emulator. */
export interface Surroundings {
  readonly store: Store;
  readonly behaviour: Behaviour;
  now(): Date;
  /** Throws for a token that is malformed or in use. */
  claimToken(token: string): void;
}

type Change = Pick<AuditEntry, "userId" | "userName"> & { readonly source: "api" | "ui" };

export class Account implements EmulatorAccount {
  readonly name: string;
  readonly region: "us" | "eu";
  /** The author of changes through the API: the owner. */
  readonly owner: Change;
  readonly #surroundings: Surroundings;
  readonly #states: Map<string, ScriptState>;
  /** The records as lists show them. */
  readonly #listed: LaggingView<StoredScript>;
  /** The scripts that can be read. */
  readonly #readable: LaggingView<true>;
  /** The records as reads show them. */
  readonly #read: LaggingView<StoredScript>;
  #token: string;
  #behaviour: Behaviour;

  constructor(options: AccountOptions & { readonly name: string }, surroundings: Surroundings) {
    const { name, region = "us", userId = idOf(name), userName = "Emulator User", behaviour } = options;
    this.name = name;
    this.region = region;
    this.owner = { userId, userName, source: "api" };
    this.#token = options.token;
    this.#behaviour = completed(behaviour, surroundings.behaviour);
    this.#surroundings = surroundings;
    this.#states = new Map(surroundings.store.load().map((state) => [state.record._id, state]));
    this.#listed = new LaggingView([...this.#states].map(([id, { record }]) => [id, record]));
    this.#readable = new LaggingView([...this.#states.keys()].map((id) => [id, true]));
    this.#read = new LaggingView([...this.#states].map(([id, { record }]) => [id, record]));
  }

  get token(): string {
    return this.#token;
  }

  rotateToken(newToken: string): void {
    this.#surroundings.claimToken(newToken);
    this.#token = newToken;
  }

  get behaviour(): Behaviour {
    return this.#behaviour;
  }

  behave(behaviour: Partial<Behaviour>): void {
    this.#behaviour = completed(behaviour, this.#behaviour);
  }

  scripts(): readonly StoredScript[] {
    return this.#sorted((record) => !isRecycled(record)).map(({ record }) => structuredClone(record));
  }

  recycled(): readonly StoredScript[] {
    return this.#sorted((record) => isRecycled(record)).map(({ record }) => structuredClone(record));
  }

  seed(script: SeedScript): StoredScript {
    const id = script._id?.toLowerCase();
    if (id !== undefined && !/^[0-9a-f]{24}$/.test(id)) throw new Error(`${id} is no id: 24 hexadecimal characters.`);
    if (id !== undefined && this.#states.has(id)) throw new Error(`${this.#called} already has a script ${id}.`);
    const { record } = this.create(script, somebody({}), id === undefined ? script : { ...script, _id: id });
    this.#listed.show(record._id, record);
    this.#readable.show(record._id, true);
    return structuredClone(record);
  }

  edit(id: string, changes: Parameters<EmulatorAccount["edit"]>[1], by: Actor = {}): StoredScript {
    const state = this.#live(id);
    this.replace(state, { ...state.record, ...changes } as WritableFields, somebody(by));
    return structuredClone(state.record);
  }

  remove(id: string, by: Actor = {}): void {
    this.recycle(this.#live(id), somebody(by));
  }

  setDependents(scriptId: string, dependents: Readonly<Record<string, readonly DependencyEntryInput[]>>): void {
    const state = this.#live(scriptId);
    const entries = Object.entries(dependents)
      .filter(([, inputs]) => inputs.length > 0)
      .map(([type, inputs]) => [
        type,
        inputs.map((input, index) => dependencyEntry(type, index, state.record._id, input)),
      ]);
    const declared = Object.fromEntries(entries) as Dependents;
    this.#surroundings.store.saveScript({ record: state.record, dependents: declared });
    state.dependents = declared;
  }

  addLogs(scriptId: string, entries: readonly LogEntryInput[]): void {
    const now = this.#surroundings.now();
    this.#appendLogs(
      scriptId,
      entries.map((entry) => logEntry(entry, now)),
    );
  }

  generateLogs(scriptId: string, count: number): readonly LogEntry[] {
    return this.#appendLogs(scriptId, logEntries(count, this.#surroundings.now()));
  }

  /** The records that a list shows now, in the order of creation. */
  listed(): StoredScript[] {
    const { listLag, listLagRequests } = this.#behaviour;
    const records = this.#listed.see({ milliseconds: listLag, requests: listLagRequests }).values();
    return [...records].filter((record) => !isRecycled(record)).sort(byId);
  }

  /** Returns the record with this id as a read shows it. Throws a 404 where a client can't read it yet. */
  readable(id: string): StoredScript {
    const { record } = this.visible(id);
    const { readLag, readLagRequests, changeLag } = this.#behaviour;
    const key = record._id;
    if (!this.#readable.see({ milliseconds: readLag, requests: readLagRequests }, key).has(key)) {
      throw notFound(`There is no script ${id}.`);
    }
    return this.#read.see({ milliseconds: changeLag, requests: 0 }, key).get(key) ?? record;
  }

  /** Returns the audit log of the script with this id. Throws a 404 where there is none to see. */
  audit(id: string): readonly AuditEntry[] {
    const state = this.#behaviour.keepsAudit ? this.#states.get(id.toLowerCase()) : undefined;
    return (state ?? this.visible(id)).audit;
  }

  /** Returns the script with this id. Throws a 404 where there is none to see. */
  visible(id: string): ScriptState {
    const state = this.#states.get(id.toLowerCase());
    if (state !== undefined && (this.#behaviour.showsRecycled || !isRecycled(state.record))) return state;
    throw notFound(`There is no script ${id}.`);
  }

  /** Returns the script with this id. Throws a 404 where there is none to change. */
  changeable(id: string): ScriptState {
    const state = this.visible(id);
    if (isRecycled(state.record)) throw notFound(`The script ${id} is in the recycle bin.`);
    return state;
  }

  /** Returns the dependents of the script with this id; none when it does not exist. */
  dependents(id: string): Dependents {
    return this.#states.get(id.toLowerCase())?.dependents ?? {};
  }

  /** A script as responses show it. */
  shown({ debugUntil: _, __hash, ...record }: StoredScript): components["schemas"]["Response"] {
    return this.#behaviour.hashCovers === "absent" ? record : { ...record, __hash };
  }

  create(fields: WritableFields, by: Change, given: Partial<StoredScript> = {}): ScriptState {
    const now = this.#surroundings.now();
    const createdAt = given.createdAt ?? now.toISOString();
    const set = asStored(writable(fields), this.#behaviour);
    const { _sourceId, _integrationId, _connectorId, deletedAt } = given;
    const record: StoredScript = {
      _id: given._id ?? newId(now),
      createdAt,
      lastModified: given.lastModified ?? createdAt,
      ...set,
      _userId: given._userId ?? this.owner.userId,
      ...(_sourceId !== undefined && { _sourceId }),
      ...(_integrationId !== undefined && { _integrationId }),
      ...(_connectorId !== undefined && { _connectorId }),
      ...(deletedAt !== undefined && { deletedAt }),
      __hash: given.__hash ?? hashOf(set, this.#behaviour.hashCovers),
      ...(given.debugUntil !== undefined && { debugUntil: given.debugUntil }),
    };
    const state: ScriptState = { record, dependents: {}, audit: [], logs: [] };
    this.#commit(state, record, { action: "created", by });
    this.#states.set(record._id, state);
    this.#readable.write(record._id, true);
    this.#read.show(record._id, record);
    return state;
  }

  replace(state: ScriptState, fields: WritableFields, by: Change): void {
    const before = writable(state.record);
    const after = asStored(writable(fields), this.#behaviour);
    const record: StoredScript = {
      ...stripped(state.record),
      ...after,
      lastModified: this.#nextModification(state),
      __hash: hashOf(after, this.#behaviour.hashCovers),
    };
    this.#commit(state, record, { action: "updated", by, changes: difference(before, after) });
  }

  recycle(state: ScriptState, by: Change): void {
    const at = this.#nextModification(state);
    this.#commit(state, { ...state.record, lastModified: at, deletedAt: at }, { action: "deleted", by });
  }

  debug(state: ScriptState, until: Date): void {
    const debugUntil = until.toISOString();
    const record = { ...state.record, debugUntil, lastModified: this.#nextModification(state) };
    this.#surroundings.store.saveScript({ record, dependents: state.dependents });
    state.record = record;
    this.#listed.write(record._id, record);
    this.#read.write(record._id, record);
  }

  clearLogs(state: ScriptState): void {
    this.#surroundings.store.clearLogs(state.record._id);
    state.logs = [];
  }

  /** Stores a change and its author, and then shows it. */
  #commit(
    state: ScriptState,
    record: StoredScript,
    { action, by, changes }: Pick<AuditEntry, "action" | "changes"> & { readonly by: Change },
  ): void {
    const entry: AuditEntry = {
      _id: newId(this.#surroundings.now()),
      timestamp: record.lastModified,
      action,
      userId: by.userId,
      userName: by.userName,
      ...(changes !== undefined && { changes }),
      metadata: { resourceType: "script", resourceId: record._id, resourceName: record.name, source: by.source },
    };
    this.#surroundings.store.saveScript({ record, dependents: state.dependents }, entry);
    state.audit.push(entry);
    state.record = record;
    this.#listed.write(record._id, record);
    this.#read.write(record._id, record);
  }

  #appendLogs(scriptId: string, entries: readonly LogEntry[]): readonly LogEntry[] {
    const state = this.#live(scriptId);
    this.#surroundings.store.appendLogs(state.record._id, entries);
    state.logs.push(...entries);
    return entries;
  }

  #nextModification({ record }: ScriptState): string {
    const earliest = Date.parse(record.lastModified) + 1;
    return new Date(Math.max(this.#surroundings.now().getTime(), earliest)).toISOString();
  }

  #sorted(wanted: (record: StoredScript) => boolean): ScriptState[] {
    return [...this.#states.values()].filter(({ record }) => wanted(record)).sort((a, b) => byId(a.record, b.record));
  }

  #live(id: string): ScriptState {
    const state = this.#states.get(id.toLowerCase());
    if (state === undefined || isRecycled(state.record)) throw new Error(`${this.#called} has no live script ${id}.`);
    return state;
  }

  get #called(): string {
    return `The emulator's account "${this.name}"`;
  }
}

function isRecycled({ deletedAt }: StoredScript): boolean {
  return deletedAt !== undefined && deletedAt !== null;
}

function byId(a: StoredScript, b: StoredScript): number {
  return a._id < b._id ? -1 : 1;
}

function somebody({ userName = "Somebody Else", userId = idOf(userName) }: Actor): Change {
  return { userId, userName, source: "ui" };
}
