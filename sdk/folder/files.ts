import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix, resolve, sep } from "node:path";
import picomatch from "picomatch";
import { CeligoError, messageOf } from "../../provider/errors";
import { readHeader, type ScriptHeader } from "./header";

/** A file of a {@link ScriptFolder}. */
export interface ScriptFile {
  /** The path in the folder, with `/` on every platform, such as `orders/normalize.js`. */
  readonly path: string;
  /** The path that `FileAsset` is given: that of the folder, and the one in it. */
  readonly file: string;
  /** What the comment at the beginning of the file says. */
  readonly header: ScriptHeader;
}

/** Which files of a folder are scripts. */
export interface Discovery {
  /** The folder, relative to that of the program's main file. */
  readonly path: string;
  /**
   * Patterns of the files that are scripts. Hidden files and `node_modules` are left out, unless a pattern names them;
   * links to files are followed, those to folders are not.
   * @default ["**\/*.js"]
   */
  readonly include?: readonly string[] | undefined;
  /**
   * Patterns of files to leave out.
   * @default []
   */
  readonly exclude?: readonly string[] | undefined;
  /**
   * Whether the folder may be without scripts, or not be there at all, as when the last file was removed. All scripts of
   * it are then deleted.
   * @default false
   */
  readonly allowEmpty?: boolean | undefined;
}

/** Reads the headers of the files that are scripts, in the order of their paths by code unit. */
export function readFiles(args: Discovery): ScriptFile[] {
  const { path: folder, include = ["**/*.js"], exclude = [], allowEmpty = false } = args;
  for (const pattern of [...include, ...exclude]) {
    if (typeof pattern !== "string" || pattern === "" || /^!(?!\()/.test(pattern)) {
      const hint = 'Give globs such as "**/*.js", and those of files to leave out in exclude, without "!".';
      throw refusal(args, `${JSON.stringify(pattern)} is not a pattern`, hint);
    }
  }
  try {
    const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory();
    if (isFolder === false || (isFolder === undefined && !allowEmpty)) {
      const reason = `${resolve(folder)} ${isFolder === false ? "is not a folder" : "does not exist"}`;
      throw refusal(args, reason, "The path is relative to the folder of the program's main file.");
    }
    const found = isFolder ? list(folder, include, exclude).sort() : [];
    if (found.length === 0 && !allowEmpty) {
      const patterns = JSON.stringify({ include, ...(exclude.length > 0 ? { exclude } : {}) });
      const hint = "Correct these; or, to delete all scripts of the folder, say allowEmpty: true.";
      throw refusal(args, `no file in ${resolve(folder)} matches ${patterns}`, hint);
    }
    return found.map((path) => {
      const file = posix.join(folder.split(sep).join("/"), path);
      return { path, file, header: readHeader(readFileSync(file, "utf8")) };
    });
  } catch (error) {
    throw error instanceof CeligoError ? error : refusal(args, messageOf(error));
  }
}

/** Lists what is included and not excluded; what nothing can include is not looked into. */
function list(folder: string, include: readonly string[], exclude: readonly string[]): string[] {
  const modules = /node_modules/;
  const entersModules = include.some((pattern) => modules.test(pattern));
  const entersHidden = include.some((pattern) => /(?:^|[/{,(|])\./.test(pattern));
  const isIncluded = include.map((pattern) => {
    const ignore = modules.test(pattern) ? [] : "**/node_modules/**";
    return picomatch(pattern, { windows: false, ignore });
  });
  const isExcluded = picomatch([...exclude], { windows: false, dot: true });
  const enters = (name: string) => (name === "node_modules" ? entersModules : entersHidden || !name.startsWith("."));
  return walk(folder, enters).filter((path) => isIncluded.some((matches) => matches(path)) && !isExcluded(path));
}

/** Lists the files below a folder, by their paths in it. */
function walk(root: string, enters: (name: string) => boolean, folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) {
      return enters(entry.name) ? walk(root, enters, path) : [];
    }
    return isFile(entry, join(root, path)) ? [path] : [];
  });
}

/** Tells whether an entry is to be read as a file. Links to nothing are, and fail: what is skipped would be deleted. */
function isFile(entry: Dirent, path: string): boolean {
  try {
    return entry.isSymbolicLink() ? (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true) : entry.isFile();
  } catch {
    return true;
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
