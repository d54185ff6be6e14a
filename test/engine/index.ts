export { type Engine, findEngine, NoEngineError } from "./cli";
export { CommandError, type CommandResult } from "./command";
export type { Program } from "./program";
export { createWorkspace, Workspace, type WorkspaceOptions } from "./stack";
export { resourcesOf, scriptType, stateBytes } from "./state";
