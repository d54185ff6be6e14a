import { readFileSync, writeFileSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import { type AddressInfo, createServer as createPlainServer } from "node:net";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { CeligoClient } from "../../provider/api/client";
import { readConfiguration } from "../../provider/config";
import { ScriptLifecycle } from "../../provider/script/lifecycle";
import { type Emulator, hostile, startEmulator } from "../../sdk/emulator/index";
import { printed, runCli } from "../cli/command-line";
import { startCommand } from "../engine/command";
import { inheritedEnvironment } from "../engine/environment";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { engineOrSkip } from "../engine/vitest";
import { openSession, programOf } from "../stack/session";
import { goTool, installed, missing, pythonTool, run } from "./cache";

const token = "token-of-contract";
const folder = temporaryFolder("contract");
const document = join(repositoryRoot(), "provider", "api", "openapi.yaml");
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(() => removeTemporaryFolder(folder));

async function start(): Promise<Emulator> {
  const emulator = await startEmulator({ accounts: [{ token, name: "shop" }] });
  cleanups.push(() => emulator.stop());
  return emulator;
}

/** Starts a program that listens at a port, and waits until it does. */
async function listening(file: string, args: readonly string[], port: number): Promise<void> {
  const command = startCommand(file, args, { cwd: folder, env: inheritedEnvironment(process.env), timeLimit: 1200 });
  cleanups.push(() => command.kill("SIGKILL"));
  const isUp = () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
  await vi.waitUntil(isUp, { timeout: 60_000, interval: 200 });
}

async function freePort(): Promise<number> {
  const server = createPlainServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An operation of the document, as far as it is changed here. */
interface Operation {
  readonly operationId: string;
  readonly responses: Record<string, { description: string; links?: object }>;
}

/**
 * Writes our document with links from the created script to every operation on it: without them, schemathesis has nothing to follow,
 * and reports a pass. It also gets the refusals of requests that the document does not allow, which Celigo does not list.
 */
function linkedDocument(): string {
  const api = parse(readFileSync(document, "utf8")) as { paths: Record<string, Record<string, Operation>> };
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.values(methods)
      .filter(({ operationId }) => operationId !== undefined)
      .map((operation) => ({ path, operation })),
  );
  const ofScript = operations.filter(({ path }) => path.includes("{_id}"));
  for (const { path, operation } of operations) {
    operation.responses["400"] ??= { description: "The request is not what the document allows." };
    if (path.includes("{_id}")) operation.responses["404"] ??= { description: "No id of a script." };
    const created = operation.operationId === "createScript" ? operation.responses["201"] : undefined;
    if (created) {
      created.links = Object.fromEntries(
        ofScript.map(({ operation: { operationId } }) => [
          operationId,
          { operationId, parameters: { _id: "$response.body#/_id" } },
        ]),
      );
    }
  }
  expect(operations).toHaveLength(10);
  const file = join(folder, "linked.json");
  writeFileSync(file, JSON.stringify(api));
  return file;
}

describe("schemathesis", () => {
  // Without use_after_free, which takes a DELETE of a script's logs for one of the script.
  const checks = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ensure_resource_availability",
    "ignored_auth",
  ];

  async function judge(emulator: Emulator, python: string, ...options: readonly string[]) {
    const args = [
      "run",
      linkedDocument(),
      "--url",
      emulator.url,
      "-H",
      `Authorization: Bearer ${token}`,
      "--seed",
      "1",
    ];
    const more = ["--checks", checks.join(","), "--max-examples", "25", "--no-color", "--generation-database", "none"];
    // Links that it infers from names lead it away from the created scripts.
    const config = join(folder, "schemathesis.toml");
    writeFileSync(config, "[phases.stateful]\nmax-steps = 12\n[phases.stateful.inference]\nalgorithms = []\n");
    const cli = ["-c", "from schemathesis.cli import schemathesis; schemathesis()", "--config-file", config];
    return run("python3", [...cli, ...args, ...more, ...options], folder, { PYTHONPATH: python });
  }

  it("finds nothing in the emulator, whole and along the links", async (context) => {
    const python = (await pythonTool("schemathesis", "schemathesis==4.32.5")) ?? missing(context, "Python with pip");
    const emulator = await start();
    const { code, stdout } = await judge(emulator, python);
    expect(stdout).toMatch(/Tested: 10\b/);
    // Each operation on a script was reached from one that was created.
    expect(stdout).toMatch(/API Links: +8 covered \/ 8 selected \/ 8 total/);
    expect([code, /=+ FAILURES =+[\s\S]*/.exec(stdout)?.[0]]).toEqual([0, undefined]);
  });

  it.for([
    {
      what: "a response that breaks the schema",
      operation: "createScript",
      fault: { kind: "alter", alter: hostile.contentNumber },
      phase: "fuzzing",
      found: /violates schema/,
    },
    {
      what: "a created script that cannot be read, which only a link leads to",
      operation: "getScriptById",
      fault: { kind: "status", status: 404 },
      phase: "stateful",
      found: /Created resource not found/,
    },
  ] as const)("finds $what", async ({ operation, fault, phase, found }, context) => {
    const python = (await pythonTool("schemathesis", "schemathesis==4.32.5")) ?? missing(context, "Python with pip");
    const emulator = await start();
    emulator.faults.add({ operation, times: Number.POSITIVE_INFINITY, fault });
    const { code, stdout } = await judge(emulator, python, "--phases", phase, "--max-failures", "1", "--no-shrink");
    expect([code, stdout]).toEqual([1, expect.stringMatching(found)]);
  });
});

describe("Prism, as a validating proxy", () => {
  const engine = engineOrSkip();

  /** Starts Prism before an emulator, and a server before Prism that keeps the violations it reports. */
  async function startPrism(emulator: Emulator) {
    const tools = await installed("prism", { "@stoplight/prism-cli": "5.14.2" });
    const port = await freePort();
    const cli = join(tools, "node_modules", "@stoplight", "prism-cli", "dist", "index.js");
    await listening(process.execPath, [cli, "proxy", document, emulator.url, "--port", String(port)], port);
    const violations: string[] = [];
    const operations = new Set<string>();
    const front = createServer((request, response) => {
      const { method, headers, url = "" } = request;
      const onward = forward({ host: "127.0.0.1", port, path: url, method, headers }, (answer) => {
        const found = answer.headers["sl-violations"];
        if (found) violations.push(`${method} ${url}: ${found}`);
        operations.add(`${method} ${url.replace(/[0-9a-f]{24}/, "{id}").replace(/\?.*/, "")}`);
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => front.close());
    return { url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`, violations, operations };
  }

  const clientOf = (url: string) =>
    new CeligoClient({
      ...readConfiguration(() => undefined, {}),
      baseUrl: url,
      token: { value: token, source: "the test" },
    });
  const content = "export function preMap(options) {\n  return options.data;\n}\n";

  it("finds no violation in what the client, the lifecycle and the command line send, nor in the responses", async () => {
    const { url, violations, operations } = await startPrism(await start());
    const client = clientOf(url);
    const { _id: id } = await client.createScript({ name: "of the client", content });
    await client.listScripts({ include: ["name", "description"] });
    const record = await client.getScript(id);
    await client.updateScript(id, { ...record, description: "Changed." });
    await client.setDebugUntil(id, new Date(Date.now() + 60_000));
    await client.getScriptLogs(id, {});
    await client.getScriptAudit(id, {});
    await client.listScriptDependencies(id);
    await client.deleteScriptLogs(id);

    const env = { CELIGO_API_TOKEN: token, CELIGO_BASE_URL: url };
    for (const args of [
      ["list"],
      ["get", id],
      ["deps", id],
      ["audit", id],
      ["logs", id],
      ["debug", "on", id],
      ["debug", "off", id],
      ["graph", "--format", "json"],
    ]) {
      expect(await printed(args, env)).not.toContain("error");
    }
    expect((await runCli(["logs", "clear", id, "--yes"], { env })).code).toBe(0);

    const lifecycle = new ScriptLifecycle(() => ({ client, onNameTaken: "fail", backoff: 1 }));
    const declared = { name: "of the lifecycle", content, description: "One." };
    const { inputs = {} } = await lifecycle.check({}, declared);
    const made = await lifecycle.create(inputs);
    const olds = { ...inputs, ...made.outs };
    await lifecycle.read(made.id, olds);
    const { inputs: news = {} } = await lifecycle.check(inputs, { ...declared, description: "Two." });
    await lifecycle.diff(made.id, olds, news);
    const { outs } = await lifecycle.update(made.id, olds, news);
    const adopting = new ScriptLifecycle(() => ({ client, onNameTaken: "adopt", backoff: 1 }));
    const adopted = await adopting.create(
      (await adopting.check({}, { ...declared, description: "Three." })).inputs ?? {},
    );
    expect(adopted.id).toBe(made.id);
    await lifecycle.delete(made.id, { ...news, ...outs, ...adopted.outs });
    await client.deleteScript(id);
    expect(violations).toEqual([]);
    expect(operations.size).toBe(10);
  });

  it("finds no violation under the real engine, nor in the commands that work on a stack", async () => {
    const { workspace, emulator, account } = await openSession(
      engine(),
      programOf({ one: '{ content: new pulumi.asset.FileAsset("one.js"), description: "One." }' }),
    );
    const { url, violations, operations } = await startPrism(emulator);
    workspace.setEnv("CELIGO_BASE_URL", url);
    workspace.writeFile("one.js", content);
    account.seed({ name: "another", content });
    await workspace.up();
    const env = {
      PATH: [engine().folder, process.env["PATH"]].join(delimiter),
      PULUMI_HOME: join(workspace.root, "home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(workspace.root, "backend")).href,
      PULUMI_CONFIG_PASSPHRASE: "passphrase",
      CELIGO_BASE_URL: url,
      CELIGO_API_TOKEN: account.token,
    };
    for (const [expected, args] of [
      [0, ["import", "--dry-run"]],
      [0, ["pull", "--dry-run"]],
      [3, ["compare", workspace.stack, "account"]],
      [0, ["list"]],
      [0, ["doctor"]],
    ] as const) {
      const stack = args[0] === "compare" ? [] : ["--stack", workspace.stack];
      const { code, output } = await runCli([...args, ...stack], { env, cwd: workspace.folder });
      expect([args, code], output).toEqual([args, expected]);
    }
    workspace.writeFile("one.js", content.replace("data", "preMapData"));
    await workspace.up({ preview: true });
    await workspace.refresh();
    await workspace.preview({ expectNoChanges: true });
    await workspace.destroy();
    expect(violations).toEqual([]);
    for (const sent of ["POST /v1/scripts", "PUT /v1/scripts/{id}", "DELETE /v1/scripts/{id}"]) {
      expect(operations).toContain(sent);
    }
  });

  it("finds a request and a response that break the document", async () => {
    const emulator = await start();
    const { url, violations } = await startPrism(emulator);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    await fetch(`${url}/v1/scripts`, { method: "POST", headers, body: JSON.stringify({ name: 5, content }) });
    emulator.faults.add({
      operation: "createScript",
      times: Number.POSITIVE_INFINITY,
      fault: { kind: "alter", alter: hostile.contentNumber },
    });
    await clientOf(url)
      .createScript({ name: "a", content })
      .catch(() => undefined);
    expect(violations).toEqual([expect.stringContaining('"name"'), expect.stringContaining('"content"')]);
  });
});

describe("toxiproxy, under a real pulumi up", () => {
  const engine = engineOrSkip();
  const names = ["a", "b", "c", "d"];
  const program = (line: string) =>
    programOf(
      Object.fromEntries(
        names.map((name) => [
          name,
          `{ content: ${JSON.stringify(`export function preMap(options) {\n  return ${line};\n}\n`)} }`,
        ]),
      ),
    );

  /** What the network does. Resets and cuts strike some connections only, or no request would ever end. */
  const toxics: Record<string, object> = {
    latency: { type: "latency", toxicity: 1, attributes: { latency: 300, jitter: 200 } },
    bandwidth: { type: "bandwidth", toxicity: 1, attributes: { rate: 4 } },
    resets: { type: "reset_peer", toxicity: 0.3, attributes: { timeout: 0 } },
    "a slow close": { type: "slow_close", toxicity: 1, attributes: { delay: 500 } },
    "a cut after n bytes": { type: "limit_data", toxicity: 0.3, attributes: { bytes: 400 } },
    "a cut after n bytes of the requests": {
      type: "limit_data",
      stream: "upstream",
      toxicity: 0.3,
      attributes: { bytes: 300 },
    },
  };

  /** Starts toxiproxy before an emulator, and returns its address and its API. */
  async function startToxiproxy(file: string, emulator: Emulator) {
    const [api, port] = [await freePort(), await freePort()];
    await listening(file, ["-host", "127.0.0.1", "-port", String(api)], api);
    const post = async (path: string, body: object) => {
      const response = await fetch(`http://127.0.0.1:${api}${path}`, { method: "POST", body: JSON.stringify(body) });
      expect(response.ok, await response.text()).toBe(true);
    };
    const upstream = new URL(emulator.url).host;
    await post("/proxies", { name: "celigo", listen: `127.0.0.1:${port}`, upstream, enabled: true });
    const add = (name: string, toxic: object) =>
      post("/proxies/celigo/toxics", { name, stream: "downstream", ...toxic });
    const remove = (name: string) =>
      fetch(`http://127.0.0.1:${api}/proxies/celigo/toxics/${name}`, { method: "DELETE" });
    return { url: `http://127.0.0.1:${port}`, add, remove };
  }

  it("ends in the same state whatever the network does, and fails when it lets nothing through", async (context) => {
    const file = (await goTool("toxiproxy")) ?? missing(context, "Go, which builds toxiproxy");
    const { workspace, emulator, account } = await openSession(engine(), program("0"));
    const { url, add, remove } = await startToxiproxy(file, emulator);
    workspace.setEnv("CELIGO_BASE_URL", url);
    for (const [index, [what, toxic]] of Object.entries(toxics).entries()) {
      await add(`toxic${index}`, toxic);
      for (const [path, text] of Object.entries(program(String(index + 1)))) workspace.writeFile(path, text);
      emulator.resetRequests();
      await workspace.up();
      const live = account.scripts().map(({ name, content }) => `${name} ${/return (\d+)/.exec(content ?? "")?.[1]}`);
      expect([what, live.sort()]).toEqual([what, names.map((name) => `${name} ${index + 1}`)]);
      await remove(`toxic${index}`);
      emulator.resetRequests();
      await workspace.preview({ expectNoChanges: true });
      expect(emulator.requests).toEqual([]);
    }
    await add("all", { type: "reset_peer", toxicity: 1, attributes: { timeout: 0 } });
    for (const [path, text] of Object.entries(program("9"))) workspace.writeFile(path, text);
    const { output } = await workspace.up({ expectFailure: true });
    expect(output).toMatch(/could not update script "a"/);
    expect(account.scripts().filter(({ content }) => content?.includes("return 9"))).toEqual([]);
  });
});
