import * as pulumi from "@pulumi/pulumi";
import { CeligoClient } from "../provider/api/client";
import { configNamespace, readConfiguration, unknownSettings } from "../provider/config";
import { parseJson } from "../provider/json";

let hasWarned = false;
let client: CeligoClient | undefined;

/** Returns the client that all data functions of the program share. */
export function sharedClient(): CeligoClient {
  client ??= new CeligoClient(readConfiguration((name) => pulumi.runtime.getConfig(`${configNamespace}:${name}`)));
  return client;
}

/** Warns, once per program, of settings that have no effect and of a token that the stack's file holds in plain text. */
export function warnOfSettings(): void {
  if (hasWarned) {
    return;
  }
  hasWarned = true;
  const keys = Object.keys(pulumi.runtime.allConfig());
  for (const warning of unknownSettings(keys)) {
    void pulumi.log.warn(warning);
  }
  const token = `${configNamespace}:apiToken`;
  if (keys.includes(token) && !secretKeys().includes(token)) {
    void pulumi.log.warn(`${token} is stored in plain text: run pulumi config set --secret ${token}`);
  }
}

/** Reads which keys of the configuration are secret, as Pulumi tells its programs. */
function secretKeys(): readonly unknown[] {
  const keys = parseJson(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "");
  return Array.isArray(keys) ? keys : [];
}
