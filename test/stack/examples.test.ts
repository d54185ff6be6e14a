import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runCommand } from "../engine/command";
import { inheritedEnvironment } from "../engine/environment";
import { repositoryRoot } from "../engine/repository";
import { engineOrSkip } from "../engine/vitest";
import { openSession, readExample } from "./session";

const engine = engineOrSkip();
const examples = join(repositoryRoot(), "examples");

/** For each example, an edit of one script: in the editor, and then behind Pulumi's back. */
const walks: Readonly<
  Record<string, { file: string; script: string; from: string; to: string; count: number; transformed?: boolean }>
> = {
  basic: {
    file: "hooks/route-by-warehouse.js",
    script: "route-by-warehouse",
    from: "Number(settings.reviewAbove) : 10000;",
    to: "Number(settings.reviewAbove) : 25000;",
    count: 6,
  },
  promotion: {
    file: "hooks/round-prices.js",
    script: "Round prices",
    from: "CHF: 0.05, JPY: 1,",
    to: "CHF: 0.05, HUF: 1, JPY: 1,",
    count: 3,
  },
  typescript: {
    file: "hooks/route-refunds.ts",
    script: "Route refunds",
    from: 'settings.refundLimit ?? "250"',
    to: 'settings.refundLimit ?? "100"',
    count: 2,
    transformed: true,
  },
};

describe("the examples", { timeout: 300_000 }, () => {
  it("each have a walk here", () => {
    expect(Object.keys(walks).sort()).toEqual(readdirSync(examples).sort());
  });

  for (const [name, { file, script, from, to, count, transformed }] of Object.entries(walks)) {
    it(`${name}: is type-checked, goes up, stays, shows an edit, is updated, drifts, is repaired and leaves nothing`, async () => {
      const files = readExample(join(examples, name));
      const settings = parse(files["Pulumi.dev.yaml"] ?? "{}") as { readonly config?: Record<string, string> };
      const { workspace, account, takeRequests } = await openSession(
        engine(),
        { files },
        { config: settings.config ?? {} },
      );
      for (const path of Object.keys(files).filter((path) => path.endsWith("tsconfig.json"))) {
        expect(await faultsIn(join(workspace.folder, path))).toBe("");
      }
      const first = await workspace.preview();
      expect([first.output.match(/warning/gi), takeRequests()]).toEqual([null, {}]);
      // Pulumi, too, has checked the types now.
      workspace.setEnv("PULUMI_NODEJS_TRANSPILE_ONLY", "true");
      await workspace.up();
      expect(takeRequests()).toEqual({ "GET listScripts": 1, "POST createScript": count });
      const ids = account.scripts().map(({ _id }) => _id);
      expect(ids).toHaveLength(count);

      await workspace.up({ args: ["--expect-no-changes"] });
      expect(takeRequests()).toEqual({});

      const source = files[file] ?? "";
      expect(source).toContain(from);
      const live = () => account.scripts().find((one) => one.name === script);
      const deployed = live()?.content ?? "";
      expect(deployed === source).toBe(!transformed);
      workspace.writeFile(file, source.replace(from, to));
      const preview = await workspace.preview({ args: ["--diff"] });
      expect(preview.output).toMatch(lineDiff(source, from, to));
      // For the lines that are live, of which the state of a file has none, or to see that it is there: nothing uses it.
      expect(takeRequests()).toEqual({ "GET listScriptDependencies": 1, "GET getScriptById": 1 });
      await workspace.up();
      expect(takeRequests()).toEqual({ "GET getScriptById": 1, "PUT updateScript": 1 });
      expect(live()?.content).toBe(deployed.replace(from, to));
      expect(live()?.content).not.toBe(deployed);

      account.edit(live()?._id ?? "", { content: deployed });
      await workspace.refresh();
      const looks = { "GET getScriptById": 1, "GET getScriptAudit": 1 };
      expect(takeRequests()).toEqual({ ...(count > 1 && { "GET listScripts": 1 }), ...looks });
      const drift = await workspace.preview({ args: ["--diff"] });
      expect(drift.output).toMatch(lineDiff(source, from, to));
      takeRequests();
      await workspace.up();
      expect(takeRequests()).toEqual({ "GET getScriptById": 1, "PUT updateScript": 1 });
      expect(live()?.content).toBe(deployed.replace(from, to));
      expect(account.scripts().map(({ _id }) => _id)).toEqual(ids);

      await workspace.destroy();
      expect(takeRequests()).toEqual({
        "GET getScriptById": count,
        "GET listScriptDependencies": count,
        "DELETE deleteScript": count,
      });
      expect(account.scripts()).toEqual([]);
    });
  }
});

/** Returns what the compiler has to say of the files of a tsconfig.json. */
async function faultsIn(project: string): Promise<string> {
  const tsc = join(repositoryRoot(), "node_modules", "typescript", "bin", "tsc");
  const options = { cwd: dirname(project), env: inheritedEnvironment(process.env), timeLimit: 120 };
  const { code, stdout, stderr } = await runCommand(process.execPath, [tsc, "-p", project], options);
  return code === 0 ? "" : `${stdout}${stderr}`;
}

function lineDiff(source: string, from: string, to: string): RegExp {
  const line = source.split("\n").find((one) => one.includes(from)) ?? "";
  const escaped = (text: string) => text.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`- +${escaped(line)}\n *\\+ +${escaped(line.replace(from, to))}`);
}
