import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command } from "commander";
import { CeligoError } from "../../provider/errors";
import { count, enumerateSome } from "../../provider/wording";
import {
  type Account,
  type AccountOptions,
  findScript,
  logicalNameOf,
  openAccount,
  withAccountOptions,
} from "./account";
import { missingFiles, writeFiles } from "./import/files";
import { nameAll } from "./import/names";
import { type LeftOut, type PlannedScript, planScript } from "./import/plan";
import { declaredIn, programOf, withDeclarations } from "./import/program";
import {
  assertInstalled,
  filesOfNewProject,
  importLine,
  type PlannedFile,
  type Project,
  projectOf,
  slashed,
} from "./import/project";
import { bringIntoState, changedIn } from "./import/state";
import { toPattern } from "./options";
import { showProgress } from "./progress";
import { listNames, type NamedScript, readRecords } from "./records";
import { Stack } from "./stack";
import { byCodeUnit, jsonOf, printable, tableOf } from "./table";

interface Options extends AccountOptions {
  readonly out?: string;
  readonly match?: RegExp;
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/** What an import is to do, and what it leaves out. */
interface Plan {
  readonly scripts: readonly PlannedScript[];
  readonly leftOut: readonly LeftOut[];
  /** How many scripts the stack manages already. */
  readonly managed: number;
  /** The files that are not there yet, the program among them. */
  readonly files: readonly PlannedFile[];
}

/** Where an import writes. */
interface Target {
  readonly project: Project;
  /** The folder of the module that declares the scripts. */
  readonly folder: string;
  readonly modulePath: string;
}

/** The subcommand that brings the scripts of an account under Pulumi's management. */
export function importCommand(): Command {
  const command = new Command("import")
    .description("bring the scripts of an account under Pulumi's management")
    .argument("[scripts...]", "ids or exact names of scripts (default: all that the stack does not manage)")
    .option("--out <folder>", "folder for the program and the files (default: celigo, beside the program)")
    .option("--match <pattern>", "only scripts whose name matches this regular expression", toPattern)
    .option("--dry-run", "show what would be written and imported, and change nothing")
    .option("--overwrite", "overwrite files that differ from what Celigo has")
    .option("--json", "print JSON");
  return withAccountOptions(command)
    .addHelpText(
      "after",
      `
Writes <folder>/index.ts, which declares the scripts, and <folder>/scripts/*.js with their code, byte for byte; then brings
them into the stack's state, so that pulumi preview shows no change. Only reads from Celigo. Can be run again: it takes what
is new, or what an interrupted run has left. In a folder without a Pulumi project it makes one, with the stack of --stack.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Examples:
  $ pulumi-celigo import --stack dev --dry-run
  $ pulumi-celigo import --match '^orders-'
  $ pulumi-celigo import "Normalize orders" 66f1a0c4b7d2e35a9c01d4e1`,
    )
    .action(run);
}

async function run(this: Command, words: readonly string[], options: Options): Promise<void> {
  const target = targetOf(options);
  const { project } = target;
  if (project.isNew && options.stack === undefined) {
    const reason = `there is no Pulumi project in ${project.folder}: to make one, give its stack with --stack`;
    this.error(`error: ${reason}`, { code: "commander.stackMissing" });
  }
  assertInstalled(project);
  const plan = await planImport(words, target, options);
  if (!options.dryRun && plan.scripts.length > 0) {
    await carryOut(plan, target, options);
  }
  console.log(options.json ? jsonReport(plan) : textReport(plan, target, options));
}

function targetOf({ cwd, out }: Options): Target {
  const project = projectOf(cwd);
  const folder = out === undefined ? join(project.programFolder, "celigo") : resolve(cwd, out);
  return { project, folder, modulePath: join(folder, "index.ts") };
}

async function planImport(words: readonly string[], target: Target, options: Options): Promise<Plan> {
  const { project, folder, modulePath } = target;
  const { stack: _, ...withoutStack } = options;
  const account = await openAccount(project.isNew ? withoutStack : options);
  const resources = project.isNew ? [] : await new Stack(options.cwd, options.stack).scripts();
  const managed = new Set(resources.map(({ id }) => String(id)));
  const program = existsSync(modulePath) ? readFileSync(modulePath, "utf8") : undefined;
  const declared = declaredIn(program ?? "");
  const all = (await listNames(account.client)).sort((one, other) => byCodeUnit(one.id, other.id));
  const asked = words.length > 0 ? await idsOf(words, account, all) : undefined;
  const meant = all.filter(({ id, name }) => (asked?.has(id) ?? true) && (options.match?.test(name) ?? true));
  const fresh = meant.filter(({ id }) => !managed.has(id));
  const taken = [...resources.map(logicalNameOf), ...declared.values()];
  const names = new Map([
    ...nameAll(
      fresh.filter(({ id }) => !declared.has(id)),
      taken,
    ),
    ...declared,
  ]);

  const scripts: PlannedScript[] = [];
  const leftOut: LeftOut[] = [];
  const progress = showProgress(fresh.length, "scripts read");
  for await (const [{ id }, record] of readRecords(account.client, fresh, account.configuration.maxConcurrency)) {
    const planned = await planScript(record, names.get(id) ?? id);
    if ("reason" in planned) {
      leftOut.push(planned);
    } else {
      scripts.push(planned);
    }
    progress.step();
  }
  progress.end();
  scripts.sort((one, other) => byCodeUnit(one.logicalName, other.logicalName));

  const files = scripts.map(({ file, record }) => ({
    path: join(folder, "scripts", file),
    bytes: Buffer.from(record.content ?? ""),
  }));
  const undeclared = scripts.filter(({ id }) => !declared.has(id));
  const paths = slashed(relative(project.programFolder, join(folder, "scripts")));
  const text = program === undefined ? programOf(undeclared, paths) : withDeclarations(program, undeclared);
  const missing = missingFiles(files, { overwrite: options.overwrite ?? false });
  return {
    scripts,
    leftOut,
    managed: meant.length - fresh.length,
    files: [
      ...missing,
      ...(undeclared.length > 0 ? [{ path: modulePath, bytes: Buffer.from(text) }] : []),
      ...(project.isNew ? filesOfNewProject(project, folder) : []),
    ],
  };
}

async function idsOf(words: readonly string[], account: Account, listed: readonly NamedScript[]): Promise<Set<string>> {
  const found = await Promise.all(words.map((word) => findScript(account, word, listed)));
  return new Set(found.map(({ id }) => id));
}

/** Writes the files, and then the state; an interrupted run can be repeated at any point. */
async function carryOut({ scripts, files }: Plan, { project, folder }: Target, options: Options): Promise<void> {
  writeFiles(files);
  const stack = new Stack(options.cwd, options.stack);
  if (project.isNew) {
    await new Stack(options.cwd).run(["stack", "init", options.stack ?? ""], `could not make ${stack.label}`);
  }
  const line = importLine(project.programFolder, folder);
  console.error("Checking the program with pulumi preview ...");
  await bringIntoState(
    stack,
    scripts,
    `The files are written. Add this line to the program's main file, and run the command again: ${line}`,
  );
  console.error("Checking with pulumi preview that nothing would change ...");
  const changed = await changedIn(stack, scripts);
  if (changed.length > 0) {
    throw new CeligoError({
      subject: `imported into ${stack.label}`,
      reason: `pulumi preview shows a change of ${enumerateSome(changed)}`,
      hint: "Run pulumi preview --diff to see it. Nothing in Celigo was changed.",
    });
  }
}

function jsonReport({ scripts, leftOut, managed, files }: Plan): string {
  return jsonOf({
    imported: scripts.map(({ id, logicalName, file, notes, record }) => ({
      id,
      name: record.name ?? "",
      logicalName,
      file,
      notes,
    })),
    leftOut,
    managedBefore: managed,
    filesWritten: files.map(({ path }) => slashed(relative(".", path))),
  });
}

function textReport(
  { scripts, leftOut, managed, files }: Plan,
  { folder }: Target,
  { dryRun, stack }: Options,
): string {
  const where = stack === undefined ? "the current stack" : `stack ${stack}`;
  const table = tableOf([
    ["NAME", "ID", "FILE", "NOTES"],
    ...scripts.map(({ id, file, notes, record }) => [record.name ?? "", id, file, notes.join(" ")]),
  ]);
  const noted = scripts.filter(({ notes }) => notes.length > 0);
  const notes = noted.map(({ logicalName, notes }) => `${printable(logicalName)}: ${printable(notes.join(" "))}`);
  const reasons = leftOut.map(({ id, name, reason }) => `left out "${printable(name)}" (${id}): ${printable(reason)}`);
  const done = dryRun
    ? `${count(scripts.length, "script")} would be imported into ${where}, and ${count(files.length, "file")} written in ${folder}. Nothing was changed.`
    : scripts.length === 0
      ? "Nothing to import."
      : `${count(scripts.length, "script")} imported into ${where}, ${count(files.length, "file")} written in ${folder}. pulumi preview shows no change.`;
  const before = managed > 0 ? ` ${managed} ${managed === 1 ? "was" : "were"} managed before.` : "";
  return [...(dryRun && scripts.length > 0 ? [table, ""] : notes), ...reasons, `${done}${before}`].join("\n");
}
