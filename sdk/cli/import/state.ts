import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScriptRecord } from "../../../provider/api/client";
import { CeligoError } from "../../../provider/errors";
import { setFieldsOf, writableFields } from "../../../provider/script/fields";
import type { RawInputs } from "../../../provider/script/inputs";
import { toOutputs } from "../../../provider/script/mapping";
import { enumerate, enumerateSome } from "../../../provider/text";
import { finishing } from "../interruption";
import { type PreviewStep, type Stack, scriptType } from "../pulumi";
import type { PlannedScript } from "./plan";

/** What to do when the program fails. */
const correction = "Correct the program, and run the command again.";

/** The inputs that a record has as well, beside the content, whose hash tells. */
const mirrored: ReadonlySet<string> = new Set(writableFields.map(([name]) => name));

/**
 * Imports scripts into the state of a stack. The inputs come from a preview of the program, so that only real differences
 * remain. The server's fields come from the records.
 *
 * @param advice What to do when the program does not declare a script.
 * @throws CeligoError before any change, when the program does not declare every script.
 */
export async function bringIntoState(stack: Stack, scripts: readonly PlannedScript[], advice: string): Promise<void> {
  const subject = "could not check the program that declares the scripts";
  const steps = stepsOf(await stack.preview(subject, correction));
  const absent = scripts.filter(({ logicalName }) => steps.get(logicalName)?.op !== "create");
  if (absent.length > 0) {
    throw new CeligoError({
      subject: `could not import into ${stack.label}`,
      reason: `its program does not declare ${enumerateSome(absent.map(({ logicalName }) => `"${logicalName}"`))}`,
      hint: advice,
    });
  }
  const resources = scripts.map(({ id, logicalName, record }) => {
    const inputs = inputsOf(record, steps.get(logicalName)?.inputs ?? {});
    const { name, __provider } = inputs;
    return {
      type: scriptType,
      name: logicalName,
      id,
      inputs,
      outputs: { ...toOutputs(record, inputs), name, __provider },
    };
  });
  await finishing(() => importResources(stack, resources));
}

/** Runs `pulumi import` with a file that is removed afterwards, as it contains the code. */
async function importResources(stack: Stack, resources: readonly unknown[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-celigo-import-"));
  try {
    const file = join(folder, "import.json");
    writeFileSync(file, JSON.stringify({ resources }));
    await stack.run(
      ["import", "--file", file, "--yes", "--skip-preview", "--generate-code=false", "--protect=false"],
      `could not import into ${stack.label}`,
      {
        hint: "Nothing in Celigo was changed. Run the command again: it continues with what is left.",
        // Writes the state once, not after each script: half the time for a thousand, and nothing can be lost.
        environment: { PULUMI_SKIP_CHECKPOINTS: "true" },
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Asserts that a preview after an import changes none of its scripts.
 *
 * @returns What the preview would do to other resources, such as `create 1 other resource`; may be empty.
 */
export async function assertUnchanged(stack: Stack, scripts: readonly PlannedScript[]): Promise<string> {
  const all = await stack.preview("could not preview what was imported", correction);
  // An unchanged resource has no step.
  const steps = stepsOf(all);
  const ours = scripts.flatMap(({ logicalName }) => steps.get(logicalName) ?? []);
  const changed = ours.filter(({ op }) => op !== "same");
  if (changed.length > 0) {
    throw new CeligoError({
      subject: `could not finish the import into ${stack.label}`,
      reason: `pulumi preview shows a change of ${enumerateSome(changed.map(({ logicalName }) => logicalName))}`,
      hint: "Run pulumi preview --diff to see it. Nothing in Celigo was changed.",
    });
  }
  return othersOf(all.filter((step) => !ours.includes(step)));
}

/** Summarises what steps would do to resources, without Pulumi's own, such as the stack. */
function othersOf(steps: readonly PreviewStep[]): string {
  const foreign = steps.filter(({ types }) => !/(?:^|\$)pulumi:(?:pulumi|providers):[^$]*$/.test(types));
  const counts = ["create", "import", "update", "replace", "delete"].map(
    (verb) => [verb, foreign.filter(({ op }) => op === verb).length] as const,
  );
  const total = counts.reduce((sum, [, number]) => sum + number, 0);
  const parts = counts.flatMap(([verb, number]) => (number > 0 ? [`${verb} ${number}`] : []));
  return total === 0 ? "" : `${enumerate(parts)} other ${total === 1 ? "resource" : "resources"}`;
}

/**
 * Returns the inputs for the state: those of the program, except for fields that differ in Celigo. A preview then shows the
 * difference. A script without a name gets the program's.
 */
function inputsOf(record: ScriptRecord, declared: RawInputs): RawInputs {
  const ofProgram = Object.entries(declared).filter(([key]) => !mirrored.has(key));
  return { ...Object.fromEntries(ofProgram), name: declared["name"], ...setFieldsOf(record) };
}

/** Returns the steps of scripts without a parent, by logical name. */
function stepsOf(steps: readonly PreviewStep[]): Map<string, PreviewStep> {
  return new Map(steps.filter(({ types }) => types === scriptType).map((step) => [step.logicalName, step]));
}
