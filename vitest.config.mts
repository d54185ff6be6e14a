import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/setup.ts"],
    // Generous, since a time-out says something about the machine and nothing about the code.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
