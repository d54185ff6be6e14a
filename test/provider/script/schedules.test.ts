import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Behaviour,
  type Emulator,
  type Fault,
  hostile,
  type RequestRecord,
  startEmulator,
} from "../../../sdk/emulator/index";
import { play, resourceCount, type Schedule, type Step, type Trouble } from "./schedules";

/** How many schedules are played; the soak plays 10,000. */
const count = Number(process.env["SCHEDULES"] ?? 100);
/** A failure prints its seed and path: with both set, it alone is played again, and made as short as can be. */
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
      // An endless list costs a thousand requests, and a throttle a second.
      outage: fc.oneof(
        { weight: 1000, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constant("endless" as const) },
        { weight: 3, arbitrary: fc.constant("throttle" as const) },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("refresh" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("foreign" as const),
      verb: fc.constantFrom("refresh" as const, "up" as const),
      isInhabited: fc.boolean(),
    }),
  },
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
const alteration = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.constantFrom(
      ...(Object.keys(hostile) as (keyof typeof hostile)[]).filter((name) => name !== "hugeName"),
    ),
  },
  // Ten million characters take a second.
  { weight: 1, arbitrary: fc.constant("hugeName" as const) },
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
  {
    weight: 4,
    arbitrary: alteration.map((name) => ({ kind: "alter" as const, alter: hostile[name] })),
  },
);
const trouble: fc.Arbitrary<Trouble> = fc
  .record({
    operation: fc.constantFrom(
      "createScript",
      "updateScript",
      "deleteScript",
      "getScriptById",
      "listScripts",
      "listScriptDependencies",
    ),
    probability: fc.constantFrom(0.1, 0.3, 0.6),
    fault,
  })
  // A new script's id that is no script's is a lie that nobody can see: README names this limit.
  .filter(
    ({ operation, fault }) =>
      !(operation === "createScript" && fault.kind === "alter" && fault.alter === hostile.otherId),
  );
/** What servers do that no document says. Milliseconds of a lag stand for half a second each, as the delays between tries do. */
const modes = {
  hashCovers: fc.constantFrom("absent", "content", "settings", "nothing"),
  trimsText: fc.constant(true),
  composesText: fc.constant(true),
  newlines: fc.constantFrom("crlf", "stripped"),
  listLag: fc.constantFrom(2, 20),
  listLagRequests: fc.constantFrom(1, 2, 4),
  readLag: fc.constantFrom(2, 20),
  readLagRequests: fc.constantFrom(1, 4),
  changeLag: fc.constantFrom(2, 20),
  paging: fc.constant("offset"),
  pageSize: fc.constantFrom(1, 2, 3),
  listedFields: fc.constantFrom("all", "identity", "no-hash"),
  dateOffset: fc.constantFrom(-3_600_000, 3_600_000),
  sendsDate: fc.constant(false),
  showsRecycled: fc.constant(true),
  keepsAudit: fc.constant(true),
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

/** How many schedules go at a time, each lane with an emulator of its own: most of their time they wait. */
const lanes = replay.seed === undefined ? 3 : 1;

/** What the schedules with one mode have come to. */
interface Tally {
  schedules: number;
  faults: number;
  kills: number;
  undecided: number;
}

const hostileNames = new Map<unknown, string>(Object.entries(hostile).map(([name, alter]) => [alter, name]));

/** Names all that a schedule draws. */
function modesOf({ behaviour, steps, troubles, ...flags }: Schedule): Set<string> {
  const outages = steps.flatMap((one) => (one.kind === "up" && one.outage !== undefined ? [one.outage] : []));
  const foreign = steps.some(({ kind }) => kind === "foreign") ? ["foreign"] : [];
  const kinds = troubles.map(({ fault }) =>
    fault.kind === "alter" ? (hostileNames.get(fault.alter) ?? "") : fault.kind,
  );
  const on = Object.entries(flags).flatMap(([flag, value]) => (value === true ? [flag] : []));
  return new Set(["all", ...Object.keys(behaviour), ...outages, ...foreign, ...kinds, ...on]);
}

describe("random schedules of faults, edits and deletes by others, and killed runs", () => {
  it(
    `lose no script, double none, and overwrite none that was changed in Celigo (${count} schedules)`,
    async () => {
      let requests = 0;
      let intrusions = 0;
      const tallies = new Map<string, Tally>();
      const struck: Record<string, number> = {};

      let failed: number | undefined;
      async function runLane(lane: number): Promise<void> {
        let listener: (request: RequestRecord) => void = () => {};
        const emulator: Emulator = await startEmulator({
          onRequest: (request) => {
            requests++;
            listener(request);
          },
        });
        let played = 0;
        const property = fc.asyncProperty(schedule, async (one) => {
          if (failed !== undefined && failed !== lane) {
            return;
          }
          const account = emulator.addAccount({ token: `token-${++played}`, name: `account-${played}` });
          try {
            const done = await play(one, emulator, account, (heard) => {
              listener = heard;
            });
            intrusions += done.intrusions;
            for (const mode of modesOf(one)) {
              const tally = tallies.get(mode) ?? { schedules: 0, faults: 0, kills: 0, undecided: 0 };
              tally.schedules++;
              tally.faults += done.faults;
              tally.kills += done.kills;
              tally.undecided += Number(done.isUndecided);
              tallies.set(mode, tally);
            }
          } catch (error) {
            // The other lanes end.
            failed ??= lane;
            throw error;
          } finally {
            listener = () => {};
            emulator.faults.clear();
            emulator.resetRequests();
          }
        });
        const { seed = Math.floor(Math.random() * 2 ** 31) } = replay;
        try {
          await fc.assert(property, {
            endOnFailure: replay.seed === undefined,
            numRuns: Math.ceil(count / lanes),
            ...replay,
            seed: seed + lane,
          });
        } finally {
          for (const [kind, times] of Object.entries(emulator.faults.injectedByKind())) {
            struck[kind] = (struck[kind] ?? 0) + times;
          }
          await emulator.stop();
        }
      }

      await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
      const rows = [...tallies].sort(([, one], [, other]) => other.schedules - one.schedules);
      const table = rows.map(([mode, { schedules, faults, kills, undecided }]) =>
        [mode.padEnd(18), ...[schedules, faults, kills, undecided].map((number) => String(number).padStart(9))].join(
          "",
        ),
      );
      console.log(
        [
          `${requests} requests, ${intrusions} edits in between, faults: ${JSON.stringify(struck)}`,
          "mode               schedules   faults    kills undecided",
          ...table,
        ].join("\n"),
      );
      expect(tallies.get("all")?.kills).toBeGreaterThan(0);
      expect(intrusions).toBeGreaterThan(0);
      if (count < 300) {
        return;
      }
      expect(Object.keys(struck).sort()).toEqual(["alter", "cut", "cut-body", "hang", "status"]);
      const rare = count < 3000 ? [] : ["endless", "throttle", ...Object.keys(hostile)];
      expect([...tallies.keys()]).toEqual(expect.arrayContaining([...drawn.map(nameOfMode), "foreign", ...rare]));
    },
    60_000 + count * 1000,
  );
});

/** Names a mode of `SCHEDULE_MODES` as the table does. */
function nameOfMode(mode: string): string {
  return mode === "rival" ? "hasRival" : mode;
}
