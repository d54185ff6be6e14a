import { execFile } from "node:child_process";
import { accessSync, closeSync, constants, openSync, readdirSync, readSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, delimiter, dirname, isAbsolute, join } from "node:path";
import { isObject } from "../../../provider/json";
import { manifestAbove } from "../../../provider/version";
import { type Check, failed, ok, skipped, warning } from "./check";
import { isAtLeast } from "./versions";

/** The oldest CLI that `pulumi-celigo import` works with: since then import files may have inputs and outputs. */
const oldestForImport = "3.254.0";
const install = "Install Pulumi's CLI: https://www.pulumi.com/docs/install";

/** The plugins by which Pulumi runs Node programs and dynamic resources. */
export const plugins = ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"] as const;

/** Checks the Node that runs this command. */
export function checkNode(): Check {
  const { engines } = manifestAbove(__dirname)?.fields ?? {};
  const oldest = String(isObject(engines) ? engines["node"] : "").replace(/^>=/, "");
  const found = `${process.versions.node}, ${process.execPath}`;
  return isAtLeast(process.versions.node, oldest)
    ? ok("node", found)
    : failed("node", found, `Install Node ${oldest} or later: https://nodejs.org`);
}

/** Returns the path of Pulumi's CLI, if it is on PATH. */
export function findPulumi(): string | undefined {
  return findIn(pathFolders(), "pulumi");
}

/**
 * Checks that Pulumi's CLI runs, and its version.
 *
 * @param timeLimit Milliseconds.
 */
export async function checkPulumi(path: string | undefined, timeLimit: number): Promise<Check> {
  if (path === undefined) {
    return failed("pulumi", "not on PATH", install);
  }
  const { printed, trouble } = await versionOf(path, timeLimit);
  if (trouble !== undefined) {
    return failed("pulumi", `${path} does not work: ${trouble}`, install);
  }
  const [version] = /\d+\.\d+\.\d+\S*/.exec(printed) ?? [];
  const newer = `pulumi-celigo import needs ${oldestForImport} or later; everything else works.`;
  if (version === undefined) {
    return warning("pulumi", `${path}, which says no version, as one that was built from source`, newer);
  }
  const found = `${version}, ${path}`;
  return isAtLeast(version, oldestForImport) ? ok("pulumi", found) : warning("pulumi", found, newer);
}

/**
 * Checks that Pulumi will find a plugin: it looks on PATH, beside its own executable, and among the plugins in its home,
 * in this order.
 */
export function checkPlugin(name: (typeof plugins)[number], pulumi: string | undefined): Check {
  if (pulumi === undefined) {
    return skipped(name, "not checked: there is no pulumi on PATH");
  }
  const real = realpathSync(pulumi);
  const ignoresPath = /^(1|true)$/i.test(process.env["PULUMI_IGNORE_AMBIENT_PLUGINS"] ?? "");
  const onPath = ignoresPath ? undefined : findIn(pathFolders(), name);
  const beside = findIn([dirname(real)], name);
  if (onPath !== undefined && beside !== undefined && realpathSync(onPath) !== realpathSync(beside)) {
    const fix = "Take it from PATH, or set PULUMI_IGNORE_AMBIENT_PLUGINS=true, unless it is meant.";
    return warning(name, `${onPath}, because it is on PATH, and not ${beside}`, fix);
  }
  const home = join(process.env["PULUMI_HOME"] || join(homedir(), ".pulumi"), "plugins");
  const found = onPath ?? beside ?? findIn(cacheFolders(home, name), name);
  if (found !== undefined) {
    return ok(name, found);
  }
  return isLauncher(real)
    ? skipped(name, `not checked: ${pulumi} starts a pulumi that lies elsewhere`)
    : failed(
        name,
        `neither on PATH, nor in ${dirname(real)}, nor in ${home}`,
        "Install Pulumi's CLI again, with all files of its archive in one folder: https://www.pulumi.com/docs/install",
      );
}

function versionOf(path: string, timeLimit: number): Promise<{ readonly printed: string; readonly trouble?: string }> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  const options = { env, timeout: timeLimit, killSignal: "SIGKILL" } as const;
  return new Promise((done) => {
    execFile(path, ["version"], options, (error, stdout, stderr) => {
      if (!error) {
        done({ printed: stdout });
      } else if (error.killed) {
        done({ printed: "", trouble: `no answer within ${timeLimit / 1000} s` });
      } else {
        done({ printed: "", trouble: stderr.trim() || (error.code ? `it ended with ${error.code}` : error.message) });
      }
    });
  });
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

/** Tells whether a file is not Pulumi's CLI itself, but what a version manager or npm has put in its place. */
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
    // It may be run, but not read.
    return true;
  }
}
