import type * as Acorn from "acorn";
import { ancestor } from "acorn-walk";
import { isNamed, type Visitors } from "./syntax";

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
  /** What certainly gives it a value; `undefined` for anything else that binds or assigns it. */
  readonly givers: (Acorn.VariableDeclarator | Acorn.AssignmentExpression | undefined)[];
  /** Whether its value may change without an assignment. */
  mayChange: boolean;
}

/** Methods that do not change an array. */
const readers = new Set(
  "length map forEach filter some every reduce find findIndex indexOf includes join slice concat entries keys values at".split(
    " ",
  ),
);
/** Methods that make an array of an array. */
const makers: Readonly<Record<string, (length: Length, given: readonly Acorn.AnyNode[]) => Length | undefined>> = {
  map: (length) => length,
  sort: (length) => length,
  reverse: (length) => length,
  flat: () => undefined,
  flatMap: () => undefined,
  filter: (length) => (length === 0 ? 0 : ".filter()"),
  slice: (length, [start, end]) => {
    const isWhole = !start || (!end && start.type === "Literal" && start.value === 0);
    return isWhole ? length : ".slice()";
  },
  // People start with an array of their own and add the result to it.
  concat: (length, [first]) => {
    const isEmpty = !first || (first.type === "ArrayExpression" && first.elements.length === 0);
    return typeof length === "number" || isEmpty ? undefined : ".concat()";
  },
};
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
const kinds: Readonly<Partial<Record<Acorn.Expression["type"], Kind>>> = {
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
  /** The name of the parameter that holds the options; empty where there is none. */
  readonly #options: string;

  /** @param pages The properties of the options that hold a page. */
  constructor(code: Acorn.Function, pages: readonly string[]) {
    this.#pages = pages;
    const [first] = code.params;
    const parameter = first?.type === "AssignmentPattern" ? first.left : first;
    this.#options = parameter?.type === "Identifier" ? parameter.name : "";
    this.#collect(code);
    const give = (name: string, value: Value) => {
      if (this.#variables.get(name)?.givers.length === 1) {
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
  valuesOf(node: Acorn.Expression): Values {
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
        const { givers, mayChange } = this.#variable(node.name);
        return mayChange || givers.length > 1 ? values?.map(({ kind }) => ({ kind })) : values;
      }
      case "MemberExpression":
        return isNamed(node.object, this.#options) && this.#values.has(this.#options) && !node.computed
          ? one(this.#isPage(node.property) ? "an array" : undefined, "page")
          : undefined;
      case "CallExpression":
        return this.#valuesOfCall(node);
      default:
        return one(kinds[node.type]);
    }
  }

  /** Walks through a hook once. */
  #collect(code: Acorn.Function): void {
    const visitors: Visitors = {
      VariablePattern: ({ name }, _, ancestors) => {
        this.#variable(name).givers.push(giverOf(ancestors));
      },
      AssignmentExpression: ({ left }) => {
        if (left.type === "MemberExpression" && isNamed(left.object, this.#options)) {
          this.#assigned.add(left.computed || left.property.type !== "Identifier" ? "*" : left.property.name);
        }
      },
      Identifier: (node, _, ancestors) => {
        this.#variable(node.name).mayChange ||= !isRead(node, ancestors);
      },
    };
    ancestor(code, visitors);
  }

  #variable(name: string): Variable {
    const variable = this.#variables.get(name) ?? { givers: [], mayChange: false };
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
    const { givers } = this.#variable(name);
    const given = givers.flatMap((giver) =>
      giver?.type === "AssignmentExpression" ? giver.right : (giver?.init ?? []),
    );
    const values = given.map((value) => this.valuesOf(value));
    const isOwn = givers.some((giver) => giver?.type === "VariableDeclarator");
    if (!isOwn || givers.includes(undefined) || values.includes(undefined)) {
      return undefined;
    }
    return values.length === 0 ? one("nothing") : values.flatMap((some) => some ?? []);
  }

  #valuesOfCall({ callee, arguments: given }: Acorn.CallExpression): Values {
    if (callee.type !== "MemberExpression" || callee.computed || callee.property.type !== "Identifier") {
      return undefined;
    }
    const { object, property } = callee;
    if (isNamed(object, "JSON") && property.name === "stringify") {
      return one("a string");
    }
    const values = object.type === "Super" ? undefined : this.valuesOf(object);
    const lengthAfter = Object.hasOwn(makers, property.name) ? makers[property.name] : undefined;
    if (!values?.every(({ kind }) => kind === "an array") || !lengthAfter) {
      return undefined;
    }
    const length = values.length === 1 ? values[0]?.length : undefined;
    return one("an array", length === undefined ? undefined : lengthAfter(length, given));
  }

  #lengthOf(elements: readonly (Acorn.Expression | Acorn.SpreadElement | null)[]): Length | undefined {
    const [only] = elements;
    if (!elements.some((element) => element?.type === "SpreadElement")) {
      return elements.length;
    }
    const values = only?.type === "SpreadElement" && elements.length === 1 ? this.valuesOf(only.argument) : undefined;
    return values?.length === 1 ? values[0]?.length : undefined;
  }

  #isPage(key: Acorn.AnyNode): boolean {
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

/** Returns what certainly gives a value to a name, the last one of nested nodes: code that runs once for the hook. */
function giverOf(ancestors: readonly Acorn.AnyNode[]): Variable["givers"][number] {
  const giver = ancestors.at(-2);
  if (giver?.type === "VariableDeclarator") {
    const isLoop = /^For(?:In|Of)Statement$/.test(ancestors.at(-4)?.type ?? "");
    const isOwn = !ancestors.slice(1).some(({ type }) => type.includes("Function"));
    return isOwn && !isLoop ? giver : undefined;
  }
  return giver?.type === "AssignmentExpression" && giver.operator === "=" ? giver : undefined;
}

/** Tells whether an identifier is only read at this place, so that its value does not change. */
function isRead(node: Acorn.Identifier, ancestors: readonly Acorn.AnyNode[]): boolean {
  const [parent, outer] = [ancestors.at(-2), ancestors.at(-3)];
  if (parent?.type !== "MemberExpression") {
    return readingNodes.test(parent?.type ?? "");
  }
  const isTarget =
    (outer?.type === "AssignmentExpression" && outer.left === parent) || outer?.type === "UpdateExpression";
  const isReader = parent.computed || (parent.property.type === "Identifier" && readers.has(parent.property.name));
  return parent.object === node && !isTarget && isReader;
}
