import { describe, expect, it } from "vitest";
import { engineOrSkip } from "../engine/vitest";
import { openSession, sourceOf } from "./session";

const engine = engineOrSkip();

const code = (body: string) => `function hook(options) {\n  return ${body};\n}\n`;

/** Two scripts whose content is text, two whose content is a file, and one that stays. */
function filesOf(body: string): Record<string, string> {
  const text = `{ content: ${JSON.stringify(code(body))} }`;
  const file = (name: string) => `{ content: new pulumi.asset.FileAsset("${name}.js") }`;
  return {
    "index.js": sourceOf({
      "text-1": text,
      "text-2": text,
      "file-1": file("one"),
      "file-2": file("two"),
      still: `{ content: ${JSON.stringify(code("0"))} }`,
    }),
    "one.js": code(body),
    "two.js": code(body),
  };
}

// From a user's shell each command shows a preview first; the other tests leave it out, to save time.
const asTyped = { preview: true };

describe("the requests that README promises for each command", { timeout: 240_000 }, () => {
  it("are those of the commands as they are typed, and --skip-preview saves what the preview asks", async () => {
    const { workspace, account, takeRequests } = await openSession(engine(), filesOf("1"));
    const change = (files: Readonly<Record<string, string>>) => {
      for (const [name, text] of Object.entries(files)) workspace.writeFile(name, text);
    };
    await workspace.up(asTyped);
    expect(takeRequests()).toEqual({ "GET listScripts": 1, "POST createScript": 5 });
    await workspace.up(asTyped);
    expect(takeRequests()).toEqual({});

    // Whether a script is there at all, its dependencies do not say where nothing uses it.
    const used = account.scripts().find(({ name }) => name === "text-1")?._id ?? "";
    account.setDependents(used, { flows: [{ id: "6a0000000000000000000001", name: "Sync" }] });
    change(filesOf("2"));
    await workspace.up(asTyped);
    expect(takeRequests()).toEqual({
      "GET listScriptDependencies": 4,
      "GET getScriptById": 4 + 2 + 1,
      "PUT updateScript": 4,
    });
    account.setDependents(used, {});
    change(filesOf("3"));
    await workspace.up();
    expect(takeRequests()).toEqual({ "GET getScriptById": 4, "PUT updateScript": 4 });
    change({ "index.js": filesOf("3")["index.js"]?.replaceAll(" }).id", ', description: "new" }).id') ?? "" });
    await workspace.up(asTyped);
    expect(takeRequests()).toEqual({ "GET getScriptById": 5, "PUT updateScript": 5 });

    await workspace.refresh(asTyped);
    expect(takeRequests()).toEqual({ "GET listScripts": 2 });
    account.edit(used, { description: "by hand" });
    await workspace.refresh();
    // One more tells who changed it.
    expect(takeRequests()).toEqual({ "GET listScripts": 1, "GET getScriptById": 1, "GET getScriptAudit": 1 });
    await workspace.destroy(asTyped);
    expect(takeRequests()).toEqual({
      "GET getScriptById": 5,
      "GET listScriptDependencies": 5,
      "DELETE deleteScript": 5,
    });
    expect(account.scripts()).toEqual([]);
  });

  it("are none for a preview after a refresh, but for scripts whose content was edited in Celigo", async () => {
    const { workspace, account, takeRequests } = await openSession(engine(), filesOf("1"));
    const edit = (name: string, changes: { readonly content?: string; readonly description?: string }) =>
      account.edit(account.scripts().find((script) => script.name === name)?._id ?? "", changes);
    await workspace.up();
    for (const name of ["text-1", "file-1"]) edit(name, { description: "by hand" });
    await workspace.refresh();
    takeRequests();
    const described = await workspace.preview({ args: ["--diff"] });
    expect(described.output.match(/- description: "by hand"/g)).toHaveLength(2);
    expect(takeRequests()).toEqual({});

    for (const name of ["text-1", "file-1", "file-2"]) edit(name, { content: code("4") });
    await workspace.refresh();
    takeRequests();
    const { output } = await workspace.preview({ args: ["--diff"] });
    expect(output.match(/- +return 4;\n.*\+ +return 1;/g)).toHaveLength(3);
    expect(takeRequests()).toEqual({ "GET listScriptDependencies": 3, "GET getScriptById": 2 + 1 });
  });
});
