import { CeligoError, messageOf } from "../../../provider/errors";
import { oneLine } from "../../../provider/text";

/** What doctor looks at, in the order of its report. */
export const checkNames = [
  "node",
  "pulumi",
  "pulumi-language-nodejs",
  "pulumi-resource-pulumi-nodejs",
  "project",
  "@pulumi/pulumi",
  "pulumi-celigo",
  "stack",
  "settings",
  "token",
  "address",
  "proxy",
  "certificates",
  "request",
  "clock",
] as const;

/** The name of a check. */
export type CheckName = (typeof checkNames)[number];

/** What a check has found. */
export interface Check {
  readonly name: CheckName;
  /** `skipped`: there was nothing to check, or an earlier check has failed. */
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly found: string;
  /** What to do. */
  readonly fix?: string;
}

/** What a check has found, and what later checks need of it; nothing when it failed. */
export interface Finding<T> {
  readonly check: Check;
  readonly value?: T;
}

/** All is as it must be. */
export function ok(name: CheckName, found: string): Check {
  return { name, status: "ok", found: oneLine(found) };
}

/** It works, but not as well, as safely or as surely as it could. */
export function warning(name: CheckName, found: string, fix: string): Check {
  return { name, status: "warning", found: oneLine(found), fix };
}

/** Something must be mended. */
export function failed(name: CheckName, found: string, fix: string): Check {
  return { name, status: "failed", found: oneLine(found), fix };
}

/** Nothing was checked. */
export function skipped(name: CheckName, found: string): Check {
  return { name, status: "skipped", found: oneLine(found) };
}

/** Returns what an error says, as a failed check. */
export function failedBy(name: CheckName, error: unknown, otherwise: string): Check {
  return error instanceof CeligoError
    ? failed(name, error.reason, error.hint ?? otherwise)
    : failed(name, messageOf(error), otherwise);
}
