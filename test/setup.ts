import { execFileSync } from "node:child_process";
import { findEngine, NoEngineError } from "./engine/index";

/**
 * Builds `dist/` once before the tests, since the engine and the doors are tested as they are published, and finds the
 * Pulumi CLI, which takes minutes the first time on a machine.
 */
export default async function setup(): Promise<void> {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
  await findEngine().catch((error: unknown) => {
    // The tests that need one say so, loudly, or fail where it is required.
    if (!(error instanceof NoEngineError)) {
      throw error;
    }
  });
}
