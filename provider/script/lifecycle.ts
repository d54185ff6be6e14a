import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import type { CeligoClient, ScriptRecord } from "../api/client";
import { contentHash, normalise } from "../content/content";
import { hashOfInputs, textToSend } from "../content/judgement";
import type { Tell } from "../engine";
import { CeligoError, isNotFound, UnfinishedError } from "../errors";
import { isUnknown } from "../pulumi-wire";
import { conflictError } from "./conflict";
import { Creator } from "./create";
import { dependentsError, unknownDependentsError } from "./dependents";
import { checkInputs, type RawInputs, type ScriptInputs } from "./inputs";
import {
  holds,
  isAsKnown,
  isSubstituted,
  managedAs,
  type ScriptOutputs,
  sameFields,
  toInputs,
  toOutputs,
  toRequest,
  unknownFields,
  type WholeBody,
} from "./mapping";
import { Ownership } from "./owners";
import { managementOf, type OnNameTaken } from "./policies";
import { ChangeReporter, keyOf } from "./preview";
import { lookAndWrite } from "./read-then-write";
import { deleteError, gone, namedAs, notAlone, notReadBack, nowhere } from "./refusals";

/** What the lifecycle needs of its process. */
export interface Connection {
  /** Makes the requests. */
  readonly client: CeligoClient;
  /** The stack's default of the input of the same name. */
  readonly onNameTaken: OnNameTaken;
  /** Milliseconds before a write that failed is tried again for the first time; doubles each time. @default 500 */
  readonly backoff?: number;
}

/** What has become of a script that was to be deleted. */
export type Deletion = "deleted" | "gone" | "kept";

/** The lifecycle of a script: what Pulumi asks of a resource provider, verb by verb. */
export class ScriptLifecycle {
  readonly #connect: () => Connection;
  readonly #ownership = new Ownership();
  readonly #reporter: ChangeReporter;
  /** Whether what answers turned out to be the API; asked for once a script is not found. */
  #proof: Promise<unknown> | undefined;
  #creator: Creator | undefined;

  /**
   * @param connect Returns the connection, and throws when it cannot be configured; called when a request is due.
   * @param tell Shows what a preview has to say of a script; by default nothing.
   */
  constructor(connect: () => Connection, tell: Tell = async () => {}) {
    this.#connect = connect;
    this.#reporter = new ChangeReporter(connect, tell);
  }

  /** Validates the inputs and normalises them; makes no request. */
  async check(olds: RawInputs, news: RawInputs): Promise<CheckResult<RawInputs>> {
    const { inputs, failures } = await checkInputs(olds, news);
    this.#ownership.declare(keyOf(inputs));
    this.#reporter.expect(news, inputs);
    return { inputs, failures: [...failures] };
  }

  /**
   * Tells by hash and by field whether the script must be updated; never replaces. Makes no request, but in a preview,
   * and for content that changes, to say what that affects.
   */
  async diff(id: string, olds: RawInputs, news: RawInputs): Promise<DiffResult> {
    this.#ownership.hold(id, olds["name"]);
    this.#ownership.compare(id, keyOf(news));
    await this.#reporter.report(id, olds, news);
    if (Object.values(news).some(isUnknown)) {
      return { changes: true };
    }
    return { changes: !isSettled(olds, news) || !sameManagement(olds, news) };
  }

  /** Creates the script exactly once, or takes over the one of its name. */
  async create(news: RawInputs): Promise<CreateResult<ScriptOutputs>> {
    const inputs = news as unknown as ScriptInputs;
    const body = toRequest(inputs, await textToSend(inputs).catch(namedAs(`could not create script "${inputs.name}"`)));
    const { client, onNameTaken, backoff } = this.#connect();
    this.#creator ??= new Creator(client, this.#ownership, backoff);
    this.#ownership.begin(body.name);
    const { record, isAdopted, doubt } = await this.#creator.create(body, {
      onNameTaken: inputs.onNameTaken ?? onNameTaken,
      isOwn: inputs.onNameTaken !== undefined,
    });
    const id = record._id;
    const known = isAdopted
      ? toOutputs(record, inputs)
      : { ...toOutputs({ ...body, _id: id }, inputs), isUnconfirmed: true };
    try {
      const outs = isAdopted
        ? await this.#replace(id, { ...known }, inputs, async () => body)
        : toOutputs(await this.#confirm(record, inputs.name), inputs, body.content);
      if (doubt === undefined) {
        return { id, outs };
      }
      throw notAlone(id, inputs.name, doubt);
    } catch (error) {
      throw new UnfinishedError(error, id, { ...known, __provider: news["__provider"] });
    }
  }

  /** Reads the script; one that is in the recycle bin, or nowhere, is gone. */
  async read(id: string, olds: RawInputs): Promise<ReadResult<RawInputs>> {
    this.#ownership.hold(id, olds["name"]);
    const record = await this.#live(id, `could not read script "${olds["name"]}" (${id})`);
    if (!record) {
      return { id: "" };
    }
    this.#ownership.expect(id);
    const props = { ...toOutputs(record, olds) };
    return isAsKnown(record, olds) ? { id, props } : { id, props, inputs: { ...toInputs(record, olds) } };
  }

  /** Replaces the whole record, unless it was changed in Celigo since the last refresh. */
  async update(id: string, olds: RawInputs, news: RawInputs): Promise<UpdateResult<ScriptOutputs>> {
    this.#ownership.hold(id, olds["name"]);
    const inputs = news as unknown as ScriptInputs;
    if (isSettled(olds, news)) {
      // Only how the script is managed has changed, of which the server knows nothing.
      return { outs: managedAs(olds as unknown as ScriptOutputs, inputs) };
    }
    const desired = async (live: ScriptRecord) => toRequest(inputs, await desiredContent(inputs, olds, live));
    return { outs: await this.#replace(id, olds, inputs, desired) };
  }

  /**
   * Moves the script to the recycle bin, unless it was changed in Celigo or something uses it.
   *
   * @returns What has become of it: another resource may have taken it over, and then it stays.
   */
  async delete(id: string, olds: RawInputs): Promise<Deletion> {
    if (this.#ownership.isOfAnother(id, olds["name"])) {
      return "kept";
    }
    let isSent = false;
    const look = () => this.#live(id, `could not delete script "${olds["name"]}" (${id})`);
    return lookAndWrite<Deletion>(this.#connect(), look, async (live) => {
      if (!live) {
        return { result: isSent ? "deleted" : "gone" };
      }
      const { client } = this.#connect();
      if (olds["onConflict"] !== "overwrite" && !isAsKnown(live, olds)) {
        throw await conflictError(client, live, olds["hash"], "delete");
      }
      if (olds["onDependents"] !== "delete") {
        await assertUnused(client, live);
      }
      return {
        send: async () => {
          isSent = true;
          await client.deleteScript(id, { atOnce: true }).catch((error: unknown) => {
            if (!isNotFound(error)) {
              throw deleteError(live, error);
            }
          });
          return "deleted";
        },
      };
    });
  }

  /**
   * Replaces the whole record, unless it holds what is desired already, or was changed since it was as known.
   *
   * @param desire Returns what the script that is live now is to become.
   */
  async #replace(
    id: string,
    known: RawInputs,
    inputs: ScriptInputs,
    desire: (live: ScriptRecord) => Promise<WholeBody>,
  ): Promise<ScriptOutputs> {
    const subject = `could not update script "${inputs.name}" (${id})`;
    const look = () => this.#live(id, subject);
    return lookAndWrite(this.#connect(), look, async (live) => {
      if (!live) {
        throw gone(id, inputs.name);
      }
      const { client } = this.#connect();
      const body = await desire(live).catch(namedAs(subject));
      const outputsOf = (record: ScriptRecord) => toOutputs(record, inputs, body.content);
      if (holds(live, body)) {
        return { result: outputsOf(live) };
      }
      if (inputs.onConflict !== "overwrite" && !isAsKnown(live, known)) {
        throw await conflictError(client, live, known["hash"], "update");
      }
      const send = async () => {
        const whole = { ...unknownFields(live), ...body };
        return client.updateScript(id, whole, { atOnce: true }).catch((error: unknown) => {
          throw isNotFound(error) ? gone(id, inputs.name) : error;
        });
      };
      return { send: async () => outputsOf(await send()) };
    });
  }

  /** Reads a script again whose creation was answered with less than the whole record. */
  async #confirm(record: ScriptRecord, name: string): Promise<ScriptRecord> {
    if (record.content !== undefined) {
      return record;
    }
    return this.#connect()
      .client.getScript(record._id)
      .catch((error: unknown) => {
        throw notReadBack(record._id, name, error);
      });
  }

  async #live(id: string, purpose: string): Promise<ScriptRecord | undefined> {
    // What is wrong with the configuration is not about this script.
    const { client } = this.#connect();
    try {
      const record = await client.getScript(id);
      return record.deletedAt ? undefined : record;
    } catch (error) {
      if (isNotFound(error)) {
        await this.#proveApi(id, error.about(purpose));
        return undefined;
      }
      throw error instanceof CeligoError ? error.about(purpose) : error;
    }
  }

  /**
   * Asserts that a script that is not found was looked for at the API: at a wrong address nothing is found, either. What
   * uses a script the API says also of one that does not exist.
   */
  async #proveApi(id: string, notFound: CeligoError): Promise<void> {
    this.#proof ??= this.#connect().client.listScriptDependencies(id);
    await this.#proof.catch((error: unknown) => {
      this.#proof = undefined;
      throw nowhere(notFound, error);
    });
  }
}

async function assertUnused(client: CeligoClient, live: ScriptRecord): Promise<void> {
  const dependencies = await client.listScriptDependencies(live._id).catch((error: unknown) => {
    throw unknownDependentsError(live, error);
  });
  const inUse = dependentsError(live, dependencies);
  if (inUse) {
    throw inUse;
  }
}

/** Tells whether the state already has the program's content and fields, as Celigo has confirmed them. */
function isSettled(olds: RawInputs, news: RawInputs): boolean {
  return (
    !olds["isUnconfirmed"] &&
    hashOfInputs(news as unknown as ScriptInputs) === olds["contentHash"] &&
    sameFields(news, olds)
  );
}

function sameManagement(olds: RawInputs, news: RawInputs): boolean {
  const isSame = JSON.stringify(managementOf(olds)) === JSON.stringify(managementOf(news));
  return isSame && isSubstituted(olds) === isSubstituted(news);
}

/**
 * Returns the content to send. A file whose hash is still that of the state may have changed since, as with
 * `ignoreChanges`: what is live then stays.
 */
async function desiredContent(inputs: ScriptInputs, olds: RawInputs, live: ScriptRecord): Promise<string> {
  const hash = hashOfInputs(inputs);
  const isKept = typeof inputs.content !== "string" && hash === olds["contentHash"] && live.content !== undefined;
  const kept = normalise(live.content ?? "");
  return isKept && contentHash(kept) === hash
    ? kept
    : textToSend(inputs).catch((error: unknown) => {
        if (isKept) {
          return kept;
        }
        throw error;
      });
}
