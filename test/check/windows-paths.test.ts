import { win32 } from "node:path";
import { expect, it, vi } from "vitest";
import { isBelow } from "../../provider/content/content";
import { foldersFrom } from "../../provider/version";
import { settingLine } from "../../sdk/cli/commands/emulator";
import { nameAll } from "../../sdk/cli/import/names";
import { entryAt, importLine, pathFrom, slashed } from "../../sdk/cli/project/entry";

// The package's modules get the paths of Windows, wherever this runs.
vi.mock("node:path", async () => {
  const path = await vi.importActual<typeof import("node:path")>("node:path");
  return { ...path.win32, default: path.win32 };
});

it("a program on Windows imports the module of an import by a path with /", () => {
  const entry = entryAt("C:\\infra\\index.ts");
  expect(entry.language).toBe("typescript");
  expect(importLine(entry, "C:\\infra\\celigo\\index.ts")).toBe('import "./celigo";');
  expect(importLine(entry, "C:\\shared\\celigo\\index.ts")).toBe('import "../shared/celigo";');
  expect(importLine(entryAt("c:\\Infra\\index.cjs"), "C:\\infra\\celigo\\index.cjs")).toBe(
    'require("./celigo/index.cjs");',
  );
  expect(slashed(win32.join("celigo", "scripts", "a.js"))).toBe("celigo/scripts/a.js");
});

it("an import into another drive than the program's is refused, because no relative path leads there", () => {
  const reason =
    "D:\\celigo is on another drive than the program in C:\\infra, and nothing was changed. " +
    "Give a folder on the program's drive with --out.";
  for (const run of [
    () => pathFrom("C:\\infra", "D:\\celigo"),
    () => importLine(entryAt("C:\\infra\\index.ts"), "D:\\celigo\\index.ts"),
  ]) {
    expect(run).toThrow(`could not begin the import: ${reason}`);
  }
  expect(pathFrom("C:\\infra", "c:\\infra\\celigo\\scripts")).toBe("celigo/scripts");
});

it("a folder on Windows holds what is below it, whatever the letter case, and nothing of another drive or share", () => {
  expect(isBelow("C:\\infra", "c:\\INFRA\\hooks\\a.js")).toBe(true);
  for (const other of ["C:\\infra2\\a.js", "D:\\infra\\a.js", "\\\\server\\share\\a.js", "C:\\a.js"]) {
    expect([other, isBelow("C:\\infra", other)]).toEqual([other, false]);
  }
});

it("the search for package.json and Pulumi.yaml ends at the root of a drive and of a share", () => {
  expect(foldersFrom("C:\\infra\\dev")).toEqual(["C:\\infra\\dev", "C:\\infra", "C:\\"]);
  expect(foldersFrom("\\\\server\\share\\infra")).toEqual(["\\\\server\\share\\infra", "\\\\server\\share\\"]);
});

it("the names of imported files are no devices of Windows, and differ by more than letter case", () => {
  const scripts = ["CON", "com1", "nul", "lpt9.", "Orders", "ORDERS", "a. ", 'a<>:"/\\|?*b'];
  const named = nameAll(
    scripts.map((name, index) => ({ id: `${index}`.padStart(24, "0"), name })),
    [],
  );
  expect([...named.values()]).toEqual([
    "con-script",
    "com1-script",
    "nul-script",
    "lpt9-script",
    "orders",
    "orders-000005",
    "a",
    "a-b",
  ]);
});

it("the emulator tells PowerShell how to set its variables on Windows", () => {
  const variables = { CELIGO_BASE_URL: "http://127.0.0.1:4010", CELIGO_API_TOKEN: "it's a token" };
  expect(settingLine(variables, "win32")).toBe(
    "$env:CELIGO_BASE_URL = 'http://127.0.0.1:4010'; $env:CELIGO_API_TOKEN = 'it''s a token'",
  );
  expect(settingLine(variables, "linux")).toBe(
    "export CELIGO_BASE_URL=http://127.0.0.1:4010 CELIGO_API_TOKEN='it'\\''s a token'",
  );
});
