import type { ScriptRecord } from "../../../provider/api/client";
import { normalise } from "../../../provider/content/content";
import type { SyntaxFault } from "../../../provider/content/syntax";
import { setFieldsOf } from "../../../provider/script/fields";
import { checkInputs } from "../../../provider/script/inputs";
import type { PlannedFile } from "../project/files";
import type { Declaration } from "./program";

/** A script to import. */
export interface PlannedScript extends Declaration {
  readonly record: ScriptRecord;
}

/** A script that cannot be imported. */
export interface LeftOut {
  readonly id: string;
  readonly name: string;
  readonly reason: string;
}

/** What an import will do, and what it leaves out. */
export interface Plan {
  readonly scripts: readonly PlannedScript[];
  readonly leftOut: readonly LeftOut[];
  /** How many of the scripts the stack already manages. */
  readonly managed: number;
  /** The files to write, the program among them. */
  readonly files: readonly PlannedFile[];
}

/**
 * Plans the declaration of a script so that a preview shows no change.
 *
 * @param fault Why its code is not valid JavaScript, if it is not.
 */
export async function planScript(
  record: ScriptRecord,
  logicalName: string,
  fault: SyntaxFault | undefined,
): Promise<PlannedScript | LeftOut> {
  const { _id: id } = record;
  const content = normalise(record.content ?? "");
  const { name = "", ...others } = setFieldsOf(record);
  const leftOut = (reason: string) => ({ id, name, reason });
  if (isBroken(content)) {
    return leftOut("its code contains half a character, which a file cannot store");
  }
  if (isBroken(name) || isBroken(record.description ?? "")) {
    return leftOut("its name or description contains half a character, which cannot be sent");
  }
  const own = { ...(name && name !== logicalName ? { name } : {}), ...others };
  // Content that is in the state already is not examined: what its code does is no concern here.
  const { failures } = await checkInputs({ content }, { name: logicalName, ...own, content });
  if (failures.length > 0) {
    return leftOut(failures.map(({ reason }) => reason).join("; "));
  }
  return {
    id,
    logicalName,
    file: `${logicalName}.js`,
    args: { ...(own as Declaration["args"]), ...(fault ? { syntaxCheck: "warn" } : {}) },
    notes: [
      ...(name ? [] : ["Has no name in Celigo. Its first update sets the name given here."]),
      ...(fault ? [`Is not valid JavaScript (${fault.line}:${fault.column}: ${fault.message}).`] : []),
      ...originsOf(record),
    ],
    record,
  };
}

/** Tells whether a text contains half a surrogate pair. */
function isBroken(text: string): boolean {
  return /\p{Cs}/u.test(text);
}

/** Returns what in Celigo the script belongs to. */
function originsOf({ _templateId: template, _integrationId: integration, _connectorId: app }: ScriptRecord): string[] {
  return [
    ...(template ? [`Made from template ${template}.`] : []),
    ...(integration ? [`Belongs to integration ${integration}.`] : []),
    ...(app ? [`Installed by integration app ${app}, whose updates may overwrite changes made here.`] : []),
  ];
}
