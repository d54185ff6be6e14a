import { afterAll, beforeAll, expect, it } from "vitest";
import { CeligoClient } from "../../provider/api/client";
import { readConfiguration } from "../../provider/config";
import { type Emulator, startEmulator } from "../../sdk/emulator/index";
import { executionLog, parseTime, type ReadPage, readLog } from "../../sdk/logs";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ accounts: [{ token: "token-of-logs" }] });
});
afterAll(() => emulator.stop());

it("gives up on a log that never ends, after 1000 pages", { tags: ["slow"] }, async () => {
  const account = emulator.account();
  const { _id: id } = account.seed({ name: "orders", content: "function f() {}\n" });
  account.generateLogs(id, 2);
  const environment = { CELIGO_API_TOKEN: "token-of-logs", CELIGO_BASE_URL: emulator.url };
  const client = new CeligoClient(readConfiguration(() => undefined, environment));
  const first = executionLog(client, id, {});
  const again: ReadPage<unknown> = (query) => first({ ...query, offset: 0 });
  await expect(readLog(again, { limit: 1, offset: 0 }, () => false)).rejects.toThrow(
    "could not read the whole log: the server sent 1000 pages, and says that there are more. Ask for a shorter time",
  );
  expect(emulator.requests).toHaveLength(1000);
});

it("reads times in UTC, in any time zone of the machine, and refuses days that do not exist", () => {
  expect(parseTime("2026-01-31T12:00")).toBe(Date.UTC(2026, 0, 31, 12));
  expect(parseTime("2026-01-31T12:00+01:00")).toBe(Date.UTC(2026, 0, 31, 11));
  for (const text of ["2026-02-31", "2026-02-31T12:00Z", "yesterday", "2026", ""]) {
    expect(parseTime(text)).toBeUndefined();
  }
});
