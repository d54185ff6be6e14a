import type * as Acorn from "acorn";
import type { SimpleVisitors } from "acorn-walk";
import { mayBeFunction, type Walk } from "./syntax";

/** A place in the code, and the name that a message may give it. */
export interface Place {
  readonly start: number;
  readonly name: string;
}

/** What one walk through a program collects. */
export class Facts {
  /** How often the program binds or assigns each name. */
  readonly bindings = new Map<string, number>();
  /** Names whose value the program uses. */
  readonly uses = new Set<string>();
  /** Names that the program asks for before it uses them, or that may come from elsewhere. */
  readonly guarded = new Set<string>();
  /** Blocks that have something else to do where they fail. */
  readonly tried: Acorn.Node[] = [];
  readonly calls: Place[] = [];
  readonly imports: Place[] = [];
  readonly ids: Place[] = [];
  /** Whether names may come from where no parser sees them. */
  mayHideNames = false;
  /** Whether a function may come about at the top level. */
  mayDefineFunction = false;
}

const offeredModules: readonly string[] = ["integrator-api", "dayjs", "sjcl"];
/** By these names code can define what no parser sees. */
const globals: readonly string[] = "eval Function globalThis global window self module exports define".split(" ");

/** A Celigo id in the source of a string or template; digits only are a number, and letters only a word. */
const idPattern = /(?<![\w}-])(?=[a-fA-F]*\d)(?=\d*[a-fA-F])(?:[\da-f]{24}|[\dA-F]{24})(?![\w$-])/g;

/** Walks once through the program, and returns places in the order of the code. */
export function gather(walk: Walk, text: string, program: Acorn.Program): Facts {
  const facts = new Facts();
  walk.simple(program, visitorsOf(text, facts));
  for (const places of [facts.calls, facts.imports, facts.ids]) {
    places.sort((a, b) => a.start - b.start);
  }
  return facts;
}

/** Returns what each kind of node adds to the facts. */
function visitorsOf(text: string, facts: Facts): SimpleVisitors<unknown> {
  const { bindings, uses, guarded, tried, calls, imports, ids } = facts;
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
    // Also one that is assigned or handed over: what becomes of it no parser knows.
    Function: () => define(true),
    ClassDeclaration: () => define(true),
    ThisExpression: () => define(true),
    Identifier: ({ name }) => {
      uses.add(name);
      define(globals.includes(name));
      facts.mayHideNames ||= name === "eval";
    },
    ForOfStatement: ({ left }) => define(left.type !== "VariableDeclaration" || left.kind === "var"),
    VariableDeclarator: ({ id, init }) => define(id.type !== "Identifier" || (!!init && mayBeFunction(init))),
    AssignmentExpression: ({ left, right }) => define(left.type !== "MemberExpression" && mayBeFunction(right)),
    CallExpression: ({ callee, arguments: [, otherwise], optional, start }) => {
      if (callee.type === "MemberExpression" && isNamed(callee.property, otherwise ? "then" : "catch")) {
        tried.push(callee.object);
      }
      if (callee.type === "Identifier" && !optional) {
        calls.push({ start, name: callee.name });
      }
    },
    UnaryExpression: ({ operator, argument }) => {
      if (operator === "typeof" && argument.type === "Identifier") {
        guarded.add(argument.name);
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
    TryStatement: ({ handler, block }) => handler && tried.push(block),
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
