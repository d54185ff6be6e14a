import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runCommand } from "../engine/command";
import { inheritedEnvironment } from "../engine/environment";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";

/** Lints files of our layout that import each other, and returns the rules that each breaks. */
async function brokenRules(files: Readonly<Record<string, readonly string[]>>): Promise<Record<string, string[]>> {
  const root = temporaryFolder("imports");
  onTestFinished(() => removeTemporaryFolder(root));
  copyFileSync(join(repositoryRoot(), ".biome.json"), join(root, ".biome.json"));
  for (const [file, imports] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    const lines = imports.map((specifier, index) => `export { name as name${index} } from "${specifier}";\n`);
    writeFileSync(join(root, file), `export const name = 1;\n${lines.join("")}`);
  }
  const biome = join(repositoryRoot(), "node_modules", ".bin", "biome");
  const options = { cwd: root, env: inheritedEnvironment(process.env), timeLimit: 60 };
  const { stdout } = await runCommand(biome, ["lint", "--reporter=json", "--max-diagnostics=none", "."], options);
  const { diagnostics } = JSON.parse(stdout) as {
    readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[];
  };
  const broken: Record<string, string[]> = {};
  for (const { category, location } of diagnostics) {
    broken[location.path] ??= [];
    broken[location.path]?.push(category.split("/").at(-1) ?? "");
  }
  return broken;
}

it("npm run check refuses imports upward, and takes those downward", async () => {
  const upward: Record<string, readonly string[]> = {
    "provider/text.ts": ["./api/client"],
    "provider/json.ts": ["./host"],
    "provider/host.ts": ["../sdk/script"],
    "provider/api/client.ts": ["../content/content"],
    "provider/api/http.ts": ["../messages"],
    "provider/content/check.ts": ["../script/inputs"],
    "provider/content/lint.ts": ["../../sdk/index"],
    "provider/script/create.ts": ["../host"],
    "provider/script/delete.ts": ["../../sdk/script"],
    "sdk/script.ts": ["./cli/output"],
    "sdk/folder/folder.ts": ["../emulator/index"],
    "sdk/emulator/index.ts": ["../../provider/errors"],
    "sdk/emulator/store.ts": ["../script"],
    "sdk/cli/output.ts": ["./graph/graph"],
    "sdk/cli/graph/graph.ts": ["../import/import"],
    "sdk/cli/project/project.ts": ["../commands/list"],
    "sdk/cli/pull/pull.ts": ["../import/plan"],
  };
  const downward = {
    "provider/index.ts": ["./host", "./script/create"],
    "provider/script/update.ts": ["../api/client", "../content/check", "../messages", "../errors"],
    "provider/api/retry.ts": ["../errors", "./client"],
    "sdk/functions.ts": ["../provider/api/client", "./folder/folder"],
    "sdk/emulator/records.ts": ["../../provider/api/schema", "../../provider/text", "./store"],
    "sdk/cli/main.ts": ["./graph/graph"],
    "sdk/cli/import/import.ts": ["../options", "../project/project", "../../../provider/errors", "./plan"],
    "sdk/cli/commands/emulator.ts": ["../../emulator/index"],
  };
  const expected = Object.fromEntries(Object.keys(upward).map((file) => [file, ["noRestrictedImports"]]));
  expect(await brokenRules({ ...upward, ...downward })).toEqual(expected);
});

it("npm run check refuses a cycle of imports", async () => {
  const cycle = { "sdk/a.ts": ["./b"], "sdk/b.ts": ["./c"], "sdk/c.ts": ["./a"], "sdk/d.ts": ["./a"] };
  const files = ["sdk/a.ts", "sdk/b.ts", "sdk/c.ts"];
  expect(await brokenRules(cycle)).toEqual(Object.fromEntries(files.map((file) => [file, ["noImportCycles"]])));
});
