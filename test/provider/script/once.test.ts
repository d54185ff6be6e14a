import { createHash, Hash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "acorn";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CeligoClient, type RawInputs, ScriptLifecycle } from "../../../provider/index";
import { resourceKey } from "../../../provider/script/resource";
import { type Emulator, startEmulator } from "../../../sdk/emulator/index";
import { readFiles } from "../../../sdk/folder/files";
import { putIn } from "../../../sdk/substitutions";
import { removeTemporaryFolder, temporaryFolder } from "../../engine/temporary";

vi.mock(import("node:fs"), { spy: true });
vi.mock(import("acorn"), { spy: true });

const folder = temporaryFolder("once");
const path = join(folder, "hook.js");
const asset = (text: string) => ({
  "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
  path,
  hash: createHash("sha256").update(text).digest("hex"),
});
const code = (value: string) => `function hook(options) {\n  return ${value};\n}\n`;
const isOurs = ([file]: Parameters<typeof readFileSync>) => String(file).startsWith(folder);
const update = vi.spyOn(Hash.prototype, "update");

/** Counts what was done with content since the last call. */
function takeCounts(): { reads: number; parses: number; hashes: number } {
  const counts = {
    reads: vi.mocked(readFileSync).mock.calls.filter(isOurs).length,
    parses: vi.mocked(parse).mock.calls.length,
    // The emulator hashes whole records.
    hashes: update.mock.calls.filter(([data]) => String(data).startsWith("function hook")).length,
  };
  vi.clearAllMocks();
  return counts;
}

let emulator: Emulator;

beforeEach(async () => {
  emulator = await startEmulator();
});

afterEach(() => emulator.stop());

afterAll(() => removeTemporaryFolder(folder));

function lifecycleOf(): ScriptLifecycle {
  const token = { value: emulator.account().token, source: "the test" };
  const client = new CeligoClient({ baseUrl: emulator.url, token, maxConcurrency: 8, requestTimeout: 5 });
  return new ScriptLifecycle(() => ({ client, onNameTaken: "fail" }));
}

/** Checks and deploys a file as Pulumi does, with the preview's look at the difference. */
async function deploy(lifecycle: ScriptLifecycle, content: unknown, id?: string, olds: RawInputs = {}) {
  const preview = { isSecret: false };
  const news = { name: "s", content, [resourceKey]: { name: "::s", urn: "urn:pulumi:dev::p::t::s", preview } };
  const { inputs = {}, failures } = await lifecycle.check(olds, news);
  expect(failures).toEqual([]);
  if (id === undefined) {
    const { id: created, outs } = await lifecycle.create(inputs);
    return { id: created, inputs, outs: { ...outs } as RawInputs };
  }
  expect(await lifecycle.diff(id, olds, inputs)).toEqual({ changes: true });
  const { outs } = await lifecycle.update(id, olds, inputs);
  return { id, inputs, outs: { ...outs } as RawInputs };
}

describe("a file of content", () => {
  it.each([
    ["LF", code, 1],
    // Its text has another hash than its bytes.
    ["CRLF", (value: string) => code(value).replaceAll("\n", "\r\n"), 2],
  ])("with %s is read, parsed and hashed once for check, diff, create and update", async (_, codeOf, hashes) => {
    const [first, second] = [codeOf(`1 + ${hashes}`), codeOf(`2 + ${hashes}`)];
    const lifecycle = lifecycleOf();
    writeFileSync(path, first);
    const [before, after] = [asset(first), asset(second)];
    takeCounts();
    const { id, inputs, outs } = await deploy(lifecycle, before);
    expect(await lifecycle.diff(id, outs, inputs)).toEqual({ changes: false });
    expect(takeCounts()).toEqual({ reads: 1, parses: 1, hashes });
    writeFileSync(path, second);
    await deploy(lifecycle, after, id, outs);
    expect(takeCounts()).toEqual({ reads: 1, parses: 1, hashes });
    expect(emulator.account().scripts()).toMatchObject([{ content: code(`2 + ${hashes}`) }]);
  });

  it("is read once for the header, the substitutions and the checks of a program", async () => {
    const text = code("'{{region}}'");
    writeFileSync(path, text);
    takeCounts();
    readFiles({ path: folder });
    for (const values of [{ region: "EU" }, { region: "US" }]) {
      expect(await putIn({ ...asset(text), hash: undefined }, values, false)).toMatchObject({ problems: [] });
    }
    expect(takeCounts()).toMatchObject({ reads: 1 });
  });

  it.each([
    ["another size", code("22")],
    ["the same size", code("2")],
  ])("that changes to %s between check and create is refused", async (_, text) => {
    const lifecycle = lifecycleOf();
    writeFileSync(path, code("1"));
    const { inputs = {} } = await lifecycle.check({}, { name: "s", content: asset(code("1")) });
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(path, text);
    await expect(lifecycle.create(inputs)).rejects.toThrow(/the file was changed while Pulumi ran/);
    rmSync(path);
    await expect(lifecycle.create(inputs)).rejects.toThrow(/ENOENT/);
    expect(emulator.account().scripts()).toEqual([]);
  });
});
