import type { Expression, Program } from "acorn";
import { completes, returnsIn } from "./completion";
import { type HookPoint, hookPointOf } from "./hooks";
import { type Facts, isUsed, type Place } from "./lint-walk";
import { type NamedFunction, topLevelFunctions } from "./syntax";
import { type Kind, Variables } from "./values";

/** The values that each contract accepts. */
const fulfilling: Readonly<Record<HookPoint["returns"], readonly Kind[]>> = {
  page: ["an array"],
  array: ["an array"],
  object: ["an object", "its options"],
  record: ["an object", "an array", "null", "its options"],
  boolean: ["true or false"],
  any: [],
};

/**
 * Finds the values that hooks certainly return and Celigo does not accept, and says so. In doubt, there is none.
 *
 * A hook is a top-level function with the name of a hook point that the script itself does not use.
 */
export function wrongReturns(program: Program, facts: Facts): Place[] {
  // A part of a larger program is no hook.
  if (facts.importsPart) {
    return [];
  }
  const functions = topLevelFunctions(program);
  const throwing = new Set(functions.filter((one) => endsOf(one).length === 0).map(({ name }) => name));
  return functions.flatMap((one) => {
    const point = hookPointOf(one.name);
    const isHook = point && point.returns !== "any" && facts.bindings.get(one.name) === 1 && !isUsed(facts, one.name);
    return isHook ? judge(one, point, throwing) : [];
  });
}

function judge(hook: NamedFunction, point: HookPoint, throwing: ReadonlySet<string>): Place[] {
  const { name, code } = hook;
  // A second parameter may be a callback, and a generator returns an iterator.
  const isOpen = code.generator || code.params.length > 1 || code.params[0]?.type === "RestElement";
  const variables = new Variables(code, point.pages);
  if (isOpen || variables.usesArguments) {
    return [];
  }
  const ends = endsOf(hook, throwing);
  const nothing = ends.some(({ value }) => value) ? "nothing on one path" : "nothing";
  return ends.flatMap(({ value, at }) => {
    const returned = value ? wrongValue(value, point, variables, ends.length === 1) : nothing;
    const message = `${name} returns ${returned}, but Celigo expects ${point.expected}`;
    return returned === undefined ? [] : [{ start: at, name: message }];
  });
}

/** Where a function may end, and the value that it returns there; `undefined` where it returns none. */
interface End {
  readonly value: Expression | undefined;
  readonly at: number;
}

/** Lists where a function may end; nothing for one that always throws. */
function endsOf({ start, code: { body } }: NamedFunction, throwing?: ReadonlySet<string>): End[] {
  if (body.type !== "BlockStatement") {
    return alternatives(body);
  }
  const returns = returnsIn(body).flatMap(({ argument, start }) =>
    argument ? alternatives(argument) : [{ value: undefined, at: start }],
  );
  return completes(body, throwing) ? [...returns, { value: undefined, at: start }] : returns;
}

function alternatives(value: Expression): End[] {
  return value.type === "ConditionalExpression"
    ? [...alternatives(value.consequent), ...alternatives(value.alternate)]
    : [{ value, at: value.start }];
}

/** Says what a value is when Celigo certainly does not accept it. */
function wrongValue(
  value: Expression,
  { returns }: HookPoint,
  variables: Variables,
  isOnly: boolean,
): string | undefined {
  const values = variables.valuesOf(value) ?? [];
  const kinds = [...new Set(values.map(({ kind }) => kind))];
  if (kinds.length > 0 && !kinds.some((kind) => fulfilling[returns].includes(kind))) {
    return kinds.join(" or ");
  }
  const length = returns === "page" && values.length === 1 ? values[0]?.length : undefined;
  if (typeof length === "string") {
    return length === "page" ? undefined : `an array whose length ${length} has changed`;
  }
  // A page may have one record, and the result for an empty page may be empty.
  if (length === undefined || length === 1 || !isOnly) {
    return undefined;
  }
  return length === 0 ? "an empty array" : `an array of ${length} elements`;
}
