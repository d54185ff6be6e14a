import * as pulumi from "@pulumi/pulumi";
import { CeligoClient } from "../provider/client";
import { configNamespace, readConfiguration, unknownSettings } from "../provider/config";

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
  for (const warning of unknownSettings(Object.keys(pulumi.runtime.allConfig()))) {
    void pulumi.log.warn(warning);
  }
}
