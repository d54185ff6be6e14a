import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import type { CeligoClient, ScriptBody, ScriptRecord } from "./client";
import { contentHash, normalise, readContent } from "./content";
import { CeligoError, isNotFound } from "./errors";
import { checkInputs, hashOfInputs, isUnknown, type RawInputs, type ScriptInputs } from "./inputs";
import { fieldsOf, type ScriptFields } from "./record";

/** The outputs of a script, as the state holds them. Content is not among them: the inputs hold it already. */
export interface ScriptOutputs extends ScriptFields {
  readonly name: string;
  readonly description: string;
  readonly postResponseHookToProcessOnChildRecord: boolean;
  readonly noModule: boolean;
  /** `sha256:` and the hash, in hex, of the normalised content. */
  readonly contentHash: string;
}

/** The writable fields that are compared; content is compared by its hash. */
const comparedFields = [
  "name",
  "description",
  "postResponseHookToProcessOnChildRecord",
  "templateId",
  "noModule",
] as const;

/** What the server adds to a record, or keeps beside the desired state; none of it is sent back. */
const serverFields = new Set(["createdAt", "lastModified", "deletedAt", "debugUntil"]);

/** The lifecycle of a script: what Pulumi asks of a resource provider, verb by verb. */
export class ScriptLifecycle {
  readonly #client: () => CeligoClient;

  /** @param client Returns the client, and throws when it cannot be configured; called only when a request is due. */
  constructor(client: () => CeligoClient) {
    this.#client = client;
  }

  /** Validates the inputs and normalises them; makes no request. */
  async check(olds: RawInputs, news: RawInputs): Promise<CheckResult<RawInputs>> {
    return checkInputs(olds, news);
  }

  /** Tells by hash and by field whether the script must be updated; makes no request, and never replaces. */
  async diff(_id: string, olds: RawInputs, news: RawInputs): Promise<DiffResult> {
    if (Object.values(news).some(isUnknown)) {
      return { changes: true };
    }
    const hash = hashOfInputs(news as unknown as ScriptInputs);
    return { changes: hash !== olds["contentHash"] || !sameFields(news, olds) };
  }

  /** Creates the script with one POST. */
  async create(news: RawInputs): Promise<CreateResult<ScriptOutputs>> {
    const inputs = news as unknown as ScriptInputs;
    const body = toRequest(inputs, await readContent(inputs.content));
    const record = await this.#client().createScript(body);
    return { id: record._id, outs: toOutputs(record, body.content) };
  }

  /** Reads the script; one that is in the recycle bin, or nowhere, is gone. */
  async read(id: string, olds: RawInputs): Promise<ReadResult<RawInputs>> {
    const record = await this.#live(id);
    if (!record) {
      return { id: "" };
    }
    const props = toOutputs(record);
    return isUnchanged(props, olds)
      ? { id, props: { ...props } }
      : { id, props: { ...props }, inputs: { ...toInputs(record) } };
  }

  /** Replaces the whole record: reads it first, so that what this package does not know of is kept. */
  async update(id: string, olds: RawInputs, news: RawInputs): Promise<UpdateResult<ScriptOutputs>> {
    const inputs = news as unknown as ScriptInputs;
    const live = await this.#live(id);
    if (!live) {
      throw new CeligoError({
        subject: `could not update script "${inputs.name}" (${id})`,
        reason: "it no longer exists in Celigo",
        hint: "Run pulumi refresh, and then pulumi up to create it anew, or restore it from Celigo's recycle bin.",
        operation: "updateScript",
        status: 404,
      });
    }
    const body = { ...unknownFields(live), ...toRequest(inputs, await desiredContent(inputs, olds, live)) };
    return { outs: toOutputs(await this.#client().updateScript(id, body), body.content) };
  }

  /** Moves the script to the recycle bin; one that is gone already is no error. */
  async delete(id: string): Promise<void> {
    await this.#client()
      .deleteScript(id)
      .catch((error: unknown) => {
        if (!isNotFound(error)) {
          throw error;
        }
      });
  }

  async #live(id: string): Promise<ScriptRecord | undefined> {
    try {
      const record = await this.#client().getScript(id);
      return record.deletedAt ? undefined : record;
    } catch (error) {
      if (isNotFound(error)) {
        return undefined;
      }
      throw error;
    }
  }
}

/** The body of a request with every writable field, since a PUT erases what it lacks. */
type WholeBody = Required<Omit<ScriptBody, "_templateId">> & Pick<ScriptBody, "_templateId">;

/** Maps inputs to a request. A template has no empty value: leaving it out is what clears it. */
function toRequest(inputs: ScriptInputs, content: string): WholeBody {
  return {
    name: inputs.name,
    description: inputs.description ?? "",
    postResponseHookToProcessOnChildRecord: inputs.postResponseHookToProcessOnChildRecord ?? false,
    __noModule: inputs.noModule ?? false,
    ...(inputs.templateId ? { _templateId: inputs.templateId } : {}),
    content,
  };
}

/** Maps a record to outputs; `sent` is the content to assume where the server does not return it. */
function toOutputs(record: ScriptRecord, sent = ""): ScriptOutputs {
  return {
    name: "",
    description: "",
    postResponseHookToProcessOnChildRecord: false,
    noModule: false,
    ...fieldsOf(record),
    contentHash: contentHash(record.content ?? sent),
  };
}

/** Maps a record to the inputs that a program would declare for it. */
function toInputs(record: ScriptRecord): ScriptInputs {
  return {
    name: record.name ?? "",
    content: normalise(record.content ?? ""),
    ...(record.description ? { description: record.description } : {}),
    ...(record.postResponseHookToProcessOnChildRecord ? { postResponseHookToProcessOnChildRecord: true } : {}),
    ...(record._templateId ? { templateId: record._templateId } : {}),
    ...(record.__noModule ? { noModule: true } : {}),
  };
}

/** Tells whether two sets of inputs or outputs agree in every writable field but the content. */
function sameFields(some: RawInputs, others: RawInputs): boolean {
  return comparedFields.every((field) => (some[field] || undefined) === (others[field] || undefined));
}

/** Tells whether the server's record is the one that the state describes. */
function isUnchanged(actual: ScriptOutputs, olds: RawInputs): boolean {
  const isSameHash = actual.hash !== undefined && actual.hash === olds["hash"];
  return isSameHash || (actual.contentHash === olds["contentHash"] && sameFields({ ...actual }, olds));
}

/**
 * Returns the content to send. A file whose hash is still that of the state may have changed since, as with
 * `ignoreChanges`: what is live then stays.
 */
async function desiredContent(inputs: ScriptInputs, olds: RawInputs, live: ScriptRecord): Promise<string> {
  const hash = hashOfInputs(inputs);
  const isKept = typeof inputs.content !== "string" && hash === olds["contentHash"];
  return isKept && live.content !== undefined && contentHash(live.content) === hash
    ? normalise(live.content)
    : readContent(inputs.content);
}

/** Returns the fields of a record that this package does not know of, so that a PUT does not erase them. */
function unknownFields(record: ScriptRecord): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(record).filter(([field]) => !field.startsWith("_") && !serverFields.has(field)),
  );
}
