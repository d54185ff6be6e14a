import { describe, expect, it } from "vitest";
import { startEmulator } from "../../sdk/emulator/index";
import { engineOrSkip } from "../engine/vitest";
import { openSession, programOf, sourceOf } from "./session";

const engine = engineOrSkip();
const limit = { timeout: 180_000 };
const program = programOf({ s: '{ content: "function one() { return 1; }" }' });
const secretToken = "tok-4f9a0c-do-not-show";

/** The lines of the summary that Pulumi ends with; it shows each message while it runs, too. */
function diagnosticsAbout(output: string, words: RegExp): string[] {
  const diagnostics = output.slice(output.indexOf("Diagnostics:"));
  return diagnostics.split("\n").filter((line) => words.test(line));
}

describe("what goes wrong on the real engine is one clear line, and changes nothing", limit, () => {
  it("a wrong token", async () => {
    const { workspace, emulator, account } = await openSession(engine(), program);
    workspace.setEnv("CELIGO_API_TOKEN", secretToken);
    const { output } = await workspace.up({ expectFailure: true });
    expect(diagnosticsAbout(output, /could not create/)).toHaveLength(1);
    expect(output).toMatch(
      /could not create script "s": Celigo answered 401: Bearer Authentication Failed\. The token from CELIGO_API_TOKEN in the environment was sent to http:\/\/127\.0\.0\.1:\d+/,
    );
    expectNoStack(output);
    expect(emulator.count()).toBe(1);
    expect(account.scripts()).toEqual([]);
    expect(workspace.filesContaining(secretToken)).toEqual([]);
  });

  it("a token of the other region's tenant", async () => {
    const eu = await startEmulator({ accounts: [{ token: "eu-token", region: "eu" }] });
    try {
      const { workspace } = await openSession(engine(), program);
      workspace.setEnv("CELIGO_BASE_URL", eu.url);
      const { output } = await workspace.up({ expectFailure: true });
      expect(output).toMatch(
        /Bearer Authentication Failed\. The token .* check that it was created there, and is neither/,
      );
      expectNoStack(output);
      expect(eu.account().scripts()).toEqual([]);
    } finally {
      await eu.stop();
    }
  });

  it("a missing token, when something is to be created, and in a refresh", async () => {
    const { workspace, emulator, takeRequests } = await openSession(engine(), program);
    const token = emulator.account().token;
    workspace.setEnv("CELIGO_API_TOKEN", undefined);
    await workspace.preview();
    const { output } = await workspace.up({ expectFailure: true });
    expect(diagnosticsAbout(output, /no API token is set/)).toHaveLength(1);
    expect(output).toMatch(/no API token is set\. Set CELIGO_API_TOKEN in the environment, or run: pulumi config set/);
    expectNoStack(output);
    workspace.setEnv("CELIGO_API_TOKEN", token);
    await workspace.up();
    takeRequests();
    workspace.setEnv("CELIGO_API_TOKEN", undefined);
    await workspace.preview({ expectNoChanges: true });
    const refresh = await workspace.refresh({ expectFailure: true });
    expect(refresh.output).toContain("no API token is set");
    expectNoStack(refresh.output);
    const destroy = await workspace.destroy({ expectFailure: true });
    expect(destroy.output).toContain("no API token is set");
    expectNoStack(destroy.output);
    expect(takeRequests()).toEqual({});
  });

  it("a server that cannot be reached", async () => {
    const { workspace, emulator } = await openSession(engine(), program);
    await emulator.stop();
    const { output } = await workspace.up({ expectFailure: true });
    expect(diagnosticsAbout(output, /could not create script "s"/)).toHaveLength(1);
    expect(output).toMatch(
      /ECONNREFUSED.*\(5 attempts\)\. Check the network and that http:\/\/127\.0\.0\.1:\d+ is the right/,
    );
    expectNoStack(output);
  });

  it("a proxy that answers 502 and an HTML page", async () => {
    const { workspace, emulator, account } = await openSession(engine(), program);
    await workspace.up();
    emulator.faults.add({
      times: Infinity,
      fault: {
        kind: "status",
        status: 502,
        body: "<html><head><title>Bad Gateway</title></head><body>nginx</body></html>",
      },
    });
    workspace.writeFile("index.js", sourceOf({ s: '{ content: "function two() { return 2; }" }' }));
    const before = account.scripts();
    const { output } = await workspace.up({ expectFailure: true });
    expect(output).toMatch(
      /could not update script "s" \([0-9a-f]{24}\): 502 and an HTML page titled "Bad Gateway" instead of Celigo's JSON/,
    );
    expect(output).not.toMatch(/<html|nginx/);
    expectNoStack(output);
    expect(account.scripts()).toEqual(before);
  });

  it("a bad configuration, whose source it names", async () => {
    const { workspace, emulator } = await openSession(engine(), program, {
      config: { "celigo:maxConcurrency": "lots", "celigo:apiTokn": "x" },
    });
    const { output } = await workspace.up({ expectFailure: true });
    expect(output).toMatch(
      /celigo:maxConcurrency in the stack's configuration\): "lots" is not a whole number from 1 to/,
    );
    expect(output).toContain("celigo:apiTokn is unknown and has no effect. Did you mean celigo:apiToken?");
    expectNoStack(output);
    expect(emulator.count()).toBe(0);
  });

  it("inputs that are wrong: all of them at once, in the preview, before anything is sent", async () => {
    const wrong = `{ content: "", descripton: "x", name: "y".repeat(101), templateId: "123", noModule: "yes", hash: "x", id: "x" }`;
    const list = '{ content: pulumi.secret(["do not show me"]), name: "" }';
    const { workspace, emulator } = await openSession(engine(), programOf({ wrong, list }));
    const { output } = await workspace.preview({ expectFailure: true });
    for (const words of [
      "content must not be empty",
      "descripton is not a property of a script: did you mean description?",
      "name has 101 characters, and Celigo allows at most 100",
      "templateId must be a Celigo id: 24 hexadecimal digits",
      "noModule must be true or false, not the string yes",
      "hash is an output: it cannot be set",
      "id is an output: it cannot be set",
      "content must be a string, or a Pulumi asset of a file or a string",
      "name must not be empty",
    ]) {
      expect(output).toContain(words);
    }
    expectNoStack(output);
    expect(output).not.toContain("do not show me");
    expect(emulator.count()).toBe(0);
    // A program that exports nothing ends before all is checked.
    const silent = sourceOf({
      wrong: '{ content: new pulumi.asset.FileAsset("missing.js") }',
      broken: '{ content: "function broken(" }',
      empty: '{ content: "" }',
      twice: '{ content: "function twice() {}" }',
    });
    workspace.writeFile(
      "index.js",
      `${silent.replaceAll(/exports\S+ = /g, "")}\nnew Script("twice", { content: "1" });`,
    );
    const second = await workspace.preview({ expectFailure: true });
    expect(second.output).toMatch(
      /script "wrong": could not read the content file missing\.js: ENOENT.* The path is relative to the folder of the program's main file/,
    );
    const shown = second.output.slice(second.output.lastIndexOf("Diagnostics:"));
    for (const name of ["wrong", "broken", "empty", "twice"]) {
      expect(shown).toMatch(new RegExp(`Script \\(${name}\\):\\n(    warning.*\\n)*    error: script "${name}": `));
    }
    expect(shown).toContain('error: script "twice": the program declares two scripts with the logical name "twice"');
    expect(shown).not.toContain("pulumi:pulumi:Stack (");
    expectNoStack(second.output);
    expect(emulator.count()).toBe(0);
  });
});

describe("the token", limit, () => {
  it("is in no file of the backend, no output and no provider text, wherever it was set", async () => {
    const { workspace, emulator } = await openSession(engine(), program, {
      emulator: { accounts: [{ token: secretToken }] },
      env: {},
    });
    workspace.setEnv("CELIGO_BASE_URL", emulator.url);
    await workspace.setConfig("celigo:apiToken", secretToken, { secret: true });
    const outputs = [await workspace.up(), await workspace.refresh()];
    emulator.account().rotateToken("another-token");
    outputs.push(await workspace.refresh({ expectFailure: true }));
    workspace.setEnv("CELIGO_API_TOKEN", "another-token");
    outputs.push(await workspace.refresh(), await workspace.run(["stack", "export"]), await workspace.destroy());
    for (const { output } of outputs) {
      expect(output).not.toContain(secretToken);
      expect(output).not.toContain("another-token");
    }
    expect(workspace.filesContaining(secretToken)).toEqual([]);
    expect(workspace.filesContaining("another-token")).toEqual([]);
  });
});

function expectNoStack(output: string): void {
  expect(output).not.toMatch(/^\s+at .*[:(]\d+/m);
  expect(output).not.toMatch(/\[object |undefined|node_modules/);
}
