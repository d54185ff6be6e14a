import { setTimeout as sleep } from "node:timers/promises";
import { UnfinishedError } from "../../../provider/errors";
import { CeligoClient, contentHash, type Projection, type RawInputs, ScriptLifecycle } from "../../../provider/index";
import type { OnNameTaken } from "../../../provider/policies";
import { resourceKey } from "../../../provider/script/resource";
import {
  type Behaviour,
  type Emulator,
  type EmulatorAccount,
  type Fault,
  hostile,
  type RequestRecord,
  type StoredScript,
} from "../../../sdk/emulator/index";

/** One thing that happens in a schedule. Resources are known by a number. */
export type Step =
  | { readonly kind: "write"; readonly resource: number; readonly version: number }
  | { readonly kind: "withdraw"; readonly resource: number }
  /** Another logical name: with an alias the resource stays, without one it is another, and the former one is deleted last. */
  | { readonly kind: "rename"; readonly resource: number; readonly hasAlias: boolean }
  | {
      readonly kind: "up";
      readonly killAfter: number | undefined;
      readonly answerIsLost: boolean;
      /** What the server does during this run only: lists without end, or for a moment nothing but 429. */
      readonly outage?: Outage | undefined;
    }
  | { readonly kind: "refresh" }
  /** A run with the token of another account, which has scripts of its own or none. */
  | { readonly kind: "foreign"; readonly verb: "refresh" | "up"; readonly isInhabited: boolean }
  | {
      readonly kind: "edit";
      readonly resource: number;
      readonly version: number;
      readonly part: "content" | "description";
    }
  | { readonly kind: "revert"; readonly resource: number }
  | { readonly kind: "remove"; readonly resource: number };

/** What makes a run of its own useless: no schedule could end well in it. */
type Outage = "endless" | "throttle";

/** A fault that strikes requests of one operation by chance. */
export interface Trouble {
  readonly operation: string;
  readonly probability: number;
  readonly fault: Fault;
}

/** What happens to one account: a program that changes, others who change things, a network that fails, runs that die. */
export interface Schedule {
  readonly steps: readonly Step[];
  readonly troubles: readonly Trouble[];
  /** Source of the faults' chance. */
  readonly seed: number;
  /** Whether the verbs of a run go at once, as the engine's do, or one after the other, which replays exactly. */
  readonly isParallel: boolean;
  /** Whether the last two resources have the same name and content. Such schedules know no kills. */
  readonly hasTwins: boolean;
  /** Whether scripts of others have the resources' names. Such schedules know no kills, and adopt nothing. */
  readonly hasStrangers: boolean;
  /**
   * Whether another stack creates scripts of the same names and content in the same account during each run. Such schedules
   * know no kills, and adopt nothing.
   */
  readonly hasRival: boolean;
  /** What the server does that no document says. */
  readonly behaviour: Partial<Behaviour>;
  /** Whether the program tells the names of its resources; states of another origin lack them. */
  readonly hasNames: boolean;
  /** Whether runs adopt scripts; only where all of a name are the program's. */
  readonly adopts: boolean;
  /** Whether somebody edits a script whenever an update or a delete of it has failed, before it is tried again. */
  readonly hasIntruder: boolean;
}

/** How many resources a schedule speaks of. */
export const resourceCount = 5;

interface Entry {
  readonly id: string;
  readonly outputs: RawInputs;
  readonly isUnfinished: boolean;
}

/** Thrown in a process that has been killed. */
class Killed extends Error {}

/** What a schedule has come to. */
interface Outcome {
  readonly kills: number;
  readonly intrusions: number;
  /** Responses that a fault has cut, delayed or changed. */
  readonly faults: number;
  /** Whether nobody can know what should be there: messages said so, or the machine was too slow. */
  readonly isUndecided: boolean;
}

/** Hands every request to a listener. */
type Listen = (listener: (request: RequestRecord) => void) => void;

/**
 * Plays a schedule with the lifecycle and the client, on real HTTP, in place of the engine; throws where something is
 * lost, doubled, or overwritten without having been asked.
 */
export async function play(
  schedule: Schedule,
  emulator: Emulator,
  account: EmulatorAccount,
  onRequest: Listen,
): Promise<Outcome> {
  const brokenBefore = brokenRequests(emulator);
  const faultsBefore = emulator.faults.injected;
  let unanswered = 0;
  const messages: string[] = [];
  // On a slow machine requests reach their time limit without a fault. The server carries them out later than any look.
  const isSlow = async () => {
    await sleep(1);
    return unanswered > brokenRequests(emulator) - brokenBefore;
  };
  try {
    const listen: Listen = (listener) =>
      onRequest((request) => {
        unanswered += request.status === 0 ? 1 : 0;
        listener(request);
      });
    const outcome = await playSteps(schedule, emulator, account, { listen, isSlow, messages });
    return { ...outcome, faults: emulator.faults.injected - faultsBefore };
  } catch (error) {
    if (!(error instanceof Violation)) {
      throw error;
    }
    if (await isSlow()) {
      return { kills: 0, intrusions: 0, faults: emulator.faults.injected - faultsBefore, isUndecided: true };
    }
    throw new Violation([error.message, ...messages].join("\n  "));
  }
}

/** Counts the requests that faults have left without a response. */
function brokenRequests(emulator: Emulator): number {
  const { cut = 0, hang = 0, "cut-body": cutBody = 0 } = emulator.faults.injectedByKind();
  return cut + hang + cutBody;
}

/** What the play of a schedule reports to, and asks. */
interface Stage {
  readonly listen: Listen;
  readonly isSlow: () => Promise<boolean>;
  /** Takes what errors say, so that a violation can show it. */
  readonly messages: string[];
}

async function playSteps(
  schedule: Schedule,
  emulator: Emulator,
  account: EmulatorAccount,
  { listen, isSlow, messages }: Stage,
): Promise<Omit<Outcome, "faults">> {
  const program = new Map<number, RawInputs>();
  const state = new Map<number, Entry>();
  /** Resources under their former names, which the end of the next run deletes. */
  const former: { readonly resource: number; entry: Entry }[] = [];
  const renames = new Map<number, number>();
  const nameOf = (resource: number) => `::script-${resource}.${renames.get(resource) ?? 0}`;
  const strangers: StoredScript[] = [];
  /** Resources of the other stack. */
  const rivals = new Set<number>();
  /** What warnings have said in either stack. */
  const told: string[] = [];
  const removedByOthers = new Set<string>();
  const withdrawn = new Set<string>();
  /** Scripts as somebody left them in the middle of a run; what is known of them has not been refreshed since. */
  const intruded = new Map<string, string>();
  let intrusions = 0;
  let kills = 0;
  let foreigners = 0;
  let isUncertain = false;
  let chance = schedule.seed;
  const random = () => {
    chance = (Math.imul(chance, 1_664_525) + 1_013_904_223) >>> 0;
    return chance / 2 ** 32;
  };

  const {
    hashCovers = "all",
    listLag = 0,
    listLagRequests = 0,
    readLag = 0,
    changeLag = 0,
    paging = "cursor",
  } = schedule.behaviour;
  // Nobody can see an edit that reads do not show.
  const hasIntruder = schedule.hasIntruder && changeLag === 0;
  const hasOthers = schedule.hasStrangers || schedule.hasRival;
  const adopts = schedule.adopts && !schedule.hasTwins;
  const onNameTaken = hasOthers ? "create" : adopts ? "adopt" : "fail";
  account.behave(schedule.behaviour);
  // It shows whose account this is when every script of the state is gone.
  strangers.push(account.seed({ name: "bystander", content: "function bystander() {}\n" }));
  if (schedule.hasStrangers) {
    for (let resource = 0; resource < resourceCount; resource++) {
      const { name, content } = argsOf(resource, resource, schedule.hasTwins);
      strangers.push(account.seed({ name: String(name), content: String(content) }));
    }
  }
  const openings: Trouble[] = ["updateScript", "deleteScript"].map((operation) => {
    return { operation, probability: 0.4, fault: { kind: "cut", when: "before" } };
  });
  // The end of a request that hangs is noticed at no certain moment, which might be that between a look and a write.
  const troubles = hasIntruder
    ? [...schedule.troubles.filter(({ fault }) => fault.kind !== "hang"), ...openings]
    : schedule.troubles;
  const requestTimeout = troubles.some(({ fault }) => fault.kind === "hang") ? 0.2 : 2;
  const addTroubles = () =>
    troubles.forEach(({ operation, probability, fault }) => {
      // What hangs costs the time for one try, and what is huge costs memory.
      const isCostly = fault.kind === "hang" || (fault.kind === "alter" && fault.alter === hostile.hugeName);
      const times = isCostly ? 2 : Infinity;
      emulator.faults.add({ operation, probability, random, fault, times, account: account.name });
    });

  const liveOf = (id: string) => account.scripts().find(({ _id }) => _id === id);
  listen(({ account: name, operation, path, status }) => {
    const id = path.split("/")[3] ?? "";
    const isWrite = operation === "updateScript" || operation === "deleteScript";
    if (hasIntruder && name === account.name && isWrite && (status === 0 || status >= 400) && liveOf(id)) {
      account.edit(id, { description: `intrusion ${++intrusions}` });
      intruded.set(id, JSON.stringify(liveOf(id)));
    }
  });

  /** Runs `up` in a process; returns whether all of it succeeded. */
  async function up(process: Process): Promise<boolean> {
    let isComplete = true;
    const verbs: (() => Promise<void>)[] = [];
    const attempt = (resource: number, verb: () => Promise<void>) => async () => {
      try {
        if (!process.isDead()) {
          await verb();
        }
      } catch (error) {
        if (error instanceof Violation) {
          throw error;
        }
        isComplete = false;
        if (!process.isDead() && error instanceof UnfinishedError) {
          state.set(resource, { id: error.id, outputs: error.properties, isUnfinished: true });
        }
        if (
          !(error instanceof Killed) &&
          /could not check whether|the response was lost, and|gets 404, but|does not show a new script/.test(
            String(error),
          )
        ) {
          isUncertain = true;
        }
        messages.push(String(error));
        followAdvice(String(error));
      }
      isComplete &&= !process.isDead();
    };
    // Pulumi registers all resources at once, and what is there is compared while a creation still asks for the names.
    const isNew = (resource: number) => Number(!state.has(resource));
    for (const [resource, args] of [...program].sort(([one], [other]) => isNew(one) - isNew(other))) {
      const entry = state.get(resource);
      verbs.push(
        attempt(resource, async () => {
          const news = schedule.hasNames ? { ...args, [resourceKey]: { name: nameOf(resource) } } : args;
          const { inputs = {}, failures } = await process.lifecycle.check({}, news);
          if (failures?.length) {
            throw new Error(JSON.stringify(failures));
          }
          if (!entry) {
            const { id, outs = {} } = await process.lifecycle.create(inputs);
            intruded.delete(id);
            process.record(() => state.set(resource, { id, outputs: { ...outs }, isUnfinished: false }));
            return;
          }
          const { changes } = await process.lifecycle.diff(entry.id, entry.outputs, inputs);
          if (changes || entry.isUnfinished) {
            const expectUntouched = guard(entry, inputs);
            try {
              const { outs = {} } = await process.lifecycle.update(entry.id, entry.outputs, inputs);
              process.record(() => state.set(resource, { id: entry.id, outputs: { ...outs }, isUnfinished: false }));
            } finally {
              expectUntouched();
            }
          }
        }),
      );
    }
    for (const [resource, entry] of state) {
      if (!program.has(resource)) {
        verbs.push(
          attempt(resource, async () => {
            const expectUntouched = guard(entry, undefined);
            // Whether or not the answer arrives: the program has asked for it.
            withdrawn.add(entry.id);
            try {
              await process.lifecycle.delete(entry.id, entry.outputs);
              process.record(() => state.delete(resource));
            } finally {
              expectUntouched();
            }
          }),
        );
      }
    }
    if (schedule.isParallel) {
      await Promise.all(verbs.map((verb) => verb()));
    } else {
      for (const verb of verbs) {
        await verb();
      }
    }
    for (const one of [...former]) {
      const { resource, entry } = one;
      // As Pulumi does it: what is there no more is deleted once all else has been done.
      if (!program.has(resource) || state.has(resource)) {
        await attempt(resource, async () => {
          const isAdopted = [...state.values()].some(({ id }) => id === entry.id);
          const expectUntouched = guard(entry, undefined);
          if (!isAdopted) {
            withdrawn.add(entry.id);
          }
          try {
            await process.lifecycle.delete(entry.id, entry.outputs);
            process.record(() => former.splice(former.indexOf(one), 1));
          } finally {
            expectUntouched();
          }
        })();
      }
    }
    for (const [id, script] of intruded) {
      const now = JSON.stringify(liveOf(id));
      expect(now === script, `an edit in the middle of a run was overwritten: ${script} became ${now}`);
    }
    return isComplete;
  }

  // Where lists lag, a lost response can make two scripts: README names this limit, and the error names both.
  const lags = listLag > 0 || listLagRequests > 0;
  const namesSeveral = lags
    ? /new scripts of that name and content: |dated before the attempt: |already has \d+ scripts of that name: /
    : /new scripts of that name and content: |dated before the attempt: /;

  /** Deletes what a message says was made twice, as people do. Where others make such scripts, nobody can follow that. */
  function followAdvice(message: string): void {
    const [, twins] = / also made (\w{24}(?:, \w{24})*); delete that/.exec(message) ?? [];
    const [, ...others] = namesSeveral.test(message) ? (message.match(/\b[0-9a-f]{24}\b/g) ?? []) : [];
    const surplus = [...(twins?.split(", ") ?? []), ...(hasOthers ? [] : others), ...doublesOf(message)];
    if (schedule.hasTwins || schedule.hasRival) {
      isUncertain ||= surplus.length > 0;
      return;
    }
    for (const id of surplus) {
      account.remove(id);
    }
  }

  /** Looks in Celigo for a script that was made twice, where a message says that this could not be checked. */
  function doublesOf(message: string): string[] {
    const [, id = ""] = /\((\w{24})\) was created, possibly twice: could not check /.exec(message) ?? [];
    const ours = account.scripts().filter(({ _id }) => strangers.every((stranger) => stranger._id !== _id));
    return ours.filter(({ _id, name }) => _id !== id && name === liveOf(id)?.name).map(({ _id }) => _id);
  }

  /** Runs the other stack, which creates what it does not have yet. */
  async function runRival(): Promise<void> {
    const { lifecycle } = startProcess(emulator, account, { onNameTaken: "create", requestTimeout, told });
    await Promise.all(
      [...program].map(async ([resource, args]) => {
        try {
          if (rivals.has(resource)) {
            return;
          }
          rivals.add(resource);
          const { inputs = {} } = await lifecycle.check({}, args);
          const { id } = await lifecycle.create(inputs);
          const script = liveOf(id);
          expect(script, `the other stack has lost script ${id}`);
          strangers.push(script as StoredScript);
        } catch (error) {
          if (error instanceof Violation) {
            throw error;
          }
          // What its creation has led to is not known.
          isUncertain = true;
        }
      }),
    );
  }

  /** Returns what fails if a script that others changed since the last refresh is not as they left it. */
  function guard(entry: Entry, inputs: RawInputs | undefined): () => void {
    const before = liveOf(entry.id);
    const isForeign = before && !agrees(before, entry.outputs) && !(inputs && agrees(before, inputs));
    return () => {
      const after = liveOf(entry.id);
      if (isForeign && JSON.stringify(after) !== JSON.stringify(before)) {
        throw new Violation(
          `script ${entry.id} was overwritten: ${JSON.stringify(before)} became ${JSON.stringify(after)}`,
        );
      }
    };
  }

  /** Plays a run with the token of another account: nothing may leave the state, and nothing may get into that account. */
  async function runForeign({ verb, isInhabited }: Step & { readonly kind: "foreign" }): Promise<void> {
    const name = `${account.name}-foreign-${++foreigners}`;
    const foreign = emulator.addAccount({ name, token: `${name}-token` });
    if (isInhabited) {
      foreign.seed({ name: "foreigner", content: "function foreigner() {}\n" });
    }
    const stateNow = () => JSON.stringify([[...state].map(([key, { id }]) => [key, id]), former.length]);
    const before = [stateNow(), JSON.stringify(foreign.scripts())];
    const process = startProcess(emulator, foreign, { onNameTaken });
    await (verb === "up" ? up(process) : refresh(process, false));
    expect(before[0] === stateNow(), `a ${verb} with another account's token changed the state: ${stateNow()}`);
    expect(before[1] === JSON.stringify(foreign.scripts()), `a ${verb} wrote to another account`);
  }

  async function refresh(
    process = startProcess(emulator, account, { requestTimeout }),
    isRightAccount = true,
  ): Promise<boolean> {
    let isComplete = true;
    if (isRightAccount) {
      intruded.clear();
    }
    const reads: (() => Promise<void>)[] = [];
    const read = ({ id, outputs }: Entry, keep: (props: RawInputs) => void, drop: () => void) =>
      reads.push(async () => {
        try {
          const { id: found, props = {} } = await process.lifecycle.read(id, outputs);
          found ? keep(props) : drop();
        } catch {
          isComplete = false;
        }
      });
    for (const [resource, entry] of state) {
      read(
        entry,
        (outputs) => state.set(resource, { ...entry, outputs }),
        () => state.delete(resource),
      );
    }
    for (const one of former) {
      const { entry } = one;
      read(
        entry,
        (outputs) => {
          one.entry = { ...entry, outputs };
        },
        () => former.splice(former.indexOf(one), 1),
      );
    }
    if (schedule.isParallel) {
      await Promise.all(reads.map((one) => one()));
    } else {
      for (const one of reads) {
        await one();
      }
    }
    return isComplete;
  }

  /** What the README tells to do after a run that was cut off: `CELIGO_ON_NAME_TAKEN=adopt pulumi up --refresh`. */
  async function recover(): Promise<void> {
    emulator.faults.clear();
    await pass();
    const start = () => startProcess(emulator, account, { onNameTaken: hasOthers ? "create" : "adopt" });
    const process = start();
    expect(await refresh(process), "a refresh without faults fails");
    const isComplete = (await up(process)) || (lags && (await up(start())));
    expect(isComplete, "an up without faults, after a refresh, fails");
  }

  /** Lets time pass, as it does between what people do, until lists show all. Timers can be a millisecond early. */
  const pass = async () => {
    await sleep(Math.max(listLag, readLag, changeLag) + 2);
    if (listLagRequests > 0) {
      account.behave({ listLagRequests: 0 });
      while (!(await canList())) {
        // A fault has struck the list.
      }
      account.behave({ listLagRequests });
    }
  };
  const canList = async () => {
    const request = { headers: { authorization: `Bearer ${account.token}` }, signal: AbortSignal.timeout(500) };
    const list = await fetch(`${emulator.url}/v1/scripts`, request).catch(() => undefined);
    return list?.ok === true;
  };

  /** Begins an outage, and returns what ends it. */
  const begin = (outage: Outage | undefined) => {
    account.behave(outage === "endless" ? { paging: outage } : { throttle: outage === "throttle" ? 1 : 0 });
    const timer = setTimeout(() => account.behave({ throttle: 0 }), 20);
    return () => {
      clearTimeout(timer);
      account.behave({ paging, throttle: 0 });
    };
  };

  addTroubles();
  for (const step of schedule.steps) {
    if (isUncertain && (schedule.hasTwins || hasOthers)) {
      break;
    }
    await pass();
    const entry = "resource" in step ? state.get(step.resource) : undefined;
    const live = entry && liveOf(entry.id);
    if (live && ["edit", "revert", "remove"].includes(step.kind)) {
      intruded.delete(live._id);
    }
    switch (step.kind) {
      case "write":
        program.set(step.resource, argsOf(step.resource, step.version, schedule.hasTwins));
        break;
      case "withdraw":
        program.delete(step.resource);
        break;
      case "rename":
        renames.set(step.resource, (renames.get(step.resource) ?? 0) + 1);
        if (entry && !step.hasAlias && !schedule.hasTwins && program.has(step.resource)) {
          state.delete(step.resource);
          former.push({ resource: step.resource, entry });
        }
        break;
      case "up": {
        const mayDie = step.killAfter !== undefined && !schedule.hasTwins && !hasOthers;
        const { killAfter, answerIsLost } = step;
        const process = startProcess(emulator, account, {
          onNameTaken,
          requestTimeout,
          told,
          ...(mayDie ? { killAfter, answerIsLost } : {}),
        });
        const end = begin(step.outage);
        await Promise.all([up(process), schedule.hasRival ? runRival() : undefined]);
        end();
        for (const { id } of state.values()) {
          if (strangers.some(({ _id }) => _id === id)) {
            expect(
              told.some((message) => message.includes(id)),
              `script ${id} of another stack was taken silently`,
            );
            isUncertain = true;
          }
        }
        kills += mayDie ? 1 : 0;
        if ((mayDie || isUncertain) && !schedule.hasTwins && !hasOthers) {
          isUncertain = false;
          await recover();
          addTroubles();
        }
        break;
      }
      case "refresh":
        await refresh();
        break;
      case "foreign":
        // README names this limit: what an up compares tells accounts apart, and a refresh compares all of the state.
        if ([...state.keys()].some((resource) => step.verb === "refresh" || program.has(resource))) {
          await runForeign(step);
        }
        break;
      case "edit":
        if (live) {
          account.edit(
            live._id,
            step.part === "content"
              ? { content: `// edited ${step.version}\n` }
              : { description: `edited ${step.version}` },
          );
        }
        break;
      case "revert":
        if (live && entry) {
          account.edit(live._id, { description: String(entry.outputs["description"] ?? "") });
        }
        break;
      case "remove":
        if (live) {
          account.remove(live._id);
          removedByOthers.add(live._id);
        }
        break;
    }
    for (const { id, outputs } of state.values()) {
      const { contentHash: deployed, codeHash, sent = {} } = outputs as { [name: string]: unknown; sent?: RawInputs };
      expect(
        codeHash === deployed || codeHash === sent["contentHash"],
        `script ${id} hands on the hash of code that was not deployed`,
      );
      expect(liveOf(id) || removedByOthers.has(id) || withdrawn.has(id), `script ${id} is lost`);
    }
  }
  for (const stranger of schedule.hasRival && isUncertain ? [] : strangers) {
    expect(JSON.stringify(liveOf(stranger._id)) === JSON.stringify(stranger), `stranger ${stranger._id} was touched`);
  }
  isUncertain ||= await isSlow();
  if (!isUncertain) {
    await recover();
    expect(former.length === 0, "a resource under its former name is still in the state");
    await expectClean(program, state, strangers, hashCovers !== "absent", emulator, account, up);
  }
  emulator.faults.clear();
  return { kills, intrusions, isUndecided: isUncertain };
}

/** What must be true after a run without faults: everything once, as the program says, and nothing left to do. */
async function expectClean(
  program: ReadonlyMap<number, RawInputs>,
  state: ReadonlyMap<number, Entry>,
  strangers: readonly StoredScript[],
  hasHash: boolean,
  emulator: Emulator,
  account: EmulatorAccount,
  up: (process: Process) => Promise<boolean>,
): Promise<void> {
  const managed = [...state.values()].map(({ id }) => id);
  const live = account.scripts();
  expect([...state.keys()].sort().join() === [...program.keys()].sort().join(), "the state is not the program");
  expect(new Set(managed).size === managed.length, "two resources manage one script");
  const expected = [...managed, ...strangers.map(({ _id }) => _id)].sort();
  const actual = live.map(({ _id }) => _id).sort();
  expect(expected.join() === actual.join(), `the account holds ${actual.join()}, and should hold ${expected.join()}`);
  for (const [resource, args] of program) {
    const script = live.find(({ _id }) => _id === state.get(resource)?.id);
    expect(script && agrees(script, args), `script ${resource} is not as the program says`);
    expect(
      !script || !hasHash || state.get(resource)?.outputs["hash"] === script.__hash,
      `the state has another hash than the server for script ${resource}`,
    );
  }
  emulator.resetRequests();
  expect(await up(startProcess(emulator, account)), "a second up fails");
  expect(emulator.count() === 0, `a second up makes ${emulator.count()} requests`);
}

/** A promise that was broken. */
class Violation extends Error {}

function expect(condition: unknown, otherwise: string): void {
  if (!condition) {
    throw new Violation(otherwise);
  }
}

function argsOf(resource: number, version: number, hasTwins: boolean): RawInputs {
  const isTwin = hasTwins && resource >= resourceCount - 2;
  // As macOS spells a file name: an e and its accent, which Unicode also has as one character.
  const [name, content] = isTwin
    ? ["twin", "function twin() {}\n"]
    : [resource % 2 ? `script-${resource}` : `scripte\u0301-${resource}`, `function f${version}() {}\n`];
  const end = ["", "\n", "", " e\u0301"][version % 4];
  return { name, content, ...(version % 2 ? { description: `version ${version}${end}` } : {}) };
}

/** Compares in plain words what the provider compares by hash; what a server does to text in passing is no difference. */
function agrees(script: StoredScript, values: RawInputs): boolean {
  const content = script.content ?? "";
  const hash = values["contentHash"] ?? contentHash(String(values["content"]));
  return (
    [content, `${content}\n`].some((text) => contentHash(text) === hash) &&
    plain(script.name) === plain(values["name"]) &&
    plain(script.description) === plain(values["description"])
  );
}

function plain(text: unknown): string {
  return String(text ?? "")
    .trim()
    .normalize("NFC");
}

type Process = ReturnType<typeof startProcess>;

interface ProcessOptions {
  /** @default fail */
  readonly onNameTaken?: OnNameTaken;
  /** How many requests it lives to make. @default any number */
  readonly killAfter?: number | undefined;
  /** Whether its last request arrives. @default false */
  readonly answerIsLost?: boolean;
  /** Seconds. @default 2 */
  readonly requestTimeout?: number;
  /** Takes what the process warns of. */
  readonly told?: string[];
}

/** A provider process that dies, if it is to, before or after its n-th request. */
function startProcess(
  emulator: Emulator,
  account: EmulatorAccount,
  {
    onNameTaken = "fail",
    killAfter = Infinity,
    answerIsLost = false,
    requestTimeout = 2,
    told = [],
  }: ProcessOptions = {},
) {
  const client = new CeligoClient({
    baseUrl: emulator.url,
    token: { value: account.token, source: "the schedule" },
    maxConcurrency: 8,
    requestTimeout,
    backoff: 1,
  });
  let calls = 0;
  let isDead = false;
  const whileAlive = async (ask: () => unknown): Promise<unknown> => {
    const isLast = ++calls > killAfter;
    if (isDead || (isLast && !answerIsLost)) {
      isDead = true;
      throw new Killed();
    }
    const answer = await ask();
    if (isLast || isDead) {
      isDead = true;
      throw new Killed();
    }
    return answer;
  };
  const mortal = new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") {
        return member;
      }
      if (name === "together") {
        // No request of its own.
        return member.bind(target) as unknown;
      }
      if (name === "listPages") {
        return (projection?: Projection) => {
          const pages = target.listPages(projection);
          return { next: () => whileAlive(() => pages.next()) };
        };
      }
      return (...args: unknown[]) => whileAlive(() => Reflect.apply(member, target, args) as unknown);
    },
  });
  const lifecycle = new ScriptLifecycle(
    () => ({ client: mortal, onNameTaken, backoff: 1 }),
    async (_, message, severity) => {
      if (severity === "warning") {
        told.push(message);
      }
    },
  );
  return {
    lifecycle,
    isDead: () => isDead,
    /** Writes to the state, which a dead process does not. */
    record(write: () => unknown): void {
      if (isDead) {
        throw new Killed();
      }
      write();
    },
  };
}
