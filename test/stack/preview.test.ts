import { describe, expect, it } from "vitest";
import { engineOrSkip } from "../engine/vitest";
import { openSession, programOf, sourceOf } from "./session";

const engine = engineOrSkip();
const limit = { timeout: 180_000 };

/** The part of the output that belongs to one script in Pulumi's summary. */
function said(output: string, logicalName: string): string {
  const summary = output.slice(output.lastIndexOf("Diagnostics:"));
  const [, rest = ""] = summary.split(`celigo:Script (${logicalName}):\n`);
  return rest.split(/\n {2}\S|\nResources:|\nOutputs:/)[0] ?? "";
}

function textOf(lines: number, changed: number): string {
  return Array.from({ length: lines }, (_, index) => `// line ${index}${index === changed ? " is new" : ""}`).join(
    "\n",
  );
}

const code = (body: string) => `function hook(options) {\n  return ${body};\n}\n`;

describe("what a preview says of content that changes", limit, () => {
  it("is who uses the script, and for a file the lines that differ from what is live; each asked for once", async () => {
    const { workspace, emulator, account, takeRequests } = await openSession(engine(), {
      ...programOf({
        text: `{ content: ${JSON.stringify(code("1"))} }`,
        file: '{ content: new pulumi.asset.FileAsset("file.js") }',
        lonely: `{ content: ${JSON.stringify(code("1"))} }`,
        other: `{ content: ${JSON.stringify(code("1"))} }`,
      }),
      "file.js": code("1"),
    });
    await workspace.up();
    const idOf = (name: string) => account.scripts().find((script) => script.name === name)?._id ?? "";
    const flows = Array.from({ length: 7 }, (_, index) => ({ name: `Flow ${index + 1}` }));
    account.setDependents(idOf("text"), { flows, imports: [{ name: "Orders to NetSuite" }] });
    account.setDependents(idOf("file"), {
      exports: [{ name: "Shopify orders" }],
      flows: [{ name: "Sync" }, { name: "Resync" }],
    });
    takeRequests();
    // Responses come when the program has registered everything: it keeps the preview running for their messages.
    const slow = {
      operation: "listScriptDependencies",
      times: 6,
      fault: { kind: "latency", milliseconds: 1500 },
    } as const;
    emulator.faults.add(slow);

    workspace.writeFile("file.js", code("2"));
    workspace.writeFile(
      "index.js",
      sourceOf({
        text: `{ content: ${JSON.stringify(code("2"))} }`,
        file: '{ content: new pulumi.asset.FileAsset("file.js") }',
        lonely: `{ content: ${JSON.stringify(code("2"))} }`,
        other: `{ content: ${JSON.stringify(code("1"))}, description: "only this is new" }`,
      }),
    );
    const { output } = await workspace.preview();
    expect(said(output, "text").trim()).toBe(
      'script "text": +1 -1 lines, used by 7 flows: "Flow 1", "Flow 2", "Flow 3", "Flow 4", "Flow 5" and 2 more; 1 import',
    );
    expect(said(output, "file")).toContain(
      '+1 -1 lines, used by 1 export: "Shopify orders"; 2 flows: "Sync", "Resync"',
    );
    expect(
      said(output, "file")
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual(
      expect.arrayContaining([
        `--- ${idOf("file")}, live in Celigo`,
        "+++ file.js",
        "@@ -1,3 +1,3 @@",
        "function hook(options) {",
        "-  return 1;",
        "+  return 2;",
        "}",
      ]),
    );
    expect(said(output, "lonely").trim()).toBe('script "lonely": +1 -1 lines, not used in Celigo');
    expect(output).not.toContain("Script (other)");
    // That nothing uses a script may also mean that it is not there.
    expect(takeRequests()).toEqual({ "GET listScriptDependencies": 3, "GET getScriptById": 2 });

    // With the preview that it begins with; the update itself says and asks none of this again.
    const up = await workspace.up({ preview: true });
    const [before = "", during = ""] = up.output.split("\nUpdating (");
    expect(said(before, "text")).toContain("used by 7 flows");
    expect(during).toContain("4 updated");
    expect(during).not.toContain("used by");
    expect(takeRequests()).toEqual({
      "GET listScriptDependencies": 3,
      "GET getScriptById": 2 + 4,
      "PUT updateScript": 4,
    });
    await workspace.preview({ expectNoChanges: true });
    expect(takeRequests()).toEqual({});
    for (const { inputs = {} } of (await workspace.exportState()).deployment.resources ?? []) {
      expect(["undefined", "string"]).toContain(typeof inputs["__resource"]);
    }
  });

  it("warns of functions that are gone and of another first one, for text and files, without a further request", async () => {
    const before = "function preMap() {}\nfunction postMap() {}\n";
    const after = "function helper() {}\nfunction postMap() {}\n";
    const { workspace, account, takeRequests } = await openSession(engine(), {
      "index.js": sourceOf({
        text: '{ content: require("fs").readFileSync("file.js", "utf8") }',
        file: '{ content: new pulumi.asset.FileAsset("file.js") }',
        unused: '{ content: new pulumi.asset.FileAsset("file.js") }',
      }),
      "file.js": before,
    });
    await workspace.up();
    for (const { _id, name } of account.scripts().filter(({ name }) => name !== "unused")) {
      account.setDependents(_id, { flows: [{ name: `Sync ${name}` }] });
    }
    workspace.writeFile("file.js", after);
    takeRequests();
    for (const args of [[], ["--diff"]]) {
      const { output } = await workspace.preview({ args });
      for (const name of ["text", "file"]) {
        const used = `used by 1 flow: "Sync ${name}"`;
        expect(output).toContain(`warning: script "${name}": preMap is gone; ${used}, which may call it by name`);
        expect(output).toContain(
          `warning: script "${name}": helper is the first function now, not preMap; ${used}, which call the first one where they name none`,
        );
      }
      expect(output).not.toContain('script "unused": preMap');
      expect(takeRequests()).toEqual({ "GET listScriptDependencies": 3, "GET getScriptById": 2 });
    }
  });

  it("has at most 40 lines of a difference, says when somebody else changed the script, and shows nothing secret", async () => {
    const program = (lines: string, more = "") => ({
      "index.js": sourceOf({
        long: '{ content: new pulumi.asset.FileAsset("long.js"), syntaxCheck: "off" }',
        hidden: '{ content: pulumi.secret(new pulumi.asset.FileAsset("hidden.js")) }',
        marked: `{ content: new pulumi.asset.FileAsset("hidden.js") }, { additionalSecretOutputs: ["content"] }`,
        same: '{ content: new pulumi.asset.StringAsset("function same() { return 1; }") }',
      }).replace("return 1", `return ${more || 1}`),
      "long.js": lines,
      "hidden.js": code(`"top secret ${more}"`),
    });
    const { workspace, account, takeRequests } = await openSession(engine(), program(textOf(300, -1)));
    await workspace.up();
    const idOf = (name: string) => account.scripts().find((script) => script.name === name)?._id ?? "";
    account.edit(idOf("same"), { content: "function same() { return 2; }" });
    account.edit(idOf("long"), { description: "by somebody" });
    takeRequests();
    const changed = Array.from({ length: 300 }, (_, index) => `// line ${index}${index % 3 === 0 ? " new" : ""}`);
    for (const [name, content] of Object.entries(program(changed.join("\n"), "2"))) {
      workspace.writeFile(name, content);
    }
    const { output } = await workspace.preview();
    const long = said(output, "long");
    expect(long.split("\n").filter((line) => /^\s+[-+ @]/.test(line) && /line \d|@@/.test(line))).toHaveLength(40);
    expect(long).toMatch(/… and \d{3} more lines/);
    expect(long).toMatch(
      /was changed in Celigo since the last refresh, by Somebody Else at \d{4}-.*: pulumi up will not overwrite that; .*\. To take .*: pulumi-celigo pull long\./,
    );
    expect(said(output, "same")).toContain("Celigo has this content already, not used in Celigo");
    expect(said(output, "hidden").trim()).toBe('script "hidden": +1 -1 lines, not used in Celigo');
    expect(said(output, "marked").trim()).toBe('script "marked": +1 -1 lines, not used in Celigo');
    expect(output).not.toContain("top secret");
    // One tells who changed a script.
    expect(takeRequests()).toEqual({
      "GET getScriptAudit": 1,
      "GET listScriptDependencies": 4,
      "GET getScriptById": 4,
    });

    // A script that is gone is not compared; the API says of it, too, that nothing uses it.
    account.remove(idOf("hidden"));
    account.remove(idOf("long"));
    account.remove(idOf("same"));
    account.behave({ showsRecycled: true });
    const gone = await workspace.preview();
    for (const name of ["hidden", "long", "same"]) {
      expect(said(gone.output, name).trim()).toBe(
        `script "${name}": not found in this token's account. If the account is right, run pulumi refresh`,
      );
    }
    account.behave({ showsRecycled: false });
    expect(said((await workspace.preview()).output, "hidden")).toContain("not found in this token's account");
  });

  it("is a short note when Celigo cannot be asked, and the preview goes on", async () => {
    const scripts = (body: string) =>
      sourceOf(Object.fromEntries(["a", "b", "c"].map((name) => [name, `{ content: ${JSON.stringify(code(body))} }`])));
    const { workspace, account, emulator, takeRequests } = await openSession(engine(), { "index.js": scripts("1") });
    await workspace.up();
    workspace.writeFile("index.js", scripts("2"));
    const notes = (output: string) =>
      output
        .slice(output.lastIndexOf("Diagnostics:"))
        .split("\n")
        .filter((line) => line.includes("could not check what uses it"));

    emulator.faults.add({ operation: "getScriptById", times: 1, fault: { kind: "status", status: 404 } });
    const gone = await workspace.preview();
    expect(gone.output).toContain("not found in this token's account. If the account is right, run pulumi refresh");
    expect(gone.output.match(/not used in Celigo/g)?.length).toBeGreaterThanOrEqual(2);
    workspace.setEnv("CELIGO_BASE_URL", `${emulator.url}/v1`);
    const lost = await workspace.preview();
    expect(notes(lost.output)[0]).toMatch(/could not check what uses it: Celigo answered 404: /);
    expect(lost.output).not.toContain("not found in this token's account");
    workspace.setEnv("CELIGO_BASE_URL", emulator.url);

    takeRequests();
    workspace.setEnv("CELIGO_API_TOKEN", "expired");
    const refused = await workspace.preview();
    const neither = "this preview checked neither what uses the changed scripts nor their live lines";
    expect(notes(refused.output)).toEqual([]);
    expect(refused.output).toMatch(
      new RegExp(`\\n  pulumi:pulumi:Stack \\(\\S+\\):\\n    warning: ${neither}: Celigo answered 401: Bearer`),
    );
    expect(refused.output.slice(refused.output.lastIndexOf("Diagnostics:")).split(neither)).toHaveLength(2);
    expect(takeRequests()).toEqual({ "GET listScriptDependencies": 1 });
    workspace.setEnv("CELIGO_CHECK_TOKEN", "true");
    const failed = await workspace.preview({ expectFailure: true });
    expect(failed.output).toContain(`error: ${neither}: Celigo answered 401: Bearer`);
    workspace.setEnv("CELIGO_CHECK_TOKEN", undefined);

    workspace.setEnv("CELIGO_API_TOKEN", undefined);
    const without = await workspace.preview();
    expect(notes(without.output)).toEqual([]);
    expect(without.output).toContain(
      `warning: ${neither}: no API token is set. Set CELIGO_API_TOKEN in the environment`,
    );
    workspace.setEnv("CELIGO_API_TOKEN", account.token);
    await emulator.stop();
    expect(notes((await workspace.preview()).output)).toEqual([expect.stringMatching(/ECONNREFUSED/)]);
  });
});

describe("a warning about code, or about a setting", limit, () => {
  it("is shown once in an up, of scripts that are created or whose content changes, below which stands their error", async () => {
    const args = (value: number, more = "") =>
      `{ content: ${JSON.stringify(`const a = require("a");\nfunction f() { return ${value}; }\n${more}`)} }`;
    const { workspace } = await openSession(engine(), programOf({ one: args(1), two: args(1) }), {
      config: { "celigo:regio": "us" },
    });
    /** The scripts beside which the summaries of a command warn of their code, and how often they warn of the setting. */
    const warned = (output: string) => {
      const summaries = output
        .split("Diagnostics:")
        .slice(1)
        .map((part) => part.split(/^(?:Outputs|Resources):/m)[0]);
      const found = [...summaries.join("").matchAll(/warning: script "(\w+)": content:1:11: require does not work/g)];
      const settings = summaries.join("").match(/warning: Configuration key celigo:regio is unknown/g) ?? [];
      return [...found.map(([, name]) => name).sort(), settings.length];
    };
    expect(warned((await workspace.up({ preview: true })).output)).toEqual(["one", "two", 1]);
    expect(warned((await workspace.up({ preview: true })).output)).toEqual([1]);
    workspace.writeFile("index.js", sourceOf({ one: args(1), two: args(2) }));
    expect(warned((await workspace.up()).output)).toEqual(["two", 1]);
    const failing = { bad: args(3, "function g( {"), odd: args(4).replace(/ }$/, ', name: "" }'), three: args(3) };
    workspace.writeFile("index.js", sourceOf({ one: args(1), two: args(2), ...failing }));
    const { output } = await workspace.preview({ expectFailure: true });
    expect(warned(output)).toEqual(["odd", "three", 1]);
    const odd = said(output, "odd").trim().split("\n");
    expect(odd.map((line) => line.trim().replace(/:.*/, ""))).toEqual(["warning", "error"]);
  });
});

describe("what a preview says of a script that somebody edited", limit, () => {
  it("is what the update will do: it goes by what the program says now, and by what the script is to become", async () => {
    const program = (value: number, more: Readonly<Record<string, string>> = {}) =>
      sourceOf(
        Object.fromEntries(
          ["guarded", "opened", "closed", "pasted"].map((name) => [
            name,
            `{ content: new pulumi.asset.StringAsset(${JSON.stringify(code(String(value)))})${more[name] ?? ""} }`,
          ]),
        ),
      );
    const overwrite = ', onConflict: "overwrite"';
    const { workspace, account, emulator } = await openSession(engine(), {
      "index.js": program(1, { closed: overwrite }),
    });
    await workspace.up();
    for (const { _id, name } of account.scripts()) {
      account.edit(_id, { content: code(name === "pasted" ? "2" : "9") });
    }
    workspace.writeFile("index.js", program(2, { opened: overwrite }));
    const { output } = await workspace.preview();
    const stops = (name: string) => said(output, name).includes("pulumi up will not overwrite that");
    expect(["guarded", "opened", "closed", "pasted"].map(stops)).toEqual([true, false, true, false]);
    const { output: done } = await workspace.up({ args: ["--continue-on-error"], expectFailure: true });
    const stopped = [...done.matchAll(/error: could not update script "(\w+)" .*: it was changed in Celigo/g)];
    expect([...new Set(stopped.map(([, name]) => name))].sort()).toEqual(["closed", "guarded"]);

    // Who uses it cannot be asked: the lines are shown anyway, and that somebody has changed it.
    emulator.faults.add({ operation: "listScriptDependencies", fault: { kind: "status", status: 400 } });
    const { output: half } = await workspace.preview({ args: ["--target", "**guarded"] });
    expect(said(half, "guarded")).toMatch(
      /pulumi up will not overwrite that[\s\S]*these lines change:[\s\S]*could not check/,
    );
  });
});

describe("the promotion gate", limit, () => {
  it("fails the preview with both hashes and where they come from, and is open for the content that is expected", async () => {
    const reference = 'new pulumi.StackReference(["organization", pulumi.getProject(), pulumi.getStack()].join("/"))';
    const program = (gate: string) => `
      const pulumi = require("@pulumi/pulumi");
      const { Script } = require("pulumi-celigo");
      const before = ${reference};
      const gated = new Script("gated", { content: new pulumi.asset.FileAsset("gated.js")${gate} });
      exports.hash = gated.contentHash;`;
    const { workspace, account, takeRequests } = await openSession(engine(), {
      "index.js": program(""),
      "gated.js": code("1"),
    });
    await workspace.up();
    const hash = String((await workspace.outputs())["hash"]);
    takeRequests();

    workspace.writeFile("index.js", program(', expectedCodeHash: before.requireOutput("hash")'));
    await workspace.preview({ expectNoChanges: true });
    workspace.writeFile("gated.js", code("2"));
    const refused = await workspace.preview({ expectFailure: true });
    expect(said(refused.output, "gated")).toMatch(
      new RegExp(
        "blocked: the code hash of gated\\.js is sha256:[0-9a-f]{64}, and stack organization/\\S+ runs " +
          `${hash}\\. Deploy it there first, or check out`,
      ),
    );
    const up = await workspace.up({ expectFailure: true });
    expect(up.output).toContain("blocked: the code hash of gated.js is ");
    expect(takeRequests()).toEqual({});
    expect(account.scripts()[0]?.content).toBe(code("1"));

    workspace.writeFile("index.js", program(', expectedCodeHash: before.getOutput("nothing")'));
    const open = await workspace.preview({ expectFailure: true });
    expect(said(open.output, "gated")).toMatch(
      /blocked: expectedCodeHash has no value in the outputs of stack organization\/\S+\. Deploy this script there/,
    );

    // A stack whose last run went on after an error does not know its outputs, and Pulumi says so by a number of its own.
    const { deployment } = await workspace.exportState();
    const marker = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const unfinished = JSON.stringify({ version: 3, deployment }).replace(`{"hash":"${hash}"}`, `{"hash":"${marker}"}`);
    expect(unfinished).toContain(marker);
    await workspace.run(["stack", "import"], { input: unfinished });
    for (const read of ['requireOutput("hash")', 'getOutput("hash")']) {
      workspace.writeFile("index.js", program(`, expectedCodeHash: before.${read}`));
      const shut =
        /expectedCodeHash has no value, because the last pulumi up of stack organization\/\S+ did not deploy all of it\. Run it there again\./;
      const dry = await workspace.preview({ expectFailure: true });
      expect(said(dry.output, "gated")).toMatch(shut);
      const wet = await workspace.up({ expectFailure: true });
      expect(said(wet.output, "gated")).toMatch(shut);
    }
    workspace.writeFile("index.js", program(", expectedCodeHash: undefined"));
    await workspace.up();
    expect(account.scripts()[0]?.content).toBe(code("2"));
  });
});

describe("a delete", limit, () => {
  it("stops for what uses the script, each script judged alone, and says where to detach it", async () => {
    const three = {
      used: `{ content: ${JSON.stringify(code("1"))} }`,
      free: `{ content: ${JSON.stringify(code("1"))} }`,
      kept: `{ content: ${JSON.stringify(code("1"))} }`,
    };
    const { workspace, account, emulator, takeRequests } = await openSession(engine(), programOf(three));
    await workspace.up();
    const idOf = (name: string) => account.scripts().find((script) => script.name === name)?._id ?? "";
    const used = idOf("used");
    account.setDependents(used, {
      flows: [{ id: "5f0000000000000000000001", name: "Sync", paths: ["pageProcessors[0].responseMapping"] }],
      imports: [{ id: "5f0000000000000000000002", name: "Orders", paths: ["hooks.preMap", "hooks.postMap"] }],
    });
    takeRequests();
    workspace.writeFile("index.js", sourceOf({ kept: three.kept }));
    const { output } = await workspace.up({ args: ["--continue-on-error"], expectFailure: true });
    const message =
      `could not delete script "used" (${used}): it is still used by flow "Sync" (5f0000000000000000000001) at ` +
      'pageProcessors[0].responseMapping; import "Orders" (5f0000000000000000000002) at hooks.preMap, hooks.postMap. ' +
      "Detach it there in Celigo, and run the command again.";
    expect(said(output, "used")).toContain(message);
    // What the rows of the resource say while it is deleted comes once more in the summary, and once only.
    expect(output.slice(output.lastIndexOf("Diagnostics:")).split(message)).toHaveLength(2);
    expect(output).not.toMatch(/^\s+at .*[:(]\d+/m);
    expect(
      account
        .scripts()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["kept", "used"]);
    expect(takeRequests()).toEqual({
      "GET getScriptById": 2,
      "GET listScriptDependencies": 2,
      "DELETE deleteScript": 1,
    });

    emulator.faults.add({
      operation: "listScriptDependencies",
      times: Infinity,
      fault: { kind: "status", status: 403 },
    });
    const unknown = await workspace.destroy({ args: ["--continue-on-error"], expectFailure: true });
    expect(said(unknown.output, "kept")).toMatch(
      /could not delete script "kept" \([0-9a-f]{24}\): could not check what uses it: Celigo answered 403/,
    );
    expect(account.scripts()).toHaveLength(2);
    emulator.faults.clear();

    const refused = await workspace.destroy({ expectFailure: true });
    expect(said(refused.output, "used")).toContain(message);
    account.setDependents(used, {});
    await workspace.destroy();
    expect(account.scripts()).toEqual([]);
  });

  it("is sent anyway where the program says so, and Celigo's own refusal is shown", async () => {
    const args = (more: string) => programOf({ used: `{ content: ${JSON.stringify(code("1"))}${more} }` });
    const { workspace, account, takeRequests } = await openSession(engine(), args(""));
    await workspace.up();
    takeRequests();
    workspace.writeFile("index.js", args(', onDependents: "delete"')["index.js"] ?? "");
    await workspace.up();
    expect(takeRequests()).toEqual({});
    account.setDependents(account.scripts()[0]?._id ?? "", { flows: [{ name: "Sync" }] });
    const refused = await workspace.destroy({ expectFailure: true });
    expect(said(refused.output, "used")).toMatch(/could not delete script .*: Celigo answered 422: /);
    expect(takeRequests()).toEqual({ "GET getScriptById": 1, "DELETE deleteScript": 1 });
    account.setDependents(account.scripts()[0]?._id ?? "", {});
    await workspace.destroy();
    expect(account.scripts()).toEqual([]);
  });
});
