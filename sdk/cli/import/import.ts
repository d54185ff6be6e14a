import { join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Argument, Option } from "commander";
import { isBelow } from "../../../provider/content/content";
import { CeligoError } from "../../../provider/errors";
import { type Account, findScript, openAccount } from "../account";
import { type CommandDefinition, UsageError } from "../command";
import { matching, matchOption } from "../match";
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
import { listNames, type NamedScript, readRecords } from "../records";
import { nameAll } from "./names";
import { type LeftOut, type Plan, type PlannedScript, planScript } from "./plan";
import { assertCanTakeMore, assertSameAccount, type Module, programOf, readModule, withDeclarations } from "./program";
import { jsonReport, textReport } from "./report";
import { assertUnchanged, bringIntoState } from "./state";

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
  const { module } = target;
  const { account, resources } = await openBoth(target, options);
  const others = await Promise.all((options.notIn ?? []).map((name) => new Stack(options.cwd, name).scripts()));
  const elsewhere = new Set(others.flat().map(({ id }) => id));
  const managed = new Set(resources.map(({ id }) => id));
  const [listed] = await Promise.all([listNames(account.client), pulumi]);
  const all = listed.sort(by("id"));
  const asked = words.length > 0 ? await idsOf(words, account, all) : undefined;
  const named = asked ? all.filter(({ id }) => asked.has(id)) : all;
  const matched = matching(named, options.match, ({ name }) => [name], "could not begin the import");
  const meant = matched.filter(({ id }) => !elsewhere.has(id));
  const fresh = meant.filter(({ id }) => !managed.has(id));
  const undeclared = fresh.filter(({ id }) => !module.declared.has(id));
  if (undeclared.length > 0) {
    assertCanTakeMore(module);
    assertSameAccount(module, new Set([...all.map(({ id }) => id), ...managed]), target.stack, options.stack);
  }
  const taken = [...resources.map(({ logicalName }) => logicalName), ...module.declared.values()];
  const names = new Map([...nameAll(undeclared, taken), ...module.declared]);
  const { scripts, leftOut } = await readScripts(account, fresh, names);
  const files = filesOf(scripts, target, options.overwrite ?? false);
  const { project, folder } = target;
  assertNotLinkedOut(files, isBelow(project.folder, folder) ? project.folder : folder);
  return { scripts, leftOut, managed: meant.length - fresh.length, files };
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

/** Reads scripts, and plans the declaration of each. */
async function readScripts(
  { client }: Account,
  listed: readonly NamedScript[],
  names: ReadonlyMap<string, string>,
): Promise<Pick<Plan, "scripts" | "leftOut">> {
  const plans = await withProgress(listed.length, "scripts read", (onRead) =>
    readRecords(client, listed, (record, { id }) => {
      onRead();
      return planScript(record, names.get(id) ?? id);
    }),
  );
  const planned = await Promise.all(plans);
  return {
    scripts: planned.filter((one): one is PlannedScript => !("reason" in one)).sort(by("logicalName")),
    leftOut: planned.filter((one): one is LeftOut => "reason" in one),
  };
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

async function idsOf(words: readonly string[], account: Account, listed: readonly NamedScript[]): Promise<Set<string>> {
  const found = await Promise.all(words.map((word) => findScript(account, word, listed)));
  return new Set(found.map(({ id }) => id));
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
