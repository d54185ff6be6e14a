import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ScriptRecord } from "../../../provider/api/client";
import { CeligoError } from "../../../provider/errors";
import { writableFields } from "../../../provider/script/fields";
import type { RawInputs } from "../../../provider/script/inputs";
import { toInputs, toOutputs } from "../../../provider/script/mapping";
import { enumerate, enumerateSome } from "../../../provider/text";
import { logicalNameOf } from "../account";
import { finishing } from "../interruption";
import { type PreviewStep, type Stack, scriptType } from "../pulumi";
import type { PlannedScript } from "./plan";

/** What to do when the program cannot be run. */
const correction = "Correct the program, and run the command again.";

/** The inputs that a record has as well, beside the content, whose hash tells. */
const mirrored: ReadonlySet<string> = new Set(writableFields.map(([name]) => name));

/**
 * Brings scripts into the state of a stack. The preview says what inputs the program leaves in the state, so that no
 * change remains, but for what differs in Celigo; the server's fields come from the records.
 *
 * @param advice What to do when the program does not declare them.
 * @throws CeligoError before anything is changed, when the program does not declare every one of them.
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

/** Runs `pulumi import` with a file that is gone afterwards: it has the scripts' code. */
async function importResources(stack: Stack, resources: readonly unknown[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-celigo-import-"));
  try {
    const file = join(folder, "import.json");
    writeFileSync(file, JSON.stringify({ resources }));
    await stack.run(
      ["import", "--file", file, "--yes", "--skip-preview", "--generate-code=false", "--protect=false"],
      `could not import into ${stack.label}`,
      {
        hint: "Nothing in Celigo was changed. Run the command again: it goes on with what is left.",
        // A state that is written once, and not after each script, halves the time for a thousand; there is nothing to lose.
        environment: { PULUMI_SKIP_CHECKPOINTS: "true" },
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a preview would do after an import. */
export interface Changes {
  /** The logical names of those of the imported scripts that it would change. */
  readonly scripts: readonly string[];
  /** What it would do to other resources, as `create 1 other resource`; nothing when it is empty. */
  readonly others: string;
}

/** Finds out by a preview what would change after an import. */
export async function changesAfter(stack: Stack, scripts: readonly PlannedScript[]): Promise<Changes> {
  const all = await stack.preview("could not preview what was imported", correction);
  // What stays as it is has no step.
  const steps = stepsOf(all);
  const ours = scripts.flatMap(({ logicalName }) => steps.get(logicalName) ?? []);
  const changed = scripts.filter(({ logicalName }) => (steps.get(logicalName)?.op ?? "same") !== "same");
  return {
    scripts: changed.map(({ logicalName }) => logicalName),
    others: othersOf(all.filter((step) => !ours.includes(step))),
  };
}

/** Says what steps would do to resources; Pulumi's own, such as the stack itself, are no matter. */
function othersOf(steps: readonly PreviewStep[]): string {
  const foreign = steps.filter(({ urn }) => !/^pulumi:(?:pulumi|providers):/.test(typeOf(urn)));
  const counts = ["create", "import", "update", "replace", "delete"].map(
    (verb) => [verb, foreign.filter(({ op }) => op === verb).length] as const,
  );
  const total = counts.reduce((sum, [, number]) => sum + number, 0);
  const parts = counts.flatMap(([verb, number]) => (number > 0 ? [`${verb} ${number}`] : []));
  return total === 0 ? "" : `${enumerate(parts)} other ${total === 1 ? "resource" : "resources"}`;
}

/** Returns a resource's own type: its URN has those of its parents before it. */
function typeOf(urn: string): string {
  return urn.split("::")[2]?.split("$").at(-1) ?? "";
}

/**
 * Returns the inputs that the state is to have: those of the program, but where the script is otherwise in Celigo, what it
 * is, so that a preview shows the difference. A script without a name has that of the program.
 */
function inputsOf(record: ScriptRecord, declared: RawInputs): RawInputs {
  const { content: _, name, ...live } = toInputs(record, {});
  const ofProgram = Object.entries(declared).filter(([key]) => !mirrored.has(key));
  return { ...Object.fromEntries(ofProgram), ...live, name: name || declared["name"] };
}

/** Finds the steps of the scripts that have no parent, by logical name. */
function stepsOf(steps: readonly PreviewStep[]): Map<string, PreviewStep> {
  const ours = steps.filter(({ urn }) => urn.split("::")[2] === scriptType);
  return new Map(ours.map((step) => [logicalNameOf({ urn: step.urn }), step]));
}
