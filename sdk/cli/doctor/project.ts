import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { reasonOf } from "../../../provider/errors";
import { isObject, objectOf, parseJson } from "../../../provider/json";
import { type Manifest, manifestAbove, manifestsAbove, version } from "../../../provider/version";
import { slashed } from "../project/entry";
import { entryOf, findPackage } from "../project/packages";
import { type Project, projectOf } from "../project/project";
import { isFolder, Stack } from "../pulumi";
import { type Finding, failed, type Known, ok, skipped, warning } from "./finding";
import { timeLimit } from "./machine";
import { isAtLeast, isCompatible } from "./versions";

const noProject = "not checked: no Pulumi project";
const useEnvironment = "Until then, only the environment counts below.";

/** Finds the Pulumi project of the folder. */
export function checkProject(known: Known): Finding {
  const folder = resolve(known.options.cwd);
  if (!isFolder(folder)) {
    return failed(`${folder} is not a folder`, "Give the folder of the project with --cwd.");
  }
  const project = projectOf(folder);
  if (project.isNew) {
    if (known.options.stack === undefined) {
      known.configuration = new Map();
    }
    return skipped(
      `no Pulumi.yaml in ${folder} or above: only the environment counts. pulumi new typescript makes a project`,
    );
  }
  known.project = project;
  const program = project.programFolder === project.folder ? "" : `, its program in ${project.programFolder}`;
  return entryFinding(project) ?? ok(`${project.folder}${program}`);
}

/** Says that the program's main file does not exist, or that package.json names one that does not. */
function entryFinding({ folder, entry: { path, missing } }: Project): Finding | undefined {
  if (!existsSync(path)) {
    return failed(
      `${folder}, but its program ${path} does not exist`,
      "Write it, or name another file with main in Pulumi.yaml.",
    );
  }
  return missing === undefined
    ? undefined
    : warning(
        `${folder}; package.json names ${missing} as main, which does not exist, and Pulumi runs ${path}`,
        `Add a line to Pulumi.yaml: main: ${slashed(relative(folder, path))}`,
      );
}

/** Checks that the program finds Pulumi's package, and that there is only one copy of it. */
export function checkPulumiPackage({ project }: Known): Finding {
  if (!project) {
    return skipped(noProject);
  }
  const name = "@pulumi/pulumi";
  const folder = project.programFolder;
  const install = `Run in ${folder}: npm install ${name}`;
  const pulumi = findPackage(folder, name);
  if (typeof pulumi === "string") {
    return failed(pulumi, install);
  }
  const range = entryOf(manifestAbove(__dirname), "peerDependencies", name);
  const found = shown(pulumi);
  if (!isCompatible(versionOf(pulumi), range)) {
    return failed(`${found}; pulumi-celigo needs ${range}`, `${install}@${range}`);
  }
  const node = entryOf(pulumi, "engines", "node").replace(/^>=\s*/, "");
  if (!isAtLeast(process.versions.node, node)) {
    const fix = `Install Node ${node} or later, or an older ${name} that ${range} allows.`;
    return failed(`${found}; it needs Node ${node}, and this is ${process.versions.node}`, fix);
  }
  const [other] = otherCopies(folder, pulumi);
  if (other) {
    return failed(
      `two copies, with which Pulumi hangs: the program has ${found}, and ${other}`,
      `Keep only the program's: npm dedupe, or npm install in ${folder} without links to packages.`,
    );
  }
  if (project.entry.language === "typescript" && typeof findPackage(folder, "typescript") === "string") {
    const old = "typescript is not installed, and Pulumi's own copy is too old for the program";
    return failed(`${found}; ${old}`, `Run in ${folder}: npm install typescript@5`);
  }
  return ok(found);
}

/** Lists the copies of Pulumi's package that this package, and those that the program depends on, have besides the program's. */
function otherCopies(folder: string, { folder: usual }: Manifest): string[] {
  const { dependencies, devDependencies } = manifestsAbove(folder)[0]?.fields ?? {};
  const names = Object.keys({ ...(dependencies ?? {}), ...(devDependencies ?? {}), "pulumi-celigo": "" });
  return names.flatMap((name) => {
    const library = findPackage(folder, name === "pulumi-celigo" ? `${name}/provider` : name);
    if (typeof library === "string" || !usesPulumi(library)) {
      return [];
    }
    const copy = findPackage(library.folder, "@pulumi/pulumi");
    return typeof copy === "string" || copy.folder === usual ? [] : [`${name} ${shown(copy)}`];
  });
}

function versionOf({ fields }: Manifest): string {
  return String(fields["version"]);
}

function shown(found: Manifest): string {
  return `${versionOf(found)}, ${found.folder}`;
}

function usesPulumi(library: Manifest): boolean {
  return ["dependencies", "peerDependencies"].some((kind) => entryOf(library, kind, "@pulumi/pulumi") !== "");
}

/** Checks that the program finds this package, as the text in the state does, and in this version. */
export function checkOwnPackage({ project }: Known): Finding {
  if (!project) {
    return skipped(noProject);
  }
  const celigo = findPackage(project.programFolder, "pulumi-celigo/provider");
  if (typeof celigo === "string") {
    return failed(celigo, `Run in ${project.programFolder}: npm install pulumi-celigo`);
  }
  const found = shown(celigo);
  return versionOf(celigo) === version
    ? ok(found)
    : warning(`${found}; this command is ${version}`, `Run in ${project.programFolder}: npx pulumi-celigo doctor`);
}

/** What to do about an error of Pulumi's; the first pattern that matches counts. */
const fixes: readonly (readonly [RegExp, string])[] = [
  [/no stack named/i, "Give one that pulumi stack ls lists."],
  [/passphrase/i, "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's passphrase."],
  [/\blog ?in\b/i, "Run pulumi login."],
  [/(?:)/, "Correct what Pulumi names."],
];

/** Finds the stack, and reads its configuration. */
export async function checkStack(known: Known): Promise<Finding> {
  const { options, project, about } = known;
  if (!project && options.stack === undefined) {
    return skipped(noProject);
  }
  if (!about) {
    return skipped("not checked: there is no pulumi that works");
  }
  const current = objectOf(about["currentStack"])["name"];
  const name = current === undefined ? options.stack : String(current);
  try {
    const stack = new Stack(options.cwd, options.stack, timeLimit);
    known.configuration = await stack.configuration();
    // Without a secret in the configuration, only the state shows that there is no passphrase.
    await stack.run(["stack", "export", "--show-secrets"], "");
    const lock = lockOf(about);
    return lock === undefined
      ? ok(name ?? "the selected one")
      : warning(`${name}, locked by ${lock}`, "If that run has ended, run pulumi cancel. Otherwise wait for it.");
  } catch (error) {
    const words = reasonOf(error);
    if (options.stack === undefined && /no stack selected/i.test(words)) {
      known.configuration = new Map();
      return warning("none is selected", `Run pulumi stack select, or give --stack. ${useEnvironment}`);
    }
    const found = current !== undefined ? `${name}, but Pulumi cannot read it: ${words}` : words;
    const fix = fixes.find(([pattern]) => pattern.test(words))?.[1];
    return failed(found, `${fix} ${useEnvironment}`);
  }
}

/** Returns who holds the lock of a stack, if the backend is a folder. Other backends do not tell. */
function lockOf({ backend, currentStack }: Readonly<Record<string, unknown>>): string | undefined {
  const { url } = objectOf(backend);
  const { fullyQualifiedName: name } = objectOf(currentStack);
  if (typeof url !== "string" || !url.startsWith("file:///") || typeof name !== "string") {
    return undefined;
  }
  const folder = join(fileURLToPath(url), ".pulumi", "locks", name);
  const [file] = existsSync(folder) ? readdirSync(folder).filter((entry) => entry.endsWith(".json")) : [];
  const lock = file === undefined ? undefined : parseJson(readFileSync(join(folder, file), "utf8"));
  return isObject(lock)
    ? `${lock["username"]} on ${lock["hostname"]} (process ${lock["pid"]}) since ${lock["timestamp"]}`
    : file;
}
