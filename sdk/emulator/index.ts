export type { AccountOptions, Actor, EmulatorAccount, SeedScript } from "./accounts";
export type { Behaviour } from "./behaviour";
export { type Emulator, type EmulatorOptions, startEmulator } from "./emulator";
export type { Fault, FaultRule, Faults } from "./faults";
export { type Alteration, hostile } from "./hostile";
export type { RateLimit } from "./rate-limit";
export type {
  DependencyEntry,
  DependencyEntryInput,
  LogEntry,
  LogEntryInput,
  LogLevel,
  StoredScript,
  WritableFields,
} from "./records";
export type { RequestFilter, RequestRecord } from "./requests";
