import type * as Acorn from "acorn";
import { enumerate, enumerateSome, nearest, quote } from "../text";
import { type Facts, gather, type Place } from "./lint-walk";
import { wrongReturns } from "./returns";
import { faultAsScript, type ParsedScript, placesIn } from "./syntax";

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

/** Options of {@link findingsOf}. */
export interface FindingOptions {
  /** Whether Celigo loads the content as a plain script. @default false */
  readonly noModule?: boolean;
  /** Values that were substituted for this environment. Ids in them are no finding. @default none */
  readonly values?: readonly string[];
}

/** What a rule says of its places, in the order of the code. */
interface Words {
  readonly message: (places: readonly Place[]) => string;
  /** The same without a quotation; none where the message has none. */
  readonly discreet?: string;
  /** Whether each name makes a finding of its own. */
  readonly isByName?: true;
}

/** The size of content in bytes above which there is a finding. */
const usualSize = 100 * 1024;
const offered = 'Celigo offers "integrator-api", "dayjs" and "sjcl" only. Put the code into the script';
const aboutIds = "looks like a Celigo id, and ids differ between accounts. Read it from the settings";
const noSuchRule = `celigo-ignore names no rule. The rules are ${enumerate(findingRules)}`;
const nameOf = ([first]: readonly Place[]) => first?.name ?? "";

const words: Readonly<Record<FindingRule, Words>> = {
  import: {
    message: (places) => {
      const names = [...new Set(places.map(({ name }) => quote(name)))];
      return `import of ${enumerateSome(names, 3)} does not work: ${offered}`;
    },
    discreet: `an import of any other module does not work: ${offered}`,
  },
  require: {
    message: () =>
      'require does not work: Celigo has no CommonJS. Import "integrator-api", "dayjs" or "sjcl", and put other code into the script',
  },
  timer: {
    message: (places) => `${nameOf(places)} does not work: Celigo has no timers`,
    discreet: "timers do not work: Celigo has none",
  },
  "no-function": { message: () => "no top-level function: a hook has nothing to call" },
  return: { message: nameOf, discreet: "a hook does not return what Celigo expects", isByName: true },
  commonjs: {
    message: () =>
      "module.exports does not work: Celigo has no CommonJS and calls functions by name. Remove it, or test typeof module first",
  },
  id: {
    message: (places) => `"${nameOf(places)}" ${aboutIds}`,
    discreet: `a text ${aboutIds}`,
  },
  size: { message: (places) => `the content is ${nameOf(places)} KB; keep hooks under 100 KB` },
  "module-syntax": {
    message: () =>
      "import, export and top-level await need a module, and noModule makes this a plain script. Remove noModule",
  },
  ignore: { message: nameOf, discreet: noSuchRule, isByName: true },
};

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
  const { isIgnored, ignore } = ignoresIn(text, (offset) => locate(offset).line);
  const size = sizeOf(text);
  const places: Partial<Record<FindingRule, readonly Place[]>> = parsed.program
    ? { size, ignore, ...(await judge(text, parsed.program, noModule, values)) }
    : { size };
  const findings = findingRules.flatMap((rule) => {
    const { message, discreet, isByName } = words[rule];
    const left = (places[rule] ?? [])
      .filter(({ start }) => !isIgnored(rule, locate(start).line))
      .sort((a, b) => a.start - b.start);
    const keys = new Set(left.map(({ name }) => (isByName ? name : "")));
    return [...keys].flatMap((key) => {
      const those = isByName ? left.filter(({ name }) => name === key) : left;
      const [first, ...others] = those.map(({ start }) => locate(start));
      const text = message(those);
      const also = first ? alsoIn(first.line, others) : "";
      return first ? [{ rule, ...first, message: text + also, discreet: (discreet ?? text) + also }] : [];
    });
  });
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** A comment that silences findings on its line, or alone on its line on the next: `// celigo-ignore id, timer: reason`. */
const ignoreComment = /(?:(^[ \t]*)|)(?:\/\/|\/\*)[ \t]*celigo-ignore\b([^:\n*]*)(?:[^\n*]*\*\/[ \t]*(\S))?/gm;
/** The rules about the whole content: a comment in any line silences them. */
const wholeRules: readonly FindingRule[] = ["size", "no-function"];

/** Reads the comments that silence findings, and finds those that name no rule. */
function ignoresIn(
  text: string,
  lineOf: (offset: number) => number,
): { readonly isIgnored: (rule: FindingRule, line: number) => boolean; readonly ignore: readonly Place[] } {
  const ignored = new Set<string>();
  const ignore: Place[] = [];
  for (const { 1: indent, 2: list = "", 3: codeAfter, index } of text.matchAll(ignoreComment)) {
    const names = (list.split("--")[0] ?? "").split(/[\s,]+/).filter(Boolean);
    const start = index + (indent?.length ?? 0);
    const isAlone = indent !== undefined && codeAfter === undefined;
    for (const name of names) {
      ignored.add(name).add(`${name} ${lineOf(start) + (isAlone ? 1 : 0)}`);
    }
    const unknown = names.find((name) => !findingRules.some((rule) => rule === name));
    if (unknown !== undefined) {
      const near = nearest(unknown, findingRules);
      const hint = near === undefined ? `The rules are ${enumerate(findingRules)}` : `Did you mean ${near}?`;
      ignore.push({ start, name: `celigo-ignore names ${quote(unknown)}, which is no rule. ${hint}` });
    } else if (names.length === 0) {
      ignore.push({ start, name: noSuchRule });
    }
  }
  const isIgnored = (rule: FindingRule, line: number) =>
    ignored.has(wholeRules.includes(rule) ? rule : `${rule} ${line}`);
  return { isIgnored, ignore };
}

/** Finds the places of the rules about code. */
async function judge(
  text: string,
  program: Acorn.Program,
  noModule: boolean,
  values: readonly string[],
): Promise<Partial<Record<FindingRule, readonly Place[]>>> {
  const fault = noModule ? await faultAsScript(text) : undefined;
  try {
    const facts = gather(text, program);
    const { imports, exports, ids, mayDefineFunction, mayHideNames, tested, bindings } = facts;
    const mayBeCommonJs = mayHideNames || ["module", "exports"].some((name) => tested.has(name) || bindings.has(name));
    return {
      import: imports,
      require: unboundCalls(facts, ["require"]),
      timer: unboundCalls(facts, ["setTimeout", "setInterval", "setImmediate"]),
      "no-function": mayDefineFunction ? [] : [{ start: 0, name: "" }],
      return: wrongReturns(program, facts),
      commonjs: mayBeCommonJs ? [] : exports,
      id: ids.filter(({ name }) => !values.some((value) => value.includes(name))),
      "module-syntax": noModule ? moduleSyntaxIn(program, fault) : [],
    };
  } catch (error) {
    if (error instanceof RangeError) {
      return {}; // Nested too deeply to walk.
    }
    throw error;
  }
}

function sizeOf(text: string): Place[] {
  const size = Buffer.byteLength(text, "utf8");
  return size > usualSize ? [{ start: 0, name: String(Math.ceil(size / 1024)) }] : [];
}

/** @param fault The offset of the first code that a plain script can't have, if there is any. */
function moduleSyntaxIn(program: Acorn.Program, fault: number | undefined): Place[] {
  const statements = program.body.filter(({ type }) => /^(Import|Export)/.test(type));
  const starts = statements.length === 0 && fault !== undefined ? [fault] : statements.map(({ start }) => start);
  return starts.map((start) => ({ start, name: "" }));
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
