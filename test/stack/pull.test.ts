import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { complaintOf, hasTerminal, runAtTerminal, runCli } from "../cli/command-line";
import type { Environment } from "../engine/environment";
import { engineOrSkip } from "../engine/vitest";
import { openSession, type Session } from "./session";

const code = (result: string) => `function f() {\n  return ${result};\n}\n`;

describe("pull", { timeout: 240_000 }, () => {
  const engine = engineOrSkip();

  const program = `const pulumi = require("@pulumi/pulumi");
    const { Script } = require("pulumi-celigo");
    const file = (name) => new pulumi.asset.FileAsset("hooks/" + name);
    new Script("clean", { content: file("clean.js") });
    new Script("crlf", { content: file("crlf.js") });
    new Script("dirty", { content: file("dirty.js") });
    new Script("inline", { content: ${JSON.stringify(code("1"))} });
    new Script("keyed", { content: file("keyed.js"), substitutions: { value: "1" } });
    new Script("secret", { content: pulumi.secret(${JSON.stringify(code("'hidden'"))}) });`;

  async function open(): Promise<Session> {
    const session = await openSession(engine(), {
      "index.js": program,
      "hooks/clean.js": code("1"),
      "hooks/crlf.js": `\uFEFF${code("1").replaceAll("\n", "\r\n")}`,
      "hooks/dirty.js": code("1"),
      "hooks/keyed.js": code("{{value}}"),
    });
    const { workspace } = session;
    git(session, "init", "-q");
    git(session, "add", "hooks");
    git(session, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a");
    await workspace.up();
    copyFileSync(workspace.configFile, join(workspace.folder, "Pulumi.dev.yaml"));
    session.takeRequests();
    return session;
  }

  const git = ({ workspace }: Session, ...args: readonly string[]) =>
    execFileSync("git", args, { cwd: workspace.folder, stdio: "pipe" });
  const read = ({ workspace }: Session, name: string) => readFileSync(join(workspace.folder, "hooks", name), "utf8");
  const edit = ({ account }: Session, name: string, content: string) => {
    account.edit(account.scripts().find((one) => one.name === name)?._id ?? "", { content });
  };
  const environmentOf = ({ workspace, emulator, account }: Session): Environment => ({
    PATH: [workspace.engine.folder, process.env["PATH"]].join(delimiter),
    PULUMI_HOME: join(workspace.root, "home"),
    PULUMI_BACKEND_URL: pathToFileURL(join(workspace.root, "backend")).href,
    PULUMI_CONFIG_PASSPHRASE: "passphrase",
    PULUMI_STACK: "dev",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    CELIGO_BASE_URL: emulator.url,
    CELIGO_API_TOKEN: account.token,
  });
  const pull = async (session: Session, expected: 0 | 1, ...args: readonly string[]) => {
    const { stdout, stderr, code } = await runCli(["pull", ...args], {
      env: environmentOf(session),
      cwd: session.workspace.folder,
    });
    expect([stderr, code], stdout).toEqual(["", expected]);
    return stdout;
  };

  it("writes edits into committed files, keeps their line ends, and says what to do for the rest", async () => {
    const session = await open();
    const { workspace, account } = session;
    const nothing = await pull(session, 0);
    expect(nothing).toBe("0 written, 0 would be written, 0 left to do, 6 without an edit in Celigo.\n");

    writeFileSync(join(workspace.folder, "hooks", "dirty.js"), code("3"));
    expect(await pull(session, 0, "dirty")).toContain("hooks/dirty.js has changes that pulumi up deploys.\n0 written");
    expect(read(session, "dirty.js")).toBe(code("3"));

    for (const { name } of account.scripts()) edit(session, name ?? "", code("2"));
    const dry = await pull(session, 1, "--dry-run");
    expect(dry).toMatch(
      /^--- hooks\/clean\.js\n\+\+\+ clean, live in Celigo\n@@ -1,3 \+1,3 @@\n function f\(\) \{\n- {2}return 1;\n\+ {2}return 2;\n \}\n"clean" \(\w{24}\): hooks\/clean\.js would be written\.\n/,
    );
    expect(dry).toContain("0 written, 3 would be written, 3 left to do, 0 without an edit in Celigo.\n");
    expect(read(session, "clean.js")).toBe(code("1"));

    const report = JSON.parse(await pull(session, 1, "--json")) as {
      scripts: readonly { logicalName: string; status: string; file?: string; diff?: string; note?: string }[];
    };
    expect(report.scripts.map(({ logicalName, status, file }) => [logicalName, status, file])).toEqual([
      ["clean", "written", "hooks/clean.js"],
      ["crlf", "written", "hooks/crlf.js"],
      ["dirty", "kept", "hooks/dirty.js"],
      ["inline", "manual", undefined],
      ["keyed", "manual", undefined],
      ["secret", "manual", undefined],
    ]);
    const [, , kept, inline, keyed, secret] = report.scripts;
    expect(kept?.note).toMatch(/Git does not have.*--yes/);
    expect(inline?.diff).toContain("\n-  return 1;\n+  return 2;\n");
    expect(inline?.note).toMatch(/^no file holds its text/);
    expect(keyed?.note).toMatch(/^it has substitutions: .*\{\{keys\}\}/);
    expect([secret?.diff, JSON.stringify(report)]).toEqual([undefined, expect.not.stringContaining("hidden")]);
    expect(read(session, "clean.js")).toBe(code("2"));
    expect(read(session, "crlf.js")).toBe(`\uFEFF${code("2").replaceAll("\n", "\r\n")}`);
    expect(read(session, "dirty.js")).toBe(code("3"));

    await pull(session, 0, "dirty", "--yes");
    expect(read(session, "dirty.js")).toBe(code("2"));
    expect(Object.keys(session.takeRequests()).filter((request) => !request.startsWith("GET "))).toEqual([]);
    await workspace.refresh();
    const { stdout } = await workspace.preview({ args: ["--json"] });
    expect(JSON.parse(stdout).changeSummary).toMatchObject({ update: 3 });
  });

  it("finds the file also when a refresh came before, and leaves out what is deleted", async () => {
    const session = await open();
    const { workspace, account } = session;
    edit(session, "clean", code("2"));
    await workspace.refresh();
    expect(await pull(session, 0)).toMatch(/hooks\/clean\.js written\.\n1 written, .* Run pulumi refresh, then /s);
    expect(read(session, "clean.js")).toBe(code("2"));
    await workspace.preview({ expectNoChanges: true });
    account.remove(account.scripts().find(({ name }) => name === "crlf")?._id ?? "");
    expect(await pull(session, 0, "crlf")).toContain("it does not exist in Celigo: run pulumi refresh.");
    account.seed({ name: "stranger", content: code("1") });
    const options = { env: environmentOf(session), cwd: workspace.folder };
    expect(await complaintOf(1, ["pull", "stranger"], options)).toMatch(
      /^error: could not pull: the current stack does not manage script "stranger" \(\w{24}\)\. To manage it, /,
    );
  });

  it.skipIf(!hasTerminal)("asks at a terminal before it overwrites changes that Git does not have", async () => {
    const session = await open();
    edit(session, "dirty", code("2"));
    writeFileSync(join(session.workspace.folder, "hooks", "dirty.js"), code("3"));
    const ask = (input: string) =>
      runAtTerminal(["pull", "dirty"], { env: environmentOf(session), cwd: session.workspace.folder, input });
    const no = await ask("n\n");
    expect([no.code, no.output]).toEqual([1, expect.stringContaining("Overwrite them? [y/N]")]);
    expect(no.output).toContain("+  return 2;");
    expect(read(session, "dirty.js")).toBe(code("3"));
    expect((await ask("y\n")).code).toBe(0);
    expect(read(session, "dirty.js")).toBe(code("2"));
  });
});
