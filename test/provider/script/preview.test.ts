import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { CeligoClient, contentHash, type RawInputs, ScriptLifecycle } from "../../../provider/index";
import { type Emulator, type EmulatorAccount, startEmulator } from "../../../sdk/emulator/index";
import { removeTemporaryFolder, temporaryFolder } from "../../engine/temporary";

const assetKey = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17" };
const folder = temporaryFolder("preview");

let emulator: Emulator;
let account: EmulatorAccount;

beforeEach(async () => {
  emulator = await startEmulator();
  account = emulator.account();
});

afterEach(() => emulator.stop());

afterAll(() => removeTemporaryFolder(folder));

const one = "function preMap() {}\nfunction postMap() {}\n";
const flows = [{ name: "Sync" }, { name: "Resync" }];
const users = '2 flows: "Sync", "Resync"';

/** Returns a file as Pulumi hands it to a provider. */
function fileOf(name: string, text: string): RawInputs {
  const path = join(folder, name);
  writeFileSync(path, text);
  return { ...assetKey, path, hash: contentHash(text).replace("sha256:", "") };
}

/** Previews a change of content of a script that is live, and returns the warnings. */
async function warningsOf(
  live: string,
  change: { readonly from: unknown; readonly to: unknown },
  { isSecret = false, isUsed = true, syntaxCheck = "error" } = {},
): Promise<string[]> {
  const warnings: string[] = [];
  const token = { value: account.token, source: "the test" };
  const client = new CeligoClient({ baseUrl: emulator.url, token, maxConcurrency: 1, requestTimeout: 5, backoff: 1 });
  const lifecycle = new ScriptLifecycle(
    () => ({ client, onNameTaken: "fail", backoff: 1 }),
    async (_, message, severity) => void (severity === "warning" && warnings.push(message)),
  );
  const { _id: id } = account.seed({ name: "Orders", content: live });
  account.setDependents(id, isUsed ? { flows } : {});
  const { props = {} } = await lifecycle.read(id, { name: "Orders", content: change.from });
  emulator.resetRequests();
  const preview = { urn: "urn::orders", isSecret };
  const news = { name: "Orders", content: change.to, syntaxCheck, __resource: { name: "orders", preview } };
  const { inputs = {} } = await lifecycle.check({ name: "Orders", content: change.from }, news);
  await lifecycle.diff(id, props, inputs);
  return warnings;
}

describe("a preview of content that lacks functions", () => {
  it("names those that are gone, who uses the script, and the function that is the first one now", async () => {
    expect(await warningsOf(one, { from: one, to: "function postMap() {}\n" })).toEqual([
      `script "orders": preMap is gone; used by ${users}, which may call it by name`,
      `script "orders": postMap is the first function now, not preMap; used by ${users}, which call the first one where they name none`,
    ]);
    expect(await warningsOf(one, { from: one, to: "var x;\n" })).toContain(
      `script "orders": preMap and postMap are gone; used by ${users}, which may call them by name`,
    );
    expect(await warningsOf(one, { from: one, to: "function postMap() {}\nfunction preMap() {}\n" })).toEqual([
      expect.stringContaining("postMap is the first function now, not preMap; used by"),
    ]);
    expect(await warningsOf(one, { from: one, to: `${one}function more() {}\n` })).toEqual([]);
  });

  it("asks for the dependents only, where the state has the text; for files, the live text is read anyway", async () => {
    await warningsOf(one, { from: one, to: "function postMap() {}\n" });
    expect(emulator.requests.map(({ operation }) => operation)).toEqual(["listScriptDependencies"]);
    const change = { from: fileOf("a.js", one), to: fileOf("b.js", "function postMap() {}\n") };
    expect(await warningsOf(one, change)).toHaveLength(2);
    const operations = emulator.requests.map(({ operation }) => operation).sort();
    expect(operations).toEqual(["getScriptById", "listScriptDependencies"]);
  });

  it("says nothing where nobody uses the script, or the code is not to be parsed", async () => {
    const change = { from: one, to: "function postMap() {}\n" };
    expect(await warningsOf(one, change, { isUsed: false })).toEqual([]);
    expect(await warningsOf(one, change, { syntaxCheck: "off" })).toEqual([]);
  });

  it("says nothing where no text is at hand without another request", async () => {
    expect(await warningsOf(one, { from: fileOf("a.js", one), to: "function postMap() {}\n" })).toEqual([]);
    expect(emulator.requests.map(({ operation }) => operation)).toEqual(["listScriptDependencies"]);
  });

  it("names no function of code that is secret", async () => {
    expect(await warningsOf(one, { from: one, to: "function postMap() {}\n" }, { isSecret: true })).toEqual([
      `script "orders": a function is gone; used by ${users}, which may call it by name`,
      `script "orders": another function is the first one now; used by ${users}, which call the first one where they name none`,
    ]);
  });
});
