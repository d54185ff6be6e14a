import type { AnyNode, Expression, Function as FunctionNode, Identifier, parse as Parse, Program } from "acorn";
import type { AncestorVisitors } from "acorn-walk";
import { escapeHidden } from "../text";

/** Visitors of a walk, with acorn-walk's word for an identifier that is bound or assigned. */
export type Visitors = AncestorVisitors<unknown> & {
  readonly VariablePattern: (node: Identifier, state: unknown, ancestors: readonly AnyNode[]) => void;
};

/** Why content is not valid JavaScript, and where. */
export interface SyntaxFault {
  /** The parser's message without the position. It may quote a name or a pattern of the code. */
  readonly message: string;
  /** The offset of the fault, in UTF-16 units. */
  readonly offset: number;
  /** The line, from 1, as an editor shows it. */
  readonly line: number;
  /** The column in UTF-16 units, from 1. */
  readonly column: number;
}

/** The result of parsing: a program, a fault, or neither for content that is nested too deeply. */
export interface ParsedScript {
  /** The syntax tree of valid content. */
  readonly program?: Program;
  /** Whether the content is valid as an ES module. Most plain scripts are. */
  readonly isModule?: boolean;
  /** The fault of content that is valid neither as an ES module nor as a plain script. */
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
  /** The offset of the error. */
  readonly pos: number;
  /** The offset up to which the parser read the code. */
  readonly raisedAt: number;
}

type Attempt = Omit<ParsedScript, "fault"> & { readonly error?: ParseError };

/**
 * Parses content as an ES module and, if that fails, as a plain script: Celigo accepts both.
 *
 * For invalid content, the result has the fault of the attempt that got further.
 */
export async function parseScript(text: string): Promise<ParsedScript> {
  const { parse } = await import("acorn");
  const asModule = attempt(parse, text, "module");
  if (!asModule.error) {
    return asModule;
  }
  const asScript = attempt(parse, text, "script");
  return asScript.error ? { fault: faultOf(text, further(asModule.error, asScript.error)) } : asScript;
}

/** Returns the offset of the first code that a plain script can't have; `undefined` when there is none. */
export async function faultAsScript(text: string): Promise<number | undefined> {
  return attempt((await import("acorn")).parse, text, "script").error?.pos;
}

/** Returns a function from an offset in a text to its line and column, both from 1. Lines end at LF only, as in an editor. */
export function placesIn(text: string): (offset: number) => { line: number; column: number } {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) {
    starts.push(end + 1);
  }
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

/** Returns the top-level functions that have a name, or are the value of a variable. */
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

/** Tells whether an expression may be a function, or contain one. */
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

/** Tells whether a node is an identifier of a name. */
export function isNamed(node: AnyNode, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

/** Parses text in one way: the program or the error, and neither for text that is nested too deeply. */
function attempt(parse: typeof Parse, text: string, sourceType: "module" | "script"): Attempt {
  try {
    return { program: parse(text, { ecmaVersion: "latest", sourceType }), isModule: sourceType === "module" };
  } catch (error) {
    return isParseError(error) ? { error } : {};
  }
}

function isParseError(thrown: unknown): thrown is ParseError {
  return thrown instanceof SyntaxError && "pos" in thrown && !thrown.message.startsWith("Not enough stack space");
}

/** Returns the error of the attempt that got further; at the same offset, the more specific one. */
function further(asModule: ParseError, asScript: ParseError): ParseError {
  const needsModule = /^'import' and 'export' may appear only|'import\.meta' outside/.test(asScript.message);
  if (needsModule || asModule.raisedAt > asScript.raisedAt) {
    return asModule;
  }
  const saysLess = asScript.message.startsWith("Unexpected token");
  return asModule.raisedAt === asScript.raisedAt && saysLess ? asModule : asScript;
}

function faultOf(text: string, error: ParseError): SyntaxFault {
  const words = error.message.replace(/ \(\d+:\d+\)$/, "");
  const isEnd = words === "Unexpected token" && error.pos >= text.length;
  const offset = isEnd ? text.trimEnd().length : error.pos;
  // A pasted zero-width space must be visible.
  const message = isEnd ? "unexpected end of the script" : escapeHidden(words);
  return { message: message.charAt(0).toLowerCase() + message.slice(1), offset, ...placesIn(text)(offset) };
}

function isFunction(node: AnyNode): node is FunctionNode & Expression {
  return node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression";
}
