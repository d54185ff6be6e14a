import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEmulator } from "../../sdk/emulator/index";
import { overrideVariable } from "../engine/cli";
import { createWorkspace } from "../engine/index";
import { packInto } from "../engine/package";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { engineOrSkip } from "../engine/vitest";
import { installed, must, quietly, run } from "./cache";
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

/** npm and npx as the files that a version of Node runs: its package on npm holds Node alone. */
async function npmFile(name: "npm" | "npx"): Promise<string> {
  const modules = (await must("npm", ["root", "-g"], folder)).stdout.trim();
  return join(modules, "npm", "bin", `${name}-cli.js`);
}

const pathWith = (...folders: readonly string[]) => [...folders, process.env["PATH"]].join(delimiter);

/** Runs README's install command in a folder that has only a package.json. */
async function install(place: string, bin: string, pulumi: string): Promise<void> {
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), JSON.stringify({ name: "infra", private: true, main: "index.ts" }));
  const args = [await npmFile("npm"), "install", ...quietly, ...installCommand(pulumi)];
  await must(join(bin, "node"), args, place, { PATH: pathWith(bin) });
}

/** Copies what git knows of the repository: a clone, with what is not committed yet. */
async function clone(into: string): Promise<void> {
  const { stdout } = await must("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], root);
  const files = stdout.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
  for (const file of files) cpSync(join(root, file), join(into, file));
}

const combinations = pulumis.flatMap((pulumi) => nodes.map((node) => ({ node, pulumi })));
const table = join(folder, "table.txt");

describe("the main job on the real engine", () => {
  const engine = engineOrSkip();

  it.each(combinations)("with Node $node and @pulumi/pulumi $pulumi", async ({ node, pulumi }) => {
    const bin = await nodeFolder(node);
    const place = join(folder, `${pulumi}-${node}`);
    await install(place, bin, pulumi);
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
    const env = { CELIGO_BASE_URL: emulator.url, PATH: pathWith(engine().folder, bin) };
    const workspace = await createWorkspace({ engine: engine(), program: { folder: place }, env });
    try {
      const version = (await must(join(bin, "node"), ["--version"], place)).stdout.trim();
      expect(version).toBe(`v${node}`);
      const doctorOf = [await npmFile("npx"), "pulumi-celigo", "doctor", "--json"];
      const doctor = await run(join(bin, "node"), doctorOf, place, {
        ...env,
        CELIGO_API_TOKEN: token,
        PULUMI_BACKEND_URL: pathToFileURL(join(workspace.root, "backend")).href,
        PULUMI_HOME: join(workspace.root, "home"),
        PULUMI_CONFIG_PASSPHRASE: "passphrase",
        NO_PROXY: "*",
        // What doctor says of a Node that cannot show errors without it is tested in doctor.test.ts.
        NODE_OPTIONS: "--stack-trace-limit=3",
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
      // As README says: pulumi config set --secret celigo:apiToken.
      await workspace.setConfig("celigo:apiToken", token, { secret: true });
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

  it.each(nodes)("with Node %s, in a clone of the repository: npm ci && npm run demo", async (node) => {
    expect(readFileSync(join(root, "README.md"), "utf8")).toMatch(/^npm ci && npm run demo /m);
    const bin = await nodeFolder(node);
    const place = join(folder, `clone-${node}`);
    await clone(place);
    const [npm, env] = [await npmFile("npm"), { PATH: pathWith(bin), [overrideVariable]: engine().folder }];
    await must(join(bin, "node"), [npm, "ci", ...quietly], place, env);
    const { output } = await must(join(bin, "node"), [npm, "run", "demo"], place, env);
    expect(output).toMatch(/^--- \d+\. /m);
    appendFileSync(table, `${node}: npm ci && npm run demo works\n`);
    removeTemporaryFolder(place);
  });

  it("is done in every combination", () => {
    const lines = readFileSync(table, "utf8");
    process.stdout.write(`\n${lines}`);
    expect(lines.trim().split("\n")).toHaveLength(combinations.length + nodes.length);
  });
});
