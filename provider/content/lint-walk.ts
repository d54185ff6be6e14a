import type * as Acorn from "acorn";
import { ancestor } from "acorn-walk";
import { isNamed, mayBeFunction, type Visitors } from "./syntax";

/** A place in the code. */
export interface Place {
  readonly start: number;
  /** What a message says of it. */
  readonly name: string;
}

/** What one walk through a program finds. */
export class Facts {
  /** How many times the program binds or assigns each name. */
  readonly bindings = new Map<string, number>();
  /** Names whose value the program uses. */
  readonly used = new Set<string>();
  /** Names whose value the program puts into `module.exports` or `exports`. */
  readonly exported = new Set<string>();
  /** The outermost assignments to `module.exports` or to a property of `exports`. */
  readonly exports: Place[] = [];
  /** Names that the program tests before use, or that may come from elsewhere. */
  readonly guarded = new Set<string>();
  /** The keys and exported aliases under which the program may have a function. */
  readonly aliases = new Set<string>();
  /** Names that the program tests with `typeof`. */
  readonly tested = new Set<string>();
  /** The calls of names. Here and below without those whose failure the program handles. */
  readonly calls: Place[] = [];
  /** The imports of modules that Celigo does not offer. */
  readonly imports: Place[] = [];
  readonly ids: Place[] = [];
  /** Whether the program imports a part of a larger program. */
  importsPart = false;
  /** Whether names may be defined where no parser sees it, as by `eval`. */
  mayHideNames = false;
  /** Whether the program may define a function. */
  mayDefineFunction = false;
}

/** Tells whether the program itself uses a name. An export for tests, behind `typeof module`, does not count. */
export function isUsed({ used, exported, tested }: Facts, name: string): boolean {
  const isGuarded = tested.has("module") || tested.has("exports");
  return used.has(name) || (!isGuarded && exported.has(name));
}

const offeredModules: readonly string[] = ["integrator-api", "dayjs", "sjcl"];
/** Through these names, code can define functions that no parser sees. */
const globals: readonly string[] = "eval Function globalThis global window self module exports define".split(" ");

/** A Celigo id in the source of a string or template. Only digits are a number, and only letters are a word. */
const idPattern = /(?<![\w}-])(?=[a-fA-F]*\d)(?=\d*[a-fA-F])(?:[\da-f]{24}|[\dA-F]{24})(?![\w$-])/g;

/** Walks through the program once. */
export function gather(text: string, program: Acorn.Program): Facts {
  const facts = new Facts();
  facts.mayDefineFunction = program.body.some(({ type }) => /^(?:Import|Export)/.test(type));
  ancestor(program, visitorsOf(text, facts));
  return facts;
}

/** Returns visitors that add to the facts. */
function visitorsOf(text: string, facts: Facts): Visitors {
  const { bindings, used, exported, exports, guarded, aliases, tested, calls, imports, ids } = facts;
  const define = (mayDefine: boolean) => {
    facts.mayDefineFunction ||= mayDefine;
  };
  const bind = ({ name }: Acorn.Identifier) => bindings.set(name, (bindings.get(name) ?? 0) + 1);
  const bindImport = ({ local }: { readonly local: Acorn.Identifier }) => bind(local);
  const importFrom = (
    { source, start }: { readonly source?: Acorn.Expression | null; readonly start: number },
    _: unknown,
    ancestors: readonly Acorn.AnyNode[],
  ) => {
    const name = source?.type === "Literal" ? String(source.value) : "";
    facts.importsPart ||= /^[./#]|^node:/.test(name);
    if (source?.type === "Literal" && !offeredModules.includes(name) && !isTried(ancestors)) {
      imports.push({ start, name });
    }
  };
  const read = (start: number, end: number) => {
    for (const { 0: name, index } of text.slice(start, end).matchAll(idPattern)) {
      ids.push({ start: start + index, name });
    }
  };
  return {
    VariablePattern: bind,
    ImportSpecifier: bindImport,
    ImportDefaultSpecifier: bindImport,
    ImportNamespaceSpecifier: bindImport,
    ImportDeclaration: importFrom,
    ImportExpression: importFrom,
    ExportNamedDeclaration: (node, _, ancestors) => {
      importFrom(node, _, ancestors);
      for (const { exported } of node.specifiers) {
        addName(aliases, exported);
      }
    },
    ExportAllDeclaration: importFrom,
    // Also one that is assigned or passed on: a parser can't know what happens to it.
    Function: () => define(true),
    ClassDeclaration: () => define(true),
    ThisExpression: () => define(true),
    Identifier: ({ name }, _, ancestors) => {
      (ancestors.some(isExport) ? exported : used).add(name);
      define(globals.includes(name));
      facts.mayHideNames ||= name === "eval";
    },
    // A plain script may be run for its last result.
    ExpressionStatement: ({ expression }, _, ancestors) => {
      const result = expression.type === "ChainExpression" ? expression.expression : expression;
      const isMethodCall = result.type === "CallExpression" && result.callee.type === "MemberExpression";
      const isPlain = isMethodCall || result.type === "AssignmentExpression" || ancestors.length > 2;
      define(!isPlain && mayBeFunction(result));
    },
    ForOfStatement: ({ left }) => define(left.type !== "VariableDeclaration" || left.kind === "var"),
    VariableDeclarator: ({ id, init }) => define(id.type !== "Identifier" || (!!init && mayBeFunction(init))),
    AssignmentExpression: (node, _, ancestors) => {
      define(node.left.type !== "MemberExpression" && mayBeFunction(node.right));
      if (ancestors.find(isExport) === node) {
        exports.push({ start: node.start, name: "" });
      }
    },
    CallExpression: ({ callee, optional, start }, _, ancestors) => {
      if (callee.type === "Identifier" && !optional && !isTried(ancestors)) {
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
    TemplateElement: ({ start, end }) => read(start - 1, end + 1),
    Property: ({ key, computed }) => {
      addName(aliases, key);
      if (!computed && key.type === "Literal") {
        read(key.start, key.end);
      }
    },
    Literal: ({ value, start, end }) => {
      if (typeof value === "string") {
        guarded.add(value);
        read(start, end);
      }
    },
  };
}

function addName(names: Set<string>, node: Acorn.AnyNode): void {
  if (node.type === "Identifier" || node.type === "Literal") {
    names.add(node.type === "Identifier" ? node.name : String(node.value));
  }
}

/** Tells whether the program handles a failure of the last one of nested nodes. */
function isTried(nodes: readonly Acorn.AnyNode[]): boolean {
  return nodes.some((node, index) => {
    if (node.type === "TryStatement") {
      return !!node.handler && nodes[index + 1] === node.block;
    }
    if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression") {
      return false;
    }
    const isHandler = isNamed(node.callee.property, node.arguments.length > 1 ? "then" : "catch");
    return isHandler && nodes[index + 2] === node.callee.object;
  });
}

/** Tells whether a node assigns to `module.exports`, or to a property of it or of `exports`. */
function isExport(node: Acorn.AnyNode): boolean {
  return node.type === "AssignmentExpression" && isExports(node.left);
}

/** Tells whether a target is `module.exports`, or a property of it or of `exports`. */
function isExports(node: Acorn.AnyNode): boolean {
  if (node.type !== "MemberExpression") {
    return false;
  }
  const { object, property } = node;
  return isNamed(object, "exports") || isExports(object) || (isNamed(object, "module") && isNamed(property, "exports"));
}
