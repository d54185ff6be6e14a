import { InvalidArgumentError, Option } from "commander";

const unitMilliseconds = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The options of every command that works on an account. */
export interface AccountOptions {
  /** Folder of the Pulumi project. */
  readonly cwd: string;
  /** The stack whose configuration and logical names count. Default: the selected stack. */
  readonly stack?: string;
  readonly json?: boolean;
}

/** Options that several commands share. */
export const jsonOption = new Option("--json", "print JSON");
export const yesOption = new Option("--yes", "do not ask");
export const cwdOption = new Option("--cwd <folder>", "folder of the Pulumi project").default(".");

/** The options of {@link AccountOptions}. */
export const accountOptions: readonly Option[] = [
  jsonOption,
  new Option("--stack <name>", "stack whose configuration and logical names count (default: the selected stack)"),
  cwdOption,
];
/** What the help of a command on an account says. */
export const accountNotes = [
  "The account is the provider's: CELIGO_API_TOKEN, CELIGO_REGION and CELIGO_BASE_URL in the environment come first,",
  "then the stack's configuration.",
] as const;

/**
 * Returns a parser of numbers in a range.
 *
 * @param hint What to give, as a sentence.
 * @param form What the text must look like. Default: a whole number.
 */
export function toNumber(from: number, to: number, hint: string, form = /^\d+$/): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!(form.test(text) && number >= from && number <= to)) {
      throw new InvalidArgumentError(hint);
    }
    return number;
  };
}

/** Parses a duration such as `90s`, `30m` or `1h`, of at most an hour, and returns milliseconds. */
export function toHourAtMost(text: string): number {
  const milliseconds = durationOf(text);
  if (!milliseconds) {
    throw new InvalidArgumentError("Give a duration such as 90s, 30m or 1h.");
  }
  if (milliseconds > unitMilliseconds.h) {
    throw new InvalidArgumentError("Celigo allows at most 1h.");
  }
  return milliseconds;
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

/** Parses a duration of one unit such as `15m`, and returns milliseconds. */
export function durationOf(text: string): number | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * unitMilliseconds[unit as keyof typeof unitMilliseconds];
}
