import { describe, expect, it } from "vitest";
import { contentHash } from "../../provider/content/content";
import { type EmulatorAccount, type FaultRule, hostile } from "../../sdk/emulator/index";
import { resourcesOf } from "../engine/index";
import { engineOrSkip } from "../engine/vitest";
import { openSession, programOf, sourceOf } from "./session";

const engine = engineOrSkip();
const limit = { timeout: 300_000 };
const goOn = { args: ["--continue-on-error"] };
const token = "CELIGO_API_TOKEN";

/** A function that returns a number, as content and as the argument that declares it. */
const code = (value: number | string) => `function f() { return ${value}; }\n`;
const content = (value: number | string) => `content: ${JSON.stringify(code(value))}`;

/** The one script of that name. */
function named(account: EmulatorAccount, name: string) {
  const found = account.scripts().filter((script) => script.name === name);
  expect(found.map((script) => script.name)).toEqual([name]);
  return found[0] as (typeof found)[0];
}

/** The errors of the summary that Pulumi ends with, without repetition; it shows each one while it runs, too. */
function errorsIn(output: string): string[] {
  const summary = output.slice(output.indexOf("Diagnostics:"));
  return [...new Set([...summary.matchAll(/^\s+error: (.*)$/gm)].map(([, words]) => words ?? ""))].filter(
    (words) => !/^(update|preview) failed|^resource .* failed|^\d+ errors? occurred/.test(words),
  );
}

/** The names of all scripts, in alphabetical order. */
const namesIn = (account: EmulatorAccount) =>
  account
    .scripts()
    .map(({ name }) => name ?? "")
    .sort();

/** What the look for taken names costs, however many scripts are created. */
const oneList = { "GET listScripts": 1 };

/** What becomes of each script is in its name; `more` is in the first version of the program only. */
const program = (value: number, more: Readonly<Record<string, string>> = {}) =>
  sourceOf({
    calm: `{ ${content(value)} }`,
    edited: `{ ${content(value)} }`,
    described: `{ ${content(value)} }`,
    wanted: `{ ${content(value)} }`,
    forced: `{ ${content(value)}, onConflict: "overwrite" }`,
    ...more,
  });

describe("a script that was changed in Celigo since the last refresh", limit, () => {
  it("is neither overwritten nor deleted, unless the printed commands are followed", async () => {
    const { workspace, account, emulator, takeRequests } = await openSession(engine(), {
      "index.js": program(1, { dropped: `{ ${content(1)} }`, released: `{ ${content(1)}, onConflict: "overwrite" }` }),
    });
    await workspace.up();
    const before = account.scripts();
    const by = { userName: "Ada Lovelace" };
    const edit = (name: string, changes: Parameters<EmulatorAccount["edit"]>[1]) =>
      account.edit(named(account, name)._id, changes, by);
    const after = edit("edited", { content: code("'hotfix'") });
    edit("described", { description: "Approved by Ada" });
    edit("wanted", { content: code(2) });
    edit("forced", { content: code("'hotfix'") });
    const dropped = edit("dropped", { content: code("'hotfix'") });
    edit("released", { content: code("'hotfix'") });
    const raw = account.scripts();

    // An update and a delete by the same run.
    workspace.writeFile("index.js", program(2));
    const { output } = await workspace.up({ ...goOn, expectFailure: true });
    const errors = errorsIn(output);
    const hashes = ({ _id, __hash }: { _id: string; __hash: string }) =>
      `(server hash ${before.find((script) => script._id === _id)?.__hash} then, ${__hash} now)`;
    expect(errors).toContain(
      `could not update script "edited" (${after._id}): it was changed in Celigo since the last refresh, ` +
        `by Ada Lovelace at ${after.lastModified} ${hashes(after)}. ` +
        "To look at the change: pulumi preview --refresh --diff. To take the change into your file: pulumi-celigo pull edited. " +
        "To overwrite it with what the program says: pulumi up --refresh",
    );
    expect(errors.filter((line) => line.includes('could not update script "described"'))).toHaveLength(1);
    expect(errors.filter((line) => line.includes("could not update"))).toHaveLength(2);
    expect(errors).toContain(
      `could not delete script "dropped" (${dropped._id}): it was changed in Celigo since the last refresh, ` +
        `by Ada Lovelace at ${dropped.lastModified} ${hashes(dropped)}. ` +
        "To look at the change: pulumi preview --refresh --diff. To take the change into your file: pulumi-celigo pull dropped. " +
        "To delete it anyway, add --refresh to your command.",
    );
    expect(errors).toHaveLength(3);
    expect(namesIn(account)).not.toContain("released");
    for (const name of ["edited", "described", "dropped"]) {
      expect(named(account, name)).toEqual(raw.find((script) => script.name === name));
    }
    for (const name of ["calm", "wanted", "forced"]) {
      expect(named(account, name).content).toBe(code(2));
    }
    expect(named(account, "wanted")).toEqual(raw.find(({ name }) => name === "wanted"));
    expect(output).not.toMatch(/^\s+at .*[:(]\d+/m);

    // Literally what the message says.
    const look = await workspace.preview({ args: ["--refresh", "--diff"] });
    expect(look.output).toMatch(/-\s+function f\(\) \{ return 'hotfix'; \}\n\s+\+ function f\(\) \{ return 2; \}/);
    expect(look.output).toMatch(/- description: "Approved by Ada"/);
    // Who changed each, and the third way.
    for (const { name, _id, lastModified } of ["edited", "described", "dropped"].map((one) => named(account, one))) {
      expect(look.output).toContain(
        `script "${name}" (${_id}) was changed in Celigo since the last refresh, by Ada Lovelace at ${lastModified}. ` +
          `To take the change into your file: pulumi-celigo pull ${name}. To overwrite it: pulumi up`,
      );
    }
    expect(look.output).toMatch(
      /\(delete\)\s+\[id=\w+\]\s+\[urn=\S+\]\s+content\s*: "function f\(\) \{ return 'hotfix'; \}\\n"/,
    );
    expect(named(account, "edited").content).toBe(code("'hotfix'"));
    await workspace.up({ args: ["--refresh"] });
    expect(namesIn(account)).toEqual(["calm", "described", "edited", "forced", "wanted"]);
    for (const script of account.scripts()) {
      expect(script).toMatchObject({ content: code(2), description: "" });
    }
    expect(account.recycled()).toContainEqual(expect.objectContaining({ _id: dropped._id, content: code("'hotfix'") }));
    takeRequests();
    await workspace.preview({ expectNoChanges: true });
    expect(takeRequests()).toEqual({});

    // A delete, by a destroy.
    const again = edit("edited", { content: code("'another'") });
    const destroy = await workspace.destroy({ expectFailure: true });
    expect(errorsIn(destroy.output)).toEqual([
      expect.stringMatching(
        new RegExp(
          `could not delete script "edited" \\(${again._id}\\): it was changed in Celigo since the last refresh, ` +
            `by Ada Lovelace at ${again.lastModified} \\(server hash \\w+ then, ${again.__hash} now\\)\\. ` +
            "To look at the change: pulumi preview --refresh --diff\\. " +
            "To take the change into your file: pulumi-celigo pull edited\\. " +
            "To delete it anyway, add --refresh to your command\\.",
        ),
      ),
    ]);
    expect(named(account, "edited")).toEqual(again);
    const seen = await workspace.preview({ args: ["--refresh", "--diff"] });
    expect(seen.output).toMatch(/- function f\(\) \{ return 'another'; \}/);
    await workspace.destroy({ args: ["--refresh"] });
    expect(account.scripts()).toEqual([]);
    expect(emulator.faults.injected).toBe(0);
  });

  it("is found by content and fields, too, when the server sends no hash", async () => {
    const { workspace, account } = await openSession(engine(), {
      "index.js": program(1, { dropped: `{ ${content(1)} }`, unchanged: `{ ${content(1)} }` }),
    });
    account.behave({ hashCovers: "absent" });
    await workspace.up();
    for (const [name, changes] of Object.entries({
      edited: { content: code("'hotfix'") },
      described: { description: "Approved" },
      wanted: { content: code(2) },
      forced: { content: code("'hotfix'") },
      dropped: { postResponseHookToProcessOnChildRecord: true },
    })) {
      account.edit(named(account, name)._id, changes);
    }
    const raw = account.scripts();
    workspace.writeFile("index.js", program(2));
    const { output } = await workspace.up({ ...goOn, expectFailure: true });
    const lines = errorsIn(output);
    expect(lines.map((line) => /could not \w+ script "\w+"/.exec(line)?.[0]).sort()).toEqual([
      'could not delete script "dropped"',
      'could not update script "described"',
      'could not update script "edited"',
    ]);
    for (const line of lines) {
      expect(line).toMatch(/since the last refresh, by Somebody Else at \S+Z\. To look at the change: pulumi /);
    }
    for (const name of ["edited", "described", "wanted", "dropped"]) {
      expect(named(account, name)).toEqual(raw.find((script) => script.name === name));
    }
    for (const name of ["calm", "forced"]) {
      expect(named(account, name).content).toBe(code(2));
    }
    await workspace.up({ args: ["--refresh"] });
    expect(namesIn(account)).toEqual(["calm", "described", "edited", "forced", "wanted"]);
    for (const script of account.scripts()) {
      expect(script).toMatchObject({ content: code(2), description: "" });
    }
  });
});

describe("a name that the account already has", limit, () => {
  it("fails, is adopted or is given twice, as the script, the environment and the stack say, with one list", async () => {
    const { workspace, account, takeRequests } = await openSession(engine(), {
      "index.js": sourceOf({
        taken: `{ ${content(2)} }`,
        same: `{ ${content(1)} }`,
        twice: `{ ${content(2)}, onNameTaken: "adopt" }`,
        adopted: `{ ${content(2)}, onNameTaken: "adopt" }`,
        another: `{ ${content(2)}, onNameTaken: "create" }`,
        pair1: `{ ${content(7)}, name: "pair" }`,
        pair2: `{ ${content(7)}, name: "pair" }`,
        pair3: `{ ${content(7)}, name: "pair" }`,
        fresh: `{ ${content(2)} }`,
      }),
    });
    const seed = (name: string, value: number) => account.seed({ name, content: code(value) });
    const seeded = {
      taken: seed("taken", 1),
      same: seed("same", 1),
      twice: [seed("twice", 1), seed("twice", 1)],
      adopted: seed("adopted", 1),
      another: seed("another", 1),
    };
    const { output } = await workspace.up({ ...goOn, expectFailure: true });
    const byStack = "CELIGO_ON_NAME_TAKEN=adopt pulumi up --refresh";
    const taken = (name: string, which: { _id: string; lastModified: string }, is: string, how = byStack) =>
      `could not create script "${name}": the account already has a script of that name: ${which._id} ` +
      `(last changed ${which.lastModified}, ${is} content). To adopt it, also after an interrupted run: ${how}. ` +
      'To make another, set onNameTaken to "create". If it belongs to a resource of this stack that you renamed, give that an alias.';
    const errors = errorsIn(output);
    expect(errors).toContain(taken("taken", seeded.taken, "other"));
    expect(errors).toContain(taken("same", seeded.same, "the same"));
    const [several] = errors.filter((line) => line.includes('"twice"'));
    expect(several).toMatch(/the account already has 2 scripts of that name/);
    for (const { _id } of seeded.twice) {
      expect(several).toContain(_id);
    }
    expect(several).toContain("Only a single one can be adopted: delete or rename the others in Celigo");
    expect(errors).toHaveLength(3);
    expect(named(account, "taken")).toEqual(seeded.taken);
    expect(named(account, "same")).toEqual(seeded.same);
    expect(account.scripts().filter(({ name }) => name === "twice")).toEqual(seeded.twice);
    expect(named(account, "adopted")).toMatchObject({ _id: seeded.adopted._id, content: code(2) });
    expect(account.scripts().filter(({ name }) => name === "another")).toEqual([
      seeded.another,
      expect.objectContaining({ content: code(2) }),
    ]);
    const pair = account.scripts().filter(({ name }) => name === "pair");
    expect(pair).toHaveLength(3);
    const ids = resourcesOf(await workspace.exportState()).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(pair.map(({ _id }) => _id)));
    expect(new Set(ids).size).toBe(6);
    expect(takeRequests()).toMatchObject({ ...oneList, "POST createScript": 5, "PUT updateScript": 1 });

    // The stack's configuration; the script's own word wins. What exists costs no list.
    await workspace.setConfig("celigo:onNameTaken", "adopt");
    const rest = { one: `{ ${content(1)} }`, strict: `{ ${content(2)}, name: "same", onNameTaken: "fail" }` };
    workspace.writeFile(
      "index.js",
      sourceOf({ taken: `{ ${content(2)} }`, pair1: `{ ${content(7)}, name: "pair" }`, ...rest }),
    );
    const second = await workspace.up({ ...goOn, expectFailure: true });
    const byScript = 'set onNameTaken to "adopt" for this script, and run pulumi up --refresh';
    expect(errorsIn(second.output)).toEqual([taken("same", seeded.same, "other", byScript)]);
    expect(named(account, "taken")).toMatchObject({ _id: seeded.taken._id, content: code(2) });
    expect(named(account, "same")).toEqual(seeded.same);
    expect(takeRequests()).toMatchObject({ ...oneList, "POST createScript": 1, "PUT updateScript": 1 });

    // The environment wins over the stack's configuration, and the script's own word over both.
    const last = {
      env: `{ ${content(3)}, name: "another" }`,
      own: `{ ${content(3)}, name: "same", onNameTaken: "adopt" }`,
    };
    workspace.writeFile(
      "index.js",
      sourceOf({ taken: `{ ${content(2)} }`, pair1: `{ ${content(7)}, name: "pair" }`, one: rest.one, ...last }),
    );
    await workspace.up({ env: { CELIGO_ON_NAME_TAKEN: "create" } });
    expect(named(account, "same")).toMatchObject({ _id: seeded.same._id, content: code(3) });
    expect(account.scripts().filter(({ name }) => name === "another")).toHaveLength(2);
    expect(account.scripts()).toContainEqual(seeded.another);
    expect(takeRequests()).toMatchObject({ ...oneList, "POST createScript": 1, "PUT updateScript": 1 });
    await workspace.up();
    expect(takeRequests()).toEqual({});
  });
});

describe("a response that is lost", limit, () => {
  it("costs no script and makes no second one, however it is lost", async () => {
    const names = [...Array.from({ length: 8 }, (_, index) => `s${index}`), "pair1", "pair2"];
    const { workspace, account, emulator, takeRequests } = await openSession(
      engine(),
      programOf(
        Object.fromEntries(
          names.map((name) => [name, `{ ${content(1)}${name.startsWith("pair") ? ', name: "pair"' : ""} }`]),
        ),
      ),
    );
    workspace.setEnv("CELIGO_REQUEST_TIMEOUT", "1");
    const faults: FaultRule["fault"][] = [
      { kind: "cut", when: "after" },
      { kind: "status", status: 502, when: "after" },
      { kind: "hang", when: "after" },
      { kind: "cut-body" },
      { kind: "cut", when: "before" },
      { kind: "status", status: 503, when: "before" },
      { kind: "cut", when: "after" },
      { kind: "alter", alter: hostile.badId },
      { kind: "alter", alter: hostile.contentNumber },
    ];
    for (const fault of faults) {
      emulator.faults.add({ operation: "createScript", fault });
    }
    const { output } = await workspace.up();
    expect(emulator.faults.injected).toBe(faults.length);
    // What was not carried out is sent again, and nothing else.
    expect(takeRequests()).toMatchObject({ "POST createScript": names.length + 2 });
    const found =
      /^ {2}pulumi-nodejs:dynamic\/celigo:Script \(\S+\):\n {4}warning: script "\S+" \(\w{24}\): the response to its creation was (?:lost|malformed)\. This script was found/gm;
    expect(output.match(found)).toHaveLength(7);
    expect(namesIn(account)).toEqual(names.map((name) => name.replace(/^pair\d$/, "pair")).sort());
    const ids = resourcesOf(await workspace.exportState()).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(account.scripts().map(({ _id }) => _id)));
    takeRequests();
    await workspace.preview({ expectNoChanges: true });
    expect(takeRequests()).toEqual({});

    // The token of an empty account drops nothing from the state.
    emulator.addAccount({ token: "foreign-token" });
    for (const verb of ["refresh", "destroy"] as const) {
      const stopped = await workspace[verb]({ env: { CELIGO_API_TOKEN: "foreign-token" }, expectFailure: true });
      expect(stopped.output).toContain(
        "not found, and this token's account has no scripts at all. Check that the token",
      );
      expect(resourcesOf(await workspace.exportState()).map(({ id }) => id)).toEqual(ids);
    }
  });

  it("keeps a script in the state that was created and could not be confirmed, for the next run to finish", async () => {
    const { workspace, account, emulator } = await openSession(engine(), programOf({ s: `{ ${content(1)} }` }));
    const body = {
      // Read when the answer is sent: the id that the server has given meanwhile.
      get _id() {
        return account.scripts()[0]?._id;
      },
      name: "s",
    };
    emulator.faults.add({ operation: "createScript", fault: { kind: "status", status: 201, body, when: "after" } });
    emulator.faults.add({ operation: "getScriptById", times: Infinity, fault: { kind: "status", status: 403 } });
    const { output } = await workspace.up({ expectFailure: true });
    const [script] = account.scripts();
    const message = `script "s" (${script?._id}) was created, but could not be read back: Celigo answered 403`;
    expect(output).toContain(message);
    const [resource] = resourcesOf(await workspace.exportState());
    expect(resource?.id).toBe(script?._id);
    expect(resource?.outputs?.["__provider"]).toBe(resource?.inputs?.["__provider"]);
    expect(resource?.initErrors).toEqual([expect.stringContaining(message)]);

    emulator.faults.clear();
    await workspace.up();
    expect(account.scripts()).toEqual([script]);
    const [repaired] = resourcesOf(await workspace.exportState());
    expect(repaired).toMatchObject({ id: script?._id, outputs: { contentHash: contentHash(code(1)) } });
    expect(repaired?.initErrors).toBeUndefined();
    await workspace.preview({ expectNoChanges: true });
  });
});

describe("a token that has changed", limit, () => {
  it("is sent from the environment in every command; a 401 says where the one came from that was sent", async () => {
    const { workspace, account, emulator, takeRequests } = await openSession(
      engine(),
      programOf({ s: `{ ${content(1)} }` }),
      { emulator: { accounts: [{ token: "first-token" }] }, env: {} },
    );
    workspace.setEnv("CELIGO_BASE_URL", emulator.url);
    await workspace.setConfig("celigo:apiToken", "first-token");
    const plain = await workspace.up();
    expect(plain.output).toContain(
      "warning: celigo:apiToken is stored in plain text, in the stack's configuration file and in its state. " +
        "Create a new token in Celigo, and run: pulumi config set --secret celigo:apiToken",
    );
    account.rotateToken("second-token");
    await workspace.setConfig("celigo:apiToken", "second-token", { secret: true });
    takeRequests();
    // The stack's configuration is right by now, and the refresh sends the one that the last up has left in the state.
    const { output } = await workspace.refresh({ expectFailure: true });
    expect(output).toMatch(
      /Celigo answered 401: Bearer Authentication Failed\. The token from celigo:apiToken in the stack's configuration was sent to http:\S+ \(from CELIGO_BASE_URL in the environment\): check that it was created there, and is neither revoked nor expired\. If you changed it since the last pulumi up: refresh, destroy and --refresh still use the old value, which the state keeps\. Set CELIGO_API_TOKEN in the environment: the environment wins in every command\./,
    );
    expect(takeRequests()).toEqual({ "GET getScriptById": 1 });
    workspace.setEnv(token, "second-token");
    await workspace.refresh();
    workspace.writeFile("index.js", sourceOf({ s: `{ ${content(2)} }` }));
    const up = await workspace.up({ args: ["--refresh"] });
    expect(up.output).not.toContain("plain text");
    expect(named(account, "s").content).toBe(code(2));
    // The up has brought the new one into the state.
    workspace.setEnv(token, undefined);
    await workspace.refresh();
    account.rotateToken("third-token");
    workspace.setEnv(token, "third-token");
    await workspace.destroy();
    expect(account.scripts()).toEqual([]);
  });
});

describe("the first moment of a run with 50 resources", limit, () => {
  it("is configured for all of them: they say the same, or work", async () => {
    const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
    const { workspace, account, emulator, takeRequests } = await openSession(
      engine(),
      programOf(Object.fromEntries(names.map((name) => [name, `{ ${content(1)} }`]))),
      { emulator: { latency: 1000 } },
    );
    const parallel = { args: ["--parallel", "64", "--continue-on-error"] };
    const without = async (env: Readonly<Record<string, string | undefined>>) => {
      const { output } = await workspace.up({ ...parallel, env, expectFailure: true });
      expect(output).not.toMatch(/^\s+at .*[:(]\d+/m);
      const summary = output.slice(output.indexOf("Diagnostics:"));
      expect(summary.match(/celigo:Script \(s\d+\)/g)?.length).toBeGreaterThanOrEqual(40);
      return errorsIn(output).map((line) => line.replaceAll(/script "s\d+"/g, 'script "?"'));
    };
    const unset = 'could not create script "?": no API token is set';
    expect(new Set(await without({ [token]: undefined }))).toEqual(
      new Set([
        `${unset}. Set CELIGO_API_TOKEN in the environment, or run: pulumi config set --secret celigo:apiToken`,
        'could not create script "?": same cause as for script "?": no API token is set',
      ]),
    );
    const mars = 'invalid configuration (CELIGO_REGION in the environment): "mars" is not a region';
    expect(new Set(await without({ CELIGO_BASE_URL: undefined, CELIGO_REGION: "mars" }))).toEqual(
      new Set([`${mars}. Set it to us or eu.`, `${mars} (the same for every script)`]),
    );
    expect(emulator.count()).toBe(0);
    await workspace.up(parallel);
    expect(takeRequests()).toEqual({ ...oneList, "POST createScript": 50 });
    expect(namesIn(account)).toEqual([...names].sort());
  });
});
