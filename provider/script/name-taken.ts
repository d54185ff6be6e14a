import type { NewScript, ScriptRecord } from "../api/client";
import { contentHash } from "../content/content";
import { CeligoError } from "../errors";
import type { OnNameTaken } from "../policies";
import { enumerateSome } from "../text";

export interface NamePolicy {
  readonly onNameTaken: OnNameTaken;
  /** Whether the script says it itself, which wins over what is set for the stack or in the environment. */
  readonly isOwn: boolean;
  /** Whether the script is a file of a ScriptFolder. @default false */
  readonly isOfFolder?: boolean;
}

function nameTakenHint(several: boolean, policy: NamePolicy, isManaged: boolean): string {
  const [former, fix] = policy.isOfFolder
    ? [
        "this file under its former path, name that in renamedFrom",
        "a file that you renamed, name its former path in renamedFrom",
      ]
    : [
        "this resource under its former name, give it an alias",
        "a resource of this stack that you renamed, give that an alias",
      ];
  if (isManaged) {
    return `A resource of this stack manages one: if that is ${former}; if the program has both, set onNameTaken to "create" for this one.`;
  }
  if (policy.onNameTaken === "adopt") {
    return (
      "Only a single one can be adopted: delete or rename the others in Celigo, adopt one by its id (pulumi-celigo import ID), " +
      'or set onNameTaken to "create" for another one.'
    );
  }
  const adoptFirst = several
    ? "Delete or rename all but one in Celigo to adopt that one. "
    : `To adopt it, also after an interrupted run: ${adopting(policy)}. `;
  return `${adoptFirst}To make another, set onNameTaken to "create". If it belongs to ${fix}.`;
}

/** Returns the command that takes scripts over by their names, once. */
export function adopting({ isOwn }: NamePolicy): string {
  return isOwn
    ? 'set onNameTaken to "adopt" for this script, and run pulumi up --refresh'
    : "CELIGO_ON_NAME_TAKEN=adopt pulumi up --refresh";
}

/** Says that a script was renamed to the name of others, which nobody asked `onNameTaken` about. */
export function renamedOnto(name: string, id: string, others: readonly string[]): string {
  return (
    `script "${name}" (${id}) was renamed, and the account already has ${others.length > 1 ? "scripts" : "a script"} of that name: ` +
    `${enumerateSome(others)}. Celigo keeps both. Rename one of them, so that people can tell them apart.`
  );
}

/** @param isManaged Whether a resource of the stack that the program has not registered yet manages one of the scripts. */
export function nameTaken(
  body: NewScript,
  live: readonly ScriptRecord[],
  policy: NamePolicy,
  isManaged: boolean,
): CeligoError {
  const hash = contentHash(body.content);
  const list = live.slice(0, 5).map((record) => {
    const isSame = contentHash(record.content ?? "") === hash;
    return `${record._id} (last changed ${record.lastModified ?? "at an unknown time"}, ${isSame ? "the same" : "other"} content)`;
  });
  const several = live.length > 1;
  const more = live.length > list.length ? ` and ${live.length - list.length} more` : "";
  return new CeligoError({
    subject: `could not create script "${body.name}"`,
    reason: `the account already has ${several ? `${live.length} scripts` : "a script"} of that name: ${list.join(", ")}${more}`,
    hint: nameTakenHint(several, policy, isManaged),
    operation: "createScript",
    code: "name_taken",
  });
}
