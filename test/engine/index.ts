export { type Engine, findEngine, NoEngineError } from "./cli";
export { CommandError, type CommandResult } from "./command";
export type { ProcessInfo } from "./family";
export type { Program } from "./program";
export {
  type BackgroundRun,
  type ChangeOptions,
  createWorkspace,
  type PreviewOptions,
  type RunOptions,
  type Verb,
  Workspace,
  type WorkspaceOptions,
} from "./stack";
export { resourcesOf, type StackState, type StateResource, scriptType, stateBytes } from "./state";
