import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { ClientRequest } from "node:http";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { CeligoClient } from "../../../provider/api/client";
import { readConfiguration } from "../../../provider/config";
import { repositoryRoot } from "../../engine/repository";

const count = 1000;
const maxConcurrency = 64;
const requestStart = "http.client.request.start";

/** An emulator with a heap of its own, so that ours shows what the client keeps. */
const emulatorThread = `
  const { parentPort, workerData } = require("node:worker_threads");
  require(workerData).startEmulator().then((emulator) => {
    let requests = 0;
    const headers = { "retry-after": "0" };
    emulator.faults.add({
      fault: { kind: "status", status: 429, headers },
      times: 100,
      probability: 0.5,
      random: () => (++requests % 10 === 0 ? 0 : 1),
    });
    parentPort.postMessage(emulator.url);
    parentPort.once("message", async () => {
      const names = emulator.account().scripts().map(({ name }) => name);
      const refused = emulator.count({ status: 429 });
      await emulator.stop();
      parentPort.postMessage({ names, requests: emulator.count(), refused });
    });
  });`;

/** Bytes of the heap that are in use after everything unused was given back. */
function usedHeap(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

it("a thousand scripts arrive exactly once, 64 at a time, where the rate limit refuses every tenth request, in flat memory", {
  tags: ["slow"],
}, async () => {
  const worker = new Worker(emulatorThread, {
    eval: true,
    workerData: join(repositoryRoot(), "dist", "sdk", "emulator", "index.js"),
  });
  let inFlight = 0;
  let most = 0;
  const onStart = (message: unknown) => {
    const { request } = message as { request: ClientRequest };
    most = Math.max(most, ++inFlight);
    request.once("close", () => inFlight--);
  };
  subscribe(requestStart, onStart);
  try {
    const [baseUrl] = (await once(worker, "message")) as [string];
    const client = new CeligoClient({
      ...readConfiguration(() => undefined, {}),
      baseUrl,
      token: { value: "emulator-token", source: "the test" },
      maxConcurrency,
      backoff: 50,
    });
    const names = Array.from({ length: count }, (_, index) => `script-${index}`);
    const ids = new Set<string>();
    const heap: number[] = [];
    for (const from of [0, count / 2]) {
      const made = names.slice(from, from + count / 2).map(async (name) => {
        const content = `function f() { return "${name}"; } // ${"x".repeat(4000)}`;
        ids.add((await client.createScript({ name, content }))._id);
      });
      await Promise.all(made);
      made.length = 0;
      heap.push(usedHeap());
    }
    worker.postMessage("report");
    const [report] = (await once(worker, "message")) as [{ names: string[]; requests: number; refused: number }];
    expect(report.names.sort()).toEqual(names.sort());
    expect(ids.size).toBe(count);
    expect(report).toMatchObject({ refused: 100, requests: count + 100 });
    expect(most).toBeLessThanOrEqual(maxConcurrency);
    expect(most).toBeGreaterThan(maxConcurrency / 2);
    const [half = 0, whole = 0] = heap;
    // What kept the body of each request would be 2 MB larger.
    expect(whole - half).toBeLessThan(1024 * 1024);
    process.stdout.write(`429s: ${report.refused}, most in flight: ${most}, heap grew by ${whole - half} bytes\n`);
  } finally {
    unsubscribe(requestStart, onStart);
    await worker.terminate();
  }
});
