export type { SyntaxCheck } from "../provider/content/check";
export {
  CeligoError,
  type CeligoErrorDetails,
  isNotFound,
  isUnauthorized,
} from "../provider/errors";
export type { OnConflict, OnDependents, OnNameTaken } from "../provider/policies";
export type { ScriptFields } from "../provider/script/fields";
export type { Discovery, ScriptFile } from "./folder/files";
export { type ScriptFileOptions, ScriptFolder, type ScriptFolderArgs } from "./folder/folder";
export type { ScriptHeader } from "./folder/header";
export {
  type GetScriptArgs,
  type GetScriptAuditArgs,
  type GetScriptDependenciesArgs,
  type GetScriptLogsArgs,
  type GetScriptResult,
  type GetScriptsArgs,
  getScript,
  getScriptAudit,
  getScriptAuditOutput,
  getScriptDependencies,
  getScriptDependenciesOutput,
  getScriptLogs,
  getScriptLogsOutput,
  getScriptOutput,
  getScripts,
  getScriptsOutput,
  type ScriptSummary,
} from "./functions";
export type { LogRange, LogResult, ScriptAuditEntry, ScriptLogEntry } from "./logs";
export type { InputsOf } from "./runtime";
export { Script, type ScriptArgs } from "./script";
