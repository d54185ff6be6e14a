import * as pulumi from "@pulumi/pulumi";
import { CeligoClient } from "../provider/api/client";
import { configNamespace, plainTextTokenWarning, readConfiguration, unknownSettings } from "../provider/config";
import { parseJson } from "../provider/json";
import { noteToken } from "../provider/text";
import { warnOnce } from "./warn";

let hasWarned = false;
let client: CeligoClient | undefined;

/** Returns the client that all data functions of the program share. */
export function sharedClient(): CeligoClient {
  client ??= new CeligoClient(readConfiguration((name) => pulumi.runtime.getConfig(`${configNamespace}:${name}`)));
  return client;
}

/** Warns once per program of unknown settings, and of a token that is stored in plain text. */
export function warnOfSettings(): void {
  if (hasWarned) {
    return;
  }
  hasWarned = true;
  const keys = Object.keys(pulumi.runtime.allConfig());
  for (const warning of unknownSettings(keys, pulumi.getProject())) {
    warnOnce(warning);
  }
  const token = `${configNamespace}:apiToken`;
  noteToken(pulumi.runtime.getConfig(token));
  if (keys.includes(token) && !secretKeys().includes(token)) {
    warnOnce(plainTextTokenWarning);
  }
}

/** Returns the keys of the configuration that are secret; Pulumi lists them in the environment of a program. */
function secretKeys(): readonly unknown[] {
  const keys = parseJson(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "");
  return Array.isArray(keys) ? keys : [];
}
