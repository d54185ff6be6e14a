import { createProvider } from "./host";

export {
  CeligoClient,
  isId,
  type NewScript,
  type Projection,
  type ScriptAudit,
  type ScriptAuditQuery,
  type ScriptBody,
  type ScriptDependencies,
  type ScriptDependent,
  type ScriptLogs,
  type ScriptLogsQuery,
  type ScriptRecord,
} from "./api/client";
export type { TransportOptions } from "./api/http";
export {
  type Configuration,
  readConfiguration,
  regionUrls,
  type SettingLookup,
  type SettingName,
  type Token,
} from "./config";
export { contentHash, normalise } from "./content/content";
export {
  CeligoError,
  type CeligoErrorDetails,
  isNotFound,
  isOutcomeUnknown,
  isTransient,
  isUnauthorized,
} from "./errors";
export type { Tell } from "./messages";
export type { Management, OnConflict, OnDependents, OnNameTaken } from "./policies";
export type { Asset } from "./pulumi-wire";
export type { Connection } from "./script/connection";
export type { RawInputs, ScriptInputs } from "./script/inputs";
export { type Deletion, ScriptLifecycle } from "./script/lifecycle";
export type { ScriptOutputs } from "./script/mapping";

/** The provider that Pulumi's dynamic host runs; the text in every script's state opens this module and asks for it. */
export const provider = createProvider();
