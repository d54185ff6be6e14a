import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import type { CeligoClient, ScriptRecord } from "./client";
import { conflictError } from "./conflict";
import { contentHash, normalise } from "./content";
import { Creator } from "./creation";
import { dependentsError, unknownDependentsError } from "./dependents";
import type { Tell } from "./engine";
import { CeligoError, isAnswerLost, isNotFound, UnfinishedError } from "./errors";
import { checkInputs, type RawInputs, type ScriptInputs } from "./inputs";
import { hashOfInputs, textToSend } from "./judgement";
import { manageAs, managementOf, type OnNameTaken } from "./management";
import {
  holds,
  isAsKnown,
  type ScriptOutputs,
  sameFields,
  toInputs,
  toOutputs,
  toRequest,
  unknownFields,
  type WholeBody,
} from "./mapping";
import { ChangeReporter } from "./preview";
import { isUnknown } from "./unknown";

/** What the lifecycle needs of its process. */
export interface Connection {
  /** Makes the requests. */
  readonly client: CeligoClient;
  /** The stack's default of the input of the same name. */
  readonly onNameTaken: OnNameTaken;
  /** Milliseconds before a write whose answer was lost is sent again for the first time; doubles each time. @default 500 */
  readonly backoff?: number;
}

/** How often an update is sent when its answers are lost. */
const maxTries = 5;

/** The lifecycle of a script: what Pulumi asks of a resource provider, verb by verb. */
export class ScriptLifecycle {
  readonly #connect: () => Connection;
  /** Scripts that resources of this process are known to manage. */
  readonly #owned = new Set<string>();
  /** Scripts that were taken over in this process. */
  readonly #adopted = new Set<string>();
  readonly #reporter: ChangeReporter;
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
    this.#reporter.expect(news, inputs);
    return { inputs, failures: [...failures] };
  }

  /**
   * Tells by hash and by field whether the script must be updated; never replaces. Makes no request, but in a preview,
   * and for content that changes, to say what that affects.
   */
  async diff(id: string, olds: RawInputs, news: RawInputs): Promise<DiffResult> {
    this.#own(id);
    await this.#reporter.report(id, olds, news);
    if (Object.values(news).some(isUnknown)) {
      return { changes: true };
    }
    return { changes: !isSettled(olds, news) || !sameManagement(olds, news) };
  }

  /** Creates the script exactly once, or takes over the one of its name. */
  async create(news: RawInputs): Promise<CreateResult<ScriptOutputs>> {
    const inputs = news as unknown as ScriptInputs;
    const body = toRequest(inputs, await textToSend(inputs));
    const { client, onNameTaken, backoff } = this.#connect();
    this.#creator ??= new Creator(client, this.#owned, backoff);
    const { record, isAdopted, doubt } = await this.#creator.create(body, inputs.onNameTaken ?? onNameTaken);
    const id = record._id;
    if (isAdopted) {
      this.#adopted.add(id);
    }
    const known = isAdopted ? { ...toOutputs(record, inputs) } : { name: inputs.name, ...managementOf(inputs) };
    try {
      const made = isAdopted ? await this.#replace(record, body, inputs) : await this.#confirm(record);
      if (doubt === undefined) {
        return { id, outs: toOutputs(made, inputs) };
      }
      throw new CeligoError({
        subject: `script "${inputs.name}" (${id}) was created, but maybe not alone`,
        reason: doubt,
        hint: "Then run pulumi up again.",
      });
    } catch (error) {
      throw new UnfinishedError(error, id, { ...known, __provider: news["__provider"] });
    }
  }

  /** Reads the script; one that is in the recycle bin, or nowhere, is gone. */
  async read(id: string, olds: RawInputs): Promise<ReadResult<RawInputs>> {
    this.#own(id);
    const record = await this.#live(id, `could not read script "${olds["name"]}" (${id})`);
    if (!record) {
      return { id: "" };
    }
    const props = { ...toOutputs(record, olds) };
    return isAsKnown(record, olds) ? { id, props } : { id, props, inputs: { ...toInputs(record, olds) } };
  }

  /** Replaces the whole record, unless it was changed in Celigo since the last refresh. */
  async update(id: string, olds: RawInputs, news: RawInputs): Promise<UpdateResult<ScriptOutputs>> {
    this.#own(id);
    const inputs = news as unknown as ScriptInputs;
    if (isSettled(olds, news)) {
      // Only how the script is managed has changed, of which the server knows nothing.
      return { outs: manageAs(olds as unknown as ScriptOutputs, inputs) };
    }
    const live = await this.#live(id, `could not update script "${inputs.name}" (${id})`);
    if (!live) {
      throw gone(id, inputs);
    }
    const body = toRequest(inputs, await desiredContent(inputs, olds, live));
    if (inputs.onConflict !== "overwrite" && !isAsKnown(live, olds) && !holds(live, body)) {
      throw await conflictError(this.#connect().client, live, olds["hash"], "update");
    }
    return { outs: toOutputs(await this.#replace(live, body, inputs), inputs, body.content) };
  }

  /** Moves the script to the recycle bin, unless it was changed in Celigo or something uses it; gone is done. */
  async delete(id: string, olds: RawInputs): Promise<void> {
    this.#own(id);
    const live = await this.#live(id, `could not delete script "${olds["name"]}" (${id})`);
    if (!live) {
      return;
    }
    const { client } = this.#connect();
    if (olds["onConflict"] !== "overwrite" && !isAsKnown(live, olds)) {
      throw await conflictError(client, live, olds["hash"], "delete");
    }
    if (olds["onDependents"] !== "delete") {
      const dependencies = await client.listScriptDependencies(id).catch((error: unknown) => {
        throw unknownDependentsError(live, error);
      });
      const inUse = dependentsError(live, dependencies);
      if (inUse) {
        throw inUse;
      }
    }
    await client.deleteScript(id).catch((error: unknown) => {
      if (!isNotFound(error)) {
        throw error;
      }
    });
  }

  /** Sends the whole record. Where an answer is lost, looks at the script before sending it again. */
  async #replace(base: ScriptRecord, body: WholeBody, inputs: ScriptInputs): Promise<ScriptRecord> {
    if (holds(base, body)) {
      return base;
    }
    const { client, backoff = 500 } = this.#connect();
    const id = base._id;
    for (let attempt = 1; ; attempt++) {
      try {
        return await client.updateScript(id, { ...unknownFields(base), ...body });
      } catch (error) {
        if (isNotFound(error)) {
          throw gone(id, inputs);
        }
        if (!isAnswerLost(error)) {
          throw error;
        }
        const live = await this.#live(id, `${error.message} Whether it was updated is not known`);
        if (!live) {
          throw gone(id, inputs);
        }
        if (holds(live, body)) {
          return live;
        }
        if (inputs.onConflict !== "overwrite" && !isAsKnown(live, { ...toOutputs(base, {}) })) {
          throw await conflictError(client, live, base.__hash, "update");
        }
        if (attempt === maxTries) {
          throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, backoff * 2 ** (attempt - 1)));
    }
  }

  /** Reads a script again whose creation was answered with less than the whole record. */
  async #confirm(record: ScriptRecord): Promise<ScriptRecord> {
    return record.content === undefined ? this.#connect().client.getScript(record._id) : record;
  }

  async #live(id: string, purpose: string): Promise<ScriptRecord | undefined> {
    try {
      const record = await this.#connect().client.getScript(id);
      return record.deletedAt ? undefined : record;
    } catch (error) {
      if (isNotFound(error)) {
        return undefined;
      }
      throw error instanceof CeligoError ? error.about(purpose) : error;
    }
  }

  /** Notes that a resource of the state manages a script, which another one may have taken over a moment before. */
  #own(id: string): void {
    if (this.#adopted.has(id)) {
      throw new CeligoError({
        subject: `script ${id}`,
        reason:
          "it belongs to this resource, and another resource of the program with the same name adopted it in this run",
        hint: 'Remove that other resource from the state (pulumi state delete), and give it another name or onNameTaken: "create".',
        code: "adopted_twice",
      });
    }
    this.#owned.add(id);
  }
}

/** Tells whether the state already has the program's content and fields. */
function isSettled(olds: RawInputs, news: RawInputs): boolean {
  return hashOfInputs(news as unknown as ScriptInputs) === olds["contentHash"] && sameFields(news, olds);
}

function sameManagement(olds: RawInputs, news: RawInputs): boolean {
  return JSON.stringify(managementOf(olds)) === JSON.stringify(managementOf(news));
}

function gone(id: string, inputs: ScriptInputs): CeligoError {
  return new CeligoError({
    subject: `could not update script "${inputs.name}" (${id})`,
    reason: "it no longer exists in Celigo",
    hint: "Run pulumi refresh, and then pulumi up to create it anew, or restore it from Celigo's recycle bin.",
    operation: "updateScript",
    status: 404,
  });
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
    : textToSend(inputs);
}
