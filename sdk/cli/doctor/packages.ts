import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { messageOf } from "../../../provider/errors";
import { isObject } from "../../../provider/json";
import { manifestAbove, version } from "../../../provider/version";
import { type Check, failed, ok, skipped, warning } from "./check";
import type { KnownProject } from "./project";
import { isCompatible } from "./versions";

interface Package {
  readonly version: string;
  /** Where it really is, links resolved. */
  readonly folder: string;
}

/** Checks that a program, if there is one, finds Pulumi's package and this one, as Node and the text in the state do. */
export function checkPackages({ programFolder: folder, language }: KnownProject = {}): Check[] {
  if (folder === undefined) {
    const found = "not checked: no Pulumi project";
    return [skipped("@pulumi/pulumi", found), skipped("pulumi-celigo", found)];
  }
  const celigo = find(folder, "pulumi-celigo/provider");
  return [checkPulumiPackage(folder, celigo, language), checkOwnPackage(folder, celigo)];
}

function checkPulumiPackage(folder: string, celigo: Package | string, language: KnownProject["language"]): Check {
  const name = "@pulumi/pulumi";
  const install = `Run in ${folder}: npm install ${name}`;
  const pulumi = find(folder, name);
  if (typeof pulumi === "string") {
    return failed(name, pulumi, install);
  }
  const { peerDependencies } = manifestAbove(__dirname)?.fields ?? {};
  const range = String(isObject(peerDependencies) ? peerDependencies[name] : "");
  const found = `${pulumi.version}, ${pulumi.folder}`;
  if (!isCompatible(pulumi.version, range)) {
    return failed(name, `${found}; pulumi-celigo needs ${range}`, `${install}@${range}`);
  }
  const ours = typeof celigo === "string" ? undefined : find(celigo.folder, name);
  if (typeof ours === "object" && ours.folder !== pulumi.folder) {
    return failed(
      name,
      `two copies, with which Pulumi hangs: the program has ${found}, and pulumi-celigo ${ours.version}, ${ours.folder}`,
      `Leave one, that of the program: npm dedupe, or npm install in ${folder} without a link to pulumi-celigo.`,
    );
  }
  if (language === "typescript" && typeof find(folder, "typescript") === "string") {
    const old = "typescript is not installed, and the one that Pulumi has of its own is too old for the program";
    return failed(name, `${found}; ${old}`, `Run in ${folder}: npm install typescript@5`);
  }
  return ok(name, found);
}

function checkOwnPackage(folder: string, celigo: Package | string): Check {
  const name = "pulumi-celigo";
  if (typeof celigo === "string") {
    return failed(name, celigo, `Run in ${folder}: npm install ${name}`);
  }
  const found = `${celigo.version}, ${celigo.folder}`;
  return celigo.version === version
    ? ok(name, found)
    : warning(name, `${found}; this command is ${version}`, `Run in ${folder}: npx pulumi-celigo doctor`);
}

/** Finds a package as the code in a folder does; returns what is wrong when it cannot. */
function find(folder: string, door: string): Package | string {
  try {
    const found = manifestAbove(dirname(createRequire(join(folder, "_")).resolve(door)));
    return found ? { version: String(found.fields["version"]), folder: found.folder } : `${door} has no package.json`;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND";
    return isMissing ? `not found from ${folder}` : messageOf(error);
  }
}
