import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Emulator, type EmulatorAccount, startEmulator } from "../../sdk/emulator/index";
import { complaintOf, printed, runCli } from "../cli/command-line";
import { createWorkspace, resourcesOf } from "../engine/index";
import { engineOrSkip } from "../engine/vitest";

const token = "token-of-commands";
const content = "function f() {\n  return 1;\n}\n";

let emulator: Emulator;
let account: EmulatorAccount;

beforeEach(async () => {
  emulator = await startEmulator({ accounts: [{ token, name: "shop" }], behaviour: { pageSize: 3 } });
  account = emulator.account();
});

afterEach(() => emulator.stop());

describe("in a Pulumi project", { timeout: 240_000 }, () => {
  const engine = engineOrSkip();

  it("takes the stack's configuration and logical names, and lets the environment win", async () => {
    const program = `const pulumi = require("@pulumi/pulumi");
      const { Script } = require("pulumi-celigo");
      class Group extends pulumi.ComponentResource {
        constructor(name) { super("demo:index:" + name, name); new Script("twin", { content: "// " + name, name }, { parent: this }); }
      }
      new Group("A");
      new Group("B");
      new Script("orders", { content: "// orders", name: "Normalize orders" });
      new Script("A", { content: "// shadowed", name: "C" });`;
    const workspace = await createWorkspace({ engine: engine(), program: { files: { "index.js": program } } });
    try {
      await workspace.setConfig("celigo:baseUrl", emulator.url);
      await workspace.setConfig("celigo:apiToken", token, { secret: true });
      await workspace.up();
      const stackEnv = {
        PATH: [workspace.engine.folder, process.env["PATH"]].join(delimiter),
        PULUMI_HOME: join(workspace.root, "home"),
        PULUMI_BACKEND_URL: pathToFileURL(join(workspace.root, "backend")).href,
        PULUMI_CONFIG_PASSPHRASE: "passphrase",
      };
      const place = ["--stack", "dev", "--cwd", join(workspace.root, "config")];
      expect(await printed(["get", "orders", ...place], stackEnv)).toBe("// orders");
      expect(await printed(["get", "Normalize orders", ...place], stackEnv)).toBe("// orders");
      account.seed({ name: "Of others", content });
      const list = (await printed(["list", ...place], stackEnv)).trimEnd().split("\n");
      expect(list.map((line) => line.split(/ {2,}/)).map((row) => [row[0], row[3]])).toEqual([
        ["NAME", "MANAGED AS"],
        ["A", "twin"],
        ["B", "twin"],
        ["C", "A"],
        ["Normalize orders", "orders"],
        ["Of others", "-"],
      ]);
      // A name in Celigo comes before a logical name.
      expect(await printed(["get", "A", ...place], stackEnv)).toBe("// A");
      const ids = resourcesOf(await workspace.exportState())
        .filter(({ urn }) => urn.endsWith("::twin"))
        .map(({ id }) => id);
      expect(await complaintOf(1, ["get", "twin", ...place], { env: stackEnv })).toBe(
        `error: could not find a script named "twin": 2 resources of stack dev have that logical name: ${ids.sort().join(", ")}. Give the id.`,
      );
      expect(await complaintOf(1, ["get", "order", ...place], { env: stackEnv })).toBe(
        'error: could not find a script named "order": none of 5 scripts in the account has that name, ' +
          'and no resource of stack dev. Did you mean "orders"?',
      );
      const other = emulator.addAccount({ token: "token-of-other" });
      other.seed({ name: "elsewhere", content });
      const misled = { ...stackEnv, CELIGO_API_TOKEN: other.token };
      expect(await printed(["list", ...place], misled)).toMatch(/^NAME .*\nelsewhere [^\n]*\n$/);
      expect(await complaintOf(1, ["debug", "off", "orders", ...place], { env: misled })).toMatch(
        /^error: could not read script \w{24}: Celigo answered 404: /,
      );
      // In the provider, the stack's address wins over a region, and so it does here.
      const regional = { ...stackEnv, CELIGO_API_TOKEN: token, CELIGO_REGION: "eu" };
      expect(await printed(["list", ...place], regional)).toContain("\nNormalize orders ");
      const wrong = { ...stackEnv, CELIGO_API_TOKEN: token, PULUMI_STACK: "dev", PULUMI_CONFIG_PASSPHRASE: "wrong" };
      expect(await complaintOf(1, ["list", ...place.slice(2)], { env: wrong })).toBe(
        "error: could not read the configuration of the current stack: incorrect passphrase",
      );
      const unselected = { ...stackEnv, CELIGO_API_TOKEN: token, CELIGO_REGION: "mars" };
      expect((await runCli(["list", ...place.slice(2)], { env: unselected })).stderr).toMatch(
        /^note: [^\n]*: no stack selected[^\n]* Using the environment only\.\nerror: [^\n]*"mars" is not a region/,
      );
      expect(await complaintOf(1, ["list", ...place.slice(2)], { env: stackEnv })).toMatch(
        /^error: could not read the configuration of the current stack: no stack selected/,
      );
      expect(await complaintOf(1, ["list", "--stack", "prod", ...place.slice(2)], { env: stackEnv })).toMatch(
        /^error: could not read the configuration of stack prod: no stack named 'prod' found/,
      );
    } finally {
      await workspace.dispose();
    }
  });
});
