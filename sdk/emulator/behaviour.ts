/** What a server may do that Celigo's documentation does not mention. All of it is off by default. */
export interface Behaviour {
  /** Fields that `__hash` covers. With `nothing` it never changes; with `absent` no response has it. @default "all" */
  readonly hashCovers: "all" | "content" | "settings" | "nothing" | "absent";
  /** Whether blanks at both ends of a name and a description are removed. @default false */
  readonly trimsText: boolean;
  /** Whether names and descriptions are stored in Unicode's composed form (NFC). @default false */
  readonly composesText: boolean;
  /** How the line ends of content are stored. `stripped` removes the newline at the end. @default "kept" */
  readonly newlines: "kept" | "crlf" | "stripped";
  /** Milliseconds until a list shows a change. @default 0 */
  readonly listLag: number;
  /** Pages of lists that do not show a change yet. @default 0 */
  readonly listLagRequests: number;
  /** Milliseconds during which a read of a new script gets 404. @default 0 */
  readonly readLag: number;
  /** Reads of a new script that get 404. @default 0 */
  readonly readLagRequests: number;
  /** Milliseconds during which a read shows a script as it was before a change. @default 0 */
  readonly changeLag: number;
  /**
   * How a list continues. `offset` lists the newest script first and counts, so a change between two pages shifts the rest.
   * `endless` always has a next page.
   * @default "cursor"
   */
  readonly paging: "cursor" | "offset" | "endless";
  /** Scripts on one page of a list. @default 50 */
  readonly pageSize: number;
  /**
   * Fields of a listed script. `all` and `identity` (id and name) ignore `include` and `exclude`; `no-hash` lacks `__hash`.
   * @default "requested"
   */
  readonly listedFields: "requested" | "all" | "identity" | "no-hash";
  /** Milliseconds that the `Date` header is ahead of the times in records; negative for behind. @default 0 */
  readonly dateOffset: number;
  /** Whether responses have a `Date` header. @default true */
  readonly sendsDate: boolean;
  /** Seconds in the `Retry-After` of a 429 to every request; 0 serves requests. @default 0 */
  readonly throttle: number;
  /** Whether a read of a script in the recycle bin gets the record with `deletedAt`, and not 404. @default false */
  readonly showsRecycled: boolean;
  /** Whether the audit log of a script in the recycle bin can be read. @default false */
  readonly keepsAudit: boolean;
}

const defaults: Behaviour = {
  hashCovers: "all",
  trimsText: false,
  composesText: false,
  newlines: "kept",
  listLag: 0,
  listLagRequests: 0,
  readLag: 0,
  readLagRequests: 0,
  changeLag: 0,
  paging: "cursor",
  pageSize: 50,
  listedFields: "requested",
  dateOffset: 0,
  sendsDate: true,
  throttle: 0,
  showsRecycled: false,
  keepsAudit: false,
};

/** Values of the members that are words. */
const words: Readonly<Partial<Record<keyof Behaviour, readonly string[]>>> = {
  hashCovers: ["all", "content", "settings", "nothing", "absent"],
  newlines: ["kept", "crlf", "stripped"],
  paging: ["cursor", "offset", "endless"],
  listedFields: ["requested", "all", "identity", "no-hash"],
};

/** Smallest values of numbers whose smallest value is not 0. */
const minimums: Readonly<Partial<Record<keyof Behaviour, number>>> = { pageSize: 1, dateOffset: -Infinity };

/** Completes a behaviour with an earlier one, or with the defaults. Throws for an unknown member or a wrong value. */
export function completed(given: Partial<Behaviour> = {}, before: Behaviour = defaults): Behaviour {
  for (const [name, value] of Object.entries(given)) {
    const problem = problemOf(name, value);
    if (problem) throw new Error(`behaviour.${name} ${problem}`);
  }
  return { ...before, ...given };
}

/** Reads one member from `name=value`, as on the command line. Throws for an unknown member or a wrong value. */
export function parseBehaviour(pair: string): Partial<Behaviour> {
  const [, name = pair, text = ""] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
  const kind = typeof defaults[name as keyof Behaviour];
  const value =
    kind === "number" && /^-?\d+$/.test(text)
      ? Number(text)
      : kind === "boolean" && /^(true|false)$/.test(text)
        ? text === "true"
        : text;
  const problem = problemOf(name, value);
  if (problem) throw new Error(`${name} ${problem}`);
  return { [name]: value };
}

function problemOf(name: string, value: unknown): string | undefined {
  if (!Object.hasOwn(defaults, name)) return `is unknown. Known: ${Object.keys(defaults).join(", ")}.`;
  const key = name as keyof Behaviour;
  const allowed = words[key];
  if (allowed) return allowed.includes(String(value)) ? undefined : `must be one of ${allowed.join(", ")}.`;
  if (typeof defaults[key] === "boolean") return typeof value === "boolean" ? undefined : "must be true or false.";
  const minimum = minimums[key] ?? 0;
  const isValid = Number.isInteger(value) && (value as number) >= minimum;
  return isValid ? undefined : `must be a whole number${minimum === -Infinity ? "" : `, ${minimum} or more`}.`;
}
