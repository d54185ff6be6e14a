import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { startEmulator } from "../../sdk/emulator/index";
import { runCli } from "../cli/command-line";
import type { Environment } from "../engine/environment";
import { createWorkspace } from "../engine/index";
import { engineOrSkip } from "../engine/vitest";

/** What `--format json` prints. */
interface Graph {
  readonly nodes: readonly {
    readonly id: string;
    readonly type: string;
    readonly name: string;
    readonly logicalName?: string;
    readonly unused?: boolean;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly paths: readonly string[] }[];
}

const token = "token-of-graph";
const flow = { id: "6a0000000000000000000001", name: "Orders to ERP", paths: ["pageProcessors[0]._scriptId"] };

describe("graph, of a stack", { timeout: 240_000 }, () => {
  const engine = engineOrSkip();

  it("shows the scripts of the stack with their logical names, and says which are gone", async (context) => {
    const emulator = await startEmulator({ accounts: [{ token }] });
    context.onTestFinished(() => emulator.stop());
    const account = emulator.account();
    const program = `const { Script } = require("pulumi-celigo");
      for (const name of ["shape", "gone"]) new Script(name, { name: "orders " + name, content: "function f() { return 1; }" });`;
    const workspace = await createWorkspace({ engine: engine(), program: { files: { "index.js": program } } });
    context.onTestFinished(() => workspace.dispose());
    await workspace.setConfig("celigo:baseUrl", emulator.url);
    await workspace.setConfig("celigo:apiToken", token, { secret: true });
    await workspace.up();
    account.seed({ name: "a stranger", content: "function f() {}" });
    const byName = (name: string) => account.scripts().find((script) => script.name === name)?._id ?? "";
    const [shape, gone] = [byName("orders shape"), byName("orders gone")];
    account.setDependents(shape, { flows: [flow] });
    account.edit(shape, { name: "renamed" });
    account.remove(gone);
    let env: Environment = {
      PATH: [workspace.engine.folder, process.env["PATH"]].join(delimiter),
      PULUMI_HOME: join(workspace.root, "home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(workspace.root, "backend")).href,
      PULUMI_CONFIG_PASSPHRASE: "passphrase",
    };
    const cwd = join(workspace.root, "config");
    const of = async (...args: readonly string[]) => {
      const { stdout, stderr, code } = await runCli(["graph", "--format", "json", "--cwd", cwd, ...args], { env });
      expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
      return { graph: JSON.parse(stdout) as Graph, stderr };
    };
    const dev = await of("--stack", "dev", "--match", "shape|gone");
    expect(dev.graph.nodes).toEqual([
      { id: flow.id, type: "flows", name: flow.name },
      { id: shape, type: "scripts", name: "renamed", logicalName: "shape", unused: false },
    ]);
    expect(dev.stderr).toBe(`note: "gone" (${gone}) is in the state of stack dev, but not in the account: left out.\n`);
    env = { ...env, CELIGO_API_TOKEN: token, CELIGO_BASE_URL: emulator.url };
    const { graph } = await of();
    expect(graph.nodes.map(({ name }) => name)).toEqual([flow.name, "a stranger", "renamed"]);
  });
});
