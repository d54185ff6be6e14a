import type { AnyNode, Expression, Function as FunctionNode, Parser, Program, Statement } from "acorn";
import { escapeHidden } from "../text";

/** The module that walks through syntax trees; it is loaded only where there is one. */
export type Walk = typeof import("acorn-walk");

/** Where and why content is no valid JavaScript. */
export interface SyntaxFault {
  /** The parser's words, without the position; they may quote a name or a pattern of the code. */
  readonly message: string;
  /** Where it is, in UTF-16 units. */
  readonly offset: number;
  /** The line, from 1, as an editor shows it. */
  readonly line: number;
  /** The column in UTF-16 units, from 1. */
  readonly column: number;
}

/** What parsing has made of content: a program, a fault, or neither where it could not be judged. */
export interface ParsedScript {
  /** The syntax tree, of content that is valid. */
  readonly program?: Program;
  /** Whether the tree is that of an ES module, as which most plain scripts can be read, too. */
  readonly isModule?: boolean;
  /** The fault, of content that is valid neither as an ES module nor as a plain script. */
  readonly fault?: SyntaxFault;
}

/** A function at the top level, under the name by which a hook can call it. */
export interface NamedFunction {
  readonly name: string;
  /** The offset of the name. */
  readonly start: number;
  readonly code: FunctionNode;
}

/** The error that acorn throws for invalid code. */
interface ParseError extends SyntaxError {
  /** The offset that the message is about. */
  readonly pos: number;
  /** The offset up to which the code was read. */
  readonly raisedAt: number;
}

/** What acorn asks of the target of an assignment; its types do not tell. */
interface TargetChecks {
  /** The text of the token that is read. */
  readonly value: unknown;
  toAssignableList(nodes: AnyNode[], ...details: readonly unknown[]): unknown;
  toAssignable(node: AnyNode | null, ...details: readonly unknown[]): unknown;
  checkLValSimple(node: AnyNode, ...details: readonly unknown[]): unknown;
}

/**
 * Parses content as Celigo may take it, as an ES module or as a plain script.
 *
 * The fault of invalid content is the one of the reading that got further. Content that is nested too deeply to be
 * parsed has neither a program nor a fault.
 */
export async function parseScript(text: string): Promise<ParsedScript> {
  const parser = await loadParser();
  const asModule = attempt(parser, text, "module");
  if (asModule === undefined || "body" in asModule) {
    return asModule === undefined ? {} : { program: asModule, isModule: true };
  }
  const asScript = attempt(parser, text, "script");
  if (asScript === undefined || "body" in asScript) {
    return asScript === undefined ? {} : { program: asScript, isModule: false };
  }
  return { fault: faultOf(text, further(asModule, asScript)) };
}

/** Returns the offset of what a plain script cannot have, in content that is valid as an ES module only. */
export async function faultAsScript(text: string): Promise<number | undefined> {
  const asScript = attempt(await loadParser(), text, "script");
  return asScript === undefined || "body" in asScript ? undefined : asScript.pos;
}

/** Returns the line and the column of an offset, both from 1. Lines end at LF only, as in an editor. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** Returns the functions at the top level that have a name, or stand in a variable of their own. */
export function topLevelFunctions(program: Program): readonly NamedFunction[] {
  return program.body.flatMap((statement): NamedFunction[] => {
    const isExport = statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration";
    const node = isExport ? statement.declaration : statement;
    if (node?.type === "FunctionDeclaration" && node.id) {
      return [{ name: node.id.name, start: node.id.start, code: node }];
    }
    const variables = node?.type === "VariableDeclaration" ? node.declarations : [];
    return variables.flatMap(({ id, init }) =>
      id.type === "Identifier" && init && isFunction(init) ? [{ name: id.name, start: id.start, code: init }] : [],
    );
  });
}

/** Tells whether a function may hand back a value, be it to a callback, or is there to throw. */
export function mayReturnValue(walk: Walk, code: FunctionNode): boolean {
  const [, callback] = code.params;
  const isOpen = callback !== undefined || code.params[0]?.type === "RestElement";
  if (code.generator || code.body.type !== "BlockStatement" || isOpen || neverEnds(code.body)) {
    return true;
  }
  let returns = false;
  const Identifier = ({ name }: { readonly name: string }) => {
    returns ||= name === "arguments";
  };
  walk.simple(code.body, { Identifier });
  const ownCode = walk.make({ Function: () => undefined });
  const ReturnStatement = ({ argument }: { readonly argument?: Expression | null }) => {
    returns ||= argument != null;
  };
  walk.simple(code.body, { ReturnStatement }, ownCode);
  return returns;
}

/** Tells whether the value of an expression may be a function, or hold one. */
export function mayBeFunction(node: Expression): boolean {
  switch (node.type) {
    case "Literal":
    case "TemplateLiteral":
    case "UnaryExpression":
    case "UpdateExpression":
    case "BinaryExpression":
      return false;
    case "ArrayExpression":
      return node.elements.some((element) => element && (element.type === "SpreadElement" || mayBeFunction(element)));
    case "ObjectExpression":
      return node.properties.some((property) => property.type === "SpreadElement" || mayBeFunction(property.value));
    default:
      return true;
  }
}

/** Tells whether a statement's own result may be a function: a script could be run for its last result. */
export function mayResultInFunction(statement: AnyNode): boolean {
  if (statement.type !== "ExpressionStatement") {
    return statement.type.startsWith("Import") || statement.type.startsWith("Export");
  }
  const expression =
    statement.expression.type === "ChainExpression" ? statement.expression.expression : statement.expression;
  return expression.type === "CallExpression"
    ? expression.callee.type !== "MemberExpression" || isFunction(expression.callee.object)
    : expression.type !== "AssignmentExpression" && mayBeFunction(expression);
}

/** Made once: a parser class of its own for each script would be twice as slow. */
let lenientParser: Promise<typeof Parser> | undefined;

function loadParser(): Promise<typeof Parser> {
  lenientParser ??= makeParser();
  return lenientParser;
}

/** acorn's parser, but for one thing that V8 accepts: assigning to a call fails when it runs, and not before. */
async function makeParser(): Promise<typeof Parser> {
  const { Parser } = await import("acorn");
  return Parser.extend((base) => {
    class LenientParser extends (base as unknown as new () => Parser & TargetChecks) {
      /** How deep in a pattern or in a list of parameters the target is: there V8 refuses a call as well. */
      #depth = 0;

      override toAssignable(node: AnyNode | null, ...details: readonly unknown[]): unknown {
        return node?.type === "CallExpression" && this.#depth === 0
          ? node
          : this.#within(() => super.toAssignable(node, ...details));
      }

      override toAssignableList(nodes: AnyNode[], ...details: readonly unknown[]): unknown {
        return this.#within(() => super.toAssignableList(nodes, ...details));
      }

      override checkLValSimple(node: AnyNode, ...details: readonly unknown[]): unknown {
        const isLogical = /^(?:&&|\|\||\?\?)=$/.test(String(this.value));
        return node.type === "CallExpression" && !isLogical ? undefined : super.checkLValSimple(node, ...details);
      }

      #within(read: () => unknown): unknown {
        this.#depth++;
        const target = read();
        this.#depth--;
        return target;
      }
    }
    return LenientParser as unknown as typeof Parser;
  });
}

function attempt(
  parser: typeof Parser,
  text: string,
  sourceType: "module" | "script",
): Program | ParseError | undefined {
  try {
    return parser.parse(text, { ecmaVersion: "latest", sourceType });
  } catch (error) {
    return isParseError(error) ? error : undefined;
  }
}

function isParseError(thrown: unknown): thrown is ParseError {
  return thrown instanceof SyntaxError && "pos" in thrown && !thrown.message.startsWith("Not enough stack space");
}

/** Returns the error of the reading that got further, or of both at once the one that says more. */
function further(asModule: ParseError, asScript: ParseError): ParseError {
  const needsModule = /^'import' and 'export' may appear only|'import\.meta' outside/.test(asScript.message);
  if (needsModule || asModule.raisedAt > asScript.raisedAt) {
    return asModule;
  }
  const saysLess = asScript.message.startsWith("Unexpected token");
  return asModule.raisedAt === asScript.raisedAt && saysLess ? asModule : asScript;
}

function faultOf(text: string, error: ParseError): SyntaxFault {
  const { message, offset } = explain(text, error);
  return { message, offset, ...placeOf(text, offset) };
}

function explain(text: string, error: ParseError): Pick<SyntaxFault, "message" | "offset"> {
  const words = error.message.replace(/ \(\d+:\d+\)$/, "");
  if (words === "Unexpected token" && error.pos >= text.length) {
    return { message: "unexpected end of the script", offset: text.trimEnd().length };
  }
  // A pasted zero-width space must be seen.
  const visible = escapeHidden(words);
  return { message: visible.charAt(0).toLowerCase() + visible.slice(1), offset: error.pos };
}

function isFunction(node: AnyNode): node is FunctionNode & Expression {
  return node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression";
}

/** Tells whether a statement may be one behind which nothing is reached: it throws, or goes on for ever. */
function neverEnds(statement: Statement | null | undefined): boolean {
  switch (statement?.type) {
    case "ThrowStatement":
      return true;
    case "BlockStatement":
      return statement.body.some(neverEnds);
    case "LabeledStatement":
      return neverEnds(statement.body);
    case "IfStatement":
      return neverEnds(statement.consequent) && neverEnds(statement.alternate);
    case "TryStatement": {
      const { block, handler, finalizer } = statement;
      return neverEnds(finalizer) || (neverEnds(block) && (!handler || neverEnds(handler.body)));
    }
    // One of the cases may be the only one that comes.
    case "SwitchStatement":
      return statement.cases.some(({ consequent }) => consequent.some(neverEnds));
    case "ForStatement":
      return !statement.test || isTrue(statement.test);
    case "WhileStatement":
    case "DoWhileStatement":
      return isTrue(statement.test);
    default:
      return false;
  }
}

function isTrue(test: Expression): boolean {
  return test.type === "Literal" && Boolean(test.value);
}
