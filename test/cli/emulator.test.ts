import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type CommandResult, killLeftovers, type RunningCommand } from "../engine/command";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { runInShell, startCli } from "./command-line";
import { type EmulatorCommand, startEmulatorCommand } from "./emulator-command";

const root = repositoryRoot();
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };
const started = new Set<RunningCommand>();
const folders = new Set<string>();

afterEach(async () => {
  for (const command of started) {
    started.delete(command);
    killLeftovers(command.pid);
    await command.done;
  }
  for (const folder of folders) {
    folders.delete(folder);
    removeTemporaryFolder(folder);
  }
});

function start(...args: readonly string[]): RunningCommand {
  const command = startCli(args);
  started.add(command);
  return command;
}

function run(...args: readonly string[]): Promise<CommandResult> {
  return start(...args).done;
}

async function startEmulator(...args: readonly string[]): Promise<EmulatorCommand> {
  const emulator = await startEmulatorCommand(...args);
  started.add(emulator.command);
  return emulator;
}

async function namesAt({ url }: EmulatorCommand, token: string): Promise<string[]> {
  const response = await fetch(`${url}/v1/scripts`, { headers: { authorization: `Bearer ${token}` } });
  expect([200, 204]).toContain(response.status);
  const scripts = response.status === 204 ? [] : ((await response.json()) as { readonly name: string }[]);
  return scripts.map(({ name }) => name);
}

async function create({ url }: EmulatorCommand, token: string, name: string): Promise<void> {
  const response = await fetch(`${url}/v1/scripts`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name, content: "function f() { return 1; }" }),
  });
  expect(response.status).toBe(201);
}

function newFolder(): string {
  const folder = temporaryFolder("command");
  folders.add(folder);
  return folder;
}

/** Returns what a command said when it failed: on standard error, and nothing but that. */
function complaint({ stdout, stderr }: CommandResult): string {
  expect(stdout).toBe("");
  expect(stderr).toMatch(/\n$/);
  return stderr.trimEnd();
}

describe("the command", { tags: ["slow"], timeout: 60_000 }, () => {
  it("shows its help and its version", async () => {
    const help = await run("--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(/^Usage: pulumi-celigo \[options\] \[command\]\n/);
    expect(help.stdout).toMatch(/^ {2}emulator \[options\] +run an emulator of integrator\.io/m);
    expect(await run("--version")).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
    const help2 = await run("emulator", "--help");
    expect(help2).toMatchObject({ code: 0, stderr: "" });
    for (const option of ["--port <port>", "--host <address>", "--data <folder>", "--token <token...>", "--quiet"]) {
      expect(help2.stdout).toContain(`  ${option} `);
    }
    expect(help2.stdout).toContain("$ pulumi-celigo emulator --port 0 --data");
    expect(help2.stdout).toContain("belongs to the position of its token in the list");
  });

  it("shows its help on standard error, and ends with 2, when nothing is asked of it", async () => {
    const result = await run();
    expect(result.code).toBe(2);
    expect(complaint(result)).toMatch(/^Usage: pulumi-celigo/);
  });

  it("ends with 2 and one clear line when it is called in a wrong way", async () => {
    const calls: readonly (readonly [readonly string[], string])[] = [
      [["emulatr"], "error: unknown command 'emulatr'\n(Did you mean emulator?)"],
      [["frobnicate"], "error: unknown command 'frobnicate'"],
      [["--verbose"], "error: unknown option '--verbose'"],
      [["emulator", "--prot", "1"], "error: unknown option '--prot'\n(Did you mean --port?)"],
      [["emulator", "--token"], "error: option '--token <token...>' argument missing"],
      [["emulator", "now"], "error: too many arguments for 'emulator'. Expected 0 arguments but got 1."],
    ];
    for (const [args, words] of calls) {
      const result = await run(...args);
      expect([complaint(result), result.code]).toEqual([words, 2]);
    }
  });

  it("ends with 2 for a port that is none", async () => {
    for (const port of ["65536", "-1", "80.5", "http", ""]) {
      const result = await run("emulator", `--port=${port}`);
      expect([complaint(result), result.code]).toEqual([
        `error: option '--port <port>' argument '${port}' is invalid. A port is a whole number from 0 to 65535.`,
        2,
      ]);
    }
    for (const latency of ["-1", "60001", "1.5", "1s", ""]) {
      const result = await run("emulator", `--latency=${latency}`);
      expect([complaint(result), result.code]).toEqual([
        `error: option '--latency <milliseconds>' argument '${latency}' is invalid. Give a whole number of milliseconds, up to 60000.`,
        2,
      ]);
    }
  });
});

describe("the command's emulator", { tags: ["slow"], timeout: 60_000 }, () => {
  it("says where it listens and how to use it, answers, shows each request without a token, and stops", async () => {
    const token = "token-of-nobody";
    const emulator = await startEmulator("--token", token);
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await namesAt(emulator, token)).toEqual([]);
    await create(emulator, token, "orders");
    expect((await fetch(`${emulator.url}/v1/scripts?include=name`)).status).toBe(401);
    await vi.waitUntil(() => emulator.lines().length === 3);
    expect(emulator.lines()).toEqual([
      "204 GET /v1/scripts",
      "201 POST /v1/scripts",
      "401 GET /v1/scripts?include=name",
    ]);
    const { code, stdout, stderr } = await emulator.end();
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(
      [
        `integrator.io emulator listens at ${emulator.url}`,
        "  Scripts are kept in memory only.",
        "  In the shell of your Pulumi project:",
        `    export CELIGO_BASE_URL=${emulator.url} CELIGO_API_TOKEN=${token}`,
        "  Press Ctrl-C to stop.",
        ...["204 GET /v1/scripts", "201 POST /v1/scripts", "401 GET /v1/scripts?include=name"],
        "Stopped.",
        "",
      ].join("\n"),
    );
  });

  it("ends when nobody reads what it prints any more", async () => {
    const stop = "read -r a b c d url; exec <&-";
    // The line of a request is one that it cannot print, at the latest.
    const ask = `'${process.execPath}' -e 'fetch(process.argv[1]).then(({ status }) => console.log(status))' "$url" 2>/dev/null`;
    const { stdout } = await runInShell(`celigo emulator --port 0 | { ${stop}; ${ask} || echo ended; }`);
    expect(stdout).toMatch(/^(401|404|ended)\n$/);
  });

  it("prints an export line that the shell takes as it is", async () => {
    const token = "it's$HOME&co";
    const emulator = await startEmulator("--token", token, "--quiet");
    expect(await namesAt(emulator, token)).toEqual([]);
    const { output } = await emulator.end();
    const line = output.split("\n").find((one) => one.includes("export ")) ?? "";
    const shell = await runInShell(`${line}; printf %s "$CELIGO_API_TOKEN"`);
    expect(shell.stdout).toBe(token);
    expect(output).not.toContain("GET /v1/scripts");
  });

  it("delays each response by --latency", async () => {
    const emulator = await startEmulator("--latency", "400");
    const before = performance.now();
    expect(await namesAt(emulator, "emulator-token")).toEqual([]);
    expect(performance.now() - before).toBeGreaterThan(390);
  });

  it("takes a behaviour from the command line, and names a wrong one", async () => {
    const emulator = await startEmulator("--behave", "throttle=7", "sendsDate=false");
    const headers = { authorization: "Bearer emulator-token" };
    const response = await fetch(`${emulator.url}/v1/scripts`, { headers });
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "7"]);
    expect((await run("emulator", "--behave", "paging=random")).stderr).toContain(
      "paging must be one of cursor, offset, endless.",
    );
  });

  it.each(["SIGINT", "SIGTERM"] as const)("stops cleanly on %s while connections are open", async (signal) => {
    const emulator = await startEmulator();
    const agent = new Agent({ keepAlive: true });
    const status = await new Promise((resolve, reject) => {
      const headers = { authorization: "Bearer emulator-token" };
      request(`${emulator.url}/v1/scripts`, { agent, headers }, (response) => {
        response.resume().once("end", () => resolve(response.statusCode));
      })
        .once("error", reject)
        .end();
    });
    expect(status).toBe(204);
    const half = connect(emulator.port, "127.0.0.1");
    half.on("error", () => {});
    await new Promise((resolve) =>
      half.write("POST /v1/scripts HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{", resolve),
    );
    const { code, stdout, stderr, seconds } = await emulator.end(signal);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/\nStopped\.\n$/);
    expect(seconds).toBeLessThan(15);
    agent.destroy();
    half.destroy();
    await expect(fetch(`${emulator.url}/v1/scripts`)).rejects.toThrow();
  });

  it("keeps the scripts of a data folder for the next time", async () => {
    const data = join(newFolder(), "not", "there", "yet");
    const first = await startEmulator("--data", data);
    await create(first, "emulator-token", "orders");
    expect((await first.end()).stdout).toContain(`  Scripts are kept in ${data}.\n`);
    const second = await startEmulator("--data", data);
    expect(await namesAt(second, "emulator-token")).toEqual(["orders"]);
    await second.end();
    const third = await startEmulator("--data", newFolder());
    expect(await namesAt(third, "emulator-token")).toEqual([]);
  });

  it("keeps the scripts of a data folder when it is killed", async () => {
    const data = newFolder();
    const first = await startEmulator("--data", data);
    await create(first, "emulator-token", "orders");
    expect(await first.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
    const second = await startEmulator("--data", data);
    expect(await namesAt(second, "emulator-token")).toEqual(["orders"]);
  });

  it("opens an account for each token, which know nothing of each other, also after a restart", async () => {
    const data = newFolder();
    const args = ["--data", data, "--token", "dev-token", "prod-token", "--token", "third-token"];
    const first = await startEmulator(...args);
    await create(first, "dev-token", "in dev");
    await create(first, "prod-token", "in prod");
    expect(await namesAt(first, "third-token")).toEqual([]);
    expect(
      (await fetch(`${first.url}/v1/scripts`, { headers: { authorization: "Bearer emulator-token" } })).status,
    ).toBe(401);
    const { stdout } = await first.end();
    expect(stdout).toMatch(/\n201 POST \/v1\/scripts {2}\(default\)\n201 POST \/v1\/scripts {2}\(account-2\)\n204 /);
    expect(stdout).not.toMatch(/prod-token|third-token/);
    const second = await startEmulator(...args);
    expect(await namesAt(second, "dev-token")).toEqual(["in dev"]);
    expect(await namesAt(second, "prod-token")).toEqual(["in prod"]);
  });

  it("says in one line that the port is in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const result = await run("emulator", "--port", String(port));
    expect([complaint(result), result.code]).toEqual([
      `error: port ${port} of 127.0.0.1 is in use: give another with --port, or 0 for a free one`,
      1,
    ]);
    server.close();
  });

  it("says in one line that another emulator has the data folder, and leaves that one alone", async () => {
    const data = newFolder();
    const first = await startEmulator("--data", data);
    const result = await run("emulator", "--port", "0", "--data", data);
    expect(result.code).toBe(1);
    expect(complaint(result)).toMatch(
      /^error: The data folder \S+ is in use by another emulator, in process \d+\. [^\n]+$/,
    );
    await create(first, "emulator-token", "orders");
    await first.end();
    const second = await startEmulator("--data", data);
    expect(await namesAt(second, "emulator-token")).toEqual(["orders"]);
  });

  it("says in one line what else keeps it from starting", async () => {
    const file = join(root, "package.json");
    const failures = [
      await run("emulator", "--port", "0", "--data", join(file, "data")),
      await run("emulator", "--port", "0", "--token", "one", "one"),
      await run("emulator", "--port", "0", "--host", "192.0.2.1"),
    ];
    for (const failure of failures) {
      expect(failure.code).toBe(1);
      expect(complaint(failure)).toMatch(/^error: [^\n]+$/);
    }
  });
});
