import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "yaml";
import { runtimeDependencies, unpackPackage } from "./package";
import { repositoryRoot } from "./repository";

/**
 * Says what the stack runs: a folder with a Pulumi.yaml, used in place and not written to, or files by their names.
 *
 * `layout` places the files: `flat` beside Pulumi.yaml; `subfolder` in `infra/`, which Pulumi.yaml's `main` points into;
 * `workspace` in `packages/infra/` with its Pulumi.yaml, and `node_modules` at the root of the tree.
 * `package` is how pulumi-celigo is there: `linked` to this repository, or `installed` as a packed copy.
 */
export type Program =
  | { readonly folder: string }
  | {
      readonly files: Readonly<Record<string, string>>;
      /** @default "flat" */
      readonly layout?: "flat" | "subfolder" | "workspace";
      /** @default "linked" */
      readonly package?: "linked" | "installed";
    };

/** A program on disk. */
export interface PlacedProgram {
  readonly project: string;
  /** Contains Pulumi.yaml. */
  readonly folder: string;
  /** Contains the program's files, or is undefined for a folder that is used in place. */
  readonly files: string | undefined;
}

const folders = { flat: ["", ""], subfolder: ["", "infra"], workspace: ["packages/infra", "packages/infra"] } as const;

/** Puts a program on disk below a root, in its layout, with the packages it imports. */
export async function placeProgram(program: Program, project: string, root: string): Promise<PlacedProgram> {
  if ("folder" in program) {
    const yaml = parse(readFileSync(join(program.folder, "Pulumi.yaml"), "utf8")) as { name: string };
    return { project: yaml.name, folder: program.folder, files: undefined };
  }
  const [projectFolder, filesFolder] = folders[program.layout ?? "flat"].map((name) => join(root, name)) as [
    string,
    string,
  ];
  const entry = ["index.ts", "index.js", "index.mjs"].find((name) => name in program.files) ?? "index.js";
  const main = program.layout === "subfolder" ? `${basename(filesFolder)}/${entry}` : entry;

  for (const [name, text] of Object.entries(program.files)) writeText(join(filesFolder, name), text);
  const runtime = { name: "nodejs", options: { typescript: entry.endsWith(".ts") } };
  const pulumi = { name: project, runtime, ...(program.layout === "subfolder" ? { main } : {}) };
  writeMissing(join(projectFolder, "Pulumi.yaml"), pulumi);
  writeMissing(join(projectFolder, "package.json"), { name: project, private: true, main });
  if (program.layout === "workspace") {
    writeMissing(join(root, "package.json"), { name: "root", private: true, workspaces: ["packages/*"] });
  }
  if (entry.endsWith(".ts")) {
    const compilerOptions = { target: "es2022", module: "nodenext", moduleResolution: "nodenext", strict: true };
    writeMissing(join(filesFolder, "tsconfig.json"), { compilerOptions: { ...compilerOptions, skipLibCheck: true } });
  }
  const manifest = JSON.parse(readFileSync(join(projectFolder, "package.json"), "utf8")) as Manifest;
  await placePackages(join(root, "node_modules"), program.package ?? "linked", manifest);
  return { project, folder: projectFolder, files: filesFolder };
}

/** What a program's package.json says that it imports. */
interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

async function placePackages(folder: string, kind: "linked" | "installed", manifest: Manifest): Promise<void> {
  const own = join(repositoryRoot(), "node_modules");
  // Always this repository's own SDK: with a second copy in one process, Pulumi hangs.
  const packages = ["@pulumi/pulumi", "typescript", "@types/node"];
  if (kind === "installed") {
    await unpackPackage(join(folder, "pulumi-celigo"));
    packages.push(...runtimeDependencies());
  } else {
    link(repositoryRoot(), join(folder, "pulumi-celigo"));
  }
  const named = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  packages.push(...named.filter((name) => name !== "pulumi-celigo"));
  for (const name of new Set(packages)) link(join(own, name), join(folder, name));
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, "junction");
}

/** Writes a file and the folders above it. */
export function writeText(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** JSON is YAML too. */
function writeMissing(file: string, value: unknown): void {
  if (!existsSync(file)) writeText(file, `${JSON.stringify(value, null, 2)}\n`);
}
