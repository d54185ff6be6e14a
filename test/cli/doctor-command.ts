import { expect } from "vitest";
import type { Environment } from "../engine/environment";
import { temporaryFolder } from "../engine/temporary";
import { runCli } from "./command-line";

/** The checks, in the order of the report. */
export const names = [
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
];

export interface Check {
  readonly name: string;
  readonly status: string;
  readonly found: string;
  readonly fix?: string;
}

/** What `--json` prints. */
export interface Report {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/** A folder for what a test of doctor makes. */
export const scratch = temporaryFolder("doctor");

/** An environment in which nothing is set up. */
export const nothing: Environment = {
  PATH: scratch,
  PULUMI_HOME: scratch,
  HTTPS_PROXY: undefined,
  https_proxy: undefined,
  HTTP_PROXY: undefined,
  http_proxy: undefined,
  NO_PROXY: undefined,
  no_proxy: undefined,
  ALL_PROXY: undefined,
  all_proxy: undefined,
  NODE_TLS_REJECT_UNAUTHORIZED: undefined,
  // So that the report is the same on a Node that cannot show errors without it.
  NODE_OPTIONS: "--stack-trace-limit=3",
};

/** Runs doctor, whose exit code must agree with its report. */
export async function examine(env: Environment, args: readonly string[] = []): Promise<Record<string, Check>> {
  const { stdout, stderr, code } = await runCli(["doctor", "--json", ...args], { env });
  const { ok, checks } = JSON.parse(stdout) as Report;
  expect(checks.map(({ name }) => name)).toEqual(names);
  expect(ok).toBe(checks.every(({ status }) => status !== "failed"));
  expect([stderr, code]).toEqual(["", ok ? 0 : 1]);
  return Object.fromEntries(checks.map((check) => [check.name, check]));
}
