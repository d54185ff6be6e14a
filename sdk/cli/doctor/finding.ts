import type { Configuration, Token } from "../../../provider/config";
import type { AccountOptions } from "../options";
import type { Project } from "../project/project";
import type { StackConfiguration } from "../pulumi";

/** What a check found. */
export interface Finding {
  /** `skipped`: there was nothing to check, or an earlier check failed. */
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly found: string;
  /** What to do. */
  readonly fix?: string;
}

/** A row of the table of checks. */
export interface Check {
  readonly name: string;
  /** Examines one thing. An error that it throws is a failed finding. */
  examine(known: Known): Finding | Promise<Finding>;
}

/** What earlier checks found. A member is absent when its check failed. */
export interface Known {
  readonly options: AccountOptions;
  /** Path of the Pulumi CLI. */
  pulumi?: string;
  /** What `pulumi about` says, when the CLI works. */
  about?: Readonly<Record<string, unknown>>;
  /** The Pulumi project of the folder, if there is one. */
  project?: Project;
  /** The stack's own configuration; empty without a stack. */
  configuration?: StackConfiguration;
  limits?: Pick<Configuration, "maxConcurrency" | "requestTimeout">;
  token?: Token;
  address?: Pick<Configuration, "baseUrl" | "addressSource">;
  /** Milliseconds by which the server's clock is ahead of this machine's. */
  clockOffset?: number | undefined;
}

/** All is well. */
export function ok(found: string): Finding {
  return { status: "ok", found };
}

/** It works, but could be better, safer or more certain. */
export function warning(found: string, fix: string): Finding {
  return { status: "warning", found, fix };
}

/** Something must be fixed. */
export function failed(found: string, fix: string): Finding {
  return { status: "failed", found, fix };
}

/** Nothing was checked. */
export function skipped(found: string): Finding {
  return { status: "skipped", found };
}
