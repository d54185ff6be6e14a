import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CeligoError } from "../../../provider/errors";
import { toOutputs } from "../../../provider/mapping";
import { enumerateSome } from "../../../provider/wording";
import { logicalNameOf } from "../account";
import { type PreviewStep, type Stack, scriptType } from "../stack";
import type { PlannedScript } from "./plan";

/**
 * Brings scripts into the state of a stack. The preview says what inputs the program leaves in the state, so that no
 * change remains; the server's fields come from the records.
 *
 * @param advice What to do when the program does not declare them.
 * @throws CeligoError before anything is changed, when the program does not declare every one of them.
 */
export async function bringIntoState(stack: Stack, scripts: readonly PlannedScript[], advice: string): Promise<void> {
  const steps = stepsOf(await stack.preview("could not check the program that declares the scripts"));
  const absent = scripts.filter(({ logicalName }) => steps.get(logicalName)?.op !== "create");
  if (absent.length > 0) {
    throw new CeligoError({
      subject: `could not import into ${stack.label}`,
      reason: `its program does not declare ${enumerateSome(absent.map(({ logicalName }) => `"${logicalName}"`))}`,
      hint: advice,
    });
  }
  const resources = scripts.map(({ id, logicalName, record }) => {
    const { inputs = {} } = steps.get(logicalName) ?? {};
    const { name, __provider } = inputs;
    return {
      type: scriptType,
      name: logicalName,
      id,
      inputs,
      outputs: { ...toOutputs(record, inputs), name, __provider },
    };
  });
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

/** Lists those of the scripts that a preview would change. */
export async function changedIn(stack: Stack, scripts: readonly PlannedScript[]): Promise<string[]> {
  // What stays as it is has no step.
  const steps = stepsOf(await stack.preview("could not preview what was imported"));
  return scripts.map(({ logicalName }) => logicalName).filter((name) => (steps.get(name)?.op ?? "same") !== "same");
}

/** Finds the steps of the scripts that have no parent, by logical name. */
function stepsOf(steps: readonly PreviewStep[]): Map<string, PreviewStep> {
  const ours = steps.filter(({ urn }) => urn.split("::")[2] === scriptType);
  return new Map(ours.map((step) => [logicalNameOf({ urn: step.urn }), step]));
}
