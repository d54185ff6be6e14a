import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Behaviour,
  type Emulator,
  type Fault,
  type RequestRecord,
  startEmulator,
} from "../../../sdk/emulator/index";
import { play, resourceCount, type Schedule, type Step, type Trouble } from "./schedules";

/** How many schedules are played; the soak plays 10,000. */
const count = Number(process.env["SCHEDULES"] ?? 300);
/** A failure prints its seed and path: with both set, it alone is played again. */
const replay = process.env["SCHEDULE_SEED"]
  ? { seed: Number(process.env["SCHEDULE_SEED"]), path: process.env["SCHEDULE_PATH"] ?? "" }
  : {};

const resource = fc.nat(resourceCount - 1);
const version = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("write" as const), resource, version }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("withdraw" as const), resource }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), resource, hasAlias: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("up" as const),
      killAfter: fc.option(fc.nat(8), { nil: undefined, freq: 2 }),
      answerIsLost: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("refresh" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("edit" as const),
      resource,
      version,
      part: fc.constantFrom("content" as const, "description" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("revert" as const), resource }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), resource }) },
);
const when = fc.constantFrom("before" as const, "after" as const);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("cut" as const), when }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("status" as const),
      status: fc.constantFrom(408, 500, 502, 503, 504),
      when,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constant({ kind: "status" as const, status: 429, headers: { "retry-after": "0" } }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("cut-body" as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("hang" as const), when }) },
);
const trouble: fc.Arbitrary<Trouble> = fc.record({
  operation: fc.constantFrom("createScript", "updateScript", "deleteScript", "getScriptById", "listScripts"),
  probability: fc.constantFrom(0.1, 0.3, 0.6),
  fault,
});
/** What servers do that no document says. Milliseconds of a lag stand for half a second each, as the delays between tries do. */
const modes = {
  hashCovers: fc.constantFrom("absent", "content", "settings", "nothing"),
  trimsText: fc.constant(true),
  newlines: fc.constantFrom("crlf", "stripped"),
  listLag: fc.constantFrom(2, 20),
  readLagRequests: fc.constantFrom(1, 4),
  paging: fc.constant("offset"),
  pageSize: fc.constantFrom(1, 2, 3),
  listedFields: fc.constantFrom("all", "identity", "no-hash"),
  dateOffset: fc.constantFrom(-3_600_000, 3_600_000),
  sendsDate: fc.constant(false),
} as const satisfies { readonly [Mode in keyof Behaviour]?: fc.Arbitrary<Behaviour[Mode]> };
const drawn = process.env["SCHEDULE_MODES"]?.split(",") ?? [...Object.keys(modes), "rival"];
const behaviour: fc.Arbitrary<Partial<Behaviour>> = fc
  .tuple(
    ...Object.entries<fc.Arbitrary<unknown>>(modes)
      .filter(([mode]) => drawn.includes(mode))
      .map(([mode, value]) =>
        fc.oneof(
          { weight: 3, arbitrary: fc.constant({}) },
          { weight: 1, arbitrary: value.map((value) => ({ [mode]: value })) },
        ),
      ),
  )
  .map((given) => Object.assign({}, ...given) as Partial<Behaviour>);
const schedule: fc.Arbitrary<Schedule> = fc.record({
  steps: fc.array(step, { minLength: 4, maxLength: 24, size: "max" }),
  troubles: fc.array(trouble, { maxLength: 4 }),
  seed: fc.nat(),
  isParallel: fc.boolean(),
  hasTwins: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  hasStrangers: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  hasRival: fc.integer({ min: 0, max: 4 }).map((n) => n === 0 && drawn.includes("rival")),
  behaviour,
  hasNames: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  adopts: fc.boolean(),
  hasIntruder: fc.integer({ min: 0, max: 1 }).map((n) => n === 0),
});

describe("random schedules of faults, edits and deletes by others, and killed runs", () => {
  let emulator: Emulator;
  let requests = 0;
  let listener: (request: RequestRecord) => void = () => {};
  beforeAll(async () => {
    emulator = await startEmulator({
      onRequest: (request) => {
        requests++;
        listener(request);
      },
    });
  });
  afterAll(() => emulator.stop());

  it(
    `lose no script, double none, and overwrite none that was changed in Celigo (${count} schedules)`,
    async () => {
      let played = 0;
      let kills = 0;
      let intrusions = 0;
      let undecided = 0;
      const playedByMode: Record<string, number> = {};
      await fc.assert(
        fc.asyncProperty(schedule, async (one) => {
          const name = `account-${++played}`;
          const account = emulator.addAccount({ token: `token-${played}`, name });
          for (const mode of [...Object.keys(one.behaviour), ...(one.hasRival ? ["rival"] : [])]) {
            playedByMode[mode] = (playedByMode[mode] ?? 0) + 1;
          }
          try {
            const done = await play(one, emulator, account, (heard) => {
              listener = heard;
            });
            kills += done.kills;
            intrusions += done.intrusions;
            undecided += Number(done.isUndecided);
          } finally {
            listener = () => {};
            emulator.faults.clear();
            emulator.resetRequests();
          }
        }),
        { numRuns: count, ...replay },
      );
      const faults = emulator.faults.injectedByKind();
      console.log(
        `${played} schedules, ${requests} requests, ${kills} kills, ${intrusions} edits in between, ${undecided} undecided, faults: ${JSON.stringify(faults)}, modes: ${JSON.stringify(playedByMode)}`,
      );
      expect(kills).toBeGreaterThan(0);
      expect(intrusions).toBeGreaterThan(0);
      if (count < 300) {
        return;
      }
      expect(Object.keys(faults).sort()).toEqual(["cut", "cut-body", "hang", "status"]);
      expect(Object.keys(playedByMode).sort()).toEqual([...drawn].sort());
    },
    60_000 + count * 1000,
  );
});
