import {
  type Configuration,
  configNamespace,
  howToSetToken,
  readConfiguration,
  regionUrls,
  type SettingName,
  settings,
  unknownSettings,
} from "../../../provider/config";
import { CeligoError } from "../../../provider/errors";
import { settingsIn } from "../pulumi";
import { type Finding, failed, type Known, ok, skipped, warning } from "./finding";

const unknownConfiguration = "none in the environment, and the stack's configuration is not known";

/** Checks all settings except token and address, and that the stack has no others. */
export function checkSettings(known: Known): Finding {
  const names = ["maxConcurrency", "requestTimeout", "onNameTaken", "checkToken", "allLines"] as const;
  const invalid = names.flatMap((name) => {
    try {
      readOnly([name], known);
      return [];
    } catch (error) {
      return error instanceof CeligoError ? [error] : [];
    }
  });
  const { maxConcurrency, requestTimeout } = readOnly(invalid.length > 0 ? [] : names, known);
  known.limits = { maxConcurrency, requestTimeout };
  const keys = [...(known.configuration?.keys() ?? [])];
  const project = known.project?.name;
  const unknown = [...unknownSettings(keys, project), ...misplacedSettings(keys, project)];
  const found = [...invalid.map(({ subject, reason }) => `${subject}: ${reason}.`), ...unknown].join(" ");
  if (invalid.length > 0) {
    return failed(found, invalid.map(({ hint }) => hint).join(" "));
  }
  return found
    ? warning(found, "Rename it, or remove it with pulumi config rm.")
    : ok(`none unknown, none invalid: ${requestTimeout} s for a request, ${maxConcurrency} at a time`);
}

/** Returns a warning for each of our settings that has the namespace of the project, as a key without a prefix has. */
function misplacedSettings(keys: readonly string[], project: string | undefined): string[] {
  return keys.flatMap((key) => {
    const [namespace, name = ""] = key.split(":");
    return namespace === project && namespace !== configNamespace && Object.hasOwn(settings, name)
      ? [`Configuration key ${key} has no effect on pulumi-celigo. Did you mean ${configNamespace}:${name}?`]
      : [];
  });
}

/** Checks that there is a token, and that it is kept as a secret. Shows its source only. */
export function checkToken(known: Known): Finding {
  const { token } = readOnly(["apiToken"], known);
  if (!token) {
    return failed(known.configuration ? "none is set" : unknownConfiguration, howToSetToken);
  }
  known.token = token;
  const key = `${configNamespace}:apiToken`;
  const found = `from ${token.source}`;
  const fix = `Run pulumi config set --secret ${key}; make a new token in Celigo if the file was shared.`;
  return known.configuration?.get(key)?.isSecret === false
    ? warning(`${found}; ${key} is stored in plain text`, fix)
    : ok(found);
}

/** Checks where requests go, and which setting says so. Without the stack's configuration, its region is unknown. */
export function checkAddress(known: Known): Finding {
  const { baseUrl, addressSource } = readOnly(["baseUrl", "region"], known);
  if (!(addressSource || known.configuration)) {
    return skipped(`not checked: ${unknownConfiguration}`);
  }
  known.address = { baseUrl, ...(addressSource === undefined ? {} : { addressSource }) };
  const region = Object.entries(regionUrls).find(([, url]) => url === baseUrl)?.[0];
  const source = addressSource ? `from ${addressSource}` : "the default";
  return ok(`${baseUrl}${region ? ` (region ${region})` : ""}, ${source}`);
}

/** Reads some settings as the provider does, whatever is wrong with the others. */
function readOnly(names: readonly SettingName[], { configuration = new Map() }: Known): Configuration {
  const lookup = settingsIn(configuration);
  const environment = Object.fromEntries(names.map((name) => [settings[name], process.env[settings[name]]]));
  return readConfiguration((name) => (names.includes(name) ? lookup(name) : undefined), environment);
}
