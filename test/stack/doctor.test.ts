import { copyFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../sdk/emulator/index";
import { printed } from "../cli/command-line";
import { examine as examineIn, names, nothing, scratch } from "../cli/doctor-command";
import type { Environment } from "../engine/environment";
import { createWorkspace } from "../engine/index";
import { writeText } from "../engine/program";
import { removeTemporaryFolder } from "../engine/temporary";
import { engineOrSkip } from "../engine/vitest";

const token = "token-of-doctor";
afterAll(() => removeTemporaryFolder(scratch));

let emulator: Emulator;
let env: Environment;

beforeEach(async () => {
  emulator = await startEmulator({ accounts: [{ token, name: "shop" }] });
  env = { ...nothing, CELIGO_API_TOKEN: token, CELIGO_BASE_URL: emulator.url };
});

afterEach(() => emulator.stop());

/** Runs doctor on the account of the emulator. */
const examine = (more: Environment = {}, args: readonly string[] = []) => examineIn({ ...env, ...more }, args);

describe("doctor, of a stack", { timeout: 120_000 }, () => {
  const engine = engineOrSkip();

  it("finds all well, a plain token, an unknown setting, another stack, and no passphrase", async () => {
    const program = { files: { "index.js": "" }, layout: "subfolder" } as const;
    const workspace = await createWorkspace({ engine: engine(), program });
    try {
      const ofStack = {
        PATH: [workspace.engine.folder, dirname(process.execPath)].join(delimiter),
        PULUMI_HOME: join(workspace.root, "home"),
        PULUMI_BACKEND_URL: pathToFileURL(join(workspace.root, "backend")).href,
        PULUMI_CONFIG_PASSPHRASE: "passphrase",
        CELIGO_API_TOKEN: undefined,
        CELIGO_BASE_URL: undefined,
      };
      const place = () => copyFileSync(workspace.configFile, join(workspace.folder, "Pulumi.dev.yaml"));
      const inProject = ["--cwd", workspace.folder];
      const ofDev = ["--stack", "dev", ...inProject];

      await workspace.setConfig("celigo:apiToken", token, { secret: true });
      await workspace.setConfig("celigo:baseUrl", emulator.url);
      place();
      const well = await examine(ofStack, ofDev);
      expect(Object.values(well).map(({ status }) => status)).toEqual(Array(names.length).fill("ok"));
      expect(well["pulumi"]?.found).toBe(`${workspace.engine.version}, ${join(workspace.engine.folder, "pulumi")}`);
      expect(well["project"]?.found).toBe(`${workspace.folder}, its program in ${join(workspace.folder, "infra")}`);
      expect(well["stack"]?.found).toBe("dev");
      expect(well["token"]?.found).toBe("from celigo:apiToken in the stack's configuration");
      expect(well["address"]?.found).toBe(`${emulator.url}, from celigo:baseUrl in the stack's configuration`);
      expect(emulator.requests).toHaveLength(1);
      const text = await printed(["doctor", ...ofDev], { ...env, ...ofStack });
      expect(text).toMatch(/\n\n15 ok, 0 warnings, 0 failed, 0 not checked\n$/);

      const { stack: none, token: unset } = await examine(ofStack, inProject);
      expect([none?.status, none?.found, unset?.found]).toEqual(["warning", "none is selected", "none is set"]);
      const { stack: other, token: unknown } = await examine(ofStack, ["--stack", "prod", ...inProject]);
      expect([other?.status, other?.found]).toEqual(["failed", "no stack named 'prod' found"]);
      expect(unknown?.found).toBe("none in the environment, and the stack's configuration is not known");
      const closed = { ...ofStack, PULUMI_CONFIG_PASSPHRASE: undefined, CELIGO_API_TOKEN: token };
      const { stack: locked, token: fromEnvironment, address, request } = await examine(closed, ofDev);
      expect(locked?.status).toBe("failed");
      expect(locked?.found).toMatch(/^dev, but Pulumi cannot read it: passphrase must be set/);
      expect(locked?.fix).toBe(
        "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's passphrase. " +
          "Until then, only the environment counts below.",
      );
      expect(fromEnvironment).toMatchObject({ status: "ok", found: "from CELIGO_API_TOKEN in the environment" });
      // The stack may say another region: the token must not go to the wrong one.
      expect(address?.found).toBe("not checked: none in the environment, and the stack's configuration is not known");
      expect(request?.found).toBe("not checked: no valid address");
      const { stack: wrong } = await examine({ ...closed, PULUMI_CONFIG_PASSPHRASE: "another" }, ofDev);
      expect([wrong?.status, wrong?.fix]).toEqual(["failed", locked?.fix]);
      expect(wrong?.found).toMatch(/^dev, but Pulumi cannot read it: .*incorrect passphrase/);
      const outside = { ...ofStack, PULUMI_BACKEND_URL: undefined };
      expect((await examine(outside, ofDev))["stack"]?.fix).toMatch(/^Run pulumi login\. /);

      emulator.resetRequests();
      await workspace.setConfig("celigo:apiToken", token);
      await workspace.setConfig("celigo:apiTokn", "token-of-nobody");
      await workspace.setConfig("test:region", "eu");
      await workspace.setConfig("aws:region", "us-east-1");
      const locks = join(workspace.root, "backend", ".pulumi", "locks", "organization", "test", "dev");
      const lock = { pid: 7, username: "ann", hostname: "build", timestamp: "2026-01-31T12:00:00Z" };
      writeText(join(locks, "a.json"), JSON.stringify(lock));
      place();
      const careless = await examine(ofStack, ofDev);
      expect(careless["token"]).toEqual({
        name: "token",
        status: "warning",
        found: "from celigo:apiToken in the stack's configuration; celigo:apiToken is stored in plain text",
        fix: "Run pulumi config set --secret celigo:apiToken; make a new token in Celigo if the file was shared.",
      });
      expect([careless["settings"]?.status, careless["settings"]?.found]).toEqual([
        "warning",
        "Configuration key celigo:apiTokn is unknown and has no effect. Did you mean celigo:apiToken? " +
          "Configuration key test:region has no effect on pulumi-celigo. Did you mean celigo:region?",
      ]);
      expect(careless["stack"]).toMatchObject({
        status: "warning",
        found: "dev, locked by ann on build (process 7) since 2026-01-31T12:00:00Z",
      });
      expect(careless["request"]?.status).toBe("ok");
      expect(emulator.requests).toHaveLength(1);
      const wins = await examine({ ...ofStack, CELIGO_API_TOKEN: token }, ofDev);
      expect([wins["token"]?.status, wins["token"]?.found]).toEqual([
        "warning",
        "from CELIGO_API_TOKEN in the environment; celigo:apiToken is stored in plain text",
      ]);
    } finally {
      await workspace.dispose();
    }
  });
});
