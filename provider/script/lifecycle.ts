import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/dynamic";
import { Background } from "../background";
import { readContent } from "../content/content";
import { UnfinishedError } from "../errors";
import type { Tell } from "../messages";
import { isUnknown } from "../pulumi-wire";
import { Shown } from "../shown";
import { Access } from "./access";
import { editNote } from "./conflict";
import type { Connect, Connection } from "./connection";
import { type Creation, Creator, confirm, foundNote, notAlone } from "./create";
import { deleteScript } from "./delete";
import { sameFields } from "./fields";
import { checkInputs, contentHashOf, type RawInputs, type ScriptInputs } from "./inputs";
import {
  isAsKnown,
  managedAs,
  type ScriptOutputs,
  sameManagement,
  toInputs,
  toOutputs,
  toRequest,
  type WholeBody,
} from "./mapping";
import { renamedOnto } from "./name-taken";
import { Ownership } from "./owners";
import { ChangeReporter, type Declared } from "./preview";
import { Reader } from "./read";
import { type ProgramResource, resourceNameOf, resourceOf, withoutSecretName } from "./resource";
import { asSent, isSameName, outputsAfter, stillSent, type Warn } from "./stored";
import { namedAs, replaceScript } from "./update";

/** What has become of a script that was to be deleted. */
export type Deletion = "deleted" | "gone" | "kept";

/** The lifecycle of a script: what Pulumi asks of a resource provider, verb by verb. */
export class ScriptLifecycle {
  readonly #connect: Connect;
  readonly #ownership = new Ownership();
  readonly #tell: Tell;
  readonly #reporter: ChangeReporter;
  readonly #access: Access;
  readonly #background = new Background();
  /** What the program declares, by the names of the resources: diff gets fewer details than check. */
  readonly #declared = new Map<string | undefined, Declared>();
  readonly #reader: Reader;
  readonly #creator: Creator;
  #shown: Shown | undefined;

  /**
   * @param connect Returns the connection, and throws when it cannot be configured; called when a request is due.
   * @param tell Shows the messages of a preview, and which script was found after a lost response. By default it shows nothing.
   */
  constructor(connect: () => Connection, tell: Tell = async () => {}) {
    this.#connect = () => ({ backoff: 500, ...connect() });
    this.#tell = tell;
    this.#access = new Access(this.#connect, tell);
    this.#reporter = new ChangeReporter(this.#connect, tell, this.#access);
    this.#reader = new Reader(this.#connect);
    this.#creator = new Creator(this.#connect, this.#ownership, this.#reader);
  }

  /**
   * Validates the inputs and normalises them, and shows warnings about new code. Makes no request, but with `checkToken` one
   * in a preview that creates a script.
   */
  async check(olds: RawInputs, news: RawInputs): Promise<CheckResult<RawInputs>> {
    const { inputs, failures } = await checkInputs(olds, news);
    await this.#warnOfCode(olds, inputs, resourceOf(news));
    const isParsed = news["syntaxCheck"] !== "off";
    const resource = resourceOf(news);
    this.#declared.set(resourceNameOf(news), { inputs, former: olds, isParsed, resource });
    if (resource?.preview && failures.length === 0 && Object.keys(olds).length === 0) {
      await this.#access.prove(resource.urn);
    }
    if (failures.length > 0) {
      // Pulumi ends the preview at once.
      await this.#background.done();
    }
    return { inputs, failures: [...failures] };
  }

  /**
   * Tells by hash and by field whether the script must be updated; never replaces. Makes no request, but in a preview:
   * for content that changes, to say what that affects, and with `checkToken` one to prove the token.
   */
  async diff(id: string, olds: RawInputs, news: RawInputs): Promise<DiffResult> {
    this.#hold(id, olds);
    const name = resourceNameOf(news);
    const declared = this.#declared.get(name);
    // A refresh compares resources that the program need not declare.
    if (declared) {
      this.#ownership.declare(id, [resourceNameOf(olds), name], olds["name"]);
    }
    const isUpdated = Object.values(news).some(isUnknown) || !isSettled(olds, news);
    if (declared?.resource?.preview && isUpdated) {
      const { urn, preview } = declared.resource;
      await this.#access.prove(urn);
      // Where a lookup fails for all scripts, the next one waits for it, and is not made.
      const port = this.#access.isServed ? preview.holdsAt : undefined;
      await this.#background.run(this.#reporter.report(id, olds, declared, { urn, ...preview }), port);
    }
    return { changes: isUpdated || !sameManagement(olds, news) };
  }

  /** Creates the script exactly once, or adopts the one of its name. */
  async create(news: RawInputs): Promise<CreateResult<ScriptOutputs>> {
    const inputs = news as unknown as ScriptInputs;
    const body = toRequest(
      inputs,
      await readContent(inputs.content).catch(namedAs(`could not create script "${inputs.name}"`)),
    );
    const { client, onNameTaken } = this.#connect();
    const creation = await this.#creator.create(
      body,
      {
        onNameTaken: inputs.onNameTaken ?? onNameTaken,
        isOwn: inputs.onNameTaken !== undefined,
        isOfFolder: /ScriptFolder::/.test(resourceNameOf(news) ?? ""),
      },
      resourceNameOf(news),
    );
    if (creation.foundAfter) {
      await this.#warnOf(news)(await foundNote(client, creation.record, creation.foundAfter));
    }
    return { id: creation.record._id, outs: await this.#finish(creation, inputs, body) };
  }

  /** Reads the script; one that is in the recycle bin, or nowhere, is gone. */
  async read(id: string, olds: RawInputs): Promise<ReadResult<RawInputs>> {
    this.#hold(id, olds);
    if (await this.#reader.isListedAsKnown(id, olds)) {
      this.#ownership.expect(id);
      return { id, props: { ...olds } };
    }
    const record = await this.#reader.read(id, olds, `could not read script "${olds["name"]}" (${id})`);
    if (!record) {
      return { id: "" };
    }
    this.#ownership.expect(id);
    const outputs = { ...toOutputs(record, olds) };
    const props = { ...outputs, ...stillSent(olds, outputs) };
    if (isAsKnown(record, olds)) {
      return { id, props };
    }
    // A state that an import or an interrupted run left does not know the script.
    if (olds["contentHash"] !== undefined && !olds["isUnconfirmed"]) {
      await this.#tell("", withoutSecretName(await editNote(this.#connect().client, record), olds, props), "info");
    }
    return { id, props, inputs: { ...toInputs(record, olds) } };
  }

  /** Replaces the whole record, unless it was changed in Celigo since the last refresh. */
  async update(id: string, olds: RawInputs, news: RawInputs): Promise<UpdateResult<ScriptOutputs>> {
    this.#hold(id, olds);
    const inputs = news as unknown as ScriptInputs;
    if (isSettled(olds, news)) {
      // Only how the script is managed has changed, of which the server knows nothing.
      return { outs: managedAs(olds as unknown as ScriptOutputs, news) };
    }
    const outs = await this.#replace(id, olds, inputs);
    if (!isSameName(String(olds["name"]), inputs.name)) {
      // The update has worked. Whether a list can be had does not change that.
      const others = await this.#creator.namesakes(inputs.name, id).catch(() => []);
      if (others.length > 0) {
        await this.#warnOf(news, olds)(renamedOnto(inputs.name, id, others));
      }
    }
    return { outs };
  }

  /**
   * Moves the script to the recycle bin, unless it was changed in Celigo or something uses it.
   *
   * @returns What has become of it: another resource may have taken it over, and then it stays.
   */
  async delete(id: string, olds: RawInputs): Promise<Deletion> {
    if (this.#ownership.isOfAnother(id, resourceNameOf(olds))) {
      return "kept";
    }
    return deleteScript(this.#connect(), this.#reader, id, olds);
  }

  /**
   * Brings a script that was just created or adopted to the program's state, and returns its outputs.
   *
   * @throws UnfinishedError with the script's id when it is not known to be as the program says: the resource stays in the state.
   */
  async #finish({ record, isAdopted, doubt }: Creation, inputs: ScriptInputs, body: WholeBody): Promise<ScriptOutputs> {
    const id = record._id;
    const news: RawInputs = { ...inputs };
    const known = isAdopted
      ? toOutputs(record, news)
      : { ...toOutputs({ ...record, ...body }, news), isUnconfirmed: true };
    try {
      const outputs = isAdopted
        ? await this.#replace(id, { ...known }, inputs)
        : await outputsAfter(
            await confirm(this.#connect().client, record, body.name),
            body,
            news,
            {},
            this.#warnOf(news),
          );
      if (doubt === undefined) {
        return outputs;
      }
      throw notAlone(id, body.name, doubt);
    } catch (error) {
      throw new UnfinishedError(error, id, { ...known, __provider: news["__provider"] });
    }
  }

  /** Shows the program's warnings about code that is not in the state yet, each once: in the preview, if there is one. */
  async #warnOfCode(olds: RawInputs, inputs: RawInputs, resource: ProgramResource | undefined): Promise<void> {
    const { urn, warnings, preview } = resource ?? {};
    const isKnown =
      contentHashOf(inputs) === contentHashOf(olds) && (inputs["noModule"] ?? false) === (olds["noModule"] ?? false);
    if (urn === undefined || !warnings || isKnown) {
      return;
    }
    this.#shown ??= new Shown(`${urn.split("::").slice(0, 2).join("::")} code`);
    for (const message of warnings) {
      if (this.#shown.isDue(`${urn} ${message}`, preview !== undefined)) {
        await this.#tell(urn, message, "warning");
      }
    }
  }

  /** Returns what shows warnings about a script, beside its resource. */
  #warnOf(news: RawInputs, ...others: readonly RawInputs[]): Warn {
    const urn = this.#declared.get(resourceNameOf(news))?.resource?.urn ?? "";
    return (message) => this.#tell(urn, withoutSecretName(message, news, ...others), "warning");
  }

  #hold(id: string, olds: RawInputs): void {
    this.#reader.note(id, olds);
    this.#ownership.hold(id, resourceNameOf(olds), olds["name"]);
  }

  #replace(id: string, known: RawInputs, inputs: ScriptInputs): Promise<ScriptOutputs> {
    const warn = this.#warnOf({ ...inputs }, known);
    return replaceScript(this.#connect(), this.#reader, { id, known, inputs, warn });
  }
}

/** Tells whether the state already has the program's content and fields, as Celigo has confirmed them. */
function isSettled(olds: RawInputs, news: RawInputs): boolean {
  const deployed = asSent(olds, news);
  return !olds["isUnconfirmed"] && contentHashOf(news) === deployed["contentHash"] && sameFields(news, deployed);
}
