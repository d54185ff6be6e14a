import { relative, resolve } from "node:path";
import { Argument, Option } from "commander";
import { contentHash, normalise } from "../../../provider/content/content";
import { differenceOf } from "../../../provider/content/line-diff";
import { CeligoError } from "../../../provider/errors";
import { isAsset } from "../../../provider/pulumi-wire";
import { jsonOf, printable } from "../../../provider/text";
import { type Account, findScript, labelOf, openAccount } from "../account";
import type { CommandDefinition } from "../command";
import { canAsk, confirm } from "../confirm";
import { writeWhole } from "../file";
import { type AccountOptions, accountNotes, accountOptions, yesOption } from "../options";
import { by } from "../output";
import { projectOf } from "../project/project";
import { type ManagedScript, type Stack, scriptType } from "../pulumi";
import { listNames, readRecords } from "../records";
import { type ContentFile, isCommitted, readContentFile } from "./text";

interface Options extends AccountOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** A script of the stack, with the inputs of its state or its program. */
interface Declared extends Pick<ManagedScript, "id" | "logicalName" | "inputs"> {
  /** The hash of the content at the last refresh or update; absent when a refresh has put Celigo's text into the state. */
  readonly knownHash?: unknown;
}

/** What became of a script. */
interface Pulled {
  readonly id: string;
  readonly logicalName: string;
  /** `same` and `ahead` (only the file has changes) need nothing; `manual` and `kept` are left to do. */
  readonly status: "same" | "ahead" | "written" | "wouldWrite" | "manual" | "kept" | "gone";
  /** The file, relative to the working directory. */
  readonly file?: string | undefined;
  readonly diff?: string | undefined;
  /** What to do. */
  readonly note?: string;
}

/** Writes what was edited in Celigo into the files of the program. */
export const pullCommand: CommandDefinition<[readonly string[]], Options> = {
  name: "pull",
  summary: "write edits made in Celigo into the files of the program",
  arguments: [new Argument("[scripts...]", "ids, exact names or logical names (default: every script of the stack)")],
  options: [
    yesOption,
    new Option("--dry-run", "show the lines that would change, and write nothing"),
    ...accountOptions,
  ],
  notes: [
    "Shows the lines that differ between Celigo and each script's file, and writes the file. Asks first when the file has",
    "changes that Git does not have; --yes does not ask. A file with changes that are not deployed is left alone, unless Celigo has others.",
    "For a script with substitutions, or whose text is in the program, it shows the lines and says what to do.",
    ...accountNotes,
  ],
  exitCodes: "0 done, 1 failed, or a difference is left, 2 wrong usage",
  examples: ["pull --dry-run", "pull normalize-orders", "pull --stack prod --yes"],
  run: ([words], options) => pull(words, options),
};

async function pull(words: readonly string[], options: Options): Promise<void> {
  const account = await openAccount(options);
  const { stack, client } = account;
  if (!stack) {
    throw notPulled("there is no Pulumi project in the folder", "Give the folder of the project with --cwd.");
  }
  const { programFolder } = projectOf(options.cwd);
  const scripts = await scriptsToPull(words, account, stack);
  const live = new Map(
    await readRecords(client, scripts, ({ content = "" }, { id }) => [id, normalise(content)] as const),
  );
  const declared = await withProgramsInputs(scripts, live, stack);
  const pulled: Pulled[] = [];
  for (const script of declared) {
    const one = await pullScript(script, live.get(script.id), programFolder, options);
    pulled.push(one);
    if (!options.json) {
      print(one);
    }
  }
  console.log(options.json ? jsonOf({ dryRun: options.dryRun ?? false, scripts: pulled }) : summaryOf(pulled));
  if (pulled.some(({ status }) => ["manual", "kept"].includes(status))) {
    process.exitCode = 1;
  }
}

/** Lists the scripts of the stack that are meant, by logical name. */
async function scriptsToPull(words: readonly string[], account: Account, stack: Stack): Promise<Declared[]> {
  const managed = (await stack.scripts()).map(({ id, logicalName, inputs, outputs }): Declared => {
    return { id, logicalName, inputs, knownHash: outputs["contentHash"] };
  });
  const inOrder = managed.sort(by("logicalName"));
  if (words.length === 0) {
    return inOrder;
  }
  const names = await listNames(account.client);
  const found = await Promise.all(words.map((word) => findScript(account, word, names)));
  const stranger = found.find(({ id }) => managed.every((one) => one.id !== id));
  if (stranger) {
    const reason = `${stack.label} does not manage script ${labelOf(stranger)}`;
    throw notPulled(reason, "To manage it, run pulumi-celigo import.");
  }
  return inOrder.filter(({ id }) => found.some((one) => one.id === id));
}

/** A refresh puts Celigo's text into the state: then only a preview knows which file the program declares. */
async function withProgramsInputs(
  scripts: readonly Declared[],
  live: ReadonlyMap<string, string>,
  stack: Stack,
): Promise<readonly Declared[]> {
  const isText = ({ id, inputs }: Declared) => typeof inputs["content"] === "string" && live.has(id);
  if (!scripts.some(isText)) {
    return scripts;
  }
  const steps = await stack.preview("could not find out which files the program declares");
  const ours = steps.filter(({ types }) => types.endsWith(scriptType));
  const inputs = new Map(ours.map((step) => [step.logicalName, step.inputs]));
  return scripts.map((script) => {
    const declared = inputs.get(script.logicalName);
    return declared && isText(script) ? { ...script, inputs: declared, knownHash: undefined } : script;
  });
}

async function pullScript(
  { id, logicalName, inputs, knownHash }: Declared,
  live: string | undefined,
  programFolder: string,
  { dryRun, yes }: Options,
): Promise<Pulled> {
  const { content } = inputs;
  const path = isAsset(content) && !isSubstituted(inputs) ? content.path : undefined;
  const shown = path === undefined ? undefined : relative(".", resolve(programFolder, path));
  const become = (status: Pulled["status"], more: Pick<Pulled, "diff" | "note"> = {}): Pulled => {
    return { id, logicalName, status, file: shown, ...more };
  };
  if (live === undefined) {
    return become("gone", { note: "it does not exist in Celigo: run pulumi refresh." });
  }
  const isUnedited = contentHash(live) === knownHash;
  const file = path === undefined ? undefined : readContentFile(resolve(programFolder, path));
  const text = file ? file.text : textOf(content);
  if (text === undefined ? isUnedited : text === live) {
    return become("same");
  }
  if (file && isUnedited) {
    return become("ahead", { note: `${shown} has changes that pulumi up deploys.` });
  }
  const name = printable(logicalName);
  const labels = { from: shown ?? `${name}, by the program`, to: `${name}, live in Celigo` };
  const diff = text === undefined ? undefined : await differenceOf(text, live, labels);
  if (!file) {
    const note = isSubstituted(inputs)
      ? "it has substitutions: make the change in its file, and keep the {{keys}}."
      : "no file holds its text: make the change in the program, or move the text into a file.";
    return become("manual", { diff, note });
  }
  if (dryRun) {
    return become("wouldWrite", { diff });
  }
  if (yes || (await mayWrite(file, diff))) {
    writeWhole(file.path, file.styled(live));
    return become("written", { diff });
  }
  const note = "it has changes that Git does not have: commit them, or pass --yes to overwrite them.";
  return become("kept", { diff, note });
}

/** Asks before changes that Git does not have are overwritten. */
async function mayWrite({ path }: ContentFile, diff: string | undefined): Promise<boolean> {
  if (await isCommitted(path)) {
    return true;
  }
  if (!canAsk()) {
    return false;
  }
  console.error(diff ?? "");
  return confirm(`${relative(".", path)} has changes that Git does not have. Overwrite them?`);
}

function isSubstituted({ content, codeHash, substitutions }: Declared["inputs"]): boolean {
  const text = textOf(content);
  return (
    substitutions !== undefined || (text !== undefined && codeHash !== undefined && codeHash !== contentHash(text))
  );
}

/** Returns the text of an input, normalised; nothing for a file or a secret. */
function textOf(content: unknown): string | undefined {
  const text = isAsset(content) ? content.text : content;
  return typeof text === "string" ? normalise(text) : undefined;
}

function print({ logicalName, id, status, file, diff, note }: Pulled): void {
  const what = { written: `${file} written.`, wouldWrite: `${file} would be written.` }[String(status)] ?? note;
  if (status !== "same") {
    console.log([...(diff === undefined ? [] : [diff]), `"${printable(logicalName)}" (${id}): ${what}`].join("\n"));
  }
}

function summaryOf(pulled: readonly Pulled[]): string {
  const numberOf = (...statuses: readonly Pulled["status"][]) =>
    pulled.filter(({ status }) => statuses.includes(status)).length;
  const next = numberOf("written") > 0 ? " Run pulumi refresh, then pulumi preview: it shows no change of them." : "";
  return (
    `${numberOf("written")} written, ${numberOf("wouldWrite")} would be written, ${numberOf("manual", "kept")} left to do, ` +
    `${numberOf("same", "ahead", "gone")} without an edit in Celigo.${next}`
  );
}

function notPulled(reason: string, hint: string): CeligoError {
  return new CeligoError({ subject: "could not pull", reason, hint });
}
