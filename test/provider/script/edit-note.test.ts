import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CeligoClient, type RawInputs, ScriptLifecycle } from "../../../provider/index";
import { type Emulator, type EmulatorAccount, startEmulator } from "../../../sdk/emulator/index";

let emulator: Emulator;
let account: EmulatorAccount;
let said: string[];
let lifecycle: ScriptLifecycle;

beforeEach(async () => {
  emulator = await startEmulator();
  account = emulator.account();
  said = [];
  const token = { value: account.token, source: "the test" };
  const client = new CeligoClient({ baseUrl: emulator.url, token, maxConcurrency: 4, requestTimeout: 5, backoff: 1 });
  lifecycle = new ScriptLifecycle(
    () => ({ client, onNameTaken: "fail", backoff: 1 }),
    async (_, message) => void said.push(message),
  );
});

afterEach(() => emulator.stop());

async function created(name: string, more: RawInputs = {}) {
  const news = { name, content: "function f() {}\n", ...more };
  const { inputs = {} } = await lifecycle.check({}, news);
  const { id, outs } = await lifecycle.create(inputs);
  return { id, outs: { ...outs } as RawInputs };
}

const requests = () => emulator.requests.map(({ operation }) => operation).sort();

describe("a refresh", () => {
  it("says who changed a script and when, with one request for each changed script and none for another", async () => {
    const scripts = [await created("calm"), await created("orders"), await created('Ship "now"')];
    const [, orders, ship] = scripts.map(({ id }) => id);
    const edits = [orders, ship].map((id = "") =>
      account.edit(id, { content: "function g() {}\n" }, { userName: "Ada Lovelace" }),
    );
    emulator.resetRequests();
    for (const { id, outs } of scripts) await lifecycle.read(id, outs);
    expect(emulator.count({ operation: "getScriptAudit" })).toBe(2);
    expect(said).toEqual([
      `script "orders" (${orders}) was changed in Celigo since the last refresh, by Ada Lovelace at ` +
        `${edits[0]?.lastModified}. To take the change into your file: pulumi-celigo pull orders. To overwrite it: pulumi up`,
      `script "Ship "now"" (${ship}) was changed in Celigo since the last refresh, by Ada Lovelace at ` +
        `${edits[1]?.lastModified}. To take the change into your file: pulumi-celigo pull ${ship}. To overwrite it: pulumi up`,
    ]);
  });

  it("says so without a name when the audit log cannot be read, and nothing of a script that it does not know yet", async () => {
    const { id, outs } = await created("orders");
    const { lastModified } = account.edit(id, { description: "new" });
    emulator.faults.add({ operation: "getScriptAudit", fault: { kind: "status", status: 403 } });
    await lifecycle.read(id, outs);
    expect(said).toEqual([expect.stringContaining(`at ${lastModified} (the audit log does not say by whom). To take`)]);
    emulator.resetRequests();
    await lifecycle.read(id, { name: "orders" });
    await lifecycle.read(id, { ...outs, isUnconfirmed: true });
    expect(requests()).toEqual(["getScriptById", "getScriptById"]);
    expect(said).toHaveLength(1);
  });

  it("shows no name that the program keeps secret", async () => {
    const resource = { __resource: { name: "::s", hasSecretName: true } };
    const { id, outs } = await created("unreleased", resource);
    account.edit(id, { description: "new" });
    await lifecycle.read(id, outs);
    expect(said).toEqual([expect.stringContaining('script "[secret]"')]);
    expect(said.join()).not.toContain("unreleased");
  });
});
