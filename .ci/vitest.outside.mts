import { defineConfig } from "vitest/config";

/** The tests that need other people's tools and versions: `npm run test:consumers`, `test:versions` and `test:contract`. */
export default defineConfig({
  test: {
    name: "outside",
    dir: "test/outside",
    globalSetup: ["test/build.ts"],
    testTimeout: 30 * 60_000,
    hookTimeout: 30 * 60_000,
    maxWorkers: 1,
  },
});
