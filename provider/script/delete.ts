import type { CeligoClient, ScriptDependencies, ScriptRecord } from "../api/client";
import { CeligoError, closeSentence, isNotFound, reasonOf, rethrowWith } from "../errors";
import { assertAsKnown } from "./conflict";
import type { Connected } from "./connection";
import { describeDependents } from "./dependents";
import type { RawInputs } from "./inputs";
import type { Reader } from "./read";
import { lookAndWrite } from "./read-then-write";

/** How many dependents the refusal of a delete describes. */
const maxPlaces = 20;

/** Moves a script to the recycle bin, unless it was changed in Celigo or something uses it. */
export async function deleteScript(
  connection: Connected,
  reader: Reader,
  id: string,
  known: RawInputs,
): Promise<"deleted" | "gone"> {
  const { client } = connection;
  const look = (isSent: boolean) =>
    reader.read(id, known, `could not delete script "${known["name"]}" (${id})`, isSent);
  return lookAndWrite<"deleted" | "gone">(connection, look, async (live, isSent) => {
    if (!live) {
      return { result: isSent ? "deleted" : "gone" };
    }
    await assertAsKnown(client, live, known, "delete", known["onConflict"]);
    if (known["onDependents"] !== "delete") {
      await assertUnused(client, live);
    }
    return {
      send: async () => {
        await client.deleteScript(id).catch((error: unknown) => {
          if (!isNotFound(error)) {
            rethrowWith(wordsOf(live))(error);
          }
        });
        return "deleted";
      },
    };
  });
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

/** Says that a script cannot be deleted because of what uses it, and where each of them refers to it. */
export function dependentsError(live: ScriptRecord, dependencies: ScriptDependencies): CeligoError | undefined {
  const places = describeDependents(dependencies);
  if (places.length === 0) {
    return undefined;
  }
  const more = places.length > maxPlaces ? `; and ${places.length - maxPlaces} more` : "";
  return new CeligoError({
    subject: `could not delete script "${live.name}" (${live._id})`,
    reason: `it is still used by ${places.slice(0, maxPlaces).join("; ")}${more}`,
    hint:
      "Detach it there in Celigo, and run the command again. To send the delete anyway, declare the script with " +
      'onDependents: "delete", run pulumi up, and then delete it.',
    operation: "deleteScript",
    code: "has_dependents",
  });
}

/** Says that a script is not deleted because nobody knows who uses it. */
export function unknownDependentsError(live: ScriptRecord, error: unknown): CeligoError {
  const known = error instanceof CeligoError ? error : undefined;
  return new CeligoError({
    ...known,
    subject: `could not delete script "${live.name}" (${live._id})`,
    reason: `could not check what uses it: ${reasonOf(error)}`,
    hint: `${known?.hint ? `${closeSentence(known.hint)} ` : ""}To delete it anyway: onDependents: "delete", pulumi up, and then delete it.`,
    cause: error,
  });
}

function wordsOf({ _id, name }: ScriptRecord) {
  return ({ status = 0, hint = "" }: CeligoError) => ({
    subject: `could not delete script "${name}" (${_id})`,
    ...(status >= 300 && status < 500 && status !== 401 && status !== 429
      ? { hint: `If something still uses it, detach it there first. ${hint}` }
      : {}),
  });
}
