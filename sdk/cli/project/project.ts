import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CeligoError, messageOf } from "../../../provider/errors";
import { objectOf } from "../../../provider/json";
import { projectFileAbove, Stack } from "../pulumi";
import { type Entry, entryAt, entryIn, importLine, slashed } from "./entry";
import type { PlannedFile } from "./files";
import { findPackage } from "./packages";

/** A Pulumi project, or the place of a new one. */
export interface Project {
  /** The name in Pulumi.yaml, which is the namespace of the project's own configuration; empty in a new project. */
  readonly name: string;
  /** The folder of Pulumi.yaml. */
  readonly folder: string;
  /** The folder that Pulumi runs the program in. Paths in the program are relative to it. */
  readonly programFolder: string;
  /** The program's main file. It may be in another folder. */
  readonly entry: Entry;
  /** Whether there is no Pulumi.yaml yet. */
  readonly isNew: boolean;
}

/** Finds the Pulumi project of a folder; without one, the folder is the place of a new project. */
export function projectOf(folder: string): Project {
  const file = projectFileAbove(folder);
  if (file === undefined) {
    return newProjectIn(resolve(folder));
  }
  const found = dirname(file);
  const { name, main } = readProject(file);
  const path = resolve(found, main);
  const isFile = /\.[cm]?[jt]sx?$/.test(main) || statSync(path, { throwIfNoEntry: false })?.isFile();
  return isFile
    ? { name, folder: found, programFolder: dirname(path), entry: entryAt(path), isNew: false }
    : { name, folder: found, programFolder: path, entry: entryIn(path), isNew: false };
}

/**
 * Asserts that program and module find the same copy of this package and of Pulumi's. With two copies, Pulumi hangs.
 *
 * @param moduleFolder The folder of the module that declares the scripts.
 */
export function assertInstalled({ programFolder, entry }: Project, moduleFolder: string): void {
  for (const name of ["@pulumi/pulumi", "pulumi-celigo"]) {
    const found = findPackage(programFolder, name);
    if (typeof found === "string") {
      const hint = "Run there: npm install @pulumi/pulumi pulumi-celigo";
      throw notBegun(`${name} is not installed in ${programFolder}`, hint);
    }
    const ofModule = findPackage(moduleFolder, name);
    if (typeof ofModule === "string" || ofModule.folder !== found.folder) {
      const hint = `Give an --out below ${programFolder}.`;
      throw notBegun(`from ${moduleFolder}, ${name} is not found where the program finds it`, hint);
    }
  }
  if (entry.language === "typescript" && typeof findPackage(programFolder, "typescript") === "string") {
    // Without it, Pulumi uses its own copy, which is years old.
    throw notBegun(`typescript is not installed in ${programFolder}`, "Run there: npm install typescript@5");
  }
}

/**
 * Returns the files of a new project, except those that exist. Pulumi.yaml is last: a run that is killed before it can be
 * repeated.
 *
 * @param modulePath The module that declares the scripts.
 */
export function filesOfNewProject({ folder, entry }: Project, modulePath: string): PlannedFile[] {
  const name = basename(folder).replace(/[^\w.-]+/g, "-") || "celigo-scripts";
  const compilerOptions = {
    strict: true,
    target: "es2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    skipLibCheck: true,
    // TypeScript 6 asks for it.
    rootDir: ".",
  };
  const main = basename(entry.path);
  const texts = {
    ...(entry.language === "typescript"
      ? { "tsconfig.json": `${JSON.stringify({ compilerOptions }, undefined, 2)}\n` }
      : {}),
    [main]: `${importLine(entry, modulePath)}\n`,
    "Pulumi.yaml": `name: ${JSON.stringify(name)}\nruntime: nodejs\nmain: ${main}\n`,
  };
  return Object.entries(texts)
    .map(([file, text]) => ({ path: join(folder, file), bytes: Buffer.from(text) }))
    .filter(({ path }) => path !== modulePath && !existsSync(path));
}

/** Returns the .gitignore with a line for node_modules, if it has none. */
export function gitignoreOf({ folder }: Pick<Project, "folder">): PlannedFile[] {
  const path = join(folder, ".gitignore");
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (/^\/?node_modules\/?\s*$/m.test(text)) {
    return [];
  }
  const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  return [{ path, bytes: Buffer.from(`${before}node_modules/\n`) }];
}

/** Makes the stack of a new project. If that fails, it removes Pulumi.yaml, so that a repeat starts from scratch. */
export async function initStack({ folder }: Project, name: string): Promise<void> {
  const hint = `${slashed(join(folder, "Pulumi.yaml"))} was removed again. Correct what Pulumi names, or give another --stack, and run the command again.`;
  try {
    await new Stack(folder).run(["stack", "init", name], `could not make stack ${name}`, { hint });
  } catch (error) {
    rmSync(join(folder, "Pulumi.yaml"), { force: true });
    throw error;
  }
}

function notBegun(reason: string, hint: string): CeligoError {
  return new CeligoError({ subject: "could not begin the import", reason, hint });
}

/** A new project is in TypeScript, unless its files are ES modules. */
function newProjectIn(folder: string): Project {
  const { language } = entryAt(join(folder, "index.ts"));
  const entry = entryAt(join(folder, language === "module" ? "index.js" : "index.ts"));
  return { name: "", folder, programFolder: folder, entry, isNew: true };
}

/** Reads a project's name, and which file or folder Pulumi runs. */
function readProject(path: string): { readonly name: string; readonly main: string } {
  try {
    // Loaded here: at the top, it would be a third of the start of every command.
    const { parse } = require("yaml") as typeof import("yaml");
    const project: unknown = parse(readFileSync(path, "utf8"));
    const { name, main } = objectOf(project);
    return { name: String(name ?? ""), main: typeof main === "string" ? main : "." };
  } catch (error) {
    throw new CeligoError({ subject: `could not read ${path}`, reason: messageOf(error) });
  }
}
