import {
  type Configuration,
  configNamespace,
  findSetting,
  howToSetToken,
  readConfiguration,
  regionUrls,
  type SettingLookup,
  type SettingName,
  settings,
  type Token,
  unknownSettings,
} from "../../../provider/config";
import { CeligoError, messageOf } from "../../../provider/errors";
import { type StackConfiguration, settingsIn } from "../pulumi";
import { type Check, type CheckName, type Finding, failed, ok, skipped, warning } from "./check";

/** How a request is sent. */
export type Limits = Pick<Configuration, "maxConcurrency" | "requestTimeout">;

const token = `${configNamespace}:apiToken`;

/** Checks all settings but token and address, and that the stack has no others. */
export function checkSettings(configuration: StackConfiguration = new Map()): Required<Finding<Limits>> {
  const lookup = settingsIn(configuration);
  const names = ["maxConcurrency", "requestTimeout", "onNameTaken"] as const;
  const invalid = names.flatMap((name) => attempt("settings", () => readOnly([name], lookup)).check ?? []);
  const { maxConcurrency, requestTimeout } = readOnly(invalid.length > 0 ? [] : names, lookup);
  const value = { maxConcurrency, requestTimeout };
  const unknown = unknownSettings(configuration.keys());
  const found = [...invalid.map((check) => `${check.found}.`), ...unknown].join(" ");
  if (invalid.length > 0) {
    return { check: failed("settings", found, invalid.map(({ fix }) => fix).join(" ")), value };
  }
  const check = found
    ? warning("settings", found, "Rename it, or remove it with pulumi config rm.")
    : ok("settings", `none unknown, none invalid: ${requestTimeout} s for a request, ${maxConcurrency} at a time`);
  return { check, value };
}

/**
 * Checks that there is a token, and that it is kept as a secret; says where it is from, and nothing else of it.
 *
 * @param configuration That of the stack, if it could be read.
 */
export function checkToken(configuration: StackConfiguration | undefined): Finding<Token> {
  const lookup = settingsIn(configuration ?? new Map());
  const { check, value } = attempt("token", () => ({ token: readOnly(["apiToken"], lookup).token }));
  if (check) {
    return { check };
  }
  if (!value.token) {
    const isSure = configuration !== undefined;
    const found = isSure ? "none is set" : "none in the environment, and the stack's configuration is not known";
    return { check: failed("token", found, howToSetToken) };
  }
  const found = `from ${value.token.source}`;
  if (configuration?.get(token)?.isSecret === false) {
    const fix = `Run pulumi config set --secret ${token}; make a new token in Celigo if the file was shared.`;
    return { check: warning("token", `${found}; ${token} is stored in plain text`, fix), value: value.token };
  }
  return { check: ok("token", found), value: value.token };
}

/**
 * Checks where requests go, and says who says so.
 *
 * @param configuration That of the stack, if it could be read: without it, nobody knows the region that it may set.
 */
export function checkAddress(configuration: StackConfiguration | undefined): Finding<string> {
  const lookup = settingsIn(configuration ?? new Map());
  const { check, value } = attempt("address", () => readOnly(["baseUrl", "region"], lookup).baseUrl);
  if (check) {
    return { check };
  }
  const setting = findSetting("baseUrl", lookup) ?? findSetting("region", lookup);
  if (!(setting || configuration)) {
    const found = "not checked: none in the environment, and the stack's configuration is not known";
    return { check: skipped("address", found) };
  }
  const region = Object.entries(regionUrls).find(([, url]) => url === value)?.[0];
  const source = setting ? `from ${setting.source}` : "the default";
  return { check: ok("address", `${value}${region ? ` (region ${region})` : ""}, ${source}`), value };
}

/** Reads some settings as the provider would, whatever is wrong with the others. */
function readOnly(names: readonly SettingName[], lookup: SettingLookup): Configuration {
  const environment = Object.fromEntries(names.map((name) => [settings[name], process.env[settings[name]]]));
  return readConfiguration((name) => (names.includes(name) ? lookup(name) : undefined), environment);
}

/** Returns a value, or why there is none. */
function attempt<T>(
  name: CheckName,
  read: () => T,
): { readonly check?: undefined; readonly value: T } | { readonly check: Check; readonly value?: undefined } {
  try {
    return { value: read() };
  } catch (error) {
    const hint = error instanceof CeligoError ? error.hint : undefined;
    const found = error instanceof CeligoError ? `${error.subject}: ${error.reason}` : messageOf(error);
    return { check: failed(name, found, hint ?? "Correct it.") };
  }
}
