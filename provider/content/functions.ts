import type { AnyNode, Program } from "acorn";
import { gather } from "./lint-walk";
import { parseScript, topLevelFunctions, type Walk } from "./syntax";

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
  const walk = await import("acorn-walk");
  const used = gather(walk, before, former);
  const isThere = namesThatMayBeIn(walk, after, present);
  const had = namesOf(former);
  const has = namesOf(present);
  const [was, is] = [had[0], has[0]];
  const isMoved = was !== undefined && is !== undefined && was !== is && (has.includes(was) || !isThere(was));
  return {
    gone: had.filter((name) => !isThere(name) && !used.isUsed(name)),
    ...(isMoved ? { first: { before: was, after: is } } : {}),
  };
}

function namesOf(program: Program): readonly string[] {
  return topLevelFunctions(program).map(({ name }) => name);
}

/**
 * Returns a test of whether a script may have a function of a name. It may also be made where no parser sees it, such as
 * by a wrapper, under an alias, or as the property of a global.
 */
function namesThatMayBeIn(walk: Walk, text: string, program: Program): (name: string) => boolean {
  const { bindings, guarded, mayHideNames } = gather(walk, text, program);
  const named = new Set<string>();
  const add = (node: AnyNode) => {
    if (node.type === "Identifier") {
      named.add(node.name);
    } else if (node.type === "Literal") {
      named.add(String(node.value));
    }
  };
  walk.simple(program, {
    Property: ({ key }) => add(key),
    ExportNamedDeclaration: ({ specifiers }) => {
      for (const { exported } of specifiers) {
        add(exported);
      }
    },
  });
  return (name) => mayHideNames || bindings.has(name) || guarded.has(name) || named.has(name);
}
