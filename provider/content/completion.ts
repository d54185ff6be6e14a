import type { Expression, Function as FunctionNode, Statement } from "acorn";

/** Names of functions that probably throw. */
const thrower = /throw|fail|raise|abort|reject/i;

/** Tells whether control may reach the end of a statement: it may end without return, throw, break or an endless loop. */
export function completes(node: Statement, throwing: ReadonlySet<string>): boolean {
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
      return (!!node.test && !isTrue(node.test)) || breaksOut(node.body);
    case "WhileStatement":
    case "DoWhileStatement":
      return !isTrue(node.test) || breaksOut(node.body);
    case "ExpressionStatement":
      return !callsThrower(node.expression, throwing);
    default:
      return true;
  }
}

/** Tells whether a function neither returns nor reaches its end. */
export function alwaysThrows({ body }: FunctionNode): boolean {
  return body.type === "BlockStatement" && !completes(body, new Set()) && !returns(body);
}

function returns(node: Statement): boolean {
  return node.type === "ReturnStatement" || childrenOf(node).some(returns);
}

/** Tells whether a statement breaks out of the given label or, without one, out of the nearest loop or switch. */
function breaksOut(node: Statement, label?: string): boolean {
  if (node.type === "BreakStatement") {
    return node.label?.name === label;
  }
  const isTarget = label === undefined && /^(?:For|While|DoWhile|Switch)/.test(node.type);
  return !isTarget && childrenOf(node).some((one) => breaksOut(one, label));
}

function childrenOf(node: Statement): readonly Statement[] {
  switch (node.type) {
    case "BlockStatement":
      return node.body;
    case "IfStatement":
      return node.alternate ? [node.consequent, node.alternate] : [node.consequent];
    case "TryStatement":
      return [node.block, ...(node.handler ? [node.handler.body] : []), ...(node.finalizer ? [node.finalizer] : [])];
    case "SwitchStatement":
      return node.cases.flatMap(({ consequent }) => consequent);
    case "LabeledStatement":
    case "WithStatement":
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
      return [node.body];
    default:
      return [];
  }
}

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
