import { CeligoError } from "./errors";
import { type OnNameTaken, policies } from "./policies";
import { nearest } from "./text";

/** The Pulumi namespace of all settings: `celigo:apiToken` and so on. */
export const configNamespace = "celigo";

/** Each setting by its Pulumi key, with the environment variable that wins over it. */
export const settings = {
  apiToken: "CELIGO_API_TOKEN",
  region: "CELIGO_REGION",
  baseUrl: "CELIGO_BASE_URL",
  maxConcurrency: "CELIGO_MAX_CONCURRENCY",
  requestTimeout: "CELIGO_REQUEST_TIMEOUT",
  onNameTaken: "CELIGO_ON_NAME_TAKEN",
  checkToken: "CELIGO_CHECK_TOKEN",
  allLines: "CELIGO_ALL_LINES",
} as const;

/** The name of a setting in Pulumi configuration, without its namespace. */
export type SettingName = keyof typeof settings;

/** The API's address per region. Each region is a separate tenant: a token of one fails on the other. */
export const regionUrls = {
  us: "https://api.integrator.io",
  eu: "https://api.eu.integrator.io",
} as const;

/** A token, and the setting that it comes from. */
export interface Token {
  /** The token itself. It never appears in a message. */
  readonly value: string;
  /** The setting that the token comes from, in words. */
  readonly source: string;
}

/** The validated settings. */
export interface Configuration {
  /** The API's address, without a trailing slash. */
  readonly baseUrl: string;
  /** The setting that the address comes from, in words; absent for the default address. */
  readonly addressSource?: string;
  /** The bearer token, if one is set. */
  readonly token?: Token;
  /** How many requests run at a time. */
  readonly maxConcurrency: number;
  /** Seconds for one attempt of one request. */
  readonly requestTimeout: number;
  /** What to do on create when the account already has a script of that name; a script's own input wins. */
  readonly onNameTaken: OnNameTaken;
  /** Whether a preview with changes fails when the token is missing or refused, and not only warns. */
  readonly checkToken: boolean;
  /** Whether a preview shows the lines of every changed file, and not only those of the first 20. */
  readonly allLines: boolean;
}

/** Returns one setting of the Pulumi configuration; `undefined` when it is not set. */
export type SettingLookup = (name: SettingName) => string | undefined;

interface Setting {
  readonly value: string;
  readonly source: string;
}

export const howToSetToken = `Set ${settings.apiToken} in the environment, or run: pulumi config set --secret ${configNamespace}:apiToken`;

/**
 * Reads and validates the settings. The environment wins over the Pulumi configuration.
 * A missing token is no error here, because check, diff and a preview without changes need none.
 *
 * @throws CeligoError that names the source of a bad value.
 */
export function readConfiguration(
  lookup: SettingLookup,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Configuration {
  const read = (name: SettingName): Setting | undefined => {
    const places = [
      { value: environment[settings[name]]?.trim(), source: `${settings[name]} in the environment` },
      { value: lookup(name)?.trim(), source: `${configNamespace}:${name} in the stack's configuration` },
    ];
    return places.find((place): place is Setting => Boolean(place.value));
  };
  const token = read("apiToken");
  if (token && !/^[\x21-\x7e]+$/.test(token.value)) {
    // The message must not show the value.
    throw invalid(token.source, "it has characters that a token cannot have", "Copy the token again, as one line.");
  }
  const baseUrl = read("baseUrl");
  const region = read("region");
  const inLowerCase = region && { ...region, value: region.value.toLowerCase() };
  const regions = Object.keys(regionUrls) as (keyof typeof regionUrls)[];
  const address = baseUrl ?? region;
  return {
    baseUrl: baseUrl ? readBaseUrl(baseUrl) : regionUrls[readChoice(inLowerCase, regions, "us", "a region")],
    ...(address ? { addressSource: address.source } : {}),
    ...(token ? { token } : {}),
    maxConcurrency: readNumber(read("maxConcurrency"), 32, 1, 1000, true),
    requestTimeout: readNumber(read("requestTimeout"), 30, 0.1, 3600, false),
    onNameTaken: readChoice(read("onNameTaken"), policies.onNameTaken, "fail"),
    checkToken: readChoice(read("checkToken"), ["true", "false"], "false") === "true",
    allLines: readChoice(read("allLines"), ["true", "false"], "false") === "true",
  };
}

/** The warning for a token that was set without `--secret`. */
export const plainTextTokenWarning =
  `${configNamespace}:apiToken is stored in plain text, in the stack's configuration file and in its state. ` +
  `Create a new token in Celigo, and run: pulumi config set --secret ${configNamespace}:apiToken`;

/**
 * Returns a warning for each key of the `celigo` namespace that is no setting.
 *
 * @param project The project's name. Keys of a project called celigo are its own, unless one looks like a setting.
 */
export function unknownSettings(keys: Iterable<string>, project?: string): string[] {
  const known = Object.keys(settings);
  const prefix = `${configNamespace}:`;
  const names = [...keys].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  return names
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const near = nearest(name, known);
      if (near === undefined && project === configNamespace) {
        return [];
      }
      const advice = near === undefined ? `Known keys: ${known.join(", ")}.` : `Did you mean ${prefix}${near}?`;
      return [`Configuration key ${prefix}${name} is unknown and has no effect. ${advice}`];
    });
}

function readBaseUrl(setting: Setting): string {
  const fix = "Set it to an https address, such as https://api.integrator.io.";
  // The value may hold a password anywhere, so no message shows it.
  const url = URL.canParse(setting.value) ? new URL(setting.value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw invalid(setting.source, "it is not an http or https address", fix);
  }
  if (url.username || url.password) {
    throw invalid(
      setting.source,
      "it holds a user name or a password",
      `Remove it. Only ${settings.apiToken} authorises.`,
    );
  }
  if (url.search || url.hash) {
    throw invalid(setting.source, "it has a query or a fragment", fix);
  }
  if (url.protocol !== "https:" && !isLoopback(url.hostname)) {
    throw invalid(
      setting.source,
      `http://${url.host} would send the token in the clear`,
      "Use https; http is for a loopback address only, such as the emulator's.",
    );
  }
  // The lookbehind keeps this linear.
  return `${url.origin}${url.pathname}`.replace(/(?<!\/)\/+$/, "");
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

function readNumber(setting: Setting | undefined, otherwise: number, from: number, to: number, whole: boolean): number {
  if (!setting) {
    return otherwise;
  }
  const value = Number(setting.value);
  if (!(value >= from && value <= to) || (whole && !Number.isInteger(value))) {
    throw invalid(
      setting.source,
      `${shown(setting.value)} is not a ${whole ? "whole " : ""}number from ${from} to ${to}`,
      `Remove it for the default of ${otherwise}.`,
    );
  }
  return value;
}

function readChoice<Choice extends string>(
  setting: Setting | undefined,
  choices: readonly Choice[],
  otherwise: Choice,
  what = "a valid value",
): Choice {
  if (!setting) {
    return otherwise;
  }
  const value = choices.find((choice) => choice === setting.value);
  if (!value) {
    const fix = `Set it to ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}.`;
    throw invalid(setting.source, `${shown(setting.value)} is not ${what}`, fix);
  }
  return value;
}

/** Quotes a value for a message, unless it is long: then it may be a token that was set in the wrong place. */
function shown(value: string): string {
  return value.length < 20 ? `"${value}"` : "the value";
}

function invalid(source: string, reason: string, hint: string): CeligoError {
  const code = "invalid_configuration";
  return new CeligoError({ subject: `invalid configuration (${source})`, reason, hint, code, sharedCause: reason });
}
