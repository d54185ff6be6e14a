import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resourcesOf, stateBytes } from "../engine/index";
import { engineOrSkip } from "../engine/vitest";
import { openSession, programOf, sourceOf } from "./session";

const engine = engineOrSkip();
const limit = { timeout: 180_000 };
const code = "function hook(options) {\n  return options.data;\n}\n";

describe("a file as content", limit, () => {
  it("stays an asset in the state after an edit of the description in Celigo", async () => {
    const scripts = { s: '{ content: new pulumi.asset.FileAsset("a.js"), onConflict: "overwrite" }' };
    const windows = { windows: '{ content: new pulumi.asset.FileAsset("b.js") }' };
    const { workspace, account, takeRequests } = await openSession(engine(), {
      ...programOf({ ...scripts, ...windows }),
      "a.js": code,
      "b.js": code.replaceAll("\n", "\r\n"),
    });
    await workspace.up();
    const contents = async () =>
      resourcesOf(await workspace.exportState()).map(({ inputs, outputs }) => [
        inputs?.["content"],
        outputs?.["__resource"],
      ]);
    const before = await contents();
    for (const { _id } of account.scripts()) {
      account.edit(_id, { description: "edited" });
    }
    await workspace.refresh();
    expect(await contents()).toEqual(before);
    const { output } = await workspace.preview({ args: ["--diff"] });
    expect(output).toMatch(/- description\s*: "edited"/);
    expect(output).not.toMatch(/[-+~] content\b/);
    await workspace.up();
    expect(account.scripts()).toMatchObject([
      { content: code, description: "" },
      { content: code, description: "" },
    ]);
    await workspace.preview({ expectNoChanges: true });

    // The path alone is no change.
    workspace.writeFile("c.js", code);
    workspace.writeFile("index.js", sourceOf({ s: scripts.s.replace("a.js", "c.js"), ...windows }));
    takeRequests();
    await workspace.up();
    expect(takeRequests()).toEqual({});
  });

  it("costs at most 2,200 bytes of state, and a text 2,050 beside it, with every input set; hideDiffs hides its lines", async () => {
    const every = `
      name: "Normalize orders of all shops", description: "${"Brings the orders of all shops into one shape. ".padEnd(60, "x")}",
      postResponseHookToProcessOnChildRecord: true, templateId: "0123456789abcdef01234567", noModule: true,
      onNameTaken: "create", onConflict: "overwrite", onDependents: "delete", syntaxCheck: "warn",`;
    const large = `${code}// {{region}} ${"x".repeat(5000)}\n`;
    const file = 'content: new pulumi.asset.FileAsset("hooks/standardize-regions.js")';
    const { workspace } = await openSession(engine(), {
      ...programOf({
        text: `{ ${every} content: ${JSON.stringify(large)}, substitutions: { region: "EU" } }`,
        file: `{ ${every} ${file} }`,
        windows: `{ ${every} ${file.replace(".js", ".windows.js")} }`,
        hidden: '{ content: new pulumi.asset.FileAsset("hidden.js") }, { hideDiffs: ["content"] }',
      }),
      "hidden.js": code,
      "hooks/standardize-regions.js": large,
      "hooks/standardize-regions.windows.js": large.replaceAll("\n", "\r\n"),
    });
    await workspace.up();
    // Pulumi's own trace has paths of this machine.
    const resources = resourcesOf(await workspace.exportState()).map(({ stackTrace: _, ...resource }) => resource);
    const sizes = [...stateBytes({ version: 3, deployment: { resources } })];
    const bytes = Object.fromEntries(sizes.map(([urn, size]) => [urn.split("::").pop(), size]));
    const text = JSON.stringify(large.replace("{{region}}", "EU")).length;
    expect((bytes["text"] ?? Number.NaN) - text).toBeLessThanOrEqual(2050);
    expect(bytes["file"]).toBeLessThanOrEqual(2200);
    // The state also has the hash of the text that is sent, and that of the bytes.
    expect(bytes["windows"]).toBeLessThanOrEqual(2400);

    workspace.writeFile("hidden.js", code.replace("options.data", "[]"));
    const { output } = await workspace.preview();
    expect(output).toContain("not used in Celigo");
    expect(output).not.toMatch(/these lines change|options\.data/);
  });

  it("that is ignored and missing leaves what is live, and is named where there is no script yet", async () => {
    const ignored = '{ content: new pulumi.asset.FileAsset("a.js") }, { ignoreChanges: ["content"] }';
    const { workspace, account } = await openSession(engine(), { ...programOf({ s: ignored }), "a.js": code });
    await workspace.up();
    rmSync(join(workspace.folder, "a.js"));
    await workspace.preview({ expectNoChanges: true });
    workspace.writeFile("index.js", sourceOf({ s: ignored.replace("{", '{ description: "new",') }));
    await workspace.up();
    expect(account.scripts()).toMatchObject([{ content: code, description: "new" }]);
    await workspace.refresh();
    await workspace.preview({ expectNoChanges: true });
    workspace.writeFile("index.js", sourceOf({ t: ignored }));
    const { output } = await workspace.preview({ expectFailure: true });
    expect(output).toMatch(/could not read the content file a\.js: ENOENT/);
    expect(output).not.toMatch(/Circular|nhandled|required|at .*\.js:\d+:\d+/);
  });

  it("that cannot be created shows no name that the program keeps secret", async () => {
    const name = "the-unreleased-project";
    const { workspace, account } = await openSession(
      engine(),
      programOf({ s: `{ name: pulumi.secret(${JSON.stringify(name)}), content: ${JSON.stringify(code)} }` }),
    );
    account.seed({ name, content: code });
    const { output } = await workspace.up({ expectFailure: true });
    expect(output).toContain('could not create script "[secret]"');
    expect(output).not.toContain(name);
    expect(workspace.filesContaining(name).filter((file) => !file.endsWith("index.js"))).toEqual([]);
  });
});
