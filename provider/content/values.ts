import type { AnyNode, CallExpression, Expression, Function as FunctionNode, Identifier, SpreadElement } from "acorn";
import type { Walk } from "./syntax";

/** The kinds of values that an analysis can be certain of. */
export type Kind =
  | "nothing"
  | "null"
  | "a string"
  | "a number"
  | "true or false"
  | "a regular expression"
  | "an object"
  | "an array"
  | "a function"
  | "its options";

/** The certain length of an array: that of the hook's page, a number of elements, or the method that changed it. */
export type Length = "page" | number | ".filter()" | ".slice()" | ".concat()";

/** What is certain about a value. */
interface Value {
  readonly kind: Kind;
  /** The length of an array, where it is certain, too. */
  readonly length?: Length | undefined;
}

/** The values that an expression can have; `undefined` when it can have any. */
export type Values = readonly Value[] | undefined;

/** What a hook does with a name. */
interface Variable {
  /** How many times the hook binds or assigns it. */
  bindings: number;
  /** The values that it certainly gets; `undefined` for a declaration without a value. */
  readonly given: (Expression | undefined)[];
  /** Whether the hook's own code declares it, and not only a function in it. */
  isOwn: boolean;
  /** Whether its value may change without an assignment. */
  mayChange: boolean;
}

/** Methods that do not change an array. */
const readers = new Set(
  "length map forEach filter some every reduce find findIndex indexOf includes join slice concat entries keys values at".split(
    " ",
  ),
);
const arrayMakers: readonly string[] = ["map", "filter", "slice", "concat", "reverse", "sort", "flat", "flatMap"];
/** The kinds of results, by operator. `+` also joins texts. */
const operators: readonly (readonly [RegExp, Kind])[] = [
  [/^(?:!|[=!]==?|[<>]=?|in|instanceof)$/, "true or false"],
  [/^(?:[-*/%]|\*\*)$/, "a number"],
  [/^typeof$/, "a string"],
];
/** The kinds of values, by their `typeof`. */
const primitives: Readonly<Partial<Record<string, Kind>>> = {
  string: "a string",
  number: "a number",
  bigint: "a number",
  boolean: "true or false",
};
/** Expressions of one kind. */
const kinds: Readonly<Partial<Record<Expression["type"], Kind>>> = {
  TemplateLiteral: "a string",
  ObjectExpression: "an object",
  FunctionExpression: "a function",
  ArrowFunctionExpression: "a function",
  ClassExpression: "a function",
};
/** Nodes that only read an identifier directly below them. */
const readingNodes =
  /^(?:(?:Return|If|ForOf)Statement|(?:Conditional|Binary|Logical|Unary|ArrowFunction)Expression|SpreadElement)$/;

/** The variables of a hook, and what is certain about their values. */
export class Variables {
  readonly #variables = new Map<string, Variable>();
  /** Properties that the hook assigns of its options; `*` for any. */
  readonly #assigned = new Set<string>();
  /** The values of names that are known, or being found out. */
  readonly #values = new Map<string, Values>();
  readonly #pages: readonly string[];
  /** The name of the parameter that holds the options. */
  readonly #options: string | undefined;

  /** @param pages The properties of the options that hold a page. */
  constructor(walk: Walk, code: FunctionNode, pages: readonly string[]) {
    this.#pages = pages;
    const [first] = code.params;
    const parameter = first?.type === "AssignmentPattern" ? first.left : first;
    this.#options = parameter?.type === "Identifier" ? parameter.name : undefined;
    this.#collect(walk, code);
    const give = (name: string | undefined, value: Value) => {
      if (name !== undefined && this.#variables.get(name)?.bindings === 1) {
        this.#values.set(name, [value]);
      }
    };
    give(this.#options, { kind: "its options" });
    for (const property of parameter?.type === "ObjectPattern" ? parameter.properties : []) {
      if (property.type === "Property" && property.value.type === "Identifier" && this.#isPage(property.key)) {
        give(property.value.name, { kind: "an array", length: "page" });
      }
    }
  }

  /** Whether the hook uses `arguments`, which this class does not follow. */
  get usesArguments(): boolean {
    return this.#variables.has("arguments");
  }

  /** Returns the values that an expression can have. */
  valuesOf(node: Expression): Values {
    switch (node.type) {
      case "Literal":
        return one(node.regex ? "a regular expression" : node.value === null ? "null" : primitives[typeof node.value]);
      case "ArrayExpression":
        return one("an array", this.#lengthOf(node.elements));
      case "UnaryExpression":
      case "BinaryExpression":
        return one(operators.find(([pattern]) => pattern.test(node.operator))?.[1]);
      case "Identifier": {
        const values = this.#valuesOfName(node.name);
        return this.#variables.get(node.name)?.mayChange ? values?.map(({ kind }) => ({ kind })) : values;
      }
      case "MemberExpression":
        return this.#isOptions(node.object) && !node.computed && this.#isPage(node.property)
          ? one("an array", "page")
          : undefined;
      case "CallExpression":
        return this.#valuesOfCall(node);
      default:
        return one(kinds[node.type]);
    }
  }

  /** Walks through a hook once. */
  #collect(walk: Walk, code: FunctionNode): void {
    const bind = ({ name }: Identifier) => {
      this.#variable(name).bindings++;
    };
    walk.ancestor(code, {
      // acorn-walk's word for an identifier that is bound or assigned.
      ...({ VariablePattern: bind } as object),
      VariableDeclarator: ({ id, init }, _, ancestors) => {
        const isLoop = /^For(?:In|Of)Statement$/.test(ancestors.at(-3)?.type ?? "");
        const isOwn = !ancestors.slice(1).some(({ type }) => type.includes("Function"));
        if (id.type === "Identifier" && isOwn && !isLoop) {
          const variable = this.#variable(id.name);
          variable.isOwn = true;
          variable.given.push(init ?? undefined);
        }
      },
      AssignmentExpression: ({ left, right, operator }) => {
        if (left.type === "Identifier" && operator === "=") {
          this.#variable(left.name).given.push(right);
        }
        if (left.type === "MemberExpression" && isNamed(left.object, this.#options)) {
          this.#assigned.add(left.computed || left.property.type !== "Identifier" ? "*" : left.property.name);
        }
      },
      UpdateExpression: ({ argument }) => {
        if (argument.type === "Identifier") {
          bind(argument);
        }
      },
      Identifier: (node, _, ancestors) => {
        this.#variable(node.name).mayChange ||= !isRead(node, ancestors);
      },
    });
  }

  #variable(name: string): Variable {
    const variable = this.#variables.get(name) ?? { bindings: 0, given: [], isOwn: false, mayChange: false };
    this.#variables.set(name, variable);
    return variable;
  }

  #valuesOfName(name: string): Values {
    if (name === "undefined") {
      return one("nothing");
    }
    if (!this.#values.has(name)) {
      // A value that depends on itself is not certain.
      this.#values.set(name, undefined);
      this.#values.set(name, this.#valuesGivenTo(name));
    }
    return this.#values.get(name);
  }

  #valuesGivenTo(name: string): Values {
    const { bindings, given, isOwn } = this.#variable(name);
    const expressions = given.filter((value) => value !== undefined);
    if (!isOwn || bindings !== given.length) {
      return undefined;
    }
    const values = expressions.map((value) => this.valuesOf(value));
    if (values.some((some) => some === undefined)) {
      return undefined;
    }
    const all = values.flatMap((some) => some ?? []);
    if (all.length === 0) {
      return one("nothing");
    }
    return given.length === 1 ? all : all.map(({ kind }) => ({ kind }));
  }

  #valuesOfCall({ callee, arguments: given }: CallExpression): Values {
    if (callee.type !== "MemberExpression" || callee.computed || callee.property.type !== "Identifier") {
      return undefined;
    }
    const { object, property } = callee;
    if (isNamed(object, "JSON") && property.name === "stringify") {
      return one("a string");
    }
    const values = object.type === "Super" ? undefined : this.valuesOf(object);
    if (!values?.every(({ kind }) => kind === "an array") || !arrayMakers.includes(property.name)) {
      return undefined;
    }
    return one("an array", values.length === 1 ? lengthAfter(property.name, given, values[0]?.length) : undefined);
  }

  #lengthOf(elements: readonly (Expression | SpreadElement | null)[]): Length | undefined {
    const [only] = elements;
    if (!elements.some((element) => element?.type === "SpreadElement")) {
      return elements.length;
    }
    const values = only?.type === "SpreadElement" && elements.length === 1 ? this.valuesOf(only.argument) : undefined;
    return values?.length === 1 ? values[0]?.length : undefined;
  }

  #isOptions(node: AnyNode): boolean {
    return node.type === "Identifier" && node.name === this.#options && this.#values.has(node.name);
  }

  #isPage(key: AnyNode): boolean {
    return (
      key.type === "Identifier" &&
      this.#pages.includes(key.name) &&
      !this.#assigned.has(key.name) &&
      !this.#assigned.has("*")
    );
  }
}

function one(kind: Kind | undefined, length?: Length): Values {
  return kind && [{ kind, length }];
}

function lengthAfter(
  method: string,
  given: readonly (Expression | SpreadElement)[],
  length: Length | undefined,
): Length | undefined {
  const [first] = given;
  if (length === undefined) {
    return undefined;
  }
  switch (method) {
    case "map":
    case "sort":
    case "reverse":
      return length;
    case "filter":
      return length === 0 ? 0 : ".filter()";
    case "slice":
      return !first || (given.length === 1 && first.type === "Literal" && first.value === 0) ? length : ".slice()";
    // People start with an array of their own and add the result to it.
    case "concat": {
      const isEmpty = !first || (first.type === "ArrayExpression" && first.elements.length === 0);
      return typeof length === "number" || isEmpty ? undefined : ".concat()";
    }
    default:
      return undefined;
  }
}

/** Tells whether an identifier is only read at this place, so that its value does not change. */
function isRead(node: Identifier, ancestors: readonly AnyNode[]): boolean {
  const [parent, outer] = [ancestors.at(-2), ancestors.at(-3)];
  if (parent?.type !== "MemberExpression") {
    return readingNodes.test(parent?.type ?? "");
  }
  const isTarget =
    (outer?.type === "AssignmentExpression" && outer.left === parent) ||
    outer?.type === "UpdateExpression" ||
    (outer?.type === "UnaryExpression" && outer.operator === "delete");
  const isReader = parent.computed || (parent.property.type === "Identifier" && readers.has(parent.property.name));
  return parent.object === node && !isTarget && isReader;
}

function isNamed(node: AnyNode, name: string | undefined): boolean {
  return node.type === "Identifier" && node.name === name;
}
