import type * as Acorn from "acorn";
import type { SimpleVisitors } from "acorn-walk";
import { lastNotAbove, mayBeFunction, type Walk } from "./syntax";

/** A place in the code, and its name for messages. */
export interface Place {
  readonly start: number;
  readonly name: string;
}

/** A set of nodes. Two of them are nested or apart. */
class Ranges {
  readonly #nodes: Acorn.Node[] = [];
  /** The outermost nodes in the order of the code; computed at the first query. */
  #outermost: readonly Acorn.Node[] | undefined;

  add(node: Acorn.Node): void {
    this.#nodes.push(node);
    this.#outermost = undefined;
  }

  /** Tells whether an offset is in one of the nodes. */
  has(offset: number): boolean {
    this.#outermost ??= this.outermost();
    const starts = this.#outermost;
    const node = starts[lastNotAbove(starts.length, (index) => starts[index]?.start ?? 0, offset)];
    return node !== undefined && node.start <= offset && offset < node.end;
  }

  outermost(): readonly Acorn.Node[] {
    const outermost: Acorn.Node[] = [];
    for (const node of this.#nodes.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
      if (node.start >= (outermost.at(-1)?.end ?? 0)) {
        outermost.push(node);
      }
    }
    return outermost;
  }
}

/** What one walk through a program finds. */
export class Facts {
  /** How many times the program binds or assigns each name. */
  readonly bindings = new Map<string, number>();
  /** Where the program uses the value of each name. */
  readonly uses = new Map<string, number[]>();
  /** The assignments to `module.exports` or to a property of `exports`. */
  readonly exported = new Ranges();
  /** Names that the program tests before use, or that may come from elsewhere. */
  readonly guarded = new Set<string>();
  /** Names that the program tests with `typeof`. */
  readonly tested = new Set<string>();
  /** Blocks and calls whose failure the program handles. */
  readonly tried = new Ranges();
  readonly calls: Place[] = [];
  readonly imports: Place[] = [];
  readonly ids: Place[] = [];
  /** Whether names may be defined where no parser sees it, as by `eval`. */
  mayHideNames = false;
  /** Whether the program may define a function. */
  mayDefineFunction = false;

  /** Tells whether the program handles a failure at this place. */
  isTried({ start }: Place): boolean {
    return this.tried.has(start);
  }

  /** Tells whether the program itself uses a name. An export for tests, behind `typeof module`, does not count. */
  isUsed(name: string): boolean {
    const uses = this.uses.get(name) ?? [];
    const isGuarded = this.tested.has("module") || this.tested.has("exports");
    return uses.some((start) => !isGuarded || !this.exported.has(start));
  }
}

const offeredModules: readonly string[] = ["integrator-api", "dayjs", "sjcl"];
/** Through these names, code can define functions that no parser sees. */
const globals: readonly string[] = "eval Function globalThis global window self module exports define".split(" ");

/** A Celigo id in the source of a string or template. Only digits are a number, and only letters are a word. */
const idPattern = /(?<![\w}-])(?=[a-fA-F]*\d)(?=\d*[a-fA-F])(?:[\da-f]{24}|[\dA-F]{24})(?![\w$-])/g;

/** Walks through the program once. Its places are in the order of the code. */
export function gather(walk: Walk, text: string, program: Acorn.Program): Facts {
  const facts = new Facts();
  walk.simple(program, visitorsOf(text, facts));
  for (const places of [facts.calls, facts.imports, facts.ids]) {
    places.sort((a, b) => a.start - b.start);
  }
  return facts;
}

/** Returns visitors that add to the facts. */
function visitorsOf(text: string, facts: Facts): SimpleVisitors<unknown> {
  const { bindings, uses, exported, guarded, tested, tried, calls, imports, ids } = facts;
  const define = (mayDefine: boolean) => {
    facts.mayDefineFunction ||= mayDefine;
  };
  const bind = ({ name }: Acorn.Identifier) => bindings.set(name, (bindings.get(name) ?? 0) + 1);
  const bindImport = ({ local }: { readonly local: Acorn.Identifier }) => bind(local);
  const importFrom = ({ source, start }: { readonly source?: Acorn.Expression | null; readonly start: number }) => {
    if (source?.type === "Literal" && !offeredModules.includes(String(source.value))) {
      imports.push({ start, name: String(source.value) });
    }
  };
  const read = (start: number, end: number) => {
    for (const { 0: name, index } of text.slice(start, end).matchAll(idPattern)) {
      ids.push({ start: start + index, name });
    }
  };
  const visitors = {
    // acorn-walk's word for an identifier that is bound or assigned.
    VariablePattern: bind,
    ImportSpecifier: bindImport,
    ImportDefaultSpecifier: bindImport,
    ImportNamespaceSpecifier: bindImport,
    ImportDeclaration: importFrom,
    ImportExpression: importFrom,
    ExportNamedDeclaration: importFrom,
    ExportAllDeclaration: importFrom,
    // Also one that is assigned or passed on: a parser can't know what happens to it.
    Function: () => define(true),
    ClassDeclaration: () => define(true),
    ThisExpression: () => define(true),
    Identifier: ({ name, start }) => {
      const places = uses.get(name);
      if (places) {
        places.push(start);
      } else {
        uses.set(name, [start]);
      }
      define(globals.includes(name));
      facts.mayHideNames ||= name === "eval";
    },
    ForOfStatement: ({ left }) => define(left.type !== "VariableDeclaration" || left.kind === "var"),
    VariableDeclarator: ({ id, init }) => define(id.type !== "Identifier" || (!!init && mayBeFunction(init))),
    AssignmentExpression: (node) => {
      define(node.left.type !== "MemberExpression" && mayBeFunction(node.right));
      if (isExports(node.left)) {
        exported.add(node);
      }
    },
    CallExpression: ({ callee, arguments: [, otherwise], optional, start }) => {
      if (callee.type === "MemberExpression" && isNamed(callee.property, otherwise ? "then" : "catch")) {
        tried.add(callee.object);
      }
      if (callee.type === "Identifier" && !optional) {
        calls.push({ start, name: callee.name });
      }
    },
    UnaryExpression: ({ operator, argument }) => {
      if (operator === "typeof" && argument.type === "Identifier") {
        guarded.add(argument.name);
        tested.add(argument.name);
      }
    },
    MemberExpression: ({ property }) => {
      if (property.type === "Identifier") {
        guarded.add(property.name);
      }
    },
    WithStatement: () => {
      facts.mayHideNames = true;
    },
    TryStatement: ({ handler, block }) => handler && tried.add(block),
    TemplateElement: ({ start, end }) => read(start - 1, end + 1),
    Property: ({ key, computed }) => !computed && key.type === "Literal" && read(key.start, key.end),
    Literal: ({ value, start, end }) => {
      if (typeof value === "string") {
        guarded.add(value);
        read(start, end);
      }
    },
  } satisfies SimpleVisitors<unknown> & { VariablePattern: (node: Acorn.Identifier) => void };
  return visitors;
}

function isNamed(node: Acorn.Node, name: string): boolean {
  return node.type === "Identifier" && (node as Acorn.Identifier).name === name;
}

/** Tells whether a target is `module.exports`, or a property of it or of `exports`. */
function isExports(node: Acorn.Node): boolean {
  if (node.type !== "MemberExpression") {
    return false;
  }
  const { object, property } = node as Acorn.MemberExpression;
  return isNamed(object, "exports") || isExports(object) || (isNamed(object, "module") && isNamed(property, "exports"));
}
