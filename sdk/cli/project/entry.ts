import { existsSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, relative, sep } from "node:path";
import { CeligoError } from "../../../provider/errors";
import { isObject } from "../../../provider/json";
import { manifestsAbove } from "../../../provider/version";

/** The language of a program, and so of the module that it imports. */
export type Language = "typescript" | "commonjs" | "module";

/** The main file of a program. */
export interface Entry {
  readonly path: string;
  readonly language: Language;
  /** The main file that package.json names and that does not exist: Pulumi warns of it in every run. */
  readonly missing?: string;
}

/** The names of a folder's main file, in the order in which Pulumi looks for them. */
const indexes = ["index.js", "index.mjs", "index.ts", "index.mts"];

/** Finds the main file of a program in a folder, as Pulumi does when Pulumi.yaml names none. */
export function entryIn(folder: string): Entry {
  const found = manifestsAbove(folder)[0];
  const main = found && mainOf(found.fields);
  const path = found && main !== undefined ? join(found.folder, main) : folder;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (main !== undefined && !stats) {
    return { ...indexIn(folder), missing: main };
  }
  return stats?.isFile() ? entryAt(path) : indexIn(path);
}

/** Returns the main file of a program, with its language. */
export function entryAt(path: string): Entry {
  const ending = extname(path);
  const isEsm = /^\.m[jt]s$/.test(ending) || (isModule(dirname(path)) && !/^\.c[jt]s$/.test(ending));
  return { path, language: isEsm ? "module" : /^\.c?js$/.test(ending) ? "commonjs" : "typescript" };
}

/** Finds the index file of a folder, or returns the path of a new one. */
function indexIn(folder: string): Entry {
  const index = indexes.find((name) => existsSync(join(folder, name)));
  return entryAt(join(folder, index ?? (isModule(folder) ? "index.js" : "index.ts")));
}

/** Returns the path of the module that an entry imports from a folder: an existing one, or a new one. */
export function modulePathIn(folder: string, { language }: Entry): string {
  const javaScript = isModule(folder) === (language === "module") ? "js" : language === "module" ? "mjs" : "cjs";
  const planned = `index.${language === "typescript" ? "ts" : javaScript}`;
  const found = [planned, "index.ts", "index.js", "index.mjs", "index.cjs"].find((name) =>
    existsSync(join(folder, name)),
  );
  return join(folder, found ?? planned);
}

/** Returns the line that imports a module into an entry. */
export function importLine({ path, language }: Entry, modulePath: string): string {
  const folder = pathFrom(dirname(path), dirname(modulePath));
  const file = basename(modulePath).replace(/ts$/, "js");
  const isFound = language !== "module" && file === "index.js";
  const below = [folder, ...(isFound ? [] : [file])].filter(Boolean).join("/");
  const specifier = JSON.stringify(/^\.\.?(\/|$)/.test(below) ? below : `./${below}`);
  return language === "commonjs" ? `require(${specifier});` : `import ${specifier};`;
}

/**
 * Returns the relative path from a program's folder to another one, with `/` on every system.
 *
 * @throws CeligoError when the folder is on another drive of Windows.
 */
export function pathFrom(program: string, folder: string): string {
  const path = relative(program, folder);
  if (isAbsolute(path)) {
    throw new CeligoError({
      subject: "could not begin the import",
      reason: `${folder} is on another drive than the program in ${program}, and nothing was changed`,
      hint: "Give a folder on the program's drive with --out.",
    });
  }
  return slashed(path);
}

/** Writes a path with `/` on every system. */
export function slashed(path: string): string {
  return path.split(sep).join("/");
}

/** Returns a path for messages: relative to the working directory, with `/`. */
export function shownPath(path: string): string {
  return slashed(relative(".", path));
}

/** Tells whether the `.js` files of a folder are ES modules. */
function isModule(folder: string): boolean {
  return manifestsAbove(folder)[0]?.fields["type"] === "module";
}

/** Returns the main file that a package.json names, as Pulumi reads it. */
function mainOf({ exports: doors, main }: Readonly<Record<string, unknown>>): string | undefined {
  const door = isObject(doors) ? doors["."] : doors;
  const file = isObject(door)
    ? (door["default"] ?? door["require"] ?? door["import"])
    : (door ?? (doors ? undefined : main));
  return typeof file === "string" ? file : undefined;
}
