import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** The tests that need no Pulumi CLI: `npm run test:fast`. */
const fast = ["test/{provider,sdk,cli,emulator,check}/**/*.test.ts", "examples/*/test/**/*.test.ts"];
const shared = {
  // A time-out says something about the machine, not about the code: leave a lot of room.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  tags: [
    { name: "slow", timeout: 300_000, description: "Takes more than 5 s of CPU. `npm run test:fast` leaves it out." },
  ],
};

export default defineConfig({
  test: {
    globalSetup: ["test/build.ts"],
    // Vitest's default on two cores is one. Most tests wait for a process, a server or a clock half of the time.
    maxWorkers: availableParallelism() + 1,
    projects: [
      { test: { name: "fast", include: fast, ...shared } },
      {
        test: {
          name: "stack",
          include: ["test/**/*.test.ts"],
          exclude: [...fast, "test/outside/**"],
          globalSetup: ["test/engine/setup.ts"],
          ...shared,
        },
      },
    ],
  },
});
