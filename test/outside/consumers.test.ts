import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packInto } from "../engine/package";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { cache, installed, must, quietly } from "./cache";
import { type Compilation, faultsOf, printedByRunnable, runnable, settings } from "./consumer";

const compilers = {
  "4.9": "npm:typescript@4.9.5",
  "5.4": "npm:typescript@5.4.5",
  "5.9": "npm:typescript@5.9.3",
  "6.0": "npm:typescript@6.0.3",
  "7.0": "npm:typescript@7.0.2",
};
const tools = { publint: "0.3.25", "@arethetypeswrong/cli": "0.18.5", knip: "6.44.2", pnpm: "12.21.0" };
const dependencies = { "@pulumi/pulumi": "3.248.0", "@types/node": "20.19.43" };

const root = repositoryRoot();
let tarball = "";
let folder = "";
let toolsFolder = "";
let compilersFolder = "";

beforeAll(async () => {
  folder = temporaryFolder("consumers");
  tarball = await packInto(folder);
  toolsFolder = await installed("tools", tools);
  compilersFolder = await installed(
    "typescript",
    Object.fromEntries(Object.entries(compilers).map(([version, from]) => [`typescript-${version}`, from])),
  );
});

afterAll(() => removeTemporaryFolder(folder));

const tool = (name: string) => join(toolsFolder, "node_modules", ".bin", name);
const tsc = (version: keyof typeof compilers) =>
  join(compilersFolder, "node_modules", `typescript-${version}`, "bin", "tsc");

/** Whether a compiler has a setting: `bundler` came with 5.0, `node` left with 7.0. */
function has(version: keyof typeof compilers, setting: keyof typeof settings): boolean {
  return !(setting === "bundler" && version === "4.9") && !(setting === "classical" && version === "7.0");
}

/** Writes a package that depends on the tarball. */
function consumer(path: string): string {
  mkdirSync(path, { recursive: true });
  const manifest = {
    name: "infra",
    private: true,
    dependencies: { ...dependencies, "pulumi-celigo": `file:${tarball}` },
  };
  writeFileSync(join(path, "package.json"), JSON.stringify(manifest));
  return path;
}

const layouts = {
  npm: async () => {
    const path = consumer(join(folder, "npm"));
    await must("npm", [...quietly, "install"], path);
    return path;
  },
  "npm, in a workspace": async () => {
    const whole = join(folder, "npm-workspace");
    const path = consumer(join(whole, "packages", "infra"));
    writeFileSync(join(whole, "package.json"), JSON.stringify({ private: true, workspaces: ["packages/*"] }));
    await must("npm", [...quietly, "install"], whole);
    return path;
  },
  pnpm: async () => {
    const path = consumer(join(folder, "pnpm"));
    await must(tool("pnpm"), [...pnpm, "install"], path);
    return path;
  },
  "pnpm, in a workspace": async () => {
    const whole = join(folder, "pnpm-workspace");
    const path = consumer(join(whole, "packages", "infra"));
    writeFileSync(join(whole, "package.json"), JSON.stringify({ private: true }));
    writeFileSync(join(whole, "pnpm-workspace.yaml"), "packages:\n  - packages/*\n");
    await must(tool("pnpm"), [...pnpm, "install"], whole);
    return path;
  },
} as const;
const pnpm = [
  "--silent",
  "--prefer-offline",
  `--config.store-dir=${join(cache, "pnpm-store")}`,
  "--config.strict-dep-builds=false",
];

describe.each(Object.keys(layouts) as (keyof typeof layouts)[])("installed with %s", (layout) => {
  let path = "";
  beforeAll(async () => {
    path = await layouts[layout]();
  });

  it.each(["commonjs", "module"] as const)("runs as JavaScript: %s", async (kind) => {
    const file = kind === "module" ? "run.mjs" : "run.cjs";
    writeFileSync(join(path, file), runnable(kind));
    expect((await must(process.execPath, [file], path)).stdout.trim()).toBe(printedByRunnable);
  });

  it("has a command", async () => {
    const command = join(path, "node_modules", ".bin", "pulumi-celigo");
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const shared = join(folder, "npm-workspace", "node_modules", ".bin", "pulumi-celigo");
    const { stdout } = await must(layout === "npm, in a workspace" ? shared : command, ["--version"], path);
    expect(stdout.trim()).toBe(version);
  });

  const cases = (Object.keys(compilers) as (keyof typeof compilers)[]).flatMap((version) =>
    (Object.keys(settings) as Compilation["setting"][])
      .filter((setting) => has(version, setting))
      // skipLibCheck only hides errors: once with it is enough.
      .flatMap((setting) =>
        (layout === "npm" ? [false, true] : [false]).map((skipLibCheck) => ({ version, setting, skipLibCheck })),
      )
      // Of a workspace, only how a package is found differs.
      .filter(() => !layout.endsWith("workspace") || version === "5.9" || version === "7.0"),
  );
  it.each(cases)("compiles with TypeScript $version, $setting, skipLibCheck $skipLibCheck", async (one) => {
    const more = one.setting === "classical" && one.version === "6.0" ? { ignoreDeprecations: "6.0" } : {};
    expect(await faultsOf(tsc(one.version), path, { ...one, more })).toEqual([]);
  });
});

describe("the package, as others judge it", () => {
  it("has nothing that publint finds", async () => {
    const { stdout } = await must(tool("publint"), ["run", tarball, "--strict"], folder);
    expect(stdout).toContain("All good!");
  });

  it("has types that are right for each way of resolving them (arethetypeswrong)", async () => {
    const { stdout } = await must(
      tool("attw"),
      [tarball, "--no-definitely-typed", "--no-emoji", "--format", "json"],
      folder,
    );
    const { analysis } = JSON.parse(stdout) as { analysis: { problems: unknown[]; entrypoints: object } };
    expect(analysis.problems).toEqual([]);
    expect(Object.keys(analysis.entrypoints)).toEqual([".", "./provider", "./emulator", "./hooks"]);
  });

  it("has no export, file or dependency that nothing uses (knip)", async () => {
    const { stdout } = await must(tool("knip"), ["--config", ".ci/knip.json"], root);
    expect(stdout.trim()).toBe("");
  });
});
