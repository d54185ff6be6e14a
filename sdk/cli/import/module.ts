import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { CeligoError } from "../../../provider/errors";
import { type Entry, modulePathIn, slashed } from "../project/entry";
import { canTakeMore, declaredIn } from "./program";

/** The module that declares the scripts, as it is before an import. */
export interface Module {
  readonly path: string;
  /** Its text; empty when it does not exist. */
  readonly text: string;
  /** The logical names of its scripts, by id. */
  readonly declared: ReadonlyMap<string, string>;
}

/** Reads the module in a folder that the program imports. */
export function readModule(folder: string, entry: Entry): Module {
  const path = modulePathIn(folder, entry);
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  return { path, text: text.trim() === "" ? "" : text, declared: declaredIn(text) };
}

/** Asserts that declarations can be added to a module: an earlier import made it, or it has what they need. */
export function assertCanTakeMore({ path, text }: Module): void {
  if (text !== "" && !canTakeMore(text)) {
    throw new CeligoError({
      subject: "could not begin the import",
      reason: `${nameOf(path)} was not made by an import, and nothing was changed`,
      hint: "Give another folder with --out, or add to the file what a declaration needs: the import of Script from pulumi-celigo, and the function file.",
    });
  }
}

/**
 * Asserts that a module declares scripts of the account.
 *
 * @param known The ids of the scripts in the account or in the state of the stack.
 * @param stack The stack's name, if given.
 */
export function assertSameAccount({ path, declared }: Module, known: ReadonlySet<string>, stack?: string): void {
  if (declared.size > 0 && ![...declared.keys()].some((id) => known.has(id))) {
    const up = `CELIGO_ON_NAME_TAKEN=adopt pulumi up${stack === undefined ? "" : ` --stack ${stack}`}`;
    throw new CeligoError({
      subject: `could not import into ${stack === undefined ? "the current stack" : `stack ${stack}`}`,
      reason: `${nameOf(path)} declares the scripts of another account, and nothing was changed`,
      hint: `To adopt its scripts by name, look with pulumi-celigo compare, then run ${up}. To declare this account's scripts beside it, give another folder with --out.`,
    });
  }
}

function nameOf(path: string): string {
  return slashed(relative(".", path));
}
