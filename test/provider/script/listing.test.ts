import { afterEach, describe, expect, it } from "vitest";
import { CeligoClient, type RawInputs, ScriptLifecycle } from "../../../provider/index";
import { type Behaviour, type Emulator, type EmulatorAccount, startEmulator } from "../../../sdk/emulator/index";

const content = "function one() { return 1; }\n";
const gone = { id: "" };

let emulator: Emulator;
let account: EmulatorAccount;

afterEach(() => emulator.stop());

/** The state of one script. */
interface Entry {
  readonly id: string;
  readonly outputs: RawInputs;
}

/** Starts an account with scripts of others and some of the stack, which come last, and returns the state of the stack. */
async function start(own: number, others = 0, behaviour: Partial<Behaviour> = {}): Promise<Entry[]> {
  emulator = await startEmulator({ behaviour });
  account = emulator.account();
  for (let index = 0; index < others; index++) account.seed({ name: `other ${index}`, content });
  const scripts = Array.from({ length: own }, (_, index) => account.seed({ name: `own ${index}`, content }));
  const lifecycle = lifecycleOf();
  // Without a state, each of them is read.
  const states = await refresh(
    scripts.map(({ _id }) => ({ id: _id, outputs: {} })),
    lifecycle,
  );
  emulator.resetRequests();
  return states.map(({ id, props }) => ({ id: String(id), outputs: props ?? {} }));
}

function lifecycleOf(): ScriptLifecycle {
  const token = { value: account.token, source: "the test" };
  const client = new CeligoClient({ baseUrl: emulator.url, token, maxConcurrency: 32, requestTimeout: 30, backoff: 1 });
  return new ScriptLifecycle(() => ({ client, onNameTaken: "fail", backoff: 1 }));
}

/** Reads all scripts as Pulumi's engine does: so many at a time, in the order of the state. */
async function refresh(state: readonly Entry[], lifecycle = lifecycleOf(), parallel = 8) {
  const results: Awaited<ReturnType<ScriptLifecycle["read"]>>[] = [];
  const queue = [...state.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, { id, outputs }] = next;
      results[index] = await lifecycle.read(id, outputs);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return results;
}

/** Counts the requests since the last call: pages of the list, reads, and all others. */
function take(): { readonly pages: number; readonly reads: number; readonly others: number } {
  const pages = emulator.count({ operation: "listScripts" });
  const reads = emulator.count({ operation: "getScriptById" });
  const others = emulator.count() - pages - reads;
  emulator.resetRequests();
  return { pages, reads, others };
}

const unchanged = (state: readonly Entry[]) => state.map(({ id, outputs }) => ({ id, props: outputs }));

describe("a refresh", () => {
  it("of 1,000 scripts asks for the pages of one list, each time that Pulumi reads, and for each script that was changed", {
    tags: ["slow"],
  }, async () => {
    const state = await start(1000);
    const lifecycle = lifecycleOf();
    for (const _ of ["preview", "refresh"]) {
      expect(await refresh(state, lifecycle)).toEqual(unchanged(state));
      expect(take()).toEqual({ pages: 20, reads: 0, others: 0 });
    }
    const edited = state.filter((_, index) => index % 100 === 7);
    for (const [index, { id }] of edited.entries()) {
      account.edit(id, index % 2 ? { description: "by hand" } : { content: "// by hand\n" });
    }
    const results = await refresh(state);
    expect(take()).toEqual({ pages: 20, reads: 10, others: 10 });
    expect(results.filter(({ inputs }) => inputs).map(({ id }) => id)).toEqual(edited.map(({ id }) => id));
    expect(results.filter(({ inputs }) => inputs?.["description"] === "by hand")).toHaveLength(5);
    expect(results.filter(({ inputs }) => inputs?.["content"] === "// by hand\n")).toHaveLength(5);
  });

  it("of 5 scripts in an account of 20,000 never makes more than 10 requests", async () => {
    const state = await start(5, 20_000);
    for (const paging of ["cursor", "offset"] as const) {
      account.behave({ paging });
      for (const parallel of [1, 2, 8]) {
        expect(await refresh(state, lifecycleOf(), parallel)).toEqual(unchanged(state));
        const { pages, reads, others } = take();
        expect(pages + reads).toBeLessThanOrEqual(10);
        expect(others).toBe(0);
      }
    }
  });

  it("never makes more than twice the requests of the cheaper way, whatever the order and the size of the account", {
    tags: ["slow"],
  }, async () => {
    const state = await start(300, 300, { pageSize: 20 });
    const orders = {
      first: state,
      last: [...state].reverse(),
      mixed: state.map((_, index) => state[(index * 7) % 300]),
    };
    for (const [order, all] of Object.entries(orders)) {
      for (const own of [1, 2, 30, 300]) {
        for (const paging of ["cursor", "offset"] as const) {
          account.behave({ paging });
          const some = all.slice(0, own) as Entry[];
          expect(await refresh(some)).toEqual(unchanged(some));
          const { pages, reads, others } = take();
          const message = `${own}, ${order}, ${paging}: ${pages} pages, ${reads} reads, ${others} others`;
          expect(pages + reads + others, message).toBeLessThanOrEqual(2 * Math.min(own, 30));
        }
      }
    }
  });

  it("of a single script reads it", async () => {
    const state = await start(1);
    expect(await refresh(state)).toEqual(unchanged(state));
    expect(take()).toEqual({ pages: 0, reads: 1, others: 0 });
  });

  it.each(["no-hash", "identity"] as const)(
    "costs one page more where lists cannot vouch: %s",
    async (listedFields) => {
      const state = await start(200, 0, { listedFields });
      expect(await refresh(state)).toEqual(unchanged(state));
      expect(take()).toEqual({ pages: 1, reads: 200, others: 0 });
    },
  );

  it("asks for no list where the server has no hashes, and no more pages of one that does not go on", async () => {
    let state = await start(100, 0, { hashCovers: "absent" });
    expect(await refresh(state)).toEqual(unchanged(state));
    expect(take()).toEqual({ pages: 0, reads: 100, others: 0 });
    await emulator.stop();
    state = await start(60, 0, { listLag: 1_000_000 });
    const { id, outs = {} } = await lifecycleOf().create({ name: "new", content });
    account.behave({ paging: "endless" });
    take();
    const all = [...state, { id, outputs: { ...outs } }];
    expect(await refresh(all)).toEqual(unchanged(all));
    expect(take()).toEqual({ pages: 3, reads: 1, others: 0 });
  });

  it("reads each script where the list fails", async () => {
    const state = await start(100);
    emulator.faults.add({ operation: "listScripts", fault: { kind: "status", status: 403 } });
    expect(await refresh(state)).toEqual(unchanged(state));
    expect(take()).toEqual({ pages: 1, reads: 100, others: 0 });
  });
});

describe("a list vouches for a script", () => {
  it.each([
    ["content", { description: "by hand" }],
    ["settings", { content: "// by hand\n" }],
    ["nothing", { content: "// by hand\n" }],
    ["nothing", { description: "by hand" }],
  ] as const)(
    "only where the time of the last change is the state's: a hash of %s, an edit of %o",
    async (hashCovers, edit) => {
      const state = await start(10, 0, { hashCovers });
      account.edit(state[4]?.id ?? "", edit);
      const results = await refresh(state);
      expect(results.filter(({ inputs }) => inputs)).toMatchObject([{ id: state[4]?.id, inputs: edit }]);
      // The audit log says who it was.
      expect(take()).toEqual({ pages: 1, reads: 1, others: 1 });
    },
  );

  it("only where the hash and every field are, whatever the time of the last change says", async () => {
    const state = await start(10);
    const readOnly: readonly RawInputs[] = [{ hash: "other" }, { lastModified: "2020" }, { userId: "other" }];
    const writable: readonly RawInputs[] = [{ description: "other" }, { noModule: true }, { templateId: "other" }];
    for (const change of [...readOnly, ...writable]) {
      const [first, ...rest] = state as [Entry, ...Entry[]];
      expect(await refresh([{ ...first, outputs: { ...first.outputs, ...change } }, ...rest])).toMatchObject(
        unchanged(state),
      );
      // Of an edit, the audit log says who it was.
      const others = writable.includes(change) ? 1 : 0;
      expect(take(), JSON.stringify(change)).toEqual({ pages: 1, reads: 1, others });
    }
  });

  it("never where the state does not say all, as after a create that was not confirmed", async () => {
    const state = await start(2);
    for (const [name, value] of [
      ["isUnconfirmed", true],
      ["codeHash", undefined],
      ["hash", undefined],
    ] as const) {
      const changed = state.map(({ id, outputs }) => ({ id, outputs: { ...outputs, [name]: value } }));
      expect(await refresh(changed)).toEqual(unchanged(state));
      expect(take()).toEqual({ pages: 0, reads: 2, others: 0 });
    }
  });

  it("and a script that it does not show is gone only where a read says so", async () => {
    const state = await start(100, 1, { paging: "offset" });
    // Somebody deletes a script between two pages: another one moves to the page that was read already.
    const [first, second] = [state[0]?.id ?? "", state[99]?.id ?? ""];
    emulator.faults.add({ operation: "listScripts", skip: 1, fault: { kind: "latency", milliseconds: 300 } });
    const done = refresh(state);
    account.remove(first);
    account.remove(second);
    const results = await done;
    expect(results.filter(({ id }) => id === "")).toHaveLength(2);
    expect(results.slice(1, 99)).toEqual(unchanged(state.slice(1, 99)));
  });

  it("that lags behind our own writes is not asked about them, and hides no conflict from an update", async () => {
    const state = await start(20);
    const lifecycle = lifecycleOf();
    account.behave({ listLagRequests: 5 });
    const inputs = (index: number) => ({ name: `own ${index}`, content, description: "ours" });
    const written = await Promise.all(
      state.slice(0, 5).map(({ id, outputs }, index) => lifecycle.update(id, outputs, inputs(index))),
    );
    const [edited, removed] = [state[18], state[19]] as [Entry, Entry];
    account.edit(edited.id, { content: "// by hand\n" });
    account.remove(removed.id);
    take();
    const next = state.map((entry, index) => ({ ...entry, outputs: { ...(written[index]?.outs ?? entry.outputs) } }));
    expect((await refresh(next, lifecycle)).slice(0, 18)).toEqual(unchanged(next.slice(0, 18)));
    expect(take()).toEqual({ pages: 1, reads: 5, others: 0 });
    // The list did not show what others did. An update looks for itself.
    await expect(lifecycle.update(edited.id, edited.outputs, inputs(18))).rejects.toThrow(/changed in Celigo since/);
    await expect(lifecycle.update(removed.id, removed.outputs, inputs(19))).rejects.toThrow(
      /no longer exists in Celigo/,
    );
    account.behave({ listLagRequests: 0 });
    const results = await refresh(next, lifecycleOf());
    expect(results[18]?.inputs).toMatchObject({ content: "// by hand\n" });
    expect(results[19]).toEqual(gone);
  });
});
