import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runtimeDependencies, unpackPackage } from "../engine/package";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { must } from "../outside/cache";
import { faultsOf, printedByRunnable, runnable } from "../outside/consumer";

const root = repositoryRoot();
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
let folder = "";

beforeAll(async () => {
  folder = temporaryFolder("consumer");
  const packages = join(folder, "node_modules");
  for (const name of ["@pulumi/pulumi", "@types/node", ...runtimeDependencies()]) {
    mkdirSync(join(packages, name, ".."), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(packages, name), "junction");
  }
  await unpackPackage(join(packages, "pulumi-celigo"));
});

afterAll(() => removeTemporaryFolder(folder));

// `npm run test:consumers` has the other compilers, package managers and settings.
describe("a program with the packed package", () => {
  it.each(["classical", "nodenext"] as const)("compiles with %s settings, and our declarations do", async (setting) => {
    expect(await faultsOf(tsc, folder, { setting, skipLibCheck: false })).toEqual([]);
  });

  it.each(["commonjs", "module"] as const)("runs as JavaScript: %s", async (kind) => {
    const file = kind === "module" ? "run.mjs" : "run.cjs";
    writeFileSync(join(folder, file), runnable(kind));
    expect((await must(process.execPath, [file], folder)).stdout.trim()).toBe(printedByRunnable);
  });

  it("does not compile when a declaration names a type that the compiler can't read", async () => {
    const declaration = join(folder, "node_modules", "pulumi-celigo", "dist", "provider", "errors.d.ts");
    appendFileSync(declaration, 'export declare const limits: import("got").Got;\n');
    const faults = await faultsOf(tsc, folder, { setting: "classical", skipLibCheck: false });
    expect(faults).toEqual([expect.stringMatching(/errors\.d\.ts.*got/)]);
    rmSync(join(folder, "node_modules", "pulumi-celigo"), { recursive: true });
  });
});
