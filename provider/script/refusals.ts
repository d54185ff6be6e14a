import type { ScriptRecord } from "../api/client";
import { CeligoError, reasonOf } from "../errors";

/** Says whose content it is that could not be read. */
export function namedAs(subject: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof CeligoError ? error.with({ subject, reason: `${error.subject}: ${error.reason}` }) : error;
  };
}

/** Says which script could not be deleted. */
export function deleteError({ _id, name }: ScriptRecord, error: unknown): unknown {
  if (!(error instanceof CeligoError)) {
    return error;
  }
  const isRefused = error.status !== undefined && error.status !== 401 && error.status < 500 && error.status !== 429;
  return error.with({
    subject: `could not delete script "${name}" (${_id})`,
    ...(isRefused ? { hint: `If something still uses it, detach it there first. ${error.hint ?? ""}` } : {}),
  });
}

/** Says that a write failed, and that a look could not tell whether it has worked all the same. */
export function unsure(failure: CeligoError, error: unknown): CeligoError {
  const done = failure.operation === "deleteScript" ? "deleted" : "updated";
  return failure.with({
    reason: `${failure.reason}, and whether it was ${done} could not be found out: ${reasonOf(error)}`,
    hint: "Run the command again: it looks before it sends.",
  });
}

/** Says how often a write was tried. */
export function givenUp(failure: CeligoError, tries: number): CeligoError {
  return tries > 1 ? failure.with({ reason: `${failure.reason} (tried ${tries} times)` }) : failure;
}

/** Says that a script to update is not there any more. */
export function gone(id: string, name: string): CeligoError {
  return new CeligoError({
    subject: `could not update script "${name}" (${id})`,
    reason: "it no longer exists in Celigo",
    hint: "Run pulumi refresh, and then pulumi up to create it anew, or restore it from Celigo's recycle bin.",
    operation: "updateScript",
    status: 404,
    code: "not_found",
  });
}

/** Says that a script was not found by something that need not be the API, as it does not answer another request either. */
export function nowhere(notFound: CeligoError, error: unknown): CeligoError {
  return notFound.with({
    reason: `${notFound.reason}; whether the API itself says so is not known, as it was asked what uses the script: ${reasonOf(error)}`,
    hint: error instanceof CeligoError ? error.hint : undefined,
  });
}

/** Says that a script was made, and perhaps another one by an earlier try. */
export function notAlone(id: string, name: string, doubt: string): CeligoError {
  return new CeligoError({
    subject: `script "${name}" (${id}) was created, but maybe not alone`,
    reason: doubt,
    hint: "Then run pulumi up again.",
  });
}

/** Says that a script was made, and what it has become is not known. */
export function notReadBack(id: string, name: string, error: unknown): unknown {
  return error instanceof CeligoError
    ? error.with({
        subject: `script "${name}" (${id}) was created, but could not be read back`,
        hint: "Run pulumi up again: it goes on from there, and creates nothing twice.",
      })
    : error;
}

/** Says that two resources want one script. */
export function adoptedTwice(id: string, name: unknown): CeligoError {
  return new CeligoError({
    subject: `script "${name}" (${id})`,
    reason:
      "it belongs to this resource, and another resource of the program with the same name adopted it in this run",
    hint: 'Remove that other resource from the state (pulumi state delete), and give it another name or onNameTaken: "create".',
    code: "adopted_twice",
  });
}
