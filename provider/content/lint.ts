import type * as Acorn from "acorn";
import { enumerateSome, quote } from "../text";
import { type Facts, gather, type Place } from "./lint-walk";
import { wrongReturns } from "./returns";
import { faultAsScript, mayResultInFunction, type ParsedScript, placesIn, type Walk } from "./syntax";

/** The kinds of findings. */
export type FindingRule =
  | "import"
  | "require"
  | "timer"
  | "no-function"
  | "return"
  | "commonjs"
  | "id"
  | "size"
  | "module-syntax";

/** Valid code that will not work in Celigo, or not in every account. */
export interface Finding {
  readonly rule: FindingRule;
  /** The line of the first place, from 1. */
  readonly line: number;
  /** The column of the first place, from 1. */
  readonly column: number;
  /** What is wrong and what to do, on one line. It may quote the code. */
  readonly message: string;
  /** The same without a quotation, for secret content. */
  readonly discreet: string;
}

const top: Place = { start: 0, name: "" };

/** The size of content in bytes above which there is a finding. */
const usualSize = 100 * 1024;
const timers: readonly string[] = ["setTimeout", "setInterval", "setImmediate"];

/** Options of {@link findingsOf}. */
export interface FindingOptions {
  /** Whether Celigo loads the content as a plain script. @default false */
  readonly noModule?: boolean;
  /** Values that were substituted for this environment. Ids in them are no finding. @default none */
  readonly values?: readonly string[];
}

/** A finding before its places have lines and columns. */
interface Hit extends Pick<Finding, "rule" | "message" | "discreet"> {
  readonly places: readonly Place[];
}

/**
 * Returns what will not work in Celigo: at most one finding for each message, in the order of the code.
 *
 * Content that does not parse is checked for its size only.
 */
export async function findingsOf(
  text: string,
  parsed: ParsedScript,
  { noModule = false, values = [] }: FindingOptions = {},
): Promise<readonly Finding[]> {
  const locate = placesIn(text);
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
      ...commonJsOf(facts),
      ...returnsOf(walk, program, facts),
      ...idsOf(facts, values),
      ...(noModule ? moduleSyntaxOf(program, await faultAsScript(text)) : []),
    ];
  } catch (error) {
    if (error instanceof RangeError) {
      return []; // Nested too deeply to walk.
    }
    throw error;
  }
}

function sizeOf(text: string): Hit[] {
  const size = Buffer.byteLength(text, "utf8");
  const message = `the content is ${Math.ceil(size / 1024)} KB; keep hooks under 100 KB`;
  return size > usualSize ? hit("size", [top], message) : [];
}

function importsOf(facts: Facts): Hit[] {
  const imports = facts.imports.filter((place) => !facts.isTried(place));
  const offered = 'Celigo offers "integrator-api", "dayjs" and "sjcl" only. Put the code into the script';
  const names = [...new Set(imports.map(({ name }) => quote(name)))];
  const discreet = `an import of any other module does not work: ${offered}`;
  return hit("import", imports, `import of ${enumerateSome(names, 3)} does not work: ${offered}`, discreet);
}

function requiresOf(facts: Facts): Hit[] {
  const calls = unboundCalls(facts, ["require"]);
  const advice =
    'Celigo has no CommonJS. Import "integrator-api", "dayjs" or "sjcl", and put other code into the script';
  return hit("require", calls, `require does not work: ${advice}`);
}

function timersOf(facts: Facts): Hit[] {
  const calls = unboundCalls(facts, timers);
  const message = `${calls[0]?.name} does not work: Celigo has no timers`;
  return hit("timer", calls, message, "timers do not work: Celigo has none");
}

function noFunctionOf(program: Acorn.Program, { mayDefineFunction }: Facts): Hit[] {
  if (mayDefineFunction || program.body.some(mayResultInFunction)) {
    return [];
  }
  const message = "no top-level function: a hook has nothing to call";
  return hit("no-function", [top], message);
}

function returnsOf(walk: Walk, program: Acorn.Program, facts: Facts): Hit[] {
  return wrongReturns(walk, program, facts).flatMap(({ hook, expected, returned, places }) => {
    const message = `${hook} returns ${returned}, but Celigo expects ${expected}`;
    const discreet = "a hook does not return what Celigo expects";
    return hit("return", places, message, discreet);
  });
}

function commonJsOf(facts: Facts): Hit[] {
  const places = facts.exported.outermost().map(({ start }) => ({ start, name: "" }));
  const mayBeDefined =
    facts.mayHideNames || ["module", "exports"].some((name) => facts.tested.has(name) || facts.bindings.has(name));
  const message =
    "module.exports does not work: Celigo has no CommonJS and calls functions by name. Remove it, or test typeof module first";
  return mayBeDefined ? [] : hit("commonjs", places, message);
}

function idsOf(facts: Facts, values: readonly string[]): Hit[] {
  const ids = facts.ids.filter(({ name }) => !values.some((value) => value.includes(name)));
  const advice = "looks like a Celigo id, and ids differ between accounts. Read it from the settings";
  return hit("id", ids, `"${ids[0]?.name}" ${advice}`, `a text ${advice}`);
}

/** @param fault The offset of the first code that a plain script can't have, if there is any. */
function moduleSyntaxOf(program: Acorn.Program, fault: number | undefined): Hit[] {
  const statements = program.body.filter(({ type }) => /^(Import|Export)/.test(type));
  const starts = statements.length === 0 && fault !== undefined ? [fault] : statements.map(({ start }) => start);
  const message =
    "import, export and top-level await need a module, and noModule makes this a plain script. Remove noModule";
  return hit(
    "module-syntax",
    starts.map((start) => ({ start, name: "" })),
    message,
  );
}

/** Makes one finding of all places, in the order of the code; without places, none. */
function hit(rule: FindingRule, places: readonly Place[], message: string, discreet = message): Hit[] {
  return places.length === 0 ? [] : [{ rule, places, message, discreet }];
}

function alsoIn(first: number, places: readonly { readonly line: number }[]): string {
  const others = [...new Set(places.map(({ line }) => line))].filter((line) => line !== first);
  return others.length === 0 ? "" : `; also in ${others.length === 1 ? "line" : "lines"} ${enumerateSome(others, 2)}`;
}

/** Returns the calls of names that the program certainly does not define. */
function unboundCalls(facts: Facts, names: readonly string[]): Place[] {
  const unbound = new Set(names.filter((name) => !facts.mayHideNames && !isDefined(facts, name)));
  return facts.calls.filter((call) => unbound.has(call.name) && !facts.isTried(call));
}

/** Tells whether the program defines a name, or tests for it before use. */
function isDefined({ bindings, guarded }: Facts, name: string): boolean {
  return bindings.has(name) || guarded.has(name);
}
