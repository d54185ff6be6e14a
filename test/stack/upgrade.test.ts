import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { version } from "../../provider/version";
import { resourcesOf, type StackState } from "../engine/state";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { engineOrSkip } from "../engine/vitest";
import { openSession, readExample, type Session } from "./session";

const fixtures = join(__dirname, "..", "fixtures", "state");
/** Makes the fixture of this version: `RECORD_STATE=1 npx vitest run test/stack/upgrade.test.ts`. */
const isRecording = process.env["RECORD_STATE"] === "1";
/** The scripts that the fixtures' account has. */
const account = { token: "token-of-fixture", name: "shop" };

const inputs = readFileSync(join(__dirname, "..", "..", "sdk", "script.ts"), "utf8")
  .split("export interface ScriptArgs {")[1]
  ?.split("\n}\n")[0]
  ?.match(/(?<=^ {2}readonly )\w+/gm);

/** Opens the stack of a fixture's program, with the account as it was. */
async function open(engine: Parameters<typeof openSession>[0], fixture: string): Promise<Session> {
  const dataDir = temporaryFolder("upgrade");
  onTestFinished(() => removeTemporaryFolder(dataDir));
  if (!isRecording) cpSync(join(fixture, "account"), join(dataDir, "accounts", account.name), { recursive: true });
  return openSession(engine, readExample(join(fixture, "program")), { emulator: { dataDir, accounts: [account] } });
}

/** Removes from a state what tells of the machine and the moment. */
function portable(state: StackState): StackState {
  const text = JSON.stringify(state, (key, value: unknown) =>
    ["sourcePosition", "stackTrace"].includes(key) ? undefined : value,
  );
  return JSON.parse(text) as StackState;
}

describe("an upgrade of this package", { timeout: 300_000 }, () => {
  const engine = engineOrSkip();
  const versions = readdirSync(fixtures);

  if (isRecording) {
    it("records the state of this version", async () => {
      const fixture = join(fixtures, version);
      const { workspace, emulator } = await open(engine(), fixture);
      await workspace.up();
      const folder = join(fixture, "account");
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const record of emulator.account().scripts()) {
        writeFileSync(join(folder, `${record._id}.json`), `${JSON.stringify({ record, dependents: {} })}\n`);
      }
      writeFileSync(
        join(fixture, "stack.json"),
        `${JSON.stringify(portable(await workspace.exportState()), null, 2)}\n`,
      );
    });
  }

  it("has a fixture of this version's state, with every input that a script can have", () => {
    expect(versions).toContain(version);
    const program = readFileSync(join(fixtures, version, "program", "index.js"), "utf8");
    expect(inputs?.length).toBeGreaterThan(10);
    expect(inputs?.filter((name) => !program.includes(`${name}: `))).toEqual([]);
    const state = readFileSync(join(fixtures, version, "stack.json"), "utf8");
    expect(inputs?.filter((name) => !["substitutions"].includes(name) && !state.includes(`"${name}"`))).toEqual([]);
    expect(state).not.toMatch(/\/(tmp|home|work|root)\//);
    expect(state).not.toContain(account.token);
  });

  it.each(versions)(
    "from %s previews no change and makes no request; refresh, update and destroy work",
    async (name) => {
      const fixture = join(fixtures, name);
      const { workspace, emulator, takeRequests } = await open(engine(), fixture);
      const state = readFileSync(join(fixture, "stack.json"), "utf8");
      await workspace.run(["stack", "import"], { input: state });
      const count = resourcesOf(JSON.parse(state) as StackState).length;
      expect(count).toBe(9);

      const { output } = await workspace.preview({ expectNoChanges: true });
      expect(output).toContain(`${count + 2} unchanged`);
      expect(takeRequests()).toEqual({});

      await workspace.refresh({ args: ["--expect-no-changes"] });
      expect(Object.keys(takeRequests()).filter((request) => !request.startsWith("GET "))).toEqual([]);
      await workspace.preview({ expectNoChanges: true });
      expect(takeRequests()).toEqual({});

      workspace.writeFile("hooks/file.js", "/* Filters. */\nexport function filter() {\n  return true;\n}\n");
      const index = readFileSync(join(fixture, "program", "index.js"), "utf8");
      workspace.writeFile("index.js", index.replace("From an output.", "Changed."));
      await workspace.up();
      expect(takeRequests()).toEqual({ "GET getScriptById": 2, "PUT updateScript": 2 });
      const records = emulator.account().scripts();
      expect(records.find((record) => record.name === "output")?.description).toBe("Changed.");

      await workspace.destroy();
      expect(emulator.account().scripts()).toEqual([]);
      expect(emulator.account().recycled()).toHaveLength(count);
    },
  );
});
