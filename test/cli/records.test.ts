import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CeligoClient } from "../../provider/api/client";
import { readConfiguration } from "../../provider/config";
import { inQueue, readRecords } from "../../sdk/cli/records";
import { type Emulator, startEmulator } from "../../sdk/emulator/index";

describe("reading many scripts", () => {
  let emulator: Emulator;
  let client: CeligoClient;
  let scripts: { readonly id: string }[];

  beforeEach(async () => {
    emulator = await startEmulator();
    const environment = {
      CELIGO_API_TOKEN: emulator.account().token,
      CELIGO_BASE_URL: emulator.url,
      CELIGO_MAX_CONCURRENCY: "4",
    };
    client = new CeligoClient(readConfiguration(() => undefined, environment));
    scripts = Array.from({ length: 40 }, (_, index) => {
      const { _id: id } = emulator.account().seed({ name: `script ${index}`, content: "function f() {}" });
      return { id };
    });
  });

  afterEach(() => emulator.stop());

  it("sends one request for each, and returns them in their order, whichever comes first", async () => {
    emulator.faults.add({ times: 10, skip: 2, fault: { kind: "latency", milliseconds: 20 } });
    const names = await readRecords(client, scripts, ({ name }, { id }) => `${id} ${name}`);
    expect(names).toEqual(scripts.map(({ id }, index) => `${id} script ${index}`));
    expect(emulator.requests.map(({ operation }) => operation)).toEqual(scripts.map(() => "getScriptById"));
  });

  it("begins no further script once one has failed", async () => {
    emulator.faults.add({ skip: 8, fault: { kind: "status", status: 403 } });
    await expect(readRecords(client, scripts, () => 0)).rejects.toThrow(/^could not read script /);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(emulator.requests.length).toBeLessThanOrEqual(12);
  });

  it("works on as many items at a time as the client sends requests", async () => {
    let running = 0;
    let most = 0;
    await inQueue(client, scripts, async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    });
    expect(most).toBe(4);
    expect(await inQueue(client, [], async () => 0)).toEqual([]);
  });
});
