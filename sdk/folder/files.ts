import { type Dirent, readdirSync, statSync } from "node:fs";
import { join, posix, resolve, sep } from "node:path";
import picomatch from "picomatch";
import { readFile } from "../../provider/content/content";
import { CeligoError, messageOf } from "../../provider/errors";
import { enumerateSome, quote } from "../../provider/text";
import { readHeader, type ScriptHeader } from "./header";

/** A file of a {@link ScriptFolder}. */
export interface ScriptFile {
  /** The path in the folder, with `/` on every platform, such as `orders/normalize.js`. */
  readonly path: string;
  /** The path for `FileAsset`: the folder's path and the path in it. */
  readonly file: string;
  /** The name and description from the file's first comment. */
  readonly header: ScriptHeader;
}

/** Which files of a folder are scripts. */
export interface Discovery {
  /** The folder, relative to the folder of the program's main file. */
  readonly path: string;
  /**
   * Patterns of the files that are scripts. Hidden files and `node_modules` are left out, unless a pattern names them.
   * Links to files are followed; links to folders are not.
   * @default ["**\/*.js"]
   */
  readonly include?: readonly string[] | undefined;
  /**
   * Patterns of files to leave out.
   * @default []
   */
  readonly exclude?: readonly string[] | undefined;
  /**
   * Whether the folder may be empty or missing, as after the last file was removed. Its scripts are then deleted.
   * @default false
   */
  readonly allowEmpty?: boolean | undefined;
}

/** The content of a folder. */
export interface Discovered {
  /** The files that are scripts, sorted by path. */
  readonly files: readonly ScriptFile[];
  /** The paths of files that look like scripts but match no pattern. */
  readonly leftOut: readonly string[];
}

/** Finds the files that are scripts, and reads their headers. */
export function readFiles(args: Discovery): Discovered {
  const { path: folder, include = ["**/*.js"], exclude = [], allowEmpty = false } = args;
  for (const pattern of [...include, ...exclude]) {
    if (typeof pattern !== "string" || pattern === "" || /^!(?!\()/.test(pattern)) {
      const hint = 'Use globs such as "**/*.js". Put patterns of files to leave out into exclude, without "!".';
      throw refusal(args, `${JSON.stringify(pattern)} is not a pattern`, hint);
    }
  }
  try {
    const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory();
    if (isFolder === false || (isFolder === undefined && !allowEmpty)) {
      const reason = `${resolve(folder)} ${isFolder === false ? "is not a folder" : "does not exist"}`;
      throw refusal(args, reason, "The path is relative to the folder of the program's main file.");
    }
    const { found, leftOut, empty } = isFolder ? list(folder, include, exclude) : { found: [], leftOut: [], empty: [] };
    if (empty.length > 0 && !allowEmpty) {
      const reason = `${enumerateSome(empty.map(quote))} ${empty.length === 1 ? "is" : "are"} empty, as a submodule is that was not fetched`;
      throw refusal(args, reason, "Fetch it or remove the folder. To delete its former scripts, set allowEmpty: true.");
    }
    if (found.length === 0 && !allowEmpty) {
      const patterns = JSON.stringify({ include, ...(exclude.length > 0 ? { exclude } : {}) });
      const hint = "Correct the patterns. To delete all scripts of the folder, set allowEmpty: true.";
      throw refusal(args, `no file in ${resolve(folder)} matches ${patterns}`, hint);
    }
    const files = found.map((path) => {
      const file = posix.join(folder.split(sep).join("/"), path);
      return { path, file, header: readHeader(readFile(file).text ?? "") };
    });
    return { files, leftOut };
  } catch (error) {
    throw error instanceof CeligoError && error.code === "invalid_argument" ? error : refusal(args, messageOf(error));
  }
}

/** A file name that looks like a script's. */
const scriptLike = /(?<!\.d)\.[cm]?[jt]s$/i;

/** Lists the files that are included and not excluded. Does not read folders that no pattern can match. */
function list(
  folder: string,
  include: readonly string[],
  exclude: readonly string[],
): { readonly found: string[]; readonly leftOut: string[]; readonly empty: string[] } {
  const modules = /node_modules/;
  const entersModules = include.some((pattern) => modules.test(pattern));
  const entersHidden = include.some((pattern) => /(?:^|[/{,(|])\./.test(pattern));
  const isIncluded = include.map((pattern) => {
    const ignore = modules.test(pattern) ? [] : "**/node_modules/**";
    return picomatch(pattern, { windows: false, ignore });
  });
  const isExcluded = picomatch([...exclude], { windows: false, dot: true });
  const enters = (name: string) => (name === "node_modules" ? entersModules : entersHidden || !name.startsWith("."));
  // Upper and lower case of the ending are the same: A.JS matches *.js.
  const spellings = (path: string) => [path, path.replace(/\.[^./]+$/, (ending) => ending.toLowerCase())];
  const included = (path: string) => spellings(path).some((one) => isIncluded.some((matches) => matches(one)));
  const excluded = (path: string) => spellings(path).some((one) => isExcluded(one));
  const scanned = include.map((pattern) => picomatch.scan(pattern));
  const isReached = (path: string) =>
    scanned.some(({ base, glob }) => {
      const isAbove = `${base}/`.startsWith(`${path}/`);
      return isAbove || (/\/|\*\*/.test(glob) && (base === "" || path.startsWith(`${base}/`)));
    });
  const { files, empty } = walk(folder, enters);
  return {
    found: files.filter((path) => included(path) && !excluded(path)).sort(),
    leftOut: files.filter((path) => scriptLike.test(path) && !included(path) && !excluded(path)).sort(),
    empty: empty.filter((path) => isReached(path) && !excluded(`${path}/script.js`) && !excluded(path)).sort(),
  };
}

/** Lists the files below a folder, and the folders without entries, by their paths in it. */
function walk(root: string, enters: (name: string) => boolean): { readonly files: string[]; readonly empty: string[] } {
  const files: string[] = [];
  const empty: string[] = [];
  const folders = [""];
  for (const folder of folders) {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    if (entries.length === 0 && folder !== "") {
      empty.push(folder);
    }
    for (const entry of entries) {
      const path = posix.join(folder, entry.name);
      if (!entry.isDirectory()) {
        files.push(...(isLinkedFolder(entry, join(root, path)) ? [] : [path]));
      } else if (enters(entry.name)) {
        folders.push(path);
      }
    }
  }
  return { files, empty };
}

/** Tells whether an entry is a link to a folder. All other entries are read or fail: a skipped script would be deleted. */
function isLinkedFolder(entry: Dirent, path: string): boolean {
  try {
    return entry.isSymbolicLink() && statSync(path).isDirectory();
  } catch {
    return false;
  }
}

export function refusal({ path }: Discovery, reason: string, hint?: string): CeligoError {
  return new CeligoError({
    subject: `could not make scripts of the folder "${path}"`,
    reason,
    hint,
    code: "invalid_argument",
  });
}
