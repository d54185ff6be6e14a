import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { version } from "../../provider/version";
import { checkSettings } from "../../sdk/cli/doctor/settings";
import { isAtLeast, isCompatible } from "../../sdk/cli/doctor/versions";
import { projectOf } from "../../sdk/cli/project/project";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../sdk/emulator/index";
import { complaintOf, hasTerminal, printed, runAtTerminal, runCli } from "../cli/command-line";
import { runCommand } from "../engine/command";
import type { Environment } from "../engine/environment";
import { writeText } from "../engine/program";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder } from "../engine/temporary";
import { examine as examineIn, names, nothing, type Report, scratch } from "./doctor-command";

const token = "token-of-doctor";
afterAll(() => removeTemporaryFolder(scratch));

let emulator: Emulator;
let env: Environment;

async function restart(options: EmulatorOptions = {}): Promise<void> {
  await emulator?.stop();
  emulator = await startEmulator({ accounts: [{ token, name: "shop" }], behaviour: { pageSize: 3 }, ...options });
  env = { ...nothing, CELIGO_API_TOKEN: token, CELIGO_BASE_URL: emulator.url };
}

beforeEach(() => restart());
afterEach(() => emulator.stop());

/** Runs doctor on the account of the emulator. */
const examine = (more: Environment = {}, args: readonly string[] = []) => examineIn({ ...env, ...more }, args);

/** Makes a folder with executable files. */
function executables(folder: string, files: Readonly<Record<string, string>>): string {
  const whole = join(scratch, folder);
  for (const [name, text] of Object.entries(files)) {
    writeText(join(whole, name), text);
    chmodSync(join(whole, name), 0o755);
  }
  return whole;
}

/** Makes a package in the `node_modules` of a folder. */
function installPackage(folder: string, name: string, manifest: object): void {
  writeText(join(folder, "node_modules", name, "package.json"), JSON.stringify({ name, ...manifest }));
  writeText(join(folder, "node_modules", name, "index.js"), "");
}

function linkPackage(folder: string, name: string, target: string): void {
  const path = join(folder, "node_modules", name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, "junction");
}

describe("doctor", { tags: ["slow"], timeout: 60_000 }, () => {
  it("shows its options, its exit codes and two examples", async () => {
    const help = await printed(["doctor", "--help"], {});
    expect(help).toMatch(/^Usage: pulumi-celigo doctor \[options\]\n/);
    for (const option of ["--stack <name>", "--cwd <folder>", "--json"]) {
      expect(help).toContain(`  ${option} `);
    }
    expect(help).toContain("Exit codes: 0 nothing failed, 1 something failed, 2 wrong usage.");
    expect(help.match(/ \$ pulumi-celigo doctor/g)).toHaveLength(2);
    expect(await complaintOf(2, ["doctor", "x"])).toContain("too many arguments");
    expect(await complaintOf(2, ["doctor", "--verbose"])).toContain("unknown option '--verbose'");
  });

  it("says of a machine where nothing is set up what to do first, and asks Celigo nothing", async () => {
    const { stdout, stderr, code } = await runCli(["doctor", "--cwd", scratch], { env: nothing });
    expect([stderr, code]).toEqual(["", 1]);
    const install = "Install Pulumi's CLI: https://www.pulumi.com/docs/install";
    const set = "Set CELIGO_API_TOKEN in the environment, or run: pulumi config set --secret celigo:apiToken";
    const indent = " ".repeat(40);
    expect(stdout.split("\n")).toEqual([
      `ok       node                           ${process.versions.node}, ${process.execPath}`,
      "failed   pulumi                         not on PATH",
      indent + install,
      "-        pulumi-language-nodejs         not checked: there is no pulumi on PATH",
      "-        pulumi-resource-pulumi-nodejs  not checked: there is no pulumi on PATH",
      `-        project                        no Pulumi.yaml in ${scratch} or above: only the environment counts. pulumi new typescript makes a project`,
      "-        @pulumi/pulumi                 not checked: no Pulumi project",
      "-        pulumi-celigo                  not checked: no Pulumi project",
      "-        stack                          not checked: no Pulumi project",
      "ok       settings                       none unknown, none invalid: 30 s for a request, 32 at a time",
      "failed   token                          none is set",
      indent + set,
      "ok       address                        https://api.integrator.io (region us), the default",
      "ok       proxy                          requests use none",
      "ok       certificates                   the server's is checked",
      "-        request                        not checked: no valid token",
      "-        clock                          not checked: no response to take the time from",
      "",
      "5 ok, 0 warnings, 2 failed, 8 not checked",
      "",
    ]);
  });

  it("warns of a Node that hangs where a program throws an error, unless stacks are short", async () => {
    // A path of one name after node_modules: https://github.com/nodejs/node/issues/64011.
    const show = `const error = new Error("boom");
      error.stack = "Error: boom\\n    at f (/node_modules/file.js:1:1)";
      require("node:util").inspect(error, { colors: true });`;
    const args = ["--max-old-space-size=32", "--eval", show];
    const options = { cwd: scratch, env: {}, timeLimit: 60 };
    const hangs = (await runCommand(process.execPath, args, options)).code !== 0;
    const { node } = await examine({ ...env, NODE_OPTIONS: undefined });
    expect([node?.status, node?.found.includes("hangs without a message")]).toEqual([hangs ? "warning" : "ok", hangs]);
    expect((await examine(env))["node"]?.status).toBe("ok");
  });

  it("prints JSON in which a check has a name, a status, what was found and what to do", async () => {
    const { stdout } = await runCli(["doctor", "--json"], { env: { ...env, CELIGO_API_TOKEN: undefined } });
    const report = JSON.parse(stdout) as Report;
    expect(Object.keys(report)).toEqual(["ok", "checks"]);
    expect(report.ok).toBe(false);
    expect(report.checks.map(({ name }) => name)).toEqual(names);
    for (const check of report.checks) {
      expect(["ok", "failed", "skipped"]).toContain(check.status);
      const fix = check.status === "failed" ? ["fix"] : [];
      expect(Object.keys(check)).toEqual(["name", "status", "found", ...fix]);
    }
    expect(report.checks.find(({ name }) => name === "token")).toEqual({
      name: "token",
      status: "failed",
      found: "none is set",
      fix: "Set CELIGO_API_TOKEN in the environment, or run: pulumi config set --secret celigo:apiToken",
    });
  });

  it.runIf(hasTerminal)("colours its marks at a terminal only", async () => {
    const { output } = await runAtTerminal(["doctor"], { env: { CELIGO_BASE_URL: emulator.url } });
    expect(output).toContain("\u001b[32mok     \u001b[39m  address");
    expect(output).toContain("\u001b[31mfailed \u001b[39m  token ");
    expect((await runCli(["doctor"], { env })).output).not.toContain("\u001b");
  });
});

describe("doctor, on Celigo", { tags: ["slow"], timeout: 60_000 }, () => {
  it("sends exactly one request for an account of any size", async () => {
    for (let index = 0; index < 10; index++) {
      emulator.account().seed({ name: `s${index}`, content: "function f() {}" });
    }
    const { token: source, address, request, clock } = await examine();
    expect(source).toEqual({ name: "token", status: "ok", found: "from CELIGO_API_TOKEN in the environment" });
    expect(address?.found).toBe(`${emulator.url}, from CELIGO_BASE_URL in the environment`);
    expect([request?.status, request?.found]).toEqual(["ok", expect.stringMatching(/^Celigo answered 200 in \d+ ms$/)]);
    expect([clock?.status, clock?.found]).toEqual(["ok", "within a minute of the server's"]);
    expect(emulator.requests.map(({ operation }) => operation)).toEqual(["listScriptDependencies"]);
  });

  it("says of a wrong token where it came from and went to, after one request", async () => {
    const { token: source, request, clock } = await examine({ CELIGO_API_TOKEN: "token-of-nobody" });
    expect(source?.status).toBe("ok");
    expect(request).toEqual({
      name: "request",
      status: "failed",
      found: expect.stringMatching(/^Celigo answered 401: Bearer Authentication Failed \(after \d+ ms\)$/),
      fix:
        `The token from CELIGO_API_TOKEN in the environment was sent to ${emulator.url} (from CELIGO_BASE_URL in the ` +
        "environment): check that it was created there, and is neither revoked nor expired.",
    });
    expect(clock?.found).toBe("not checked: no response to take the time from");
    expect(emulator.requests).toHaveLength(1);
  });

  it("says why there is no response, after one attempt", async () => {
    const cases = [
      [{ kind: "cut", when: "before" }, /^socket hang up/, /^Check the network/],
      [{ kind: "hang", when: "before" }, /^no response from \S+ within 0.5 s/, /^Check the network, or raise/],
      [
        { kind: "status", status: 503, headers: { "retry-after": "120" } },
        /^Celigo answered 503/,
        /run the command again later\. The server asks to wait 120 s\.$/,
      ],
      [
        { kind: "status", status: 429, headers: { "retry-after": "9" } },
        /^Celigo answered 429/,
        /The server asks to wait 9 s/,
      ],
      [
        { kind: "status", status: 502, body: "<html><title>Bad Gateway</title></html>" },
        /^502 and an HTML page titled "Bad Gateway" instead/,
        /^The server or the network is in trouble/,
      ],
      [
        { kind: "status", status: 200, body: "<html><title>Sign in</title></html>" },
        /^the response does not match the API's schema: it is not JSON/,
        /that no proxy answers in its place\.$/,
      ],
      [{ kind: "status", status: 404, body: "<html>nothing here</html>" }, /^404 and an HTML page/, /^Check /],
    ] as const;
    for (const [fault, found, fix] of cases) {
      emulator.resetRequests();
      const remove = emulator.faults.add({ fault, times: 9 });
      const { request, clock } = await examine({ CELIGO_REQUEST_TIMEOUT: "0.5" });
      remove();
      expect([request?.status, request?.found]).toEqual(["failed", expect.stringMatching(found)]);
      expect(request?.fix).toMatch(fix);
      expect(clock?.status).toBe("skipped");
      expect(emulator.requests).toHaveLength(1);
    }
    await emulator.stop();
    const { request } = await examine();
    expect(request?.found).toMatch(/^connect ECONNREFUSED 127\.0\.0\.1:\d+ \(after \d+ ms\)$/);
    expect(request?.fix).toContain("is the right address (from CELIGO_BASE_URL in the environment).");
  });

  it("says of an address that has a path too much that it is not the API's", async () => {
    const { request, clock } = await examine({ CELIGO_BASE_URL: `${emulator.url}/v1` });
    expect([request?.status, request?.found, request?.fix]).toEqual([
      "failed",
      expect.stringMatching(/^Celigo answered 404: /),
      expect.stringMatching(
        /^Check that http:\S+\/v1 \(from CELIGO_BASE_URL in the environment\) is the API's own address, without a path/,
      ),
    ]);
    expect(clock?.status).toBe("skipped");
  });

  it("says how far the clock is off, and which way", async () => {
    await restart({ clockOffset: 2 * 3_600_000 + 1500 });
    const { clock: behind } = await examine();
    expect(behind?.status).toBe("warning");
    expect(behind?.found).toMatch(/^this machine's clock is (2h|1h 59m 59s|2h 1s) behind the server's$/);
    expect(behind?.fix).toMatch(/^Set the clock/);
    await restart({ clockOffset: -90_000 });
    expect((await examine())["clock"]?.found).toMatch(/clock is 1m (29|30|31|32)s ahead of the server's$/);
    await restart({ clockOffset: 50_000 });
    expect((await examine())["clock"]?.status).toBe("ok");
  });

  it("names the proxy without its password, and warns of certificates that are not checked", async () => {
    const proxied = { https_proxy: "http://user:token-of-proxy@proxy:8080" };
    const { proxy: none, certificates: checked } = await examine();
    expect([none?.status, checked?.status]).toEqual(["ok", "ok"]);
    const { proxy: local, certificates } = await examine({ ...proxied, NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    expect([local?.status, local?.found]).toEqual(["ok", "requests use none"]);
    expect(certificates?.status).toBe("warning");
    expect(certificates?.found).toMatch(/^NODE_TLS_REJECT_UNAUTHORIZED=0: /);
    const elsewhere = { CELIGO_BASE_URL: "https://127.0.0.1:1" };
    const { proxy } = await examine({ ...proxied, ...elsewhere });
    expect([proxy?.status, proxy?.found]).toEqual(["ok", "requests go through http://proxy:8080, from https_proxy"]);
    const { proxy: other } = await examine({ ...elsewhere, HTTPS_PROXY: "socks5://user:token-of-proxy@proxy" });
    expect([other?.status, other?.found]).toEqual([
      "failed",
      "HTTPS_PROXY is not the address of an http or https proxy",
    ]);
    expect(other?.fix).toContain("such as http://proxy.example:8080");
  });

  it("says what is wrong with each setting", async () => {
    const {
      settings,
      token: bad,
      address,
      request,
    } = await examine({
      CELIGO_MAX_CONCURRENCY: "many",
      CELIGO_REQUEST_TIMEOUT: "0",
      CELIGO_API_TOKEN: "token-of doctor",
      CELIGO_BASE_URL: undefined,
      CELIGO_REGION: "mars",
    });
    expect(settings?.status).toBe("failed");
    expect(settings?.found).toContain('(CELIGO_MAX_CONCURRENCY in the environment): "many" is not a whole number');
    expect(settings?.found).toContain('(CELIGO_REQUEST_TIMEOUT in the environment): "0" is not a number');
    expect(bad).toEqual({
      name: "token",
      status: "failed",
      found: "invalid configuration (CELIGO_API_TOKEN in the environment): it has characters that a token cannot have",
      fix: "Copy the token again, as one line.",
    });
    expect([address?.status, address?.fix]).toEqual(["failed", "Set it to us or eu."]);
    expect(request?.found).toBe("not checked: no valid token");
    const eu = await examine({ CELIGO_API_TOKEN: undefined, CELIGO_BASE_URL: undefined, CELIGO_REGION: "EU" });
    expect(eu["address"]?.found).toBe(
      "https://api.eu.integrator.io (region eu), from CELIGO_REGION in the environment",
    );
    const lost = await examine({ CELIGO_BASE_URL: "http://example.com" });
    expect(lost["request"]?.found).toBe("not checked: no valid address");
    expect(emulator.requests).toEqual([]);
  });
});

describe("doctor, on what is installed", { tags: ["slow"], timeout: 60_000 }, () => {
  it("compares versions number by number", () => {
    expect(["3.254.0", "3.254.1-beta", "v3.1000.0", "4.0.0"].map((one) => isAtLeast(one, "3.254.0"))).toEqual(
      Array(4).fill(true),
    );
    expect(["3.253.9", "3.26.0", "2.999.0", "", "none"].map((one) => isAtLeast(one, "3.254.0"))).toEqual(
      Array(5).fill(false),
    );
    expect(["20.19.0", "22.0.0"].map((one) => isAtLeast(one, "20.19"))).toEqual([true, true]);
    expect(["3.216.0", "3.999.1", "3.215.9", "4.0.0"].map((one) => isCompatible(one, "^3.216.0"))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("says of a pulumi that it does not work, is old, or says no version", async () => {
    const pulumi = (folder: string, line: string) => executables(folder, { pulumi: `#!/bin/sh\n${line}\n` });
    const about = (number: string) => `[ $1 = about ] && echo '{ "cliAbout": { "version": "${number}" } }'`;
    const cases = [
      ["broken", "echo 'cannot open shared object' >&2; exit 7", "failed", "does not work: cannot open shared object"],
      ["mute", "exit 7", "failed", "does not work: pulumi ended with exit code 7"],
      ["old", about("3.253.0"), "warning", "3.253.0, "],
      ["unnamed", about(""), "warning", "which has no version number"],
      ["new", about("3.260.0"), "ok", "3.260.0, "],
    ] as const;
    for (const [folder, line, status, words] of cases) {
      const PATH = pulumi(folder, line);
      const { pulumi: cli, "pulumi-language-nodejs": host, stack } = await examine({ PATH }, ["--stack", "dev"]);
      expect([cli?.status, cli?.found]).toEqual([status, expect.stringContaining(words)]);
      expect(cli?.found).toContain(join(PATH, "pulumi"));
      expect(stack?.status).toBe(status === "failed" ? "skipped" : "failed");
      expect(cli?.fix ?? "pulumi-celigo import").toMatch(/pulumi-celigo import|Install Pulumi's CLI/);
      expect([host?.status, host?.found]).toEqual([
        "skipped",
        `not checked: ${join(PATH, "pulumi")} starts a pulumi in another folder`,
      ]);
    }
  });

  it("looks for the plugins where Pulumi does: on PATH, beside it, in its home", async () => {
    const program = ["/bin/true", "/usr/bin/true"].find(existsSync) ?? "";
    const beside = executables("cli", { "pulumi-language-nodejs": "" });
    copyFileSync(program, join(beside, "pulumi"));
    const home = join(scratch, "home");
    mkdirSync(home);
    const link = join(scratch, "link");
    mkdirSync(link);
    symlinkSync(join(beside, "pulumi"), join(link, "pulumi"));
    const hosts = async (more: Environment) => {
      const found = await examine({ PULUMI_HOME: home, ...more });
      return [found["pulumi-language-nodejs"], found["pulumi-resource-pulumi-nodejs"]] as const;
    };
    const [language, resource] = await hosts({ PATH: link });
    expect(language).toEqual({
      name: "pulumi-language-nodejs",
      status: "ok",
      found: join(beside, "pulumi-language-nodejs"),
    });
    expect([resource?.status, resource?.found]).toEqual([
      "failed",
      `neither on PATH, nor in ${beside}, nor in ${join(home, "plugins")}`,
    ]);
    const cached = executables("home/plugins/resource-pulumi-nodejs-v3.1.0", { "pulumi-resource-pulumi-nodejs": "" });
    expect((await hosts({ PATH: link }))[1]?.found).toBe(join(cached, "pulumi-resource-pulumi-nodejs"));
    const ambient = executables("ambient", { "pulumi-language-nodejs": "" });
    const PATH = [link, ambient].join(delimiter);
    const [other] = await hosts({ PATH });
    expect([other?.status, other?.found]).toEqual([
      "warning",
      `${join(ambient, "pulumi-language-nodejs")}, because it is on PATH, and not ${join(beside, "pulumi-language-nodejs")}`,
    ]);
    expect((await hosts({ PATH, PULUMI_IGNORE_AMBIENT_PLUGINS: "true" }))[0]?.status).toBe("ok");
  });

  it("says of the packages that one is missing, too old, of another version, or there twice", async () => {
    const project = (name: string, main = "index.js") => {
      const folder = join(scratch, name);
      writeText(join(folder, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\nmain: ${main}\n`);
      writeText(join(folder, main), "");
      return folder;
    };
    const packagesIn = async (folder: string) => {
      const {
        project: found,
        "@pulumi/pulumi": pulumi,
        "pulumi-celigo": celigo,
      } = await examine({}, ["--cwd", folder]);
      return { project: found, pulumi, celigo };
    };
    const root = repositoryRoot();

    const bare = project("bare", "infra/index.js");
    const infra = join(bare, "infra");
    expect(await packagesIn(bare)).toEqual({
      project: { name: "project", status: "ok", found: `${bare}, its program in ${infra}` },
      pulumi: {
        name: "@pulumi/pulumi",
        status: "failed",
        found: `not found from ${infra}`,
        fix: `Run in ${infra}: npm install @pulumi/pulumi`,
      },
      celigo: {
        name: "pulumi-celigo",
        status: "failed",
        found: `not found from ${infra}`,
        fix: `Run in ${infra}: npm install pulumi-celigo`,
      },
    });

    const old = project("old");
    installPackage(old, "@pulumi/pulumi", { version: "3.215.0" });
    installPackage(old, "pulumi-celigo", { version: "0.0.1", exports: { "./provider": "./index.js" } });
    const outdated = await packagesIn(old);
    expect(outdated.pulumi).toEqual({
      name: "@pulumi/pulumi",
      status: "failed",
      found: `3.215.0, ${join(old, "node_modules", "@pulumi/pulumi")}; pulumi-celigo needs ^3.216.0`,
      fix: `Run in ${old}: npm install @pulumi/pulumi@^3.216.0`,
    });
    expect([outdated.celigo?.status, outdated.celigo?.found]).toEqual([
      "warning",
      `0.0.1, ${join(old, "node_modules", "pulumi-celigo")}; this command is ${version}`,
    ]);

    const linked = project("linked");
    installPackage(linked, "@pulumi/pulumi", { version: "3.248.0" });
    linkPackage(linked, "pulumi-celigo", root);
    const twice = await packagesIn(linked);
    expect(twice.celigo?.status).toBe("ok");
    expect(twice.pulumi?.status).toBe("failed");
    expect(twice.pulumi?.found).toMatch(/^two copies, with which Pulumi hangs: the program has 3\.248\.0, /);
    expect(twice.pulumi?.found).toContain(join(root, "node_modules", "@pulumi/pulumi"));

    const brought = project("brought");
    writeText(join(brought, "package.json"), JSON.stringify({ dependencies: { hooks: "1.0.0" } }));
    linkPackage(brought, "@pulumi/pulumi", join(root, "node_modules", "@pulumi/pulumi"));
    installPackage(brought, "hooks", { version: "1.0.0", dependencies: { "@pulumi/pulumi": "3.220.0" } });
    const library = join(brought, "node_modules", "hooks");
    installPackage(library, "@pulumi/pulumi", { version: "3.220.0" });
    linkPackage(library, "pulumi-celigo", root);
    const carried = await packagesIn(brought);
    expect(carried.pulumi?.found).toMatch(
      /^two copies, with which Pulumi hangs: the program has \S+, \S+, and hooks 3\.220\.0, /,
    );
    expect(carried.pulumi?.found).toContain(join(library, "node_modules", "@pulumi/pulumi"));
    // The state's text looks for this package from the program's folder, not from the library's.
    expect([carried.celigo?.status, carried.celigo?.found, carried.celigo?.fix]).toEqual([
      "failed",
      `not found from ${brought}`,
      `Run in ${brought}: npm install pulumi-celigo`,
    ]);

    const ahead = project("ahead");
    installPackage(ahead, "@pulumi/pulumi", { version: "3.900.0", engines: { node: ">=99.1" } });
    const { pulumi: tooNew } = await packagesIn(ahead);
    expect([tooNew?.status, tooNew?.found, tooNew?.fix]).toEqual([
      "failed",
      `3.900.0, ${join(ahead, "node_modules", "@pulumi/pulumi")}; it needs Node 99.1, and this is ${process.versions.node}`,
      "Install Node 99.1 or later, or an older @pulumi/pulumi that ^3.216.0 allows.",
    ]);

    const shared = project("shared");
    linkPackage(shared, "@pulumi/pulumi", join(root, "node_modules", "@pulumi/pulumi"));
    linkPackage(shared, "pulumi-celigo", root);
    const { pulumi, celigo } = await packagesIn(shared);
    expect([pulumi?.status, celigo?.status]).toEqual(["ok", "ok"]);
    expect(celigo?.found).toMatch(new RegExp(`^${version}, ${root}`));

    const typed = project("typed", "index.ts");
    linkPackage(typed, "@pulumi/pulumi", join(root, "node_modules", "@pulumi/pulumi"));
    linkPackage(typed, "pulumi-celigo", root);
    const untyped = await packagesIn(typed);
    expect([untyped.pulumi?.status, untyped.pulumi?.fix]).toEqual([
      "failed",
      `Run in ${typed}: npm install typescript@5`,
    ]);
  });

  it("says that the program does not exist, or that package.json names another file than Pulumi runs", async () => {
    const folder = join(scratch, "init");
    const projectIn = async () => (await examine({}, ["--cwd", folder]))["project"];
    writeText(join(folder, "Pulumi.yaml"), "name: init\nruntime: nodejs\n");
    expect(await projectIn()).toEqual({
      name: "project",
      status: "failed",
      found: `${folder}, but its program ${join(folder, "index.ts")} does not exist`,
      fix: "Write it, or name another file with main in Pulumi.yaml.",
    });
    // As npm init -y does.
    writeText(join(folder, "package.json"), JSON.stringify({ main: "index.js" }));
    writeText(join(folder, "index.ts"), "");
    expect(await projectIn()).toEqual({
      name: "project",
      status: "warning",
      found: `${folder}; package.json names index.js as main, which does not exist, and Pulumi runs ${join(folder, "index.ts")}`,
      fix: "Add a line to Pulumi.yaml: main: index.ts",
    });
    writeText(join(folder, "Pulumi.yaml"), "name: init\nruntime: nodejs\nmain: index.ts\n");
    expect(await projectIn()).toMatchObject({ status: "ok", found: folder });
  });

  it("knows the keys of the project, and those without a prefix, from those of others", () => {
    const settingsOf = (project: string, ...keys: readonly string[]) => {
      const configuration = new Map(keys.map((key) => [key, { value: "x", isSecret: false }] as const));
      const known = { options: { cwd: "." }, configuration, project: { ...projectOf(scratch), name: project } };
      return checkSettings(known).found;
    };
    const well = /^none unknown, none invalid/;
    expect(settingsOf("shop", "shop:region", "aws:region")).toBe(
      "Configuration key shop:region has no effect on pulumi-celigo. Did you mean celigo:region?",
    );
    expect(settingsOf("shop", "shop:flowId", "aws:region")).toMatch(well);
    expect(settingsOf("shop", "celigo:flowId")).toMatch(/^Configuration key celigo:flowId is unknown/);
    // Its own key, and a setting without a prefix, which then has the right one.
    expect(settingsOf("celigo", "celigo:flowId", "celigo:region", "aws:region")).toMatch(well);
    expect(settingsOf("celigo", "celigo:apiTokn")).toMatch(/Did you mean celigo:apiToken\?$/);
  });

  it("goes on after a project that cannot be read, or a folder that is none", async () => {
    const broken = join(scratch, "unreadable");
    writeText(join(broken, "Pulumi.yaml"), "name: [\n");
    for (const [folder, words] of [
      [broken, /^could not read \S+Pulumi\.yaml: /],
      [join(scratch, "nowhere"), /nowhere is not a folder$/],
    ] as const) {
      const { project, stack, request } = await examine({}, ["--cwd", folder]);
      expect([project?.status, project?.found]).toEqual(["failed", expect.stringMatching(words)]);
      expect([stack?.status, request?.status]).toEqual(["skipped", "ok"]);
    }
  });
});
