import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { Argument, Option } from "commander";
import type { ScriptRecord } from "../../../provider/api/client";
import { isBelow, normalise } from "../../../provider/content/content";
import type { SyntaxFault } from "../../../provider/content/syntax";
import { CeligoError } from "../../../provider/errors";
import { type Account, openAccount } from "../account";
import { type CommandDefinition, UsageError } from "../command";
import { matchOption } from "../match";
import { type AccountOptions, accountOptions } from "../options";
import { by } from "../output";
import { withProgress } from "../progress";
import { importLine, pathFrom } from "../project/entry";
import { assertNotLinkedOut, missingFiles, type PlannedFile, writeFiles } from "../project/files";
import {
  assertInstalled,
  filesOfNewProject,
  gitignoreOf,
  initStack,
  type Project,
  projectOf,
} from "../project/project";
import { type ManagedScript, Stack } from "../pulumi";
import { type NamedScript, readRecords } from "../records";
import { nameAll } from "./names";
import { type LeftOut, type Plan, type PlannedScript, planScript } from "./plan";
import { assertCanTakeMore, assertSameAccount, type Module, programOf, readModule, withDeclarations } from "./program";
import { jsonReport, textReport } from "./report";
import { Selection } from "./selection";
import { assertUnchanged, bringIntoState } from "./state";
import { SyntaxThread } from "./syntax-thread";

interface Options extends AccountOptions {
  readonly out?: string;
  readonly match?: RegExp;
  readonly notIn?: readonly string[];
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
}

/** Where an import writes. */
interface Target {
  readonly project: Project;
  /** The folder of the module that declares the scripts. */
  readonly folder: string;
  readonly module: Module;
  readonly stack: Stack;
}

/** Brings the scripts of an account under Pulumi's management. */
export const importCommand: CommandDefinition<[readonly string[]], Options> = {
  name: "import",
  summary: "bring existing scripts under Pulumi's management",
  arguments: [
    new Argument("[scripts...]", "ids or exact names (default: every script that the stack does not manage)"),
  ],
  options: [
    new Option("--out <folder>", "folder for the program and the files (default: celigo, beside the program)"),
    matchOption,
    new Option("--not-in <stack>", "leave out what this stack of the project manages; may be repeated").argParser(
      (stack, before: readonly string[] = []) => [...before, stack],
    ),
    new Option("--dry-run", "show what would be written and imported, and change nothing"),
    new Option("--overwrite", "overwrite files that differ from what Celigo has"),
    ...accountOptions,
  ],
  notes: [
    "Writes <folder>/index.ts (index.js for a program in JavaScript), which declares the scripts, and <folder>/scripts/*.js",
    "with their code, byte for byte. Then imports them into the stack's state, so that pulumi preview shows no change. Only",
    "reads from Celigo. Run it again to import new scripts, or to finish an interrupted run. In a folder without a Pulumi",
    "project it makes one, with the stack of --stack.",
  ],
  examples: [
    "import --stack dev --dry-run",
    "import --match '^orders-'",
    "import --stack dev --not-in staging",
    'import "Normalize orders" 66f1a0c4b7d2e35a9c01d4e1',
  ],
  run: ([words], options) => importScripts(words, options),
};

async function importScripts(words: readonly string[], options: Options): Promise<void> {
  const target = targetOf(options);
  const { project } = target;
  if (project.isNew && options.stack === undefined) {
    throw new UsageError(`there is no Pulumi project in ${project.folder}: to make one, name its stack with --stack`);
  }
  assertInstalled(project, target.folder);
  const pulumi = new Stack(options.cwd).run(["version"], "could not begin the import");
  // A missing CLI fails by then, before any request.
  await Promise.race([pulumi, setImmediate()]);
  const plan = await planImport(words, target, options, pulumi);
  const { dryRun = false, json } = options;
  const others = dryRun || plan.scripts.length === 0 ? "" : await carryOut(plan, target, options);
  console.log((json ? jsonReport : textReport)(plan, { ...target, dryRun, others }));
}

function targetOf({ cwd, out, stack }: Options): Target {
  const project = projectOf(cwd);
  const folder = out === undefined ? join(project.programFolder, "celigo") : resolve(cwd, out);
  return { project, folder, module: readModule(folder, project.entry), stack: new Stack(cwd, stack) };
}

async function planImport(
  words: readonly string[],
  target: Target,
  options: Options,
  pulumi: Promise<unknown>,
): Promise<Plan> {
  const { module, project, folder, stack } = target;
  const { account, resources } = await openBoth(target, options);
  const others = await Promise.all((options.notIn ?? []).map((name) => new Stack(options.cwd, name).scripts()));
  const elsewhere = new Set(others.flat().map(({ id }) => id));
  const managed = new Set(resources.map(({ id }) => id));
  const selection = new Selection(account, { words, match: options.match, elsewhere, managed });
  const isUndeclared = ({ id }: NamedScript) => !module.declared.has(id);
  const listed = selection.list(
    (script) => {
      if (isUndeclared(script)) {
        assertCanTakeMore(module);
      }
    },
    async () => {
      await pulumi;
      if (selection.fresh.some(isUndeclared)) {
        const known = new Set([...selection.all.map(({ id }) => id), ...managed]);
        assertSameAccount(module, known, stack, options.stack);
      }
    },
  );
  const read = await readScripts(account, listed, () => selection.fresh.length);
  const taken = [...resources.map(({ logicalName }) => logicalName), ...module.declared.values()];
  const names = new Map([...nameAll(selection.fresh.filter(isUndeclared), taken), ...module.declared]);
  const planned = await Promise.all(
    read.map(({ record, fault }) => planScript(record, names.get(record._id) ?? record._id, fault)),
  );
  const scripts = planned.filter((one): one is PlannedScript => !("reason" in one)).sort(by("logicalName"));
  const leftOut = planned.filter((one): one is LeftOut => "reason" in one).sort(by("id"));
  const files = filesOf(scripts, target, options.overwrite ?? false);
  assertNotLinkedOut(files, isBelow(project.folder, folder) ? project.folder : folder);
  return { scripts, leftOut, managed: selection.managed, files };
}

/** Opens the account, and reads what the stack manages: nothing in a new project. */
async function openBoth(
  { project, stack }: Target,
  options: Options,
): Promise<{ readonly account: Account; readonly resources: readonly ManagedScript[] }> {
  if (project.isNew) {
    const { stack: _, ...withoutStack } = options;
    return { account: await openAccount(withoutStack), resources: [] };
  }
  try {
    return { account: await openAccount(options), resources: await stack.scripts() };
  } catch (error) {
    throw withStackHint(error);
  }
}

/** Adds how to make the stack to an error for a missing one. A killed import can leave a project without a stack. */
function withStackHint(error: unknown): unknown {
  if (!(error instanceof CeligoError)) {
    return error;
  }
  const [, name] = /no stack named '(.+)' found/i.exec(error.reason) ?? [];
  return name === undefined
    ? error
    : error.with({ hint: `Run: pulumi stack init ${name}, and then the command again.` });
}

/** Reads scripts while they are listed, and finds what is wrong with their code. */
async function readScripts(
  { client }: Account,
  listed: AsyncIterable<NamedScript>,
  total: () => number,
): Promise<readonly { readonly record: ScriptRecord; readonly fault: SyntaxFault | undefined }[]> {
  const thread = new SyntaxThread();
  // A stream asks for the next page while scripts are read.
  const ahead = Readable.from(listed, { highWaterMark: 100_000 }) as AsyncIterable<NamedScript>;
  const reads = withProgress(total, "scripts read", (onRead) =>
    readRecords(client, ahead, async (record) => {
      onRead();
      return { record, fault: await thread.faultOf(normalise(record.content ?? "")) };
    }),
  );
  return await reads.then((all) => Promise.all(all)).finally(() => thread.end());
}

/** Returns the files to write: the scripts, then the program. */
function filesOf(
  scripts: readonly PlannedScript[],
  { project, folder, module }: Target,
  overwrite: boolean,
): PlannedFile[] {
  const files = scripts.map(({ file, record }) => ({
    path: join(folder, "scripts", file),
    bytes: Buffer.from(record.content ?? ""),
    isScript: true,
  }));
  const undeclared = scripts.filter(({ id }) => !module.declared.has(id));
  const paths = pathFrom(project.programFolder, join(folder, "scripts"));
  const text =
    module.text === ""
      ? programOf(undeclared, paths, project.entry.language)
      : withDeclarations(module.text, undeclared);
  return [
    ...missingFiles(files, overwrite),
    ...(undeclared.length > 0 ? [{ path: module.path, bytes: Buffer.from(text) }] : []),
    ...(undeclared.length > 0 ? gitignoreOf(project) : []),
    ...(project.isNew ? filesOfNewProject(project, module.path) : []),
  ];
}

/**
 * Writes the files, then the state. An interrupted run can be repeated at any point.
 *
 * @returns What a preview would do to other resources, as in {@link assertUnchanged}.
 */
async function carryOut(
  { scripts, files }: Plan,
  { project, module, stack }: Target,
  options: Options,
): Promise<string> {
  writeFiles(files);
  if (project.isNew) {
    await initStack(project, options.stack ?? "");
  }
  const line = importLine(project.entry, module.path);
  console.error("Checking the program with pulumi preview ...");
  await bringIntoState(
    stack,
    scripts,
    `The files are written. Add this line to the program's main file, and run the command again: ${line}`,
  );
  console.error("Checking with pulumi preview that nothing would change ...");
  return assertUnchanged(stack, scripts);
}
