import { dirname } from "node:path";
import { count, jsonOf, printable } from "../../../provider/text";
import { tableOf } from "../output";
import { shownPath } from "../project/entry";
import type { Stack } from "../pulumi";
import type { Plan, PlannedScript } from "./plan";

/** What a report needs besides the plan. */
export interface Circumstances {
  readonly dryRun: boolean;
  readonly stack: Stack;
  /** The folder of the module that declares the scripts. */
  readonly folder: string;
  /** What the last preview would do to other resources, such as `create 1 other resource`; may be empty. */
  readonly others: string;
}

/** Returns the JSON report of an import. */
export function jsonReport({ scripts, leftOut, managed, files }: Plan, { dryRun }: Circumstances): string {
  return jsonOf({
    dryRun,
    imported: scripts.map(({ id, logicalName, file, notes, record }) => ({
      id,
      name: record.name ?? "",
      logicalName,
      file,
      notes,
    })),
    leftOut,
    managedBefore: managed,
    filesWritten: files.map(({ path }) => shownPath(path)),
  });
}

/** Returns the text report of an import. */
export function textReport(plan: Plan, circumstances: Circumstances): string {
  const { scripts, leftOut, managed } = plan;
  const noted = scripts.filter(({ notes }) => notes.length > 0);
  const notes = noted.map(({ logicalName, notes }) => `${printable(logicalName)}: ${printable(notes.join(" "))}`);
  const reasons = leftOut.map(({ id, name, reason }) => `left out "${printable(name)}" (${id}): ${printable(reason)}`);
  const before = managed > 0 ? ` ${managed} ${managed === 1 ? "was" : "were"} managed before.` : "";
  const table = scripts.length === 0 ? [] : [tableOf([["NAME", "ID", "FILE", "NOTES"], ...scripts.map(rowOf)]), ""];
  const shown = circumstances.dryRun
    ? [...table, ...placesOf(plan, "Would write")]
    : [...notes, ...placesOf(plan, "Written")];
  return [...shown, ...reasons, `${summaryOf(plan, circumstances)}${before}`].join("\n");
}

/** Says where the files are. */
function placesOf({ files }: Plan, verb: string): string[] {
  const code = files.filter(({ isScript }) => isScript).map(({ path }) => path);
  const others = files.filter(({ isScript }) => !isScript).map(({ path }) => printable(shownPath(path)));
  const scripts = code[0] === undefined ? [] : [`${count(code.length, "script")} in ${shownPath(dirname(code[0]))}`];
  return files.length === 0 ? [] : [`${verb}: ${[...scripts, ...others].join(", ")}`];
}

function rowOf({ id, file, notes, record }: PlannedScript): string[] {
  return [record.name ?? "", id, file, notes.join(" ")];
}

function summaryOf({ scripts, files }: Plan, { dryRun, stack, folder, others }: Circumstances): string {
  const [some, written] = [count(scripts.length, "script"), count(files.length, "file")];
  if (dryRun) {
    return `${some} would be imported into ${stack.label}, and ${written} written in ${folder}. Nothing was changed.`;
  }
  if (scripts.length === 0) {
    return "Nothing to import.";
  }
  const change = others === "" ? "no change." : `no change of them; it would also ${others}.`;
  return `${some} imported into ${stack.label}, ${written} written in ${folder}. pulumi preview shows ${change}`;
}
