import type * as Acorn from "acorn";
import { enumerateSome, quote } from "../text";
import { type Facts, gather, type Place } from "./lint-walk";
import {
  faultAsScript,
  mayResultInFunction,
  mayReturnValue,
  type ParsedScript,
  placeOf,
  topLevelFunctions,
  type Walk,
} from "./syntax";

/** What can be found in valid content. */
export type FindingRule =
  | "import"
  | "require"
  | "timer"
  | "no-function"
  | "no-return"
  | "id"
  | "size"
  | "module-syntax";

/** Something that is valid, but will not work in Celigo, or not in every environment. */
export interface Finding {
  readonly rule: FindingRule;
  /** The line of the first place, from 1. */
  readonly line: number;
  /** The column of the first place, from 1. */
  readonly column: number;
  /** What is wrong and what to do, on one line; it may quote the code. */
  readonly message: string;
  /** The same without anything of the code's text, for content that is secret. */
  readonly discreet: string;
}

const top: Place = { start: 0, name: "" };

/** The content in bytes above which there is a finding. */
const usualSize = 100 * 1024;
const timers: readonly string[] = ["setTimeout", "setInterval", "setImmediate"];
const sameLength = "an array as long as the one that it is given";
/** What Celigo expects of the hook points that have to return something. */
const contracts: ReadonlyMap<string, string> = new Map([
  ["preMap", sameLength],
  ["postMap", sameLength],
  ["postSubmit", sameLength],
  ["postResponseMap", sameLength],
  ["preSavePage", "an object with data, errors, abort and newErrorsAndRetryData"],
  ["filter", "true or false"],
  ["branching", "an array of branch indices"],
  ["handleRequest", "an object with statusCode, headers and body"],
]);

/** How the findings on content are told. */
export interface FindingOptions {
  /** Whether Celigo loads the content as a plain script. @default false */
  readonly noModule?: boolean;
  /** What was put into the content for this environment: ids in there are as they should be. @default nothing */
  readonly values?: readonly string[];
  /** Returns line and column of an offset, both from 1. @default those of the content */
  readonly locate?: (offset: number) => { readonly line: number; readonly column: number };
}

/** A finding of which it is not yet said where it stands. */
interface Hit extends Pick<Finding, "rule" | "message" | "discreet"> {
  readonly places: readonly Place[];
}

/**
 * Returns what will not work in Celigo, at most one finding per rule, in the order of the code.
 *
 * Only the size is judged where content could not be parsed.
 */
export async function findingsOf(
  text: string,
  parsed: ParsedScript,
  { noModule = false, values = [], locate = (offset) => placeOf(text, offset) }: FindingOptions = {},
): Promise<readonly Finding[]> {
  const hits = [...sizeOf(text), ...(parsed.program ? await judge(text, parsed.program, noModule, values) : [])];
  const findings = hits.map(({ rule, message, discreet, places }): Finding => {
    const [first = { line: 1, column: 1 }, ...others] = places.map(({ start }) => locate(start));
    const also = alsoIn(first.line, others);
    return { rule, line: first.line, column: first.column, message: message + also, discreet: discreet + also };
  });
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}

async function judge(
  text: string,
  program: Acorn.Program,
  noModule: boolean,
  values: readonly string[],
): Promise<Hit[]> {
  const walk = await import("acorn-walk");
  try {
    const facts = gather(walk, text, program);
    return [
      ...importsOf(facts),
      ...requiresOf(facts),
      ...timersOf(facts),
      ...noFunctionOf(program, facts),
      ...noReturnOf(walk, program, facts),
      ...idsOf(facts, values),
      ...(noModule ? moduleSyntaxOf(program, await faultAsScript(text)) : []),
    ];
  } catch (error) {
    if (error instanceof RangeError) {
      return []; // Nested too deeply to be walked through.
    }
    throw error;
  }
}

function sizeOf(text: string): Hit[] {
  const size = Buffer.byteLength(text, "utf8");
  const message =
    `the content has ${Math.ceil(size / 1024)} KB, and more than 100 KB is much for hooks: ` +
    "leave out what none of them needs, or split it";
  return size > usualSize ? hit("size", [top], message) : [];
}

function importsOf(facts: Facts): Hit[] {
  const imports = facts.imports.filter((place) => !isTried(facts, place));
  const offered = 'Celigo offers "integrator-api", "dayjs" and "sjcl" only, so put the code into the script';
  const names = [...new Set(imports.map(({ name }) => quote(name)))];
  const discreet = `an import of any other module does not work: ${offered}`;
  return hit("import", imports, `import of ${enumerateSome(names, 3)} does not work: ${offered}`, discreet);
}

function requiresOf(facts: Facts): Hit[] {
  const calls = unboundCalls(facts, ["require"]);
  const advice =
    'Celigo has none: "integrator-api", "dayjs" and "sjcl" can be imported, and other code has to be in the script';
  return hit("require", calls, `require does not work: ${advice}`);
}

function timersOf(facts: Facts): Hit[] {
  const calls = unboundCalls(facts, timers);
  const message = `${calls[0]?.name} does not work: Celigo has no timers, so do the work at once`;
  return hit("timer", calls, message, "timers do not work: Celigo has none, so do the work at once");
}

function noFunctionOf(program: Acorn.Program, { mayDefineFunction }: Facts): Hit[] {
  if (mayDefineFunction || program.body.some(mayResultInFunction)) {
    return [];
  }
  const message = "there is no function at the top level, and so nothing that a hook could call: put the code into one";
  return hit("no-function", [top], message);
}

function noReturnOf(walk: Walk, program: Acorn.Program, { bindings, uses }: Facts): Hit[] {
  const hooks = topLevelFunctions(program).filter(
    // A function that the program itself uses may be a helper that has the name of a hook by chance.
    ({ name, code }) =>
      contracts.has(name) && bindings.get(name) === 1 && !uses.has(name) && !mayReturnValue(walk, code),
  );
  const name = hooks[0]?.name ?? "";
  const message = `${name} returns nothing, but Celigo expects the hook of that name to return ${contracts.get(name)}`;
  const discreet = "a function with the name of a hook returns nothing, but Celigo expects that hook to return a value";
  return hit("no-return", hooks, message, discreet);
}

function idsOf(facts: Facts, values: readonly string[]): Hit[] {
  const ids = facts.ids.filter(({ name }) => !values.some((value) => value.includes(name)));
  const advice = "looks like a Celigo id, and ids differ between environments: take it from the settings";
  return hit("id", ids, `"${ids[0]?.name}" ${advice}`, `a text ${advice}`);
}

/** @param fault The offset of what a plain script cannot have, if there is any. */
function moduleSyntaxOf(program: Acorn.Program, fault: number | undefined): Hit[] {
  const statements = program.body.filter(({ type }) => /^(Import|Export)/.test(type));
  const starts = statements.length === 0 && fault !== undefined ? [fault] : statements.map(({ start }) => start);
  const message =
    "import, export and await at the top level work in modules only, and noModule makes this a plain script: leave noModule out";
  return hit(
    "module-syntax",
    starts.map((start) => ({ start, name: "" })),
    message,
  );
}

/** Makes one finding of all places, which are in the order of the code; none of no places. */
function hit(rule: FindingRule, places: readonly Place[], message: string, discreet = message): Hit[] {
  return places.length === 0 ? [] : [{ rule, places, message, discreet }];
}

function alsoIn(first: number, places: readonly { readonly line: number }[]): string {
  const others = [...new Set(places.map(({ line }) => line))].filter((line) => line !== first);
  return others.length === 0 ? "" : `; also in ${others.length === 1 ? "line" : "lines"} ${enumerateSome(others, 2)}`;
}

/** Returns the calls of names that nothing in the program can have defined. */
function unboundCalls(facts: Facts, names: readonly string[]): Place[] {
  const mayBeDefined = (name: string) => facts.mayHideNames || facts.bindings.has(name) || facts.guarded.has(name);
  return facts.calls.filter((call) => names.includes(call.name) && !mayBeDefined(call.name) && !isTried(facts, call));
}

function isTried({ tried }: Facts, { start }: Place): boolean {
  return tried.some((block) => block.start <= start && start < block.end);
}
