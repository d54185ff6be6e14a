import type * as Acorn from "acorn";
import { enumerate, enumerateSome, nearest, quote } from "../text";
import { type Facts, gather, type Place } from "./lint-walk";
import { wrongReturns } from "./returns";
import { faultAsScript, type ParsedScript, placesIn, type Walk } from "./syntax";

/** The kinds of findings, as a comment `celigo-ignore` names them. sdk/README.md explains each. */
export const findingRules = [
  "import",
  "require",
  "timer",
  "no-function",
  "return",
  "commonjs",
  "id",
  "size",
  "module-syntax",
  "ignore",
] as const;
export type FindingRule = (typeof findingRules)[number];

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

/** Options of {@link findingsOf}. */
export interface FindingOptions {
  /** Whether Celigo loads the content as a plain script. @default false */
  readonly noModule?: boolean;
  /** Values that were substituted for this environment. Ids in them are no finding. @default none */
  readonly values?: readonly string[];
}

/** A finding before its places have lines and columns, and before some of them are ignored. */
interface Hit {
  readonly rule: FindingRule;
  readonly places: readonly Place[];
  /** Returns the message for the places that are left. */
  readonly message: (places: readonly Place[]) => string;
  readonly discreet: string | undefined;
}

/** A comment that silences findings on its line, or alone on its line on the next: `// celigo-ignore id, timer: reason`. */
const ignoreComment = /(?:(^[ \t]*)|)(?:\/\/|\/\*)[ \t]*celigo-ignore\b([^:\n*]*)(?:[^\n*]*\*\/[ \t]*(\S))?/gm;
/** The rules about the whole content: a comment in any line silences them. */
const wholeRules: readonly FindingRule[] = ["size", "no-function"];

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
  const { isIgnored, hits: faulty } = ignoresIn(text, (offset) => locate(offset).line);
  const judged = parsed.program ? [...faulty, ...(await judge(text, parsed.program, noModule, values))] : [];
  const findings = [...sizeOf(text), ...judged].flatMap(({ rule, message, discreet, places: all }) => {
    const places = all.filter(({ start }) => !isIgnored(rule, locate(start).line));
    const [first, ...others] = places.map(({ start }) => locate(start));
    if (!first) {
      return [];
    }
    const also = alsoIn(first.line, others);
    const text = message(places);
    return [
      { rule, line: first.line, column: first.column, message: text + also, discreet: (discreet ?? text) + also },
    ];
  });
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Reads the comments that silence findings, and finds those that name no rule. */
function ignoresIn(
  text: string,
  lineOf: (offset: number) => number,
): { readonly isIgnored: (rule: FindingRule, line: number) => boolean; readonly hits: readonly Hit[] } {
  const ignored = new Set<string>();
  const hits: Hit[] = [];
  for (const { 1: indent, 2: list = "", 3: codeAfter, index } of text.matchAll(ignoreComment)) {
    const names = (list.split("--")[0] ?? "").split(/[\s,]+/).filter(Boolean);
    const start = index + (indent?.length ?? 0);
    const isAlone = indent !== undefined && codeAfter === undefined;
    for (const name of names) {
      ignored.add(name).add(`${name} ${lineOf(start) + (isAlone ? 1 : 0)}`);
    }
    const unknown = names.find((name) => !findingRules.some((rule) => rule === name));
    if (unknown !== undefined || names.length === 0) {
      const near = unknown && nearest(unknown, findingRules);
      const hint = near === undefined ? `The rules are ${enumerate(findingRules)}` : `Did you mean ${near}?`;
      const discreet = `celigo-ignore names no rule. ${hint}`;
      const message =
        unknown === undefined ? discreet : `celigo-ignore names ${quote(unknown)}, which is no rule. ${hint}`;
      hits.push(...hit("ignore", [{ start, name: "" }], message, discreet));
    }
  }
  const isIgnored = (rule: FindingRule, line: number) =>
    ignored.has(wholeRules.includes(rule) ? rule : `${rule} ${line}`);
  return { isIgnored, hits };
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
      ...rules.flatMap(({ rule, placesIn, message, discreet }) =>
        hit(rule, placesIn(facts, values), message, discreet),
      ),
      ...returnsOf(walk, program, facts),
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

const offered = 'Celigo offers "integrator-api", "dayjs" and "sjcl" only. Put the code into the script';
const aboutIds = "looks like a Celigo id, and ids differ between accounts. Read it from the settings";

/** The rules that look at single places of the code. */
const rules: readonly {
  readonly rule: FindingRule;
  /** @param values Values that were substituted for this environment. */
  readonly placesIn: (facts: Facts, values: readonly string[]) => readonly Place[];
  readonly message: string | Hit["message"];
  readonly discreet?: string;
}[] = [
  {
    rule: "import",
    placesIn: ({ imports }) => imports,
    message: (places) => {
      const names = [...new Set(places.map(({ name }) => quote(name)))];
      return `import of ${enumerateSome(names, 3)} does not work: ${offered}`;
    },
    discreet: `an import of any other module does not work: ${offered}`,
  },
  {
    rule: "require",
    placesIn: (facts) => unboundCalls(facts, ["require"]),
    message:
      'require does not work: Celigo has no CommonJS. Import "integrator-api", "dayjs" or "sjcl", and put other code into the script',
  },
  {
    rule: "timer",
    placesIn: (facts) => unboundCalls(facts, ["setTimeout", "setInterval", "setImmediate"]),
    message: ([first]) => `${first?.name} does not work: Celigo has no timers`,
    discreet: "timers do not work: Celigo has none",
  },
  {
    rule: "no-function",
    placesIn: ({ mayDefineFunction }) => (mayDefineFunction ? [] : [top]),
    message: "no top-level function: a hook has nothing to call",
  },
  {
    rule: "commonjs",
    placesIn: ({ exports, mayHideNames, tested, bindings }) => {
      const mayBeDefined = ["module", "exports"].some((name) => tested.has(name) || bindings.has(name));
      return mayHideNames || mayBeDefined ? [] : exports;
    },
    message:
      "module.exports does not work: Celigo has no CommonJS and calls functions by name. Remove it, or test typeof module first",
  },
  {
    rule: "id",
    placesIn: ({ ids }, values) => ids.filter(({ name }) => !values.some((value) => value.includes(name))),
    message: ([first]) => `"${first?.name}" ${aboutIds}`,
    discreet: `a text ${aboutIds}`,
  },
];

function returnsOf(walk: Walk, program: Acorn.Program, facts: Facts): Hit[] {
  return wrongReturns(walk, program, facts).flatMap(({ hook, expected, returned, places }) => {
    const message = `${hook} returns ${returned}, but Celigo expects ${expected}`;
    const discreet = "a hook does not return what Celigo expects";
    return hit("return", places, message, discreet);
  });
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
function hit(rule: FindingRule, places: readonly Place[], message: string | Hit["message"], discreet?: string): Hit[] {
  const messageFor = typeof message === "string" ? () => message : message;
  return places.length === 0 ? [] : [{ rule, places, message: messageFor, discreet }];
}

function alsoIn(first: number, places: readonly { readonly line: number }[]): string {
  const others = [...new Set(places.map(({ line }) => line))].filter((line) => line !== first);
  return others.length === 0 ? "" : `; also in ${others.length === 1 ? "line" : "lines"} ${enumerateSome(others, 2)}`;
}

/** Returns the calls of names that the program certainly does not define, nor tests for before use. */
function unboundCalls({ calls, bindings, guarded, mayHideNames }: Facts, names: readonly string[]): readonly Place[] {
  const unbound = names.filter((name) => !mayHideNames && !bindings.has(name) && !guarded.has(name));
  return calls.filter(({ name }) => unbound.includes(name));
}
