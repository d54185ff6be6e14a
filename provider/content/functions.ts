import type { Program } from "acorn";
import { parseScript, topLevelFunctions } from "./syntax";

/** How a script differs from a former text for those who call it: by name, or the first function where they name none. */
export interface FunctionChanges {
  /** The functions that are gone, in their order; without those that the script itself called. */
  readonly gone: readonly string[];
  /** The first function, before and after, where it is another one. */
  readonly first?: { readonly before: string; readonly after: string };
}

/** Compares the top-level functions of two texts. In doubt, and where a text is not valid, nothing has changed. */
export async function compareFunctions(before: string, after: string): Promise<FunctionChanges> {
  const [{ program: former }, { program: present }] = await Promise.all([parseScript(before), parseScript(after)]);
  if (!former || !present) {
    return { gone: [] };
  }
  const { gather, isUsed } = await import("./lint-walk.js");
  const used = gather(before, former);
  const { bindings, guarded, aliases, mayHideNames } = gather(after, present);
  // It may also be made where no parser sees it, such as by a wrapper, under an alias, or as the property of a global.
  const isThere = (name: string) => mayHideNames || bindings.has(name) || guarded.has(name) || aliases.has(name);
  const had = namesOf(former);
  const has = namesOf(present);
  const [was, is] = [had[0], has[0]];
  const isMoved = was !== undefined && is !== undefined && was !== is && (has.includes(was) || !isThere(was));
  return {
    gone: had.filter((name) => !isThere(name) && !isUsed(used, name)),
    ...(isMoved ? { first: { before: was, after: is } } : {}),
  };
}

function namesOf(program: Program): readonly string[] {
  return topLevelFunctions(program).map(({ name }) => name);
}
