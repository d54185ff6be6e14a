import { Argument, InvalidArgumentError, Option } from "commander";
import { parseTime } from "../logs";
import { UsageError } from "./command";

/** A point in time on the command line: fixed, or relative to now. */
interface Moment {
  /** Whether it counts back from now. */
  readonly isRelative: boolean;
  /** Returns the point in time. */
  at(now: Date): Date;
}

/** The options of every command that shows entries of a log. */
export interface RangeOptions {
  readonly since?: Moment;
  readonly until?: Moment;
  /**
   * How many entries to show.
   * @default 100
   */
  readonly limit?: number;
  readonly json?: boolean;
}

const unitMilliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The options of every command that works on an account. */
export interface AccountOptions {
  /** Folder of the Pulumi project. */
  readonly cwd: string;
  /** The stack whose configuration and logical names count. Default: the selected stack. */
  readonly stack?: string;
}

/** Options that several commands share. */
export const jsonOption = new Option("--json", "print JSON");
export const yesOption = new Option("--yes", "do not ask");
export const cwdOption = new Option("--cwd <folder>", "folder of the Pulumi project").default(".");

/** The options of {@link AccountOptions}. */
export const accountOptions: readonly Option[] = [
  new Option("--stack <name>", "stack whose configuration and logical names count (default: the selected stack)"),
  cwdOption,
];
/** What the help of a command on an account says. */
export const accountNotes = [
  "The account is the provider's: CELIGO_API_TOKEN, CELIGO_REGION and CELIGO_BASE_URL in the environment come first,",
  "then the stack's configuration.",
] as const;

/** The argument of every command on one script. */
export const scriptArgument = new Argument("<script>", "id, exact name or logical name");
/** What the help of a command on one script says. */
export const scriptNote = "Give a script by its id, its exact name, or the logical name of its resource in the stack.";

/** The options of {@link RangeOptions}, {@link jsonOption} among them. */
export const rangeOptions: readonly Option[] = [
  new Option(
    "--since <time>",
    "only entries from this time on: 2026-01-31T12:00:00Z, or how long ago: 15m, 2h, 1d",
  ).argParser(toMoment),
  new Option("--until <time>", "only entries up to this time").argParser(toMoment),
  new Option("--limit <count>", "how many entries to show, the newest (default: 100)").argParser(toLimit),
  jsonOption,
];
/** What the help of a command with {@link rangeOptions} says. */
export const rangeNote = "The newest entry is last. All times and dates are in UTC, unless you give a time zone.";

/** Asserts that a range does not end before it begins. */
export function assertRange({ since, until }: RangeOptions): void {
  const now = new Date();
  if (since && until && since.at(now) > until.at(now)) {
    throw new UsageError("--since is later than --until");
  }
}

/** Parses a number of entries. */
function toLimit(text: string): number {
  const limit = Number(text);
  if (!(/^\d+$/.test(text) && limit >= 1 && Number.isSafeInteger(limit))) {
    throw new InvalidArgumentError("Give a whole number from 1.");
  }
  return limit;
}

/** Parses a number of seconds, from a tenth to an hour, and returns milliseconds. */
export function toInterval(text: string): number {
  const seconds = Number(text);
  if (!(/^\d+(\.\d+)?$/.test(text) && seconds >= 0.1 && seconds <= 3600)) {
    throw new InvalidArgumentError("Give seconds, from 0.1 to 3600.");
  }
  return seconds * 1000;
}

/** Parses a duration such as `90s`, `30m` or `1h`, of at most an hour, and returns milliseconds. */
export function toHourAtMost(text: string): number {
  const milliseconds = durationOf(text, "smh");
  if (!milliseconds) {
    throw new InvalidArgumentError("Give a duration such as 90s, 30m or 1h.");
  }
  if (milliseconds > unitMilliseconds.h) {
    throw new InvalidArgumentError("Celigo allows at most 1h.");
  }
  return milliseconds;
}

/** Parses a time in ISO 8601 (default: UTC), or a duration back from now such as `15m` or `1d`. */
function toMoment(text: string): Moment {
  const back = durationOf(text, "smhd");
  const fixed = parseTime(text);
  if (back !== undefined) {
    return { isRelative: true, at: (now) => new Date(Math.max(0, now.getTime() - back)) };
  }
  if (fixed !== undefined) {
    return { isRelative: false, at: () => new Date(fixed) };
  }
  throw new InvalidArgumentError(
    "Give a time such as 2026-01-31 or 2026-01-31T12:00:00Z, or how long ago: 15m, 2h, 1d.",
  );
}

/** Returns a duration as text, such as `1h 30m`. */
export function durationText(milliseconds: number): string {
  let rest = Math.round(milliseconds / 1000) * 1000;
  const parts = (["h", "m", "s"] as const).map((unit) => {
    const count = Math.floor(rest / unitMilliseconds[unit]);
    rest -= count * unitMilliseconds[unit];
    return count > 0 ? `${count}${unit}` : "";
  });
  return parts.filter(Boolean).join(" ") || "0s";
}

function durationOf(text: string, units: string): number | undefined {
  const [, count = "", unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return unit !== "" && units.includes(unit)
    ? Number(count) * unitMilliseconds[unit as keyof typeof unitMilliseconds]
    : undefined;
}
