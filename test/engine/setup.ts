import { findEngine, NoEngineError } from "./index";

/** Finds the Pulumi CLI before the first test, since the build takes minutes the first time on a machine. */
export default async function setup(): Promise<void> {
  await findEngine().catch((error: unknown) => {
    // The tests that need it are skipped loudly, or fail where it is required.
    if (!(error instanceof NoEngineError)) throw error;
  });
}
