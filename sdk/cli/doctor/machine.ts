import { accessSync, closeSync, constants, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, delimiter, dirname, isAbsolute, join } from "node:path";
import { Worker } from "node:worker_threads";
import { reasonOf } from "../../../provider/errors";
import { objectOf } from "../../../provider/json";
import { manifestAbove } from "../../../provider/version";
import { entryOf } from "../project/packages";
import { isFolder, Stack } from "../pulumi";
import { type Finding, failed, type Known, ok, skipped, warning } from "./finding";
import { isAtLeast } from "./versions";

/** The first CLI whose import files may have inputs and outputs, which `pulumi-celigo import` needs. */
const oldestForImport = "3.254.0";
const install = "Install Pulumi's CLI: https://www.pulumi.com/docs/install";
/** Milliseconds for one run of Pulumi's CLI. */
export const timeLimit = 20_000;

/** Checks the Node that runs this command: its version, and that Pulumi can show what a program throws. */
export async function checkNode(): Promise<Finding> {
  const oldest = entryOf(manifestAbove(__dirname), "engines", "node").replace(/^>=/, "");
  const found = `${process.versions.node}, ${process.execPath}`;
  if (!isAtLeast(process.versions.node, oldest)) {
    return failed(found, `Install Node ${oldest} or later: https://nodejs.org`);
  }
  const isLimited = /--stack-trace-limit/.test(process.env["NODE_OPTIONS"] ?? "");
  return isLimited || (await showsErrors())
    ? ok(found)
    : warning(
        `${found}; a program that throws an error hangs without a message, by a defect of this Node`,
        "Install Node 24.21 or later, or set NODE_OPTIONS=--stack-trace-limit=3.",
      );
}

/**
 * Tells whether Node can show an error in colours, as Pulumi does. Some versions never end where a stack has a path with one
 * name after `node_modules`, like those of Pulumi's own files: https://github.com/nodejs/node/issues/64011.
 */
function showsErrors(): Promise<boolean> {
  const show = `
    const error = new Error("boom");
    error.stack = "Error: boom\\n    at f (/node_modules/file.js:1:1)";
    require("node:util").inspect(error, { colors: true });`;
  const worker = new Worker(show, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } });
  return new Promise((resolve) => {
    worker.on("error", () => resolve(false));
    worker.on("exit", () => resolve(true));
  });
}

/** Checks that Pulumi's CLI runs, and its version. */
export async function checkPulumi(known: Known): Promise<Finding> {
  const path = findIn(pathFolders(), "pulumi");
  if (path === undefined) {
    return failed("not on PATH", install);
  }
  known.pulumi = path;
  const { cwd, stack } = known.options;
  try {
    const here = new Stack(isFolder(cwd) ? cwd : ".", stack, timeLimit);
    known.about = objectOf(await here.runForJson(["about", "--json"], ""));
  } catch (error) {
    return failed(`${path} does not work: ${reasonOf(error)}`, install);
  }
  const version = /\d+\.\d+\.\d+\S*/.exec(String(objectOf(known.about["cliAbout"])["version"]))?.[0];
  const newer = `pulumi-celigo import needs ${oldestForImport} or later; everything else works.`;
  if (version === undefined) {
    return warning(`${path}, which has no version number, like a build from source`, newer);
  }
  const found = `${version}, ${path}`;
  return isAtLeast(version, oldestForImport) ? ok(found) : warning(found, newer);
}

/**
 * Checks that Pulumi finds a plugin. Pulumi looks on PATH, beside its own executable, and among the plugins in its home, in
 * this order.
 */
export function checkPlugin(name: string, { pulumi }: Known): Finding {
  if (pulumi === undefined) {
    return skipped("not checked: there is no pulumi on PATH");
  }
  const real = realpathSync(pulumi);
  const ignoresPath = /^(1|true)$/i.test(process.env["PULUMI_IGNORE_AMBIENT_PLUGINS"] ?? "");
  const onPath = ignoresPath ? undefined : findIn(pathFolders(), name);
  const beside = findIn([dirname(real)], name);
  if (onPath !== undefined && beside !== undefined && realpathSync(onPath) !== realpathSync(beside)) {
    const fix = "Take it from PATH, or set PULUMI_IGNORE_AMBIENT_PLUGINS=true, unless you want it.";
    return warning(`${onPath}, because it is on PATH, and not ${beside}`, fix);
  }
  const home = join(process.env["PULUMI_HOME"] || join(homedir(), ".pulumi"), "plugins");
  const found = onPath ?? beside ?? findIn(cacheFolders(home, name), name);
  if (found !== undefined) {
    return ok(found);
  }
  return isLauncher(real)
    ? skipped(`not checked: ${pulumi} starts a pulumi in another folder`)
    : failed(
        `neither on PATH, nor in ${dirname(real)}, nor in ${home}`,
        "Install Pulumi's CLI again, with all files of its archive in one folder: https://www.pulumi.com/docs/install",
      );
}

/** Folders that are not absolute are left out, as Pulumi does. */
function pathFolders(): string[] {
  return (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
}

/** Lists the folders of a plugin among those that Pulumi has installed. */
function cacheFolders(home: string, name: string): string[] {
  try {
    const folders = readdirSync(home).filter((folder) => folder.startsWith(`${name.replace(/^pulumi-/, "")}-v`));
    return folders.map((folder) => join(home, folder));
  } catch {
    return [];
  }
}

function findIn(folders: readonly string[], name: string): string | undefined {
  const endings = process.platform === "win32" ? [".exe", ".cmd"] : [""];
  return folders.flatMap((folder) => endings.map((ending) => join(folder, name + ending))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Tells whether a file only starts Pulumi's CLI, like those of version managers and npm. */
function isLauncher(file: string): boolean {
  if (!/^pulumi(\.exe)?$/.test(basename(file))) {
    return true;
  }
  try {
    const start = Buffer.alloc(2);
    const opened = openSync(file, "r");
    readSync(opened, start);
    closeSync(opened);
    return start.toString() === "#!";
  } catch {
    // A file may be executable and not readable.
    return true;
  }
}
