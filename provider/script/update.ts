import type { CeligoClient, ScriptRecord } from "../api/client";
import { contentHash, normalise, readContent } from "../content/content";
import { CeligoError, isNotFound, rethrowWith } from "../errors";
import { assertAsKnown } from "./conflict";
import type { Connected } from "./connection";
import { contentHashOf, type RawInputs, type ScriptInputs } from "./inputs";
import { holds, type ScriptOutputs, toRequest, unknownFields, type WholeBody } from "./mapping";
import type { Reader } from "./read";
import { lookAndWrite } from "./read-then-write";
import { asSent, canComeFrom, outputsAfter, type Warn } from "./stored";

/** Replaces the whole record, unless it holds what is desired already, or was changed since it was as known. */
export async function replaceScript(
  connection: Connected,
  reader: Reader,
  { id, known, inputs, warn }: { id: string; known: RawInputs; inputs: ScriptInputs; warn: Warn },
): Promise<ScriptOutputs> {
  const { client } = connection;
  const subject = `could not update script "${inputs.name}" (${id})`;
  return lookAndWrite(
    connection,
    () => reader.read(id, known, subject),
    async (live, isSent) => {
      if (!live) {
        throw gone(id, inputs.name);
      }
      const body = toRequest(inputs, await desiredContent(inputs, known, live).catch(namedAs(subject)));
      const outputsOf = (record: ScriptRecord) => outputsAfter(record, body, { ...inputs }, known, warn);
      if (holds(live, body) || (isSent && canComeFrom(live, body))) {
        return { result: await outputsOf(live) };
      }
      await assertAsKnown(client, live, known, "update", inputs.onConflict);
      return { send: async () => outputsOf(await put(client, live, body)) };
    },
  );
}

/** Sends the PUT: every writable field, and those that this package does not know, since a PUT erases what it lacks. */
async function put(client: CeligoClient, live: ScriptRecord, body: WholeBody): Promise<ScriptRecord> {
  const whole = { ...unknownFields(live), ...body };
  return client.updateScript(live._id, whole).catch((error: unknown) => {
    throw isNotFound(error) ? gone(live._id, body.name) : error;
  });
}

/**
 * Returns the content to send. A file whose hash is still that of the state may have changed since, as with
 * `ignoreChanges`: what is live then stays.
 */
async function desiredContent(inputs: ScriptInputs, olds: RawInputs, live: ScriptRecord): Promise<string> {
  const hash = contentHashOf({ ...inputs });
  const isKept =
    typeof inputs.content !== "string" && hash === asSent(olds)["contentHash"] && live.content !== undefined;
  const kept = normalise(live.content ?? "");
  return isKept && contentHash(kept) === olds["contentHash"]
    ? kept
    : readContent(inputs.content).catch((error: unknown) => {
        if (isKept) {
          return kept;
        }
        throw error;
      });
}

/** Says whose content it is that could not be read. */
export function namedAs(subject: string): (error: unknown) => never {
  return rethrowWith((error) => ({ subject, reason: `${error.subject}: ${error.reason}` }));
}

function gone(id: string, name: string): CeligoError {
  return new CeligoError({
    subject: `could not update script "${name}" (${id})`,
    reason: "it no longer exists in Celigo",
    hint: "Run pulumi refresh, and then pulumi up to create it anew, or restore it from Celigo's recycle bin.",
    operation: "updateScript",
    status: 404,
    code: "not_found",
  });
}
