import { describe, expect, it } from "vitest";
import { resourcesOf } from "../engine/index";
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
});
