import { beforeAll, beforeEach } from "vitest";
import { type Engine, findEngine } from "./cli";
import type { Environment } from "./environment";

/** Names the environment variable that makes a missing engine an error. */
const requireVariable = "PULUMI_CELIGO_REQUIRE_ENGINE";

/**
 * Gives the tests of a file, or of a `describe`, the Pulumi CLI; without one they fail where it is required (`PULUMI_CELIGO_REQUIRE_ENGINE=1`,
 * or CI), and are skipped loudly elsewhere.
 *
 * @example
 * const engine = engineOrSkip();
 * it("has a version", () => expect(engine().version).not.toBe(""));
 */
export function engineOrSkip(): () => Engine {
  let engine: Engine | undefined;
  let missing: Error | undefined;
  // Half an hour: the first time on a machine, it is built.
  beforeAll(async () => {
    try {
      engine = await findEngine();
    } catch (error) {
      if (engineIsRequired(process.env)) throw error;
      missing = error as Error;
      process.stderr.write(skipBanner(missing));
    }
  }, 30 * 60_000);
  beforeEach((context) => {
    if (missing) context.skip("no Pulumi CLI: see the banner");
  });
  return () => {
    if (!engine)
      throw missing ?? new Error("the engine is there in tests and hooks only, not while they are collected");
    return engine;
  };
}

/** Says whether tests must fail, rather than be skipped, without a Pulumi CLI. */
export function engineIsRequired(environment: Environment): boolean {
  return [environment[requireVariable], environment.CI].some((value) => !["", "0", "false", undefined].includes(value));
}

/** Returns what is printed when tests are skipped for want of a Pulumi CLI. */
export function skipBanner(reason: Error): string {
  const line = "!".repeat(100);
  const how = `Put Pulumi or Go on PATH to run them. ${requireVariable}=1 makes this an error.`;
  return `\n${line}\nTESTS WITH THE REAL PULUMI CLI ARE SKIPPED: ${reason.message}\n${how}\n${line}\n\n`;
}
