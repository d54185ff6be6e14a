import type { CeligoClient, ScriptRecord } from "../api/client";
import { CeligoError } from "../errors";

/** Says who changed a script in Celigo, and how to look at the change and to overwrite it. */
export async function conflictError(
  client: CeligoClient,
  live: ScriptRecord,
  knownHash: unknown,
  verb: "update" | "delete",
): Promise<CeligoError> {
  const hashes = knownHash && live.__hash ? ` (server hash ${knownHash} then, ${live.__hash} now)` : "";
  return new CeligoError({
    subject: `could not ${verb} script "${live.name}" (${live._id})`,
    reason: `it was changed in Celigo since the last refresh, ${await whoAndWhen(client, live, "updated")}${hashes}`,
    hint:
      verb === "update"
        ? "To look at the change: pulumi preview --refresh --diff. To overwrite it with what the program says: pulumi up --refresh"
        : "To look at the change: pulumi preview --refresh --diff. To delete it anyway, add --refresh to your command.",
    operation: `${verb}Script`,
    code: "conflict",
  });
}

/** Returns who did something to a script last, and when. A failure to read the audit log must not hide what it is about. */
export async function whoAndWhen(
  client: CeligoClient,
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
