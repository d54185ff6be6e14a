import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { parse } from "yaml";
import { CeligoError, messageOf } from "../../../provider/errors";
import { isObject } from "../../../provider/json";
import { projectAbove } from "../stack";

/** A Pulumi project that scripts are imported into. */
export interface Project {
  /** The folder of Pulumi.yaml. */
  readonly folder: string;
  /** The folder of the program's main file, which paths in the program are relative to. */
  readonly programFolder: string;
  /** Whether there is no Pulumi.yaml yet. */
  readonly isNew: boolean;
}

/** A file that is to be written. */
export interface PlannedFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Finds the Pulumi project of a folder, or makes the folder that of a new one. */
export function projectOf(folder: string): Project {
  const found = projectAbove(folder);
  if (found === undefined) {
    return { folder: resolve(folder), programFolder: resolve(folder), isNew: true };
  }
  const main = mainOf(found);
  const path = resolve(found, main);
  const isFile = /\.[cm]?[jt]sx?$/.test(main) || statSync(path, { throwIfNoEntry: false })?.isFile();
  return { folder: found, programFolder: isFile ? dirname(path) : path, isNew: false };
}

/** Asserts that the program will find this package and Pulumi's. */
export function assertInstalled({ programFolder }: Project): void {
  const { resolve: find } = createRequire(join(programFolder, "_"));
  for (const name of ["@pulumi/pulumi", "pulumi-celigo"]) {
    try {
      find(name);
    } catch {
      throw new CeligoError({
        subject: "could not begin the import",
        reason: `${name} is not installed in ${programFolder}`,
        hint: "Run there: npm install @pulumi/pulumi pulumi-celigo",
      });
    }
  }
}

/** Returns the files of a new project whose program is the one in a folder below it; what exists is left as it is. */
export function filesOfNewProject({ folder }: Project, moduleFolder: string): PlannedFile[] {
  const name = basename(folder).replace(/[^\w.-]+/g, "-") || "celigo-scripts";
  const compilerOptions = {
    strict: true,
    target: "es2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    skipLibCheck: true,
  };
  const texts = {
    "Pulumi.yaml": `name: ${JSON.stringify(name)}\nruntime: nodejs\nmain: index.ts\n`,
    "tsconfig.json": `${JSON.stringify({ compilerOptions }, undefined, 2)}\n`,
    "index.ts": `${importLine(folder, moduleFolder)}\n`,
  };
  return Object.entries(texts)
    .map(([file, text]) => ({ path: join(folder, file), bytes: Buffer.from(text) }))
    .filter(({ path }) => !existsSync(path));
}

/** Returns the line by which a program in one folder takes in the module in another. */
export function importLine(programFolder: string, moduleFolder: string): string {
  const below = slashed(relative(programFolder, moduleFolder));
  const path = below.startsWith(".") ? below : `./${below}`;
  return `import ${JSON.stringify(isModule(programFolder) ? `${path}/index.js` : path)};`;
}

/** Writes a path with `/`, as it is the same on every system. */
export function slashed(path: string): string {
  return path.split(sep).join("/");
}

/** Reads which file, or folder, Pulumi runs. */
function mainOf(folder: string): string {
  const path = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"].map((name) => join(folder, name)).find(existsSync) ?? "";
  try {
    const project: unknown = parse(readFileSync(path, "utf8"));
    const main = isObject(project) ? project["main"] : undefined;
    return typeof main === "string" ? main : ".";
  } catch (error) {
    throw new CeligoError({ subject: `could not read ${path}`, reason: messageOf(error) });
  }
}

/** Tells whether Node takes the files of a folder for ES modules. */
function isModule(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, "package.json");
    if (existsSync(path)) {
      return /"type"\s*:\s*"module"/.test(readFileSync(path, "utf8"));
    }
    if (dirname(at) === at) {
      return false;
    }
  }
}
