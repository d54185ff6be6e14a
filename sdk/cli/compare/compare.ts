import { Argument, InvalidArgumentError, Option } from "commander";
import { contentHash } from "../../../provider/content/content";
import { differenceOf } from "../../../provider/content/line-diff";
import { CeligoError, messageOf } from "../../../provider/errors";
import { jsonOf, printable } from "../../../provider/text";
import { type CommandDefinition, UsageError } from "../command";
import { matching, matchOption } from "../match";
import { cwdOption, jsonOption } from "../options";
import { byCodeUnit, tableOf } from "../output";
import { type ComparedField, comparedFields, type Side, type SideIn, type SideScript, sideOf } from "./sides";

interface Options {
  readonly cwd: string;
  readonly diff?: boolean;
  readonly json?: boolean;
  readonly match?: RegExp;
  readonly all?: boolean;
}

/** Both sides of anything. */
interface Both<T> {
  readonly here: T;
  readonly there: T;
}

/** A script of one side, or of both. */
interface Pair extends Partial<Both<SideScript>> {
  readonly name: string;
}

/** The result for a script. */
interface ComparedScript extends Pair {
  readonly status: "same" | "different" | "onlyHere" | "onlyThere";
  readonly differs: readonly ComparedField[];
  /** What could not be compared or shown, and why. */
  readonly notes: readonly string[];
  /** The unified diff of the content. */
  readonly diff?: string;
}

/** The exit code for differences. */
const differencesFound = 3;

/** Shows what differs between the scripts of two stacks or accounts. */
export const compareCommand: CommandDefinition<[SideIn, SideIn], Options> = {
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
  run: ([hereIn, thereIn], options) => compare(hereIn, thereIn, options),
};

async function compare(hereIn: SideIn, thereIn: SideIn, options: Options): Promise<void> {
  const sides = { here: hereIn(options.cwd), there: thereIn(options.cwd) };
  if (sides.here.label === sides.there.label) {
    throw new UsageError(`${sides.here.label} cannot be compared with itself`);
  }
  const compared = await compareSides(sides, options);
  const scripts = options.diff ? await Promise.all(compared.map((script) => withDifference(script, sides))) : compared;
  console.log(options.json ? jsonReport(scripts, sides) : textReport(scripts, sides, options.all));
  if (scripts.some(({ status }) => status !== "same")) {
    process.exitCode = differencesFound;
  }
}

function toSide(word: string): SideIn {
  const side = sideOf(word);
  if (!side) {
    throw new InvalidArgumentError("Give the name of a stack, account, or account: and letters, digits and _.");
  }
  return side;
}

async function compareSides(sides: Both<Side>, { match }: Options): Promise<ComparedScript[]> {
  const isByLogicalName = sides.here.kind === "stack" && sides.there.kind === "stack";
  const nameOf = ({ logicalName = "", name }: SideScript) => (isByLogicalName ? logicalName : name);
  // Lists both before it reads a script: a wrong token or name shows at once.
  const [here, there] = await Promise.all([sides.here.list(), sides.there.list()]);
  const subject = `could not compare ${sides.here.label} with ${sides.there.label}`;
  const meant = new Set(matching([...here, ...there], match, (script) => [nameOf(script)], subject));
  const [ours, theirs] = await Promise.all([
    sides.here.complete(here.filter((script) => meant.has(script))),
    sides.there.complete(there.filter((script) => meant.has(script))),
  ]);
  const doubled = new Set(isByLogicalName ? [ours, theirs].flatMap((scripts) => doublesOf(scripts.map(nameOf))) : []);
  const groups = new Map<string, Both<SideScript[]>>();
  for (const [side, scripts] of [["here", ours] as const, ["there", theirs] as const]) {
    for (const script of scripts.toSorted((one, other) => byCodeUnit(one.id, other.id))) {
      const name = nameOf(script);
      const key = doubled.has(name) ? (script.path ?? name) : name;
      groups.set(key, groups.get(key) ?? { here: [], there: [] });
      groups.get(key)?.[side].push(script);
    }
  }
  return [...groups]
    .sort(([one], [other]) => byCodeUnit(one, other))
    .flatMap(([name, group]) => pairUp(name, group))
    .map((pair) => comparePair(pair, sides));
}

/** Pairs the scripts of one name: equal ones, then those with equal content, then a last one on each side. */
function pairUp(name: string, { here: ours, there: theirs }: Both<readonly SideScript[]>): Pair[] {
  const pairs: Pair[] = [];
  let here = ours;
  const there = [...theirs];
  const isLast = () => here.length === 1 && there.length === 1;
  const hasSameContent = (one: SideScript, other: SideScript) => !differencesOf(one, other).includes("content");
  const isSame = (one: SideScript, other: SideScript) => differencesOf(one, other).length === 0;
  for (const agree of [isSame, hasSameContent, isLast]) {
    here = here.filter((one) => {
      const index = there.findIndex((other) => agree(one, other));
      const [partner] = index < 0 ? [] : there.splice(index, 1);
      if (partner) {
        pairs.push({ name, here: one, there: partner });
      }
      return !partner;
    });
  }
  return [...pairs, ...here.map((one) => ({ name, here: one })), ...there.map((one) => ({ name, there: one }))];
}

function comparePair(pair: Pair, sides: Both<Side>): ComparedScript {
  const { here, there } = pair;
  if (!here || !there) {
    return { ...pair, status: here ? "onlyHere" : "onlyThere", differs: [], notes: [] };
  }
  const differs = differencesOf(here, there);
  const notes = differs.flatMap((field) => [
    ...unknownOf(field, here, sides.here.label),
    ...unknownOf(field, there, sides.there.label),
  ]);
  return { ...pair, status: differs.length === 0 ? "same" : "different", differs, notes };
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
  const { here, there, differs, notes } = script;
  if (!here || !there || !differs.includes("content")) {
    return script;
  }
  if (here.secrets.has("content") || there.secrets.has("content")) {
    return { ...script, notes: [...notes, "content is secret: no line diff"] };
  }
  try {
    const [from, to] = await Promise.all([sides.here.contentOf(here), sides.there.contentOf(there)]);
    const diff = await differenceOf(from, to, {
      from: labelOf(here, sides.here),
      to: labelOf(there, sides.there),
    });
    const drifts = [...driftOf(here, from, sides.here, diff), ...driftOf(there, to, sides.there, diff)];
    return { ...script, notes: [...notes, ...drifts], ...(diff === undefined ? {} : { diff }) };
  } catch (error) {
    const reason = error instanceof CeligoError ? `${error.subject}: ${error.reason}` : messageOf(error);
    return { ...script, notes: [...notes, `no line diff: ${reason}`] };
  }
}

function labelOf({ id, name }: SideScript, { label }: Side): string {
  return `${label}: ${printable(name)} (${id})`;
}

/** Returns a note when the content is not the one that was compared. */
function driftOf({ fields }: SideScript, content: string, { label }: Side, diff: string | undefined): string[] {
  const isAsCompared = fields.content === undefined || fields.content === contentHash(content);
  const lines =
    diff === undefined ? "its file is not here as it was deployed, so no lines" : "the lines show it as it is now";
  return isAsCompared ? [] : [`content in ${label} was changed in Celigo since the last refresh: ${lines}`];
}

function jsonReport(scripts: readonly ComparedScript[], { here, there }: Both<Side>): string {
  const describe = ({ id, fields, codeHash, logicalName }: SideScript) => ({
    id,
    contentHash: fields.content,
    codeHash,
    logicalName,
  });
  return jsonOf({
    here: { side: here.label, kind: here.kind },
    there: { side: there.label, kind: there.kind },
    scripts: scripts.map((script) => ({
      name: script.name,
      status: script.status,
      differs: script.differs,
      here: script.here && describe(script.here),
      there: script.there && describe(script.there),
      diff: script.diff,
      note: script.notes.join("; ") || undefined,
    })),
    summary: countsOf(scripts),
  });
}

function textReport(scripts: readonly ComparedScript[], { here, there }: Both<Side>, all = false): string {
  const words = {
    same: "same",
    different: "different",
    onlyHere: `only ${here.label}`,
    onlyThere: `only ${there.label}`,
  };
  const rows = scripts
    .filter(({ status }) => all || status !== "same")
    .map((script) => [
      script.name || "(no name)",
      words[script.status],
      script.differs.join(", "),
      ...[script.here, script.there].map((side) => (side ? `${shortHash(side)} ${side.id}` : "")),
    ]);
  const table = tableOf([["NAME", "STATUS", "WHAT DIFFERS", here.label, there.label], ...rows]);
  const details = scripts.flatMap(({ name, diff, notes }) => [
    ...notes.map((note) => `${printable(name) || "(no name)"}: ${note}`),
    ...(diff === undefined ? [] : [diff]),
  ]);
  const { same, different, onlyHere, onlyThere } = countsOf(scripts);
  const summary = `${same} same, ${different} different, ${onlyHere} only in ${here.label}, ${onlyThere} only in ${there.label}`;
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
