import { existsSync, statSync } from "node:fs";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import { isObject } from "../../../provider/json";
import { manifestsAbove } from "../../../provider/version";

/** How a program is written, which says how the module is that it takes in. */
export type Language = "typescript" | "commonjs" | "module";

/** The main file of a program. */
export interface Entry {
  readonly path: string;
  readonly language: Language;
}

/** The names that a folder's main file may have, those first that Pulumi takes first. */
const indexes = ["index.js", "index.mjs", "index.ts", "index.mts"];

/** Finds the main file of a program that is run in a folder, as Pulumi does where Pulumi.yaml names no file. */
export function entryIn(folder: string): Entry {
  const found = manifestsAbove(folder)[0];
  const main = found && mainOf(found.fields);
  const path = found && main !== undefined ? join(found.folder, main) : folder;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? entryAt(path) : indexIn(stats ? path : folder);
}

/** Returns the main file of a program, with its language. */
export function entryAt(path: string): Entry {
  const ending = extname(path);
  const isEsm = /^\.m[jt]s$/.test(ending) || (isModule(dirname(path)) && !/^\.c[jt]s$/.test(ending));
  return { path, language: isEsm ? "module" : /^\.c?js$/.test(ending) ? "commonjs" : "typescript" };
}

/** Finds the main file that a folder has when nobody names one, or the one that it would have. */
function indexIn(folder: string): Entry {
  const index = indexes.find((name) => existsSync(join(folder, name)));
  return entryAt(join(folder, index ?? (isModule(folder) ? "index.js" : "index.ts")));
}

/** Returns the path of the module that an entry takes in from a folder: the one that is there, or else the one to make. */
export function modulePathIn(folder: string, { language }: Entry): string {
  const javaScript = isModule(folder) === (language === "module") ? "js" : language === "module" ? "mjs" : "cjs";
  const planned = `index.${language === "typescript" ? "ts" : javaScript}`;
  const found = [planned, "index.ts", "index.js", "index.mjs", "index.cjs"].find((name) =>
    existsSync(join(folder, name)),
  );
  return join(folder, found ?? planned);
}

/** Returns the line by which an entry takes in a module. */
export function importLine({ path, language }: Entry, modulePath: string): string {
  const folder = slashed(relative(dirname(path), dirname(modulePath)));
  const file = basename(modulePath).replace(/ts$/, "js");
  const isFound = language !== "module" && file === "index.js";
  const below = [folder, ...(isFound ? [] : [file])].filter(Boolean).join("/");
  const specifier = JSON.stringify(/^\.\.?(\/|$)/.test(below) ? below : `./${below}`);
  return language === "commonjs" ? `require(${specifier});` : `import ${specifier};`;
}

/** Writes a path with `/`, as it is the same on every system. */
export function slashed(path: string): string {
  return path.split(sep).join("/");
}

/** Tells whether Node takes the `.js` files of a folder for ES modules. */
function isModule(folder: string): boolean {
  return manifestsAbove(folder)[0]?.fields["type"] === "module";
}

/** Reads which file a package names as its main one, as Pulumi does. */
function mainOf({ exports: doors, main }: Readonly<Record<string, unknown>>): string | undefined {
  const door = isObject(doors) ? doors["."] : doors;
  const file = isObject(door)
    ? (door["default"] ?? door["require"] ?? door["import"])
    : (door ?? (doors ? undefined : main));
  return typeof file === "string" ? file : undefined;
}
