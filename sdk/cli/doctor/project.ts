import { statSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf, reasonOf } from "../../../provider/errors";
import type { Language } from "../project/entry";
import { projectOf } from "../project/project";
import { Stack, type StackConfiguration } from "../pulumi";
import { type Finding, failed, ok, skipped, warning } from "./check";

/** What doctor knows of a Pulumi project; no folder of a program where there is none. */
export interface KnownProject {
  readonly programFolder?: string;
  readonly language?: Language;
}

/** Where a stack is looked for. */
export interface StackPlace {
  readonly cwd: string;
  /** Default: the stack that is selected. */
  readonly stack?: string;
  /** Whether Pulumi's CLI works. */
  readonly hasPulumi: boolean;
  readonly project: KnownProject | undefined;
  /** Milliseconds for one run of Pulumi's CLI. */
  readonly timeLimit: number;
}

const useEnvironment = "Until then, only the environment counts below.";

/** Finds the Pulumi project that a folder belongs to. */
export function checkProject(cwd: string): Finding<KnownProject> {
  const folder = resolve(cwd);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    return { check: failed("project", `${folder} is not a folder`, "Give the folder of the project with --cwd.") };
  }
  try {
    const project = projectOf(folder);
    if (project.isNew) {
      const found = `no Pulumi.yaml in ${folder} or above: only the environment counts`;
      return { check: skipped("project", found), value: {} };
    }
    const { programFolder, entry } = project;
    const program = programFolder === project.folder ? "" : `, its program in ${programFolder}`;
    return { check: ok("project", `${project.folder}${program}`), value: { programFolder, language: entry.language } };
  } catch (error) {
    return { check: failed("project", messageOf(error), "Correct the file.") };
  }
}

/** Finds the stack, and reads its configuration. */
export async function checkStack(place: StackPlace): Promise<Finding<StackConfiguration>> {
  const { cwd, stack: asked, hasPulumi, project, timeLimit } = place;
  if (project?.programFolder === undefined && asked === undefined) {
    const check = skipped("stack", "not checked: no Pulumi project");
    return project === undefined ? { check } : { check, value: new Map() };
  }
  if (!hasPulumi) {
    return { check: skipped("stack", "not checked: there is no pulumi that works") };
  }
  const stack = new Stack(cwd, asked, timeLimit);
  const [name, configuration] = await Promise.allSettled([stack.name(), stack.configuration()]);
  if (name.status === "rejected") {
    const { reason: error } = name;
    if (asked === undefined && /no stack selected/i.test(reasonOf(error))) {
      const fix = `Run pulumi stack select, or give --stack. ${useEnvironment}`;
      return { check: warning("stack", "none is selected", fix), value: new Map() };
    }
    return { check: failed("stack", reasonOf(error), `${cureOf(reasonOf(error))} ${useEnvironment}`) };
  }
  if (configuration.status === "rejected") {
    const words = reasonOf(configuration.reason);
    const found = `${name.value}, but its configuration cannot be read: ${words}`;
    return { check: failed("stack", found, `${cureOf(words)} ${useEnvironment}`) };
  }
  return { check: ok("stack", name.value), value: configuration.value };
}

/** Says what to do about what Pulumi says. */
function cureOf(words: string): string {
  switch (true) {
    case /no stack named/i.test(words):
      return "Give one that pulumi stack ls lists.";
    case /\blog ?in\b/i.test(words):
      return "Run pulumi login.";
    default:
      return "Correct what Pulumi names.";
  }
}
