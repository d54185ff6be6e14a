import type { AnyNode, Expression, Function as FunctionNode, Identifier, SpreadElement } from "acorn";
import type { HookPoint } from "./hooks";
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

/**
 * The certain length of an array: that of the hook's page, a number of elements, or the method that changed it.
 */
export type Length = "page" | number | ".filter()" | ".slice()" | ".concat()";

/** Methods that do not change an array. */
const readers = new Set(
  "length map forEach filter some every reduce find findIndex indexOf includes join slice concat entries keys values at".split(
    " ",
  ),
);
const arrayMakers: readonly string[] = ["map", "filter", "slice", "concat", "reverse", "sort", "flat", "flatMap"];
const comparisons = /^(?:[=!]==?|[<>]=?|in|instanceof)$/;
const arithmetic = /^(?:[-*/%]|\*\*)$/;

/** The variables of a hook, and what is certain about their values. */
export class Values {
  /** Whether the hook uses `arguments`, which this class does not follow. */
  readonly usesArguments: boolean;
  readonly #point: HookPoint;
  /** The name of the parameter that holds the options. */
  readonly #options: string | undefined;
  /** Local names of the options' properties that hold pages. */
  readonly #pages = new Set<string>();
  /** Properties of the options that the hook assigns. */
  readonly #assigned = new Set<string>();
  /** How many times each name is bound or assigned in the hook. */
  readonly #bindings = new Map<string, number>();
  /** The values of each variable that the hook's own code declares. */
  readonly #values = new Map<string, (Expression | undefined)[]>();
  readonly #declared = new Map<string, number>();
  /** Names whose value may change without an assignment. */
  readonly #unsafe = new Set<string>();

  constructor(walk: Walk, code: FunctionNode, point: HookPoint) {
    this.#point = point;
    const [first] = code.params;
    const parameter = first?.type === "AssignmentPattern" ? first.left : first;
    this.#options = parameter?.type === "Identifier" ? parameter.name : undefined;
    for (const property of parameter?.type === "ObjectPattern" ? parameter.properties : []) {
      if (property.type === "Property" && property.value.type === "Identifier" && this.#isPage(property.key)) {
        this.#pages.add(property.value.name);
      }
    }
    this.#collect(walk, code);
    this.usesArguments = this.#unsafe.has("arguments");
  }

  /** Returns the kinds that an expression can have; `undefined` when it can have any. */
  kindsOf(node: Expression): readonly Kind[] | undefined {
    switch (node.type) {
      case "Literal":
        return node.regex ? ["a regular expression"] : literalKind(node.value);
      case "TemplateLiteral":
        return ["a string"];
      case "ObjectExpression":
        return ["an object"];
      case "ArrayExpression":
        return ["an array"];
      case "FunctionExpression":
      case "ArrowFunctionExpression":
      case "ClassExpression":
        return ["a function"];
      case "UnaryExpression":
        return node.operator === "!" ? ["true or false"] : node.operator === "typeof" ? ["a string"] : undefined;
      case "BinaryExpression":
        return comparisons.test(node.operator)
          ? ["true or false"]
          : arithmetic.test(node.operator)
            ? ["a number"]
            : undefined;
      case "Identifier":
        return this.#kindsOfName(node);
      case "MemberExpression":
        return this.#isOptions(node.object) && this.#isPage(node.property) && !node.computed ? ["an array"] : undefined;
      case "CallExpression":
        return this.#kindsOfCall(node.callee);
      default:
        return undefined;
    }
  }

  /** Returns the length of an array; `undefined` when it is not certain. */
  lengthOf(node: Expression | SpreadElement | null | undefined): Length | undefined {
    switch (node?.type) {
      case "Identifier": {
        const { name } = node;
        if (this.#pages.has(name) && this.#bindings.get(name) === 1 && !this.#unsafe.has(name)) {
          return "page";
        }
        const [value, ...others] = this.#values.get(name) ?? [];
        return this.#isCertain(name) && !this.#unsafe.has(name) && others.length === 0
          ? this.lengthOf(value)
          : undefined;
      }
      case "MemberExpression":
        return this.kindsOf(node) ? "page" : undefined;
      case "ArrayExpression": {
        const [only] = node.elements;
        if (!node.elements.some((element) => element?.type === "SpreadElement")) {
          return node.elements.length;
        }
        return only?.type === "SpreadElement" && node.elements.length === 1 ? this.lengthOf(only.argument) : undefined;
      }
      case "CallExpression": {
        const { callee, arguments: given } = node;
        if (callee.type !== "MemberExpression" || callee.computed || callee.property.type !== "Identifier") {
          return undefined;
        }
        const length = callee.object.type === "Super" ? undefined : this.lengthOf(callee.object);
        return length === undefined ? undefined : lengthAfter(callee.property.name, given, length);
      }
      default:
        return undefined;
    }
  }

  #collect(walk: Walk, code: FunctionNode): void {
    const bump = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
    const own = walk.make({ Function: () => undefined });
    const assigned = (name: string, value: Expression | undefined) => {
      const values = this.#values.get(name) ?? [];
      values.push(value);
      this.#values.set(name, values);
    };
    walk.simple(
      code.body,
      {
        VariableDeclarator: ({ id, init }) => {
          if (id.type === "Identifier") {
            bump(this.#declared, id.name);
            assigned(id.name, init ?? undefined);
          }
        },
      },
      own,
    );
    const unsafeTarget = (node: AnyNode) => {
      if (node.type === "MemberExpression" && this.#isOptions(node.object)) {
        this.#assigned.add(node.computed || node.property.type !== "Identifier" ? "*" : node.property.name);
      }
    };
    const loopOver = ({ left }: { readonly left: AnyNode }) => {
      for (const { id } of left.type === "VariableDeclaration" ? left.declarations : []) {
        if (id.type === "Identifier") {
          this.#unsafe.add(id.name);
          assigned(id.name, unknownValue);
        }
      }
    };
    walk.ancestor(code, {
      // acorn-walk's word for an identifier that is bound or assigned.
      ...({ VariablePattern: ({ name }: Identifier) => bump(this.#bindings, name) } as object),
      AssignmentExpression: ({ left, right, operator }) => {
        if (left.type === "Identifier" && operator === "=") {
          assigned(left.name, right);
        } else if (left.type === "Identifier") {
          assigned(left.name, unknownValue);
        }
        unsafeTarget(left);
      },
      UpdateExpression: ({ argument }) => {
        if (argument.type === "Identifier") {
          assigned(argument.name, unknownValue);
        }
      },
      ForInStatement: loopOver,
      ForOfStatement: loopOver,
      Identifier: (node, _, ancestors) => {
        if (node.name === "arguments" || !isRead(node, ancestors)) {
          this.#unsafe.add(node.name);
        }
      },
    });
  }

  #kindsOfName({ name }: Identifier): readonly Kind[] | undefined {
    if (name === "undefined") {
      return ["nothing"];
    }
    if (name === this.#options) {
      return this.#bindings.get(name) === 1 ? ["its options"] : undefined;
    }
    if (this.#pages.has(name)) {
      return this.#bindings.get(name) === 1 ? ["an array"] : undefined;
    }
    if (!this.#isCertain(name)) {
      return undefined;
    }
    const values = this.#values.get(name) ?? [];
    const given = values.filter((value) => value !== undefined);
    const kinds = given.map((value) => (refersTo(value, name) ? undefined : this.kindsOf(value)));
    if (kinds.some((kind) => kind === undefined)) {
      return undefined;
    }
    return given.length === 0 ? ["nothing"] : [...new Set(kinds.flatMap((kind) => kind ?? []))];
  }

  #kindsOfCall(callee: AnyNode): readonly Kind[] | undefined {
    if (callee.type !== "MemberExpression" || callee.computed || callee.property.type !== "Identifier") {
      return undefined;
    }
    const { object, property } = callee;
    if (object.type === "Identifier" && object.name === "JSON" && property.name === "stringify") {
      return ["a string"];
    }
    const isArray = object.type !== "Super" && this.kindsOf(object)?.every((kind) => kind === "an array");
    return isArray && arrayMakers.includes(property.name) ? ["an array"] : undefined;
  }

  /** Tells whether the analysis knows all values of a variable. */
  #isCertain(name: string): boolean {
    return this.#declared.get(name) === 1 && this.#bindings.get(name) === this.#values.get(name)?.length;
  }

  #isOptions(node: AnyNode): boolean {
    return node.type === "Identifier" && node.name === this.#options && this.#bindings.get(node.name) === 1;
  }

  #isPage(key: AnyNode): boolean {
    const isAssigned = key.type === "Identifier" && (this.#assigned.has(key.name) || this.#assigned.has("*"));
    return key.type === "Identifier" && !isAssigned && this.#point.pages.includes(key.name);
  }
}

/** An expression that can have any value. */
const unknownValue: Expression = { type: "ThisExpression", start: 0, end: 0 };

function literalKind(value: unknown): readonly Kind[] | undefined {
  switch (typeof value) {
    case "string":
      return ["a string"];
    case "number":
    case "bigint":
      return ["a number"];
    case "boolean":
      return ["true or false"];
    default:
      return value === null ? ["null"] : undefined;
  }
}

function lengthAfter(
  method: string,
  given: readonly (Expression | SpreadElement)[],
  length: Length,
): Length | undefined {
  const [first] = given;
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
    case "concat":
      return typeof length === "number" || !first || isEmptyArray(first) ? undefined : ".concat()";
    default:
      return undefined;
  }
}

function isEmptyArray(node: AnyNode): boolean {
  return node.type === "ArrayExpression" && node.elements.length === 0;
}

/** Tells whether an expression mentions a name directly, as `result = result.filter(…)` does. */
function refersTo(node: AnyNode, name: string): boolean {
  switch (node.type) {
    case "Identifier":
      return node.name === name;
    case "CallExpression":
      return refersTo(node.callee, name);
    case "MemberExpression":
      return refersTo(node.object, name);
    default:
      return false;
  }
}

/** Tells whether an identifier is only read at this place, so that its value does not change. */
function isRead(node: Identifier, ancestors: readonly AnyNode[]): boolean {
  const [outer, parent] =
    ancestors.slice(-3, -1).length === 2 ? ancestors.slice(-3, -1) : [undefined, ancestors.at(-2)];
  switch (parent?.type) {
    case "ReturnStatement":
    case "ConditionalExpression":
    case "BinaryExpression":
    case "LogicalExpression":
    case "UnaryExpression":
    case "SpreadElement":
    case "IfStatement":
    case "ForOfStatement":
    case "ArrowFunctionExpression":
      return true;
    case "MemberExpression": {
      const isTarget =
        (outer?.type === "AssignmentExpression" && outer.left === parent) ||
        outer?.type === "UpdateExpression" ||
        (outer?.type === "UnaryExpression" && outer.operator === "delete");
      const isReader = parent.computed || (parent.property.type === "Identifier" && readers.has(parent.property.name));
      return parent.object === node && !isTarget && isReader;
    }
    default:
      return false;
  }
}
