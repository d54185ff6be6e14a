import { execFileSync } from "node:child_process";
import type { TestProject } from "vitest/node";

/** Builds `dist/` once before the tests, which run the package as it is published. Only those on the engine need types. */
export default function setup({ vitest }: TestProject): void {
  const needsTypes = vitest.projects.some(({ name }) => name !== "fast");
  execFileSync(process.execPath, [".ci/build.mjs", ...(needsTypes ? [] : ["--fast"])], { stdio: "inherit" });
}
