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
    reason: `it was changed in Celigo since the last refresh, ${await whoAndWhen(client, live)}${hashes}`,
    hint:
      verb === "update"
        ? "To look at the change: pulumi preview --refresh --diff. To overwrite it with what the program says: pulumi up --refresh"
        : "To look at the change: pulumi preview --refresh --diff. To delete it all the same, add --refresh to the command that you ran.",
    operation: `${verb}Script`,
    code: "conflict",
  });
}

/** The audit log says who; that it cannot be read must not hide the conflict. */
async function whoAndWhen(client: CeligoClient, live: ScriptRecord): Promise<string> {
  try {
    const { audit = [] } = await client.getScriptAudit(live._id, { action: "updated", limit: 100 });
    const [latest] = [...audit].sort((a, b) => (b.timestamp ?? "").localeCompare(a.timestamp ?? ""));
    if (latest) {
      return `by ${latest.userName ?? latest.userId ?? "somebody"} at ${latest.timestamp ?? live.lastModified}`;
    }
  } catch {
    // Said below without the name.
  }
  return `at ${live.lastModified ?? "an unknown time"} (the audit log does not say by whom)`;
}
