import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEmulator } from "../../sdk/emulator/index";
import { createWorkspace } from "../engine/index";
import { packInto } from "../engine/package";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { engineOrSkip } from "../engine/vitest";
import { installed, must, run } from "./cache";
import { settings } from "./consumer";

/** The newest version of each line of Node, and the oldest that package.json allows. */
const nodes = ["20.19.0", "22.23.3", "24.21.0", "26.10.0"];
/** The oldest @pulumi/pulumi of the peer range, the one of development, and the newest, which wants Node 22. */
const pulumis = ["3.216.0", "3.248.0", "3.276.0"];

const token = "token-of-versions";
const root = repositoryRoot();
const folder = temporaryFolder("versions");
let tarball = "";

beforeAll(async () => {
  tarball = await packInto(folder);
});

afterAll(() => removeTemporaryFolder(folder));

/** Returns the folder of a Node's program. */
async function nodeFolder(version: string): Promise<string> {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  return join(await installed(`node-${version}`, { [name]: version }), "node_modules", name, "bin");
}

/** The command that the README gives, with our tarball and a version of Pulumi. */
function installCommand(pulumi: string): string[] {
  const line = /^npm install pulumi-celigo .*$/m.exec(readFileSync(join(root, "README.md"), "utf8"))?.[0] ?? "";
  const words = line.replace(/ *#.*/, "").split(" ").slice(2);
  expect(words).toEqual(expect.arrayContaining(["pulumi-celigo", "@pulumi/pulumi"]));
  return words.map((word) =>
    word.replace(/^pulumi-celigo$/, tarball).replace(/^@pulumi\/pulumi.*$/, `@pulumi/pulumi@${pulumi}`),
  );
}

const program = `import * as pulumi from "@pulumi/pulumi";
import { getScriptOutput, Script, ScriptFolder } from "pulumi-celigo";
const one = new Script("one", { content: new pulumi.asset.FileAsset("hooks/one.js"), description: "One." });
export const id = one.id;
export const name = getScriptOutput({ id: one.id }).apply(({ name }) => name);
export const ids = new ScriptFolder("hooks", { path: "hooks", exclude: ["one.js"] }).ids;
`;

const installs = new Map<string, Promise<string>>();

/** Installs a program's packages once for each version of Pulumi, with the oldest Node that it wants. */
function packagesFor(pulumi: string, node: string): Promise<string> {
  const place = join(folder, `pulumi-${pulumi}`);
  const install = async () => {
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "package.json"), JSON.stringify({ name: "infra", private: true, main: "index.ts" }));
    const npm = (await must("npm", ["root", "-g"], folder)).stdout.trim();
    const cli = join(npm, "npm", "bin", "npm-cli.js");
    const env = { PATH: [node, process.env["PATH"]].join(delimiter) };
    const args = [cli, "install", "--no-audit", "--no-fund", ...installCommand(pulumi), "@types/node@20.19.43"];
    await must(join(node, "node"), args, place, env);
    return place;
  };
  const known = installs.get(pulumi) ?? install();
  installs.set(pulumi, known);
  return known;
}

const combinations = pulumis.flatMap((pulumi) => nodes.map((node) => ({ node, pulumi })));
const table = join(folder, "table.txt");

describe("the main job on the real engine", () => {
  const engine = engineOrSkip();

  it.each(combinations)("with Node $node and @pulumi/pulumi $pulumi", async ({ node, pulumi }) => {
    const bin = await nodeFolder(node);
    const packages = await packagesFor(pulumi, bin);
    const place = join(folder, `${pulumi}-${node}`);
    cpSync(packages, place, { recursive: true, verbatimSymlinks: true });
    mkdirSync(join(place, "hooks"));
    for (const name of ["one", "two"]) {
      writeFileSync(
        join(place, "hooks", `${name}.js`),
        "export function preMap(options) {\n  return options.data;\n}\n",
      );
    }
    writeFileSync(join(place, "index.ts"), program);
    writeFileSync(join(place, "Pulumi.yaml"), "name: versions\nruntime: nodejs\n");
    const compilerOptions = { strict: true, ...settings.classical };
    writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }));

    const emulator = await startEmulator({ accounts: [{ token, name: "shop" }] });
    const PATH = [engine().folder, bin, process.env["PATH"]].join(delimiter);
    const env = { CELIGO_API_TOKEN: token, CELIGO_BASE_URL: emulator.url, PATH };
    const workspace = await createWorkspace({ engine: engine(), program: { folder: place }, env });
    try {
      const version = (await must(join(bin, "node"), ["--version"], place)).stdout.trim();
      expect(version).toBe(`v${node}`);
      const doctor = await run(join(bin, "node"), ["node_modules/.bin/pulumi-celigo", "doctor", "--json"], place, {
        ...env,
        PULUMI_BACKEND_URL: pathToFileURL(join(workspace.root, "backend")).href,
        PULUMI_HOME: join(workspace.root, "home"),
        PULUMI_CONFIG_PASSPHRASE: "passphrase",
        NO_PROXY: "*",
      });
      const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; status: string; found: string }[] };
      const said = checks.filter(({ name, status }) => ["failed", "warning"].includes(status) && name !== "stack");
      const { engines } = JSON.parse(
        readFileSync(join(place, "node_modules", "@pulumi", "pulumi", "package.json"), "utf8"),
      ) as { engines: { node: string } };
      const fits = Number(node.split(".")[0]) >= Number(/\d+/.exec(engines.node)?.[0]);
      // Doctor names what does not fit, and nothing else. No stack is selected here.
      expect(said.map(({ name }) => name)).toEqual(fits ? [] : ["@pulumi/pulumi"]);
      if (!fits) {
        expect(said[0]?.found).toContain("it needs Node 22");
        appendFileSync(table, `${node} ${pulumi}: doctor says that it needs Node ${engines.node}\n`);
        return;
      }
      const { output } = await workspace.preview();
      expect(output).toMatch(/4 to create/);
      await workspace.up();
      const outputs = await workspace.outputs();
      expect(outputs).toMatchObject({ name: "one", ids: { "two.js": expect.any(String) } });
      emulator.resetRequests();
      await workspace.preview({ expectNoChanges: true });
      expect(emulator.count({ operation: "getScriptById" })).toBe(1);
      writeFileSync(join(place, "hooks", "one.js"), "export function preMap() {\n  return [];\n}\n");
      await workspace.up({ preview: true });
      expect(
        emulator
          .account()
          .scripts()
          .map(({ content }) => content)
          .sort()[0],
      ).toContain("return [];");
      await workspace.refresh({ args: ["--expect-no-changes"] });
      await workspace.destroy();
      expect(emulator.account().scripts()).toEqual([]);
      appendFileSync(table, `${node} ${pulumi}: works\n`);
    } finally {
      await workspace.dispose();
      await emulator.stop();
    }
  });

  it("is done in every combination", () => {
    const lines = readFileSync(table, "utf8");
    process.stdout.write(`\n${lines}`);
    expect(lines.trim().split("\n")).toHaveLength(combinations.length);
  });
});
