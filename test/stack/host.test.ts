import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Program, resourcesOf } from "../engine/index";
import { repositoryRoot } from "../engine/repository";
import { engineOrSkip } from "../engine/vitest";
import { openSession, sourceOf } from "./session";

const engine = engineOrSkip();
const limit = { timeout: 240_000 };

/** What version 0.1.0 wrote into every state, recorded by hand: state runs it for ever, so it can never change. */
const recordedProviderText =
  "exports.handler=()=>require('module').createRequire(process.cwd()+'/_')('pulumi-celigo/provider').provider";

const before = sourceOf({ s: '{ content: "function one() { return 1; }" }' });
const after = sourceOf({ s: '{ content: "function two() { return 2; }" }' });
const files = { "index.js": before };

const layouts: Readonly<Record<string, Program>> = {
  "a linked copy": { files, package: "linked" },
  "an installed copy": { files, package: "installed" },
  "an installed copy with main in a subfolder": { files, package: "installed", layout: "subfolder" },
  "an installed copy at the root of a workspace": { files, package: "installed", layout: "workspace" },
};

describe("the text by which the host finds the provider", limit, () => {
  for (const [layout, program] of Object.entries(layouts)) {
    it(`works for ${layout} in up, refresh and destroy, and is the recorded one`, async () => {
      const { workspace, account, takeRequests } = await openSession(engine(), program);
      await workspace.up();
      expect(account.scripts()).toMatchObject([{ content: "function one() { return 1; }" }]);
      const [resource] = resourcesOf(await workspace.exportState());
      expect(resource?.inputs?.["__provider"]).toBe(recordedProviderText);
      expect(resource?.outputs?.["__provider"]).toBe(recordedProviderText);
      if (layout === "an installed copy") {
        // An upgrade shows no change, and sends nothing.
        takeRequests();
        const manifest = join(workspace.folder, "node_modules", "pulumi-celigo", "package.json");
        const text = readFileSync(manifest, "utf8");
        const upgraded = text.replace(/"version": "[^"]*"/, '"version": "99.0.0"');
        expect(upgraded).not.toBe(text);
        workspace.writeFile("node_modules/pulumi-celigo/package.json", upgraded);
        await workspace.up({ args: ["--expect-no-changes"] });
        expect(takeRequests()).toEqual({});
      }
      workspace.writeFile("index.js", after);
      await workspace.up();
      expect(account.scripts()).toMatchObject([{ content: "function two() { return 2; }" }]);
      takeRequests();
      await workspace.refresh();
      await workspace.destroy();
      expect(takeRequests()).toEqual({
        "GET getScriptById": 2,
        "GET listScriptDependencies": 1,
        "DELETE deleteScript": 1,
      });
    });
  }

  const module = (body: string) =>
    `import { Script } from "pulumi-celigo";\nexport const id = new Script("s", { content: "function s() { ${body} }" }).id;`;
  const manifest = JSON.stringify({ name: "test", type: "module", main: "index.js" });
  const modules: Readonly<Record<string, (body: string) => Record<string, string>>> = {
    "index.mjs": (body) => ({ "index.mjs": module(body) }),
    'index.js with "type": "module"': (body) => ({ "index.js": module(body), "package.json": manifest }),
  };
  for (const [entry, sources] of Object.entries(modules)) {
    it(`works for a program that is an ES module, ${entry}`, async () => {
      const { workspace, account, takeRequests } = await openSession(engine(), { files: sources("return 1;") });
      await workspace.up();
      expect(account.scripts()).toMatchObject([{ name: "s", content: "function s() { return 1; }" }]);
      expect(await workspace.outputs()).toEqual({ id: account.scripts()[0]?._id });
      takeRequests();
      await workspace.preview({ expectNoChanges: true });
      expect(takeRequests()).toEqual({});
      for (const [name, text] of Object.entries(sources("return 2;"))) workspace.writeFile(name, text);
      await workspace.up();
      expect(account.scripts()).toMatchObject([{ content: "function s() { return 2; }" }]);
    });
  }

  it("works at the root of this repository, with main in a folder of the example", async () => {
    const { workspace, account, takeRequests } = await openSession(engine(), { folder: repositoryRoot() });
    await workspace.up();
    expect(account.scripts()).toHaveLength(readdirSync(join(repositoryRoot(), "examples", "basic", "hooks")).length);
    takeRequests();
    await workspace.preview({ expectNoChanges: true });
    expect(takeRequests()).toEqual({});
    await workspace.refresh();
    expect(takeRequests()).toEqual({ "GET listScripts": 1 });
    await workspace.destroy();
    expect(account.scripts()).toEqual([]);
  });
});
