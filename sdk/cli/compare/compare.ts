import { Argument, Option } from "commander";
import { contentHash } from "../../../provider/content/content";
import { differenceOf } from "../../../provider/content/line-diff";
import { CeligoError, messageOf } from "../../../provider/errors";
import { jsonOf, printable } from "../../../provider/text";
import { type CommandDefinition, UsageError } from "../command";
import { matching, matchOption } from "../match";
import { cwdOption, jsonOption } from "../options";
import { by, tableOf } from "../output";
import { type ComparedField, comparedFields, openSide, type Side, type SideScript, toSide } from "./sides";

interface Options {
  readonly cwd: string;
  readonly diff?: boolean;
  readonly json?: boolean;
  readonly match?: RegExp;
  readonly all?: boolean;
}

/** Both sides of anything: here and there. */
type Both<T> = readonly [here: T, there: T];

/** A script of one side, or of both. */
type Pair = Both<SideScript | undefined>;

/** The result for a script. */
interface ComparedScript {
  readonly name: string;
  readonly pair: Pair;
  readonly status: "same" | "different" | "onlyHere" | "onlyThere";
  readonly differs: readonly ComparedField[];
  /** What could not be compared or shown, and why. */
  readonly notes: readonly string[];
  /** The unified diff of the content. */
  readonly diff?: string | undefined;
}

/** The exit code for differences. */
const differencesFound = 3;

/** Shows what differs between the scripts of two stacks or accounts. */
export const compareCommand: CommandDefinition<[string, string], Options> = {
  name: "compare",
  summary: "show what differs between the scripts of two stacks or accounts",
  arguments: [
    new Argument("<here>", "a stack, or account, or account:PREFIX").argParser(toSide),
    new Argument("<there>", "what to compare it with").argParser(toSide),
  ],
  options: [
    new Option("--diff", "show the lines that differ"),
    jsonOption,
    matchOption,
    new Option("--all", "also show the scripts that are the same"),
    cwdOption,
  ],
  notes: [
    "Name a stack as Pulumi does, such as dev or organization/project/dev. Its scripts are compared as the state has them.",
    "account takes CELIGO_API_TOKEN, CELIGO_REGION and CELIGO_BASE_URL from the environment; account:STAGING takes",
    "STAGING_CELIGO_API_TOKEN, STAGING_CELIGO_REGION and STAGING_CELIGO_BASE_URL.",
    "Scripts of two stacks are matched by logical name, all others by the name in Celigo. JSON has all scripts.",
  ],
  exitCodes: "0 no difference, 3 differences, 1 failed, 2 wrong usage",
  examples: ["compare dev prod --diff", "compare account:SANDBOX account:PRODUCTION --match '^orders-' --json"],
  run: (words, options) => compare(words, options),
};

async function compare([here, there]: Both<string>, options: Options): Promise<void> {
  if (here === there) {
    throw new UsageError(`${here} cannot be compared with itself`);
  }
  const sides = [openSide(here, options.cwd), openSide(there, options.cwd)] as const;
  const compared = await compareSides(sides, options);
  const scripts = options.diff ? await Promise.all(compared.map((script) => withDifference(script, sides))) : compared;
  console.log(options.json ? jsonReport(scripts, sides) : textReport(scripts, sides, options.all));
  if (scripts.some(({ status }) => status !== "same")) {
    process.exitCode = differencesFound;
  }
}

async function compareSides(sides: Both<Side>, { match, diff = false }: Options): Promise<ComparedScript[]> {
  const isByLogicalName = sides.every(({ kind }) => kind === "stack");
  const nameOf = ({ logicalName = "", name }: SideScript) => (isByLogicalName ? logicalName : name);
  // Lists both before it reads a script: a wrong token or name shows at once.
  const lists = await Promise.all(sides.map(async (side) => ({ side, scripts: await side.list() })));
  const all = lists.flatMap(({ scripts }) => scripts);
  const subject = `could not compare ${sides[0].label} with ${sides[1].label}`;
  const meant = new Set(matching(all, match, (script) => [nameOf(script)], subject));
  const whole = await Promise.all(
    lists.map(async ({ side, scripts }) => {
      const read = await side.complete(
        scripts.filter((script) => meant.has(script)),
        diff,
      );
      return read.sort(by("id"));
    }),
  );
  const doubled = new Set(isByLogicalName ? whole.flatMap((scripts) => doublesOf(scripts.map(nameOf))) : []);
  const keyOf = (script: SideScript) => (doubled.has(nameOf(script)) && script.path) || nameOf(script);
  const [here, there] = whole.map((scripts) => groupsOf(scripts, keyOf));
  const names = new Set([...(here?.keys() ?? []), ...(there?.keys() ?? [])]);
  return [...names]
    .sort()
    .flatMap((name) => pairUp(here?.get(name) ?? [], there?.get(name) ?? []).map((pair) => ({ name, pair })))
    .map(({ name, pair }) => comparePair(name, pair, sides));
}

function groupsOf(scripts: readonly SideScript[], keyOf: (script: SideScript) => string): Map<string, SideScript[]> {
  const groups = new Map<string, SideScript[]>();
  for (const script of scripts) {
    groups.set(keyOf(script), [...(groups.get(keyOf(script)) ?? []), script]);
  }
  return groups;
}

/** Pairs the scripts of one name: equal ones, then those with equal content, then a last one on each side. */
function pairUp(ours: readonly SideScript[], theirs: readonly SideScript[]): Pair[] {
  const pairs: Pair[] = [];
  let here = ours;
  const there = [...theirs];
  const isLast = () => here.length === 1 && there.length === 1;
  const hasSameContent = (one: SideScript, other: SideScript) => !differencesOf(one, other).includes("content");
  const isSame = (one: SideScript, other: SideScript) => differencesOf(one, other).length === 0;
  for (const agree of [isSame, hasSameContent, isLast]) {
    here = here.filter((one) => {
      const index = there.findIndex((other) => agree(one, other));
      pairs.push(...(index < 0 ? [] : there.splice(index, 1)).map((partner) => [one, partner] as const));
      return index < 0;
    });
  }
  return [...pairs, ...here.map((one) => [one, undefined] as const), ...there.map((one) => [undefined, one] as const)];
}

function comparePair(name: string, pair: Pair, sides: Both<Side>): ComparedScript {
  const [here, there] = pair;
  if (!here || !there) {
    return { name, pair, status: here ? "onlyHere" : "onlyThere", differs: [], notes: [] };
  }
  const differs = differencesOf(here, there);
  const notes = differs.flatMap((field) => [
    ...unknownOf(field, here, sides[0].label),
    ...unknownOf(field, there, sides[1].label),
  ]);
  return { name, pair, status: differs.length === 0 ? "same" : "different", differs, notes };
}

/**
 * Lists the fields that differ. A field that is secret or unknown on a side counts as different. Content with substitutions is
 * equal when the code before substitution is.
 */
function differencesOf(here: SideScript, there: SideScript): ComparedField[] {
  const isSameCode = here.codeHash !== undefined && here.codeHash === there.codeHash;
  return comparedFields.filter(
    (field) =>
      !(field === "content" && isSameCode) &&
      (here.fields[field] === undefined || here.fields[field] !== there.fields[field]),
  );
}

function unknownOf(field: ComparedField, { fields, secrets }: SideScript, label: string): string[] {
  if (fields[field] !== undefined) {
    return [];
  }
  const reason = secrets.has(field) ? "is secret" : "is unknown, because the last pulumi up did not finish";
  return [`${field} in ${label} ${reason}: not compared`];
}

/** Adds the lines that differ, or why they cannot be shown. */
async function withDifference(script: ComparedScript, sides: Both<Side>): Promise<ComparedScript> {
  const { pair, differs, notes } = script;
  const both = sides.flatMap((side, index) => {
    const one = pair[index];
    return one ? [{ ...one, side }] : [];
  });
  if (both.length < 2 || !differs.includes("content")) {
    return script;
  }
  if (both.some(({ secrets }) => secrets.has("content"))) {
    return { ...script, notes: [...notes, "content is secret: no line diff"] };
  }
  try {
    const texts = await Promise.all(both.map(async (one) => one.content ?? (await one.side.contentOf(one))));
    const [from = "", to = ""] = both.map(({ id, name, side }) => `${side.label}: ${printable(name)} (${id})`);
    const diff = await differenceOf(texts[0] ?? "", texts[1] ?? "", { from, to });
    const shown =
      diff === undefined ? "its file is not here as it was deployed, so no lines" : "the lines show it as it is now";
    const drifts = both
      .filter(({ fields: { content } }, index) => content !== undefined && content !== contentHash(texts[index] ?? ""))
      .map(({ side }) => `content in ${side.label} was changed in Celigo since the last refresh: ${shown}`);
    return { ...script, notes: [...notes, ...drifts], diff };
  } catch (error) {
    const reason = error instanceof CeligoError ? `${error.subject}: ${error.reason}` : messageOf(error);
    return { ...script, notes: [...notes, `no line diff: ${reason}`] };
  }
}

function jsonReport(scripts: readonly ComparedScript[], sides: Both<Side>): string {
  const [here, there] = sides.map(({ label, kind }) => ({ side: label, kind }));
  const describe = (one: SideScript | undefined) =>
    one && { id: one.id, contentHash: one.fields.content, codeHash: one.codeHash, logicalName: one.logicalName };
  return jsonOf({
    here,
    there,
    scripts: scripts.map(({ name, status, differs, pair, diff, notes }) => ({
      name,
      status,
      differs,
      here: describe(pair[0]),
      there: describe(pair[1]),
      diff,
      note: notes.join("; ") || undefined,
    })),
    summary: countsOf(scripts),
  });
}

function textReport(scripts: readonly ComparedScript[], sides: Both<Side>, all = false): string {
  const [here, there] = [sides[0].label, sides[1].label];
  const words = { same: "same", different: "different", onlyHere: `only ${here}`, onlyThere: `only ${there}` };
  const rows = scripts
    .filter(({ status }) => all || status !== "same")
    .map(({ name, status, differs, pair }) => [
      name || "(no name)",
      words[status],
      differs.join(", "),
      ...pair.map((side) => (side ? `${shortHash(side)} ${side.id}` : "")),
    ]);
  const table = tableOf([["NAME", "STATUS", "WHAT DIFFERS", here, there], ...rows]);
  const details = scripts.flatMap(({ name, diff, notes }) => [
    ...notes.map((note) => `${printable(name) || "(no name)"}: ${note}`),
    ...(diff === undefined ? [] : [diff]),
  ]);
  const { same, different, onlyHere, onlyThere } = countsOf(scripts);
  const summary = `${same} same, ${different} different, ${onlyHere} only in ${here}, ${onlyThere} only in ${there}`;
  return [...(rows.length > 0 ? [table] : []), ...details, summary].join("\n\n");
}

function shortHash({ fields: { content } }: SideScript): string {
  return typeof content === "string" ? content.replace(/^sha256:/, "").slice(0, 8) : "unknown";
}

function countsOf(scripts: readonly ComparedScript[]): Record<ComparedScript["status"], number> {
  const counts = { same: 0, different: 0, onlyHere: 0, onlyThere: 0 };
  for (const { status } of scripts) {
    counts[status]++;
  }
  return counts;
}

function doublesOf(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.has(name) || !seen.add(name));
}
