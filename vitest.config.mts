import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The tests that need no Pulumi CLI: `npm run test:fast`. */
const fast = ["test/{provider,sdk,cli,emulator,check}/**/*.test.ts", "examples/*/test/**/*.test.ts"];
const shared = {
  // A time-out says something about the machine, not about the code: leave a lot of room.
  testTimeout: 120_000,
  hookTimeout: 120_000,
  tags: [
    {
      name: "slow",
      timeout: 300_000,
      description: "Takes more than 5 s of CPU, alone or as a group. `npm run test:fast` leaves it out.",
    },
  ],
};

/** Starts the longest files first, so that none of them is left alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const longest = ["promotion", "script", "import", "examples", "preview", "conflict", "host", "schedules", "syntax"];
    const rank = ({ moduleId, project }: TestSpecification) => {
      const place = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return place >= 0 ? place : project.name === "stack" ? longest.length : longest.length + 1;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    globalSetup: ["test/build.ts"],
    sequence: { sequencer: LongestFirst },
    // Vitest's default on two cores is one. Most tests wait for a process, a server or a clock half of the time.
    maxWorkers: availableParallelism() + 2,
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
