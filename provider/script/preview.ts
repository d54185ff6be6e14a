import type { CeligoClient, ScriptRecord } from "../api/client";
import { labelOf, normalise, readContent } from "../content/content";
import { compareFunctions } from "../content/functions";
import { countDifference, differenceOf } from "../content/line-diff";
import { isNotFound, reasonOf } from "../errors";
import type { Tell } from "../messages";
import { isAsset, isUnknown } from "../pulumi-wire";
import { enumerateSome } from "../text";
import { type Access, withPatience } from "./access";
import { toKeep, whoAndWhen } from "./conflict";
import type { Connect } from "./connection";
import { summarise } from "./dependents";
import { contentHashOf, type RawInputs, type ScriptInputs } from "./inputs";
import { holds, isAsKnown, toRequest } from "./mapping";
import type { PreviewContext, ProgramResource } from "./resource";
import { asSent } from "./stored";

/** For how many scripts this package shows the lines that change, unless asked for more. */
const maxShown = 20;

type Say = (message: string, severity?: "info" | "warning") => Promise<void>;

/** What the program declares of a resource, as check leaves it: diff gets no path of a file. */
export interface Declared {
  readonly inputs: RawInputs;
  readonly former: RawInputs;
  /** Whether the code may be parsed. */
  readonly isParsed: boolean;
  readonly resource: ProgramResource | undefined;
}

interface Started {
  readonly content: Promise<string>;
  /** None where Celigo is not asked any more. */
  readonly lookup: ReturnType<typeof lookAt> | undefined;
  readonly isFile: boolean;
  readonly isShown: boolean;
}

/** Says in previews how content changes, and who uses the script. */
export class ChangeReporter {
  readonly #connect: Connect;
  readonly #tell: Tell;
  readonly #access: Access;
  /** Ends when the calls so far have said everything. */
  #turn: Promise<void> = Promise.resolve();
  /** For how many scripts the lines that change were to be shown so far. */
  #differences = 0;

  constructor(connect: Connect, tell: Tell, access: Access) {
    this.#connect = connect;
    this.#tell = tell;
    this.#access = access;
  }

  /**
   * Says what a change of content affects: at most one request for its dependents and one for the script itself. Lookups of
   * several calls overlap, messages keep their order.
   */
  async report(
    id: string,
    olds: RawInputs,
    declared: Declared,
    context: PreviewContext & Pick<ProgramResource, "urn">,
  ): Promise<void> {
    const { content: given } = declared.inputs as unknown as ScriptInputs;
    if (isUnknown(given) || contentHashOf(declared.inputs) === asSent(olds)["contentHash"]) {
      return;
    }
    const isFile = isAsset(given) || context.file !== undefined;
    const isShown = isFile && !context.isSecret;
    const content = readContent(given);
    const ask = async () => withPatience(lookAt(this.#connect().client, id, isShown));
    const lookup = this.#access.isClosed ? undefined : content.then(ask);
    // What fails is said in its turn.
    for (const started of [content, lookup]) {
      started?.catch(() => {});
    }
    this.#turn = this.#turn.then(() => this.#say(olds, declared, context, { content, lookup, isFile, isShown }));
    return this.#turn;
  }

  async #say(
    olds: RawInputs,
    { inputs: raw, former, isParsed }: Declared,
    { urn, isSecret, file }: PreviewContext & Pick<ProgramResource, "urn">,
    { content, lookup, isFile, isShown }: Started,
  ): Promise<void> {
    const inputs = raw as unknown as ScriptInputs;
    // By its logical name, too: with --diff, Pulumi shows messages without saying where they belong.
    const subject = `script "${urn.split("::").at(-1)}"`;
    const tell: Say = (message, severity = "info") => this.#tell(urn, `${subject}: ${message}`, severity);
    const known = textOf(former["content"]);
    let change: string | undefined;
    // Pulumi shows the last message in the row of the resource.
    const conclude = (conclusion?: string) =>
      change === undefined && conclusion === undefined
        ? undefined
        : tell([change, conclusion].filter((part) => part !== undefined).join(", "));
    try {
      const text = await content;
      if (known !== undefined) {
        change = await changeOf(normalise(known), text);
      }
      if (this.#access.isClosed || !lookup) {
        return await conclude();
      }
      const { users, live, failure } = await lookup;
      const { client, allLines = false } = this.#connect();
      if (live?.deletedAt) {
        return await tell(noLongerThere);
      }
      if (live) {
        await warnOfConflict(client, live, inputs, text, olds, tell);
        if (isFile) {
          change = await changeOf(normalise(live.content ?? ""), text);
        }
        const rank = isShown ? ++this.#differences : 0;
        if (isShown && (allLines || rank <= maxShown)) {
          await showDifference(live, file ?? labelOf(inputs.content), text, tell);
        } else if (rank === maxShown + 1) {
          await tell(leftOut);
        }
      }
      if (failure !== undefined) {
        throw failure;
      }
      this.#access.succeed();
      const deployed = live?.content ?? known;
      if (users !== undefined && deployed !== undefined && isParsed) {
        await warnOfFunctions(normalise(deployed), text, users, isSecret, tell);
      }
      await conclude(users === undefined ? "not used in Celigo" : `used by ${users}`);
    } catch (error) {
      if (await this.#access.fail(urn, error)) {
        return await conclude();
      }
      const others = this.#access.isClosed ? "; no other script is looked at" : "";
      const isGone = isNotFound(error) && error.operation === "getScriptById";
      await (isGone ? tell(noLongerThere) : conclude(`could not check what uses it: ${reasonOf(error)}${others}`));
    }
  }
}

/** Says that the update will stop: what it is to become is not what somebody has made of the script. */
async function warnOfConflict(
  client: CeligoClient,
  live: ScriptRecord,
  inputs: ScriptInputs,
  text: string,
  olds: RawInputs,
  tell: Say,
): Promise<void> {
  if (!isAsKnown(live, olds) && !holds(live, toRequest(inputs, text)) && inputs.onConflict !== "overwrite") {
    const byWhom = await withPatience(whoAndWhen(client, live, "updated"));
    const hint = `pulumi up will not overwrite that; pulumi up --refresh will. ${toKeep(live)}`;
    await tell(`it was changed in Celigo since the last refresh, ${byWhom}: ${hint}`, "warning");
  }
}

/** Warns where a function that those who use the script may call is gone, or the first function is another one. */
async function warnOfFunctions(
  deployed: string,
  text: string,
  users: string,
  isSecret: boolean,
  tell: Say,
): Promise<void> {
  const { gone, first } = await compareFunctions(deployed, text);
  if (gone.length > 0) {
    const [verb, them] = gone.length === 1 ? ["is", "it"] : ["are", "them"];
    const names = isSecret ? (gone.length === 1 ? "a function" : `${gone.length} functions`) : enumerateSome(gone);
    await tell(`${names} ${verb} gone; used by ${users}, which may call ${them} by name`, "warning");
  }
  if (first) {
    const change = isSecret
      ? "another function is the first one now"
      : `${first.after} is the first function now, not ${first.before}`;
    await tell(`${change}; used by ${users}, which call the first one where they name none`, "warning");
  }
}

async function showDifference(live: ScriptRecord, label: string, text: string, tell: Say): Promise<void> {
  const labels = { from: `${live._id}, live in Celigo`, to: label };
  const difference = await differenceOf(normalise(live.content ?? ""), text, labels);
  if (difference !== undefined) {
    await tell(`these lines change:\n${difference}`);
  }
}

async function changeOf(before: string, after: string): Promise<string> {
  return (await countDifference(before, after)) ?? "Celigo has this content already";
}

const leftOut = `the lines of more than ${maxShown} files are left out. To see them, set CELIGO_ALL_LINES=true.`;
const noLongerThere = "not found in this token's account. If the account is right, run pulumi refresh";

/** Returns the text of content, without reading a file, which may be another one by now. */
function textOf(content: unknown): string | undefined {
  return isAsset(content) ? content.text : typeof content === "string" ? content : undefined;
}

/** Asks who uses a script; and for the script itself where it is to be shown, or nothing uses it: it may not be there. */
async function lookAt(
  client: CeligoClient,
  id: string,
  isShown: boolean,
): Promise<{
  readonly users?: string | undefined;
  readonly live: ScriptRecord | undefined;
  readonly failure?: unknown;
}> {
  const [dependencies, shown] = await Promise.allSettled([
    client.listScriptDependencies(id),
    isShown ? client.getScript(id) : undefined,
  ]);
  if (dependencies.status === "rejected") {
    return { live: shown.status === "fulfilled" ? shown.value : undefined, failure: dependencies.reason };
  }
  if (shown.status === "rejected") {
    throw shown.reason;
  }
  const users = summarise(dependencies.value);
  return { users, live: shown.value ?? (users === undefined ? await find(client, id) : undefined) };
}

/** Reads a script to see that it exists. Any failure but a 404 is ignored. */
async function find(client: CeligoClient, id: string): Promise<ScriptRecord | undefined> {
  return client.getScript(id).catch((error: unknown) => {
    if (isNotFound(error)) {
      throw error;
    }
    return undefined;
  });
}
