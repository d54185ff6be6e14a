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
} as const;

/** The name of a setting in Pulumi configuration, without its namespace. */
export type SettingName = keyof typeof settings;

/** The API's address per region. Each region is a tenant of its own: a token of one fails on the other. */
export const regionUrls = {
  us: "https://api.integrator.io",
  eu: "https://api.eu.integrator.io",
} as const;

/** A token and where it was found, for messages. */
export interface Token {
  /** The token itself, which no message may hold. */
  readonly value: string;
  /** Where the token was found, in words. */
  readonly source: string;
}

/** Everything that the client needs to know, validated. */
export interface Configuration {
  /** The API's address, without a trailing slash. */
  readonly baseUrl: string;
  /** Where the address was found, in words; not there when it is the default. */
  readonly addressSource?: string;
  /** The bearer token, when one is set anywhere. */
  readonly token?: Token;
  /** Requests at a time. */
  readonly maxConcurrency: number;
  /** Seconds for one try of one request. */
  readonly requestTimeout: number;
  /** What happens on create when the account already has a script of the name, unless the script says it. */
  readonly onNameTaken: OnNameTaken;
}

/** Reads one setting of the Pulumi configuration; `undefined` when it is not set. */
export type SettingLookup = (name: SettingName) => string | undefined;

/** The value of a setting, and where it was found, in words. */
export interface Setting {
  readonly value: string;
  readonly source: string;
}

/** What to do when no token is set anywhere. */
export const howToSetToken = `Set ${settings.apiToken} in the environment, or run: pulumi config set --secret ${configNamespace}:apiToken`;

/** Finds a setting: the environment wins over the Pulumi configuration. */
export function findSetting(
  name: SettingName,
  lookup: SettingLookup,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Setting | undefined {
  const fromEnvironment = environment[settings[name]]?.trim();
  if (fromEnvironment) {
    return { value: fromEnvironment, source: `${settings[name]} in the environment` };
  }
  const fromPulumi = lookup(name)?.trim();
  return fromPulumi
    ? { value: fromPulumi, source: `${configNamespace}:${name} in the stack's configuration` }
    : undefined;
}

/**
 * Reads and validates the configuration: the environment wins over the Pulumi configuration.
 * A missing token is not an error here, because check, diff and an unchanged preview need none.
 *
 * @throws CeligoError that names the source of a bad value.
 */
export function readConfiguration(
  lookup: SettingLookup,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Configuration {
  const read = (name: SettingName) => findSetting(name, lookup, environment);
  const token = read("apiToken");
  if (token && !/^[\x21-\x7e]+$/.test(token.value)) {
    // The value itself must never be shown.
    throw invalid(
      token.source,
      "it contains characters that a token cannot have",
      "Copy the token again, as one line.",
    );
  }
  const baseUrl = read("baseUrl");
  const region = read("region");
  const address = baseUrl ?? region;
  return {
    baseUrl: baseUrl ? readBaseUrl(baseUrl) : readRegionUrl(region),
    ...(address ? { addressSource: address.source } : {}),
    ...(token ? { token } : {}),
    maxConcurrency: readNumber(read("maxConcurrency"), 32, 1, 1000, true),
    requestTimeout: readNumber(read("requestTimeout"), 30, 0.1, 3600, false),
    onNameTaken: readOnNameTaken(read("onNameTaken")),
  };
}

/** Lists a warning for each key of the `celigo` namespace that this package does not know. */
export function unknownSettings(keys: Iterable<string>): string[] {
  const known = Object.keys(settings);
  return [...keys]
    .filter((key) => key.startsWith(`${configNamespace}:`) && !known.includes(key.slice(configNamespace.length + 1)))
    .map((key) => {
      const near = nearest(key.slice(configNamespace.length + 1), known);
      return `Configuration key ${key} is not known to pulumi-celigo and has no effect.${
        near ? ` Did you mean ${configNamespace}:${near}?` : ` Known keys: ${known.join(", ")}.`
      }`;
    });
}

function readRegionUrl(region: Setting | undefined): string {
  if (!region) {
    return regionUrls.us;
  }
  const known = Object.entries(regionUrls).find(([name]) => name === region.value.toLowerCase());
  if (!known) {
    throw invalid(
      region.source,
      `${shown(region.value)} is not a region`,
      `Set it to ${Object.keys(regionUrls).join(" or ")}.`,
    );
  }
  return known[1];
}

function readBaseUrl(setting: Setting): string {
  const fix = "Set it to an https address, such as https://api.integrator.io.";
  // It may hold a password anywhere, so that the value is not shown.
  const url = URL.canParse(setting.value) ? new URL(setting.value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw invalid(setting.source, "it is not an http or https address", fix);
  }
  if (url.username || url.password) {
    throw invalid(
      setting.source,
      "it holds a user name or a password",
      `Remove it: only ${settings.apiToken} authorises.`,
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
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

function isLoopback(hostname: string): boolean {
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

function readOnNameTaken(setting: Setting | undefined): OnNameTaken {
  if (!setting) {
    return "fail";
  }
  const value = policies.onNameTaken.find((known) => known === setting.value);
  if (!value) {
    throw invalid(setting.source, `${shown(setting.value)} is not known`, "Set it to fail, adopt or create.");
  }
  return value;
}

/** Quotes a value for a message, unless it is long enough for a token that was set in the wrong place. */
function shown(value: string): string {
  return value.length < 20 ? `"${value}"` : "the value";
}

function invalid(source: string, reason: string, hint: string): CeligoError {
  return new CeligoError({ subject: `invalid configuration (${source})`, reason, hint, code: "invalid_configuration" });
}
