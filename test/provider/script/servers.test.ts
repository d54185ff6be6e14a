import { afterEach, describe, expect, it } from "vitest";
import type { UnfinishedError } from "../../../provider/errors";
import { CeligoClient, type RawInputs, ScriptLifecycle } from "../../../provider/index";
import type { OnNameTaken } from "../../../provider/policies";
import {
  type Behaviour,
  type Emulator,
  type EmulatorAccount,
  hostile,
  type RequestRecord,
  startEmulator,
} from "../../../sdk/emulator/index";

const content = "function one() { return 1; }\n";

let emulator: Emulator;
let account: EmulatorAccount;
let onRequest: (request: RequestRecord) => void = () => {};

afterEach(async () => {
  onRequest = () => {};
  await emulator.stop();
});

async function start(behaviour: Partial<Behaviour>): Promise<void> {
  emulator = await startEmulator({ behaviour, onRequest: (request) => onRequest(request) });
  account = emulator.account();
}

function lifecycleOf({
  onNameTaken = "fail" as OnNameTaken,
  backoff = 20,
  token = account.token,
  told = [] as string[],
} = {}): ScriptLifecycle {
  const client = new CeligoClient({
    baseUrl: emulator.url,
    token: { value: token, source: "the test" },
    maxConcurrency: 8,
    requestTimeout: 5,
    backoff: 1,
  });
  return new ScriptLifecycle(
    () => ({ client, onNameTaken, backoff }),
    async (urn, message, severity) => {
      told.push(`${urn}${severity}: ${message}`);
    },
  );
}

async function create(inputs: RawInputs, lifecycle = lifecycleOf()): Promise<{ id: string; outs: RawInputs }> {
  const { id, outs } = await lifecycle.create(inputs);
  return { id, outs: { ...outs } as RawInputs };
}

const loseNextAnswer = (times = 1): unknown =>
  emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when: "after" }, times });
const idsOf = (): string[] => account.scripts().map(({ _id }) => _id);

describe("a creation whose response is lost", () => {
  it("makes one script where the list lags behind", async () => {
    await start({ listLag: 100 });
    loseNextAnswer();
    const { id } = await create({ name: "s", content });
    expect(idsOf()).toEqual([id]);
  });

  it("says that there are two where the list lags for longer than it was looked at", async () => {
    await start({ listLag: 600 });
    loseNextAnswer();
    await expect(create({ name: "s", content }, lifecycleOf({ backoff: 50 }))).rejects.toThrow(
      /was created, possibly twice: an earlier attempt .* also made \w{24};/,
    );
  });

  it("says that nobody knows where the list never shows the script that was made then", async () => {
    await start({ listLagRequests: 1000 });
    loseNextAnswer();
    await expect(create({ name: "s", content }, lifecycleOf({ backoff: 1 }))).rejects.toThrow(
      /was created, possibly twice: .*the list of scripts does not show \w{24}, which was just created/,
    );
  });

  it("says that there are two where the list shows the first one when the second response is lost, too", async () => {
    await start({ listLagRequests: 4 });
    loseNextAnswer(2);
    await expect(create({ name: "s", content }, lifecycleOf({ backoff: 1 }))).rejects.toThrow(
      /the response was lost, and there are 2 new scripts of that name and content: \w{24} .*, \w{24} /,
    );
    expect(idsOf()).toHaveLength(2);
  });

  it.each(["fail", "create"] as const)(
    "is said also where the next attempt is refused, with onNameTaken %s",
    async (onNameTaken) => {
      await start({ listLagRequests: 4 });
      loseNextAnswer();
      emulator.faults.add({ operation: "createScript", fault: { kind: "status", status: 403 } });
      await expect(create({ name: "s", content }, lifecycleOf({ backoff: 1, onNameTaken }))).rejects.toThrow(
        new RegExp(
          "403.*; an earlier attempt whose response was lost may have created it\\. .*" +
            (onNameTaken === "create" ? "Look in Celigo first" : "Run pulumi up again: should the script be there"),
        ),
      );
      expect(idsOf()).toHaveLength(1);
    },
  );

  it("takes the only script where the server had not carried out the first attempt", async () => {
    await start({});
    emulator.faults.add({ operation: "createScript", fault: { kind: "cut", when: "before" } });
    loseNextAnswer();
    const { id } = await create({ name: "s", content }, lifecycleOf({ backoff: 1 }));
    expect(idsOf()).toEqual([id]);
  });

  it.each([
    ["composed", "Caf\u00e9", "Cafe\u0301"],
    ["with single blanks", "Orders of all shops", "Orders  of all\tshops"],
    ["without half a character", "Orders \uFFFD", "Orders \ud83d"],
  ])("makes one script where the server stores the name %s", async (_, stored, name) => {
    await start({});
    onRequest = ({ operation }) => {
      if (operation === "createScript") account.edit(idsOf().at(-1) ?? "", { name: stored });
    };
    loseNextAnswer();
    const { id } = await create({ name, content });
    expect(idsOf()).toEqual([id]);
  });

  it("is not taken for that of another script of the program whose name differs in blanks only", async () => {
    await start({});
    loseNextAnswer(2);
    const lifecycle = lifecycleOf();
    const made = await Promise.all(["a b", "a  b"].map((name) => create({ name, content }, lifecycle)));
    expect(account.scripts().map(({ name }) => name)).toEqual(["a b", "a  b"]);
    expect(made.map(({ id }) => id)).toEqual(idsOf());
  });

  it("makes one script where reads lag behind, and takes the one that is listed", async () => {
    await start({ readLag: 100 });
    loseNextAnswer();
    const { id } = await create({ name: "s", content });
    expect(idsOf()).toEqual([id]);
  });

  it.each([3_600_000, -3_600_000])("makes one script where the Date header is %d ms ahead", async (dateOffset) => {
    await start({ dateOffset });
    loseNextAnswer();
    const made = create({ name: "s", content });
    await (dateOffset > 0
      ? expect(made).rejects.toThrow(/there is a script of that name and content, dated before the attempt/)
      : expect(made).resolves.toMatchObject({ id: idsOf()[0] ?? expect.any(String) }));
    expect(idsOf()).toHaveLength(1);
  });
});

describe("a script that was found after a lost response", () => {
  it("is named in a warning, with who created it", async () => {
    await start({});
    loseNextAnswer();
    const told: string[] = [];
    const { id } = await create({ name: "s", content }, lifecycleOf({ told }));
    expect(told).toEqual([
      expect.stringMatching(
        new RegExp(
          `^warning: script "s" \\(${id}\\): the response to its creation was lost\\. This script was found, created by Emulator User at ` +
            "\\S+Z\\. If another run created it, remove it from the state with pulumi state delete, and run pulumi up\\.$",
        ),
      ),
    ]);
  });

  it("is named also where the audit log can't be read", async () => {
    await start({});
    loseNextAnswer();
    emulator.faults.add({ operation: "getScriptAudit", fault: { kind: "status", status: 403 } });
    const told: string[] = [];
    await create({ name: "s", content }, lifecycleOf({ told }));
    expect(told).toEqual([expect.stringContaining("(the audit log does not say by whom)")]);
  });
});

describe("a creation whose response is malformed", () => {
  const alterations = [hostile.badId, hostile.nameObject, hostile.nameAsset, hostile.contentNumber, hostile.nullScript];
  const malform = (alter: (typeof alterations)[number]) =>
    emulator.faults.add({ operation: "createScript", fault: { kind: "alter", alter }, times: Infinity });

  it.each(alterations)("was carried out: the script is found, and no second POST is sent", async (alter) => {
    await start({});
    malform(alter);
    const told: string[] = [];
    const lifecycle = lifecycleOf({ told, backoff: 1 });
    const resource = { name: "::s", urn: "urn:pulumi:dev::p::t::s " };
    const { inputs = {} } = await lifecycle.check({}, { name: "s", content, __resource: resource });
    const { id } = await create(inputs, lifecycle);
    expect(idsOf()).toEqual([id]);
    expect(emulator.count({ operation: "createScript" })).toBe(1);
    expect(told).toEqual([
      expect.stringMatching(
        `^${resource.urn}warning: script "s" \\(${id}\\): the response to its creation was malformed\\. This script was found, created by Emulator User`,
      ),
    ]);
  });

  it.each(alterations)("is an error where the script is not found, and no second POST is sent", async (alter) => {
    await start({ listLagRequests: 1000 });
    malform(alter);
    await expect(create({ name: "s", content }, lifecycleOf({ backoff: 1 }))).rejects.toThrow(
      /^could not create script "s": the response does not match the API's schema: .*; the list of scripts does not show a new script of that name\. Run pulumi up again: should the script be there/,
    );
    expect(emulator.count({ operation: "createScript" })).toBe(1);
  });

  it("is one that names a script which was there before", async () => {
    await start({});
    const { _id } = account.seed({ name: "other", content });
    malform((body) => ({ ...(body as object), _id }));
    const { id } = await create({ name: "s", content }, lifecycleOf({ backoff: 1 }));
    expect(idsOf()).toEqual([_id, id]);
    expect(emulator.count({ operation: "createScript" })).toBe(1);
  });
});

describe("the script of another one's creation", () => {
  it("is not taken where a response to a POST is about it", async () => {
    await start({});
    const swap = () => account.seed({ name: "other", content: "function other() {}\n" });
    emulator.faults.add({ operation: "createScript", fault: { kind: "alter", alter: swap } });
    const { id } = await create({ name: "s", content });
    expect(account.scripts().map(({ _id, name }) => [_id === id, name])).toEqual([
      [true, "s"],
      [false, "other"],
    ]);
  });
});

describe("a name that the list shows with a wrong id", () => {
  const lie = () => emulator.faults.add({ operation: "listScripts", fault: { kind: "alter", alter: hostile.otherId } });

  it("is still taken: the list is read again when its script is gone", async () => {
    await start({});
    const { _id } = account.seed({ name: "s", content });
    lie();
    await expect(create({ name: "s", content })).rejects.toThrow(`${_id} (last changed`);
    expect(idsOf()).toEqual([_id]);
  });

  it("is in no list that shows one id twice", async () => {
    await start({});
    const ids = ["s", "other"].map((name) => account.seed({ name, content })._id);
    lie();
    await expect(create({ name: "s", content })).rejects.toThrow(
      'could not create script "s": the response does not match the API\'s schema: two scripts have one id',
    );
    expect(idsOf()).toEqual(ids);
  });
});

describe("a rename onto a name that is taken", () => {
  const renamed = async (names: Readonly<Record<string, string>>) => {
    const told: string[] = [];
    const lifecycle = lifecycleOf({ told });
    const made = await Promise.all(Object.keys(names).map((name) => create({ name, content })));
    emulator.resetRequests();
    for (const { id, outs } of made) {
      const news = { name: names[String(outs["name"])] ?? "", content };
      await lifecycle.check({}, news);
      await lifecycle.diff(id, outs, news);
    }
    for (const { id, outs } of made) {
      await lifecycle.update(id, outs, { name: names[String(outs["name"])] ?? "", content });
    }
    return { told, ids: made.map(({ id }) => id) };
  };

  it("is reported with the stranger's id, and costs one list for all renames", async () => {
    await start({});
    const { _id } = account.seed({ name: "x", content });
    const { told, ids } = await renamed({ a: "x", b: "y" });
    expect(told).toEqual([
      `warning: script "x" (${ids[0]}) was renamed, and the account already has a script of that name: ${_id}. ` +
        "Celigo keeps both. Rename one of them, so that people can tell them apart.",
    ]);
    expect(emulator.count({ operation: "listScripts" })).toBe(1);
    expect(emulator.count()).toBe(5);
  });

  it("is not reported where the script belongs to the stack, and costs nothing where the name stays", async () => {
    await start({});
    expect((await renamed({ a: "b", b: "a" })).told).toEqual([]);
    const { id, outs } = await create({ name: "s", content });
    emulator.resetRequests();
    await lifecycleOf().update(id, outs, { name: "s", content, description: "d" });
    expect(emulator.count()).toBe(2);
  });

  it("stays done where the names can't be listed", async () => {
    await start({});
    emulator.faults.add({ operation: "listScripts", skip: 1, times: Infinity, fault: { kind: "status", status: 403 } });
    expect((await renamed({ a: "x" })).told).toEqual([]);
    expect(account.scripts()).toMatchObject([{ name: "x" }]);
  });
});

describe("a list whose pages shift", () => {
  it("is read again, so that a name that is taken is seen", async () => {
    await start({ paging: "offset", pageSize: 2 });
    account.seed({ name: "a", content });
    const named = account.seed({ name: "s", content: "// somebody's\n" });
    account.seed({ name: "b", content });
    const newest = account.seed({ name: "c", content });
    onRequest = ({ operation }) => {
      if (operation === "listScripts") {
        onRequest = () => {};
        // The second page now starts one script later.
        account.remove(newest._id);
      }
    };
    await expect(create({ name: "s", content })).rejects.toThrow(`already has a script of that name: ${named._id}`);
  });

  it("costs nothing more where there is one page", async () => {
    await start({});
    account.seed({ name: "a", content });
    await create({ name: "s", content });
    expect(emulator.count({ operation: "listScripts" })).toBe(1);
  });
});

describe("a read that shows what was before our last write", () => {
  const later = { name: "s", content: "function two() { return 2; }\n" };

  it("is no edit in Celigo, for a refresh or the next update", async () => {
    await start({});
    const { id, outs } = await create({ name: "s", content });
    account.behave({ changeLag: 30 });
    const known = { ...(await lifecycleOf().update(id, outs, later)).outs } as RawInputs;
    expect(await lifecycleOf().read(id, known)).toEqual({ id, props: known });
    account.behave({ changeLag: 0 });
    account.behave({ changeLag: 30 });
    const again = { ...(await lifecycleOf().update(id, known, { ...later, description: "d" })).outs } as RawInputs;
    await lifecycleOf().update(id, again, { ...later, description: "e" });
    expect(account.scripts()).toMatchObject([{ content: later.content, description: "e" }]);
  });

  it("is one where the server shows nothing else", async () => {
    await start({});
    const { id, outs } = await create({ name: "s", content });
    account.behave({ changeLag: 60_000 });
    const known = { ...(await lifecycleOf().update(id, outs, later)).outs } as RawInputs;
    await expect(lifecycleOf({ backoff: 1 }).update(id, known, { ...later, description: "d" })).rejects.toThrow(
      "it was changed in Celigo since the last refresh",
    );
  });
});

describe("a read that gets 404", () => {
  it("is made again for a script that was just created", async () => {
    await start({ readLagRequests: 2, listLag: 1000 });
    const { id, outs } = await create({ name: "s", content });
    account.seed({ name: "bystander", content });
    expect(await lifecycleOf().read(id, outs)).toMatchObject({ id });
  });

  it("is no sign of another account where the list does not show a young script either", async () => {
    await start({ listLag: 60, readLag: 60 });
    const { id, outs } = await create({ name: "s", content });
    expect(await lifecycleOf().read(id, outs)).toMatchObject({ id });
  });

  it("is made again for a script that the list shows, however old", async () => {
    await start({ readLagRequests: 2 });
    const { id, outs } = await create({ name: "s", content });
    expect(await lifecycleOf().read(id, { ...outs, createdAt: "2020-01-01T00:00:00.000Z" })).toMatchObject({ id });
  });

  it("is an error where the list goes on to show the script", async () => {
    await start({ readLagRequests: 1000 });
    const { id, outs } = await create({ name: "s", content });
    await expect(lifecycleOf({ backoff: 1 }).read(id, outs)).rejects.toThrow(
      `could not read script "s" (${id}): it gets 404, but the list of scripts shows it. Run the command again in a minute.`,
    );
  });

  it("is a script that is gone where neither shows it", async () => {
    await start({});
    account.seed({ name: "bystander", content });
    const { id, outs } = await create({ name: "s", content });
    account.remove(id);
    expect(await lifecycleOf({ backoff: 1 }).read(id, outs)).toEqual({ id: "" });
    expect(await lifecycleOf({ backoff: 1 }).delete(id, outs)).toBe("gone");
  });

  it("is no script to adopt until it is read", async () => {
    await start({ readLag: 100 });
    const { id } = await create({ name: "s", content });
    expect((await create({ name: "s", content }, lifecycleOf({ onNameTaken: "adopt" }))).id).toBe(id);
    expect(idsOf()).toEqual([id]);
  });
});

describe("the token of another account", () => {
  const foreign = () => emulator.addAccount({ token: "foreign-token", name: "foreign" });

  it.each(["read", "update", "delete"] as const)("stops a %s where that account has no script at all", async (verb) => {
    await start({});
    const { id, outs } = await create({ name: "s", content });
    foreign();
    const lifecycle = lifecycleOf({ token: "foreign-token" });
    const inputs = { name: "s", content, description: "d" };
    await expect(verb === "update" ? lifecycle.update(id, outs, inputs) : lifecycle[verb](id, outs)).rejects.toThrow(
      `could not ${verb} script "s" (${id}): not found, and this token's account has no scripts at all. Check that the token ` +
        "belongs to the account of this stack. If it does, and its scripts were deleted, remove them from the state with pulumi " +
        "state delete, and run pulumi up.",
    );
  });

  it("is none where the run itself has emptied the account, or seen a script of the state there", async () => {
    await start({});
    const made = [await create({ name: "a", content }), await create({ name: "b", content })] as const;
    account.remove(made[1].id);
    const lifecycle = lifecycleOf({ backoff: 1 });
    expect(await lifecycle.delete(made[0].id, made[0].outs)).toBe("deleted");
    expect(await lifecycle.delete(made[1].id, made[1].outs)).toBe("gone");
  });

  it("is none where the audit log says that the script was deleted in this account", async () => {
    await start({ keepsAudit: true });
    const { id, outs } = await create({ name: "s", content });
    await lifecycleOf().delete(id, outs);
    // As after a destroy that was cut off between the DELETE and the state.
    expect(await lifecycleOf({ backoff: 1 }).delete(id, outs)).toBe("gone");
    foreign();
    await expect(lifecycleOf({ token: "foreign-token", backoff: 1 }).delete(id, outs)).rejects.toThrow(
      "this token's account has no scripts at all",
    );
  });

  it("is noticed where the state does not know the owner of one script, as after a creation that was not confirmed", async () => {
    await start({});
    const { id, outs } = await create({ name: "s", content });
    foreign().seed({ name: "other", content });
    const { userId: _, createdAt: __, ...unknown } = outs;
    const lifecycle = lifecycleOf({ token: "foreign-token", backoff: 1 });
    const reads = [lifecycle.read(id, outs), lifecycle.read("0123456789abcdef01234567", unknown)];
    expect((await Promise.allSettled(reads)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  it("is noticed after a creation whose response lacks the content, and whose read fails", async () => {
    await start({});
    const withoutContent = (body: unknown) => ({ ...(body as object), content: undefined });
    emulator.faults.add({ operation: "createScript", fault: { kind: "alter", alter: withoutContent } });
    emulator.faults.add({ operation: "getScriptById", times: 5, fault: { kind: "status", status: 500 } });
    const unfinished = await lifecycleOf()
      .create({ name: "s", content })
      .catch((error: unknown) => error as UnfinishedError);
    foreign().seed({ name: "other", content });
    const { id, properties } = unfinished as UnfinishedError;
    await expect(lifecycleOf({ token: "foreign-token", backoff: 1 }).read(id, properties)).rejects.toThrow(
      "no script in this token's account has the owner",
    );
  });

  it("gets no new script of a stack whose scripts it does not have", async () => {
    await start({});
    const { id, outs } = await create({ name: "s", content });
    const other = foreign();
    const lifecycle = lifecycleOf({ token: "foreign-token", backoff: 1 });
    await lifecycle.diff(id, outs, { name: "s", content });
    const made = await Promise.allSettled(["a", "b"].map((name) => lifecycle.create({ name, content })));
    expect(made.map((one) => (one.status === "rejected" ? String(one.reason) : one.status))).toEqual(
      ["a", "b"].map((name) =>
        expect.stringContaining(
          `could not create script "${name}": script ${id} of this stack was not found, and this token's account has no scripts at all. `,
        ),
      ),
    );
    expect(other.scripts()).toEqual([]);
  });

  it("is not looked for where the list shows a script of the stack, and once where it shows none", async () => {
    await start({});
    const one = await create({ name: "s", content });
    account.seed({ name: "other", content });
    const inputs = { name: "s", content };
    const lifecycle = lifecycleOf({ backoff: 1 });
    await lifecycle.diff(one.id, one.outs, inputs);
    emulator.resetRequests();
    await create({ name: "a", content }, lifecycle);
    expect(emulator.count()).toBe(2);
    account.remove(one.id);
    const next = lifecycleOf({ backoff: 1 });
    await next.diff(one.id, one.outs, inputs);
    await create({ name: "b", content }, next);
    emulator.resetRequests();
    await create({ name: "c", content }, next);
    expect(emulator.count()).toBe(1);
  });

  it("stops a delete where other owners have scripts", async () => {
    await start({});
    const { id, outs } = await create({ name: "s", content });
    foreign().seed({ name: "s", content });
    await expect(lifecycleOf({ token: "foreign-token" }).delete(id, outs)).rejects.toThrow(
      `could not delete script "s" (${id}): not found, and no script in this token's account has the owner`,
    );
  });

  it("stops a read where no script of that account has the owner that the state knows", async () => {
    await start({});
    const { id, outs } = await create({ name: "s", content });
    foreign().seed({ name: "s", content });
    await expect(lifecycleOf({ token: "foreign-token" }).read(id, outs)).rejects.toThrow(
      `could not read script "s" (${id}): not found, and no script in this token's account has the owner that the state knows, ${outs["userId"]}. `,
    );
  });

  it("costs one list for all scripts that are not found", async () => {
    await start({});
    const made = [await create({ name: "a", content }), await create({ name: "b", content })];
    foreign();
    emulator.resetRequests();
    const lifecycle = lifecycleOf({ token: "foreign-token" });
    const read = await Promise.allSettled(made.map(({ id, outs }) => lifecycle.read(id, outs)));
    expect(read.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(emulator.requests.filter(({ path }) => path.endsWith("include=_userId"))).toHaveLength(1);
    expect(emulator.count({ operation: "listScripts" })).toBe(2);
  });

  it("is none where a script of the state was found, or where lists show no owners", async () => {
    await start({});
    const first = await create({ name: "a", content });
    const second = await create({ name: "b", content });
    account.remove(second.id);
    const lifecycle = lifecycleOf({ backoff: 1 });
    expect(await lifecycle.read(first.id, first.outs)).toMatchObject({ id: first.id });
    account.behave({ listedFields: "identity" });
    expect(await lifecycle.read(second.id, second.outs)).toEqual({ id: "" });
    expect(await lifecycleOf({ backoff: 1 }).read(second.id, second.outs)).toEqual({ id: "" });
  });
});

describe("a server that stores text differently than it was sent", () => {
  const inputs = { name: "s", content, description: "d\n" };
  const forms: readonly Partial<Behaviour>[] = [
    { trimsText: true },
    { newlines: "stripped" },
    { newlines: "crlf" },
    { trimsText: true, newlines: "stripped", hashCovers: "content" },
  ];

  it.each(forms)("%o: leaves nothing to do after a creation, an update and a refresh", async (behaviour) => {
    await start(behaviour);
    const lifecycle = lifecycleOf();
    let { id, outs } = await create(inputs, lifecycle);
    expect(await lifecycle.diff(id, outs, inputs)).toEqual({ changes: false });
    outs = { ...(await lifecycle.read(id, outs)).props };
    expect(await lifecycle.diff(id, outs, inputs)).toEqual({ changes: false });
    const news = { ...inputs, content: `${content}// more\n`, description: "e\n" };
    expect(await lifecycle.diff(id, outs, news)).toEqual({ changes: true });
    outs = { ...(await lifecycle.update(id, outs, news)).outs } as RawInputs;
    expect(await lifecycle.diff(id, outs, news)).toEqual({ changes: false });
    const read = await lifecycle.read(id, outs);
    expect(read).not.toHaveProperty("inputs");
    expect(await lifecycle.diff(id, { ...read.props }, news)).toEqual({ changes: false });
    expect(emulator.count({ operation: "updateScript" })).toBe(1);
    // What was sent before is a change again.
    expect(await lifecycle.diff(id, { ...read.props }, inputs)).toEqual({ changes: true });
  });

  it("is reported once, field by field", async () => {
    await start({ trimsText: true, newlines: "stripped" });
    const told: string[] = [];
    const lifecycle = lifecycleOf({ told });
    const { id, outs } = await create(inputs, lifecycle);
    expect(told).toEqual([
      `warning: script "s" (${id}): Celigo stores its description with 1 character instead of 2 and its content with 28 characters ` +
        "instead of 29. The state keeps what was sent, so this is no change.",
    ]);
    await lifecycle.update(id, outs, { ...inputs, noModule: true });
    expect(told).toHaveLength(1);
  });

  it("is known by hash: Pulumi encrypts only outputs with the name of a secret input", async () => {
    await start({ trimsText: true });
    const secret = { ...inputs, description: "the secret \n" };
    const { id, outs } = await create(secret);
    expect(outs["description"]).toBe("the secret");
    expect(Object.keys(outs["sent"] as object)).toEqual(["description"]);
    expect(JSON.stringify(outs["sent"])).not.toContain("the secret");
    expect(await lifecycleOf().diff(id, outs, secret)).toEqual({ changes: false });
    expect(await lifecycleOf().diff(id, outs, { ...secret, description: "the secret\n" })).toEqual({ changes: true });
  });

  it("still shows an edit, as one of the fields that were edited", async () => {
    await start({ newlines: "stripped" });
    const { id, outs } = await create(inputs);
    account.edit(id, { content: "// edited" });
    const read = await lifecycleOf().read(id, outs);
    expect(read.inputs).toMatchObject({ content: "// edited" });
    expect(await lifecycleOf().diff(id, { ...read.props }, inputs)).toEqual({ changes: true });
  });

  it.each(forms)("%o: makes one script where responses to its creation are lost", async (behaviour) => {
    await start(behaviour);
    loseNextAnswer();
    const { id, outs } = await create(inputs);
    expect(idsOf()).toEqual([id]);
    expect(await lifecycleOf().diff(id, outs, inputs)).toEqual({ changes: false });
  });

  it.each(forms)("%o: sees that an update was made whose response is lost", async (behaviour) => {
    await start(behaviour);
    const { id, outs } = await create(inputs);
    emulator.faults.add({ operation: "updateScript", fault: { kind: "cut", when: "after" } });
    const news = { ...inputs, content: `${content}// more\n` };
    const updated = { ...(await lifecycleOf().update(id, outs, news)).outs } as RawInputs;
    expect(await lifecycleOf().diff(id, updated, news)).toEqual({ changes: false });
    expect(emulator.count({ operation: "updateScript" })).toBe(1);
  });

  it("finds the script to adopt by the name that it has there", async () => {
    await start({});
    const { _id } = account.seed({ name: "s ", content });
    const { id } = await create({ name: "s", content }, lifecycleOf({ onNameTaken: "adopt" }));
    expect(id).toBe(_id);
    expect(account.scripts()).toMatchObject([{ name: "s" }]);
  });

  it("gets no name with blanks at its ends", async () => {
    await start({});
    for (const name of [" s", "s ", "s\n"]) {
      const { failures } = await lifecycleOf().check({}, { name, content });
      expect(failures).toEqual([{ property: "", reason: "name must not begin or end with a blank" }]);
    }
  });
});

describe("an edit that the server's hash does not cover", () => {
  const edits = {
    content: { content: "function one() { return 2; }\n" },
    settings: { description: "changed in Celigo" },
  } as const;
  it.each([
    ["content", "settings"],
    ["settings", "content"],
    ["nothing", "content"],
    ["nothing", "settings"],
  ] as const)("is a conflict, and shown by a refresh: a hash of %s, an edit of %s", async (hashCovers, part) => {
    await start({ hashCovers });
    const { id, outs } = await create({ name: "s", content });
    account.edit(id, edits[part]);
    const next = { name: "s", content: "function one() { return 3; }\n" };
    await expect(lifecycleOf().update(id, outs, next)).rejects.toThrow(
      /it was changed in Celigo since the last refresh/,
    );
    await expect(lifecycleOf().delete(id, outs)).rejects.toThrow(/it was changed in Celigo since the last refresh/);
    expect((await lifecycleOf().read(id, outs)).inputs).toMatchObject(edits[part]);
    expect(account.scripts()).toMatchObject([edits[part]]);
  });
});
