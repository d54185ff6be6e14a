import { type Command, InvalidArgumentError } from "commander";

/** A point in time as a command line gives it: fixed, or so long before now. */
export interface Moment {
  /** Whether it counts back from now. */
  readonly isRelative: boolean;
  /** Returns the point in time, as seen from now. */
  at(now: Date): Date;
}

/** The options of every subcommand that shows entries of a log. */
export interface RangeOptions {
  readonly since?: Moment;
  readonly until?: Moment;
  /** How many entries are shown; default: 100. */
  readonly limit?: number;
  readonly json?: boolean;
}

const unitMilliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Adds the options that say which entries of a log are meant. */
export function withRangeOptions(command: Command): Command {
  return command
    .option(
      "--since <time>",
      "only entries from this time on: 2026-01-31T12:00:00Z, or how long ago: 15m, 2h, 1d",
      toMoment,
    )
    .option("--until <time>", "only entries up to this time", toMoment)
    .option("--limit <count>", "how many entries to show, the newest (default: 100)", toLimit)
    .option("--json", "print JSON")
    .hook("preAction", (ofRange) => {
      const { since, until } = ofRange.opts<RangeOptions>();
      const now = new Date();
      if (since && until && since.at(now) > until.at(now)) {
        ofRange.error("error: --since is later than --until", { code: "commander.emptyRange" });
      }
    });
}

/** Parses a regular expression. */
export function toPattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new InvalidArgumentError("It is not a regular expression.");
  }
}

/** Parses a number of entries. */
export function toLimit(text: string): number {
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

/** Parses a time in ISO 8601, in UTC unless it says otherwise, or a duration back from now such as `15m` or `1d`. */
export function toMoment(text: string): Moment {
  const back = durationOf(text, "smhd");
  const fixed = timeOf(text);
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

/** Says how long milliseconds are, such as `1h 30m`. */
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

function timeOf(text: string): number | undefined {
  const [, date = "", clock = "", zone = ""] =
    /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/i.exec(text) ?? [];
  const day = Date.parse(`${date}T00:00Z`);
  const time = Date.parse(`${date}T${clock || "00:00"}${zone || "Z"}`.toUpperCase());
  // JavaScript takes the 31st of February for a day in March.
  const isDay = !Number.isNaN(day) && new Date(day).toISOString().startsWith(date);
  return isDay && !Number.isNaN(time) ? time : undefined;
}
