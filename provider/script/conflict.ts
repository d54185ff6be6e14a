import type { CeligoClient, ScriptRecord } from "../api/client";
import { CeligoError } from "../errors";
import type { RawInputs } from "./inputs";
import { isAsKnown } from "./mapping";

/**
 * Asserts that nobody has changed a script since the last refresh, unless its changes may be overwritten.
 *
 * @throws CeligoError that says who changed it, and how to look at the change and to overwrite it.
 */
export async function assertAsKnown(
  client: CeligoClient,
  live: ScriptRecord,
  known: RawInputs,
  verb: "update" | "delete",
  onConflict: unknown,
): Promise<void> {
  if (onConflict === "overwrite" || isAsKnown(live, known)) {
    return;
  }
  const hashes = known["hash"] && live.__hash ? ` (server hash ${known["hash"]} then, ${live.__hash} now)` : "";
  throw new CeligoError({
    subject: `could not ${verb} script "${live.name}" (${live._id})`,
    reason: `it was changed in Celigo since the last refresh, ${await whoAndWhen(client, live, "updated")}${hashes}`,
    hint: `To look at the change: pulumi preview --refresh --diff. ${toKeep(live)} ${
      verb === "update"
        ? "To overwrite it with what the program says: pulumi up --refresh"
        : "To delete it anyway, add --refresh to your command."
    }`,
    operation: `${verb}Script`,
    code: "conflict",
  });
}

/** Says what a refresh found: who changed a script, and what to do. */
export async function editNote(client: CeligoClient, live: ScriptRecord): Promise<string> {
  return (
    `script "${live.name}" (${live._id}) was changed in Celigo since the last refresh, ` +
    `${await whoAndWhen(client, live, "updated")}. ${toKeep(live)} To overwrite it: pulumi up`
  );
}

/** Says how to take an edit into the program. A name that a shell would not pass on as it is gives way to the id. */
export function toKeep({ name = "", _id }: ScriptRecord): string {
  return `To take the change into your file: pulumi-celigo pull ${/^[\w.-]+$/.test(name) ? name : _id}.`;
}

/** Returns who did something to a script last, and when. A failure to read the audit log must not hide what it is about. */
export async function whoAndWhen(
  client: Pick<CeligoClient, "getScriptAudit">,
  { _id, createdAt, lastModified }: ScriptRecord,
  action: "created" | "updated",
): Promise<string> {
  try {
    const { audit = [] } = await client.getScriptAudit(_id, { action, limit: 100 });
    const [latest] = [...audit].sort((a, b) => (b.timestamp ?? "").localeCompare(a.timestamp ?? ""));
    if (latest) {
      return `by ${latest.userName ?? latest.userId ?? "somebody"} at ${latest.timestamp ?? lastModified}`;
    }
  } catch {
    // Said below without the name.
  }
  const time = action === "created" ? createdAt : lastModified;
  return `at ${time ?? "an unknown time"} (the audit log does not say by whom)`;
}
