import type { AnyNode, Expression, Node, ReturnStatement, Statement } from "acorn";
import { findNodeAt, make, simple } from "acorn-walk";

/** Names of functions that probably throw. */
const thrower = /throw|fail|raise|abort|reject/i;

/**
 * Tells whether control may reach the end of a statement: it may end without return, throw, break or an endless loop.
 *
 * @param throwing The names of functions that always throw.
 */
export function completes(node: Statement, throwing: ReadonlySet<string> = new Set()): boolean {
  const all = (nodes: readonly Statement[]) => nodes.every((one) => completes(one, throwing));
  switch (node.type) {
    case "ReturnStatement":
    case "ThrowStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return false;
    case "BlockStatement":
      return all(node.body);
    case "LabeledStatement":
      return all([node.body]) || breaksOut(node.body, node.label.name);
    case "WithStatement":
      return all([node.body]);
    case "IfStatement":
      return !node.alternate || all([node.consequent]) || all([node.alternate]);
    case "TryStatement":
      return (
        (!node.finalizer || all([node.finalizer])) &&
        (all([node.block]) || (!!node.handler && all([node.handler.body])))
      );
    case "SwitchStatement":
      return (
        !node.cases.some(({ test }) => !test) ||
        all(node.cases.at(-1)?.consequent ?? []) ||
        node.cases.some(({ consequent }) => consequent.some((one) => breaksOut(one)))
      );
    case "ForStatement":
    case "WhileStatement":
    case "DoWhileStatement":
      return (node.test && !isTrue(node.test)) || breaksOut(node.body);
    case "ExpressionStatement":
      return !callsThrower(node.expression, throwing);
    default:
      return true;
  }
}

/** Lists the return statements of a function's own code. */
export function returnsIn(body: Node): readonly ReturnStatement[] {
  const returns: ReturnStatement[] = [];
  simple(body, { ReturnStatement: (node) => returns.push(node) }, make({ Function: ignore }));
  return returns;
}

/** Tells whether a statement breaks out of the given label or, without one, out of the nearest loop or switch. */
function breaksOut(node: Statement, label?: string): boolean {
  const targets = label === undefined ? Object.fromEntries(breakable.map((type) => [type, ignore])) : {};
  const isBreak = (_: string, node: AnyNode) => node.type === "BreakStatement" && node.label?.name === label;
  return findNodeAt(node, undefined, undefined, isBreak, make({ Function: ignore, ...targets })) !== undefined;
}

const breakable = [
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
  "SwitchStatement",
];
const ignore = () => undefined;

function callsThrower(expression: Expression, throwing: ReadonlySet<string>): boolean {
  const call = expression.type === "AwaitExpression" ? expression.argument : expression;
  if (call.type !== "CallExpression") {
    return false;
  }
  const { callee } = call;
  const named = callee.type === "MemberExpression" ? callee.property : callee;
  return named.type === "Identifier" && (throwing.has(named.name) || thrower.test(named.name));
}

function isTrue(test: Expression): boolean {
  return test.type === "Literal" && Boolean(test.value);
}
