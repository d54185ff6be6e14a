import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request as forward } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createPlainServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { findProxy } from "../../../provider/api/proxy";
import { type Emulator, startEmulator } from "../../../sdk/emulator/index";
import { complaintOf, printed, runCli } from "../../cli/command-line";
import { startCommand } from "../../engine/command";
import { type Environment, inheritedEnvironment } from "../../engine/environment";
import { repositoryRoot } from "../../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../../engine/temporary";
import type { ProxyOptions, Seen } from "./proxy-process";

const token = "token-of-proxy-test";
const host = "celigo.test";
const folder = temporaryFolder("proxy");
const certificate = join(folder, "certificate.pem");
const noProxies = Object.fromEntries(
  ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"]
    .flatMap((name) => [name, name.toLowerCase()])
    .map((name) => [name, undefined]),
);

let emulator: Emulator;
let address = "";
let secure: ReturnType<typeof createServer>;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  const key = join(folder, "key.pem");
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  const made = ["-keyout", key, "-out", certificate, "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...made, ...subject], { stdio: "ignore" });
  emulator = await startEmulator({ accounts: [{ token, name: "shop" }] });
  emulator.account(token).seed({ name: "a", content: "1" });
  secure = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    const { method, headers, url = "" } = request;
    const onward = forward(`${emulator.url}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
  address = `https://${host}:${(secure.address() as AddressInfo).port}`;
});

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

afterAll(async () => {
  secure.close();
  await emulator.stop();
  removeTemporaryFolder(folder);
});

/** Starts a proxy, and returns its port and what it has seen. */
async function startProxy(options: ProxyOptions = {}) {
  const file = join(repositoryRoot(), "dist", "test", "provider", "api", "proxy-process.js");
  const environment = { cwd: folder, env: inheritedEnvironment(process.env), timeLimit: 100 };
  const run = startCommand(process.execPath, [file, JSON.stringify(options)], environment);
  cleanups.push(() => run.kill("SIGKILL"));
  const lines = () => run.output().split("\n").filter(Boolean);
  await vi.waitUntil(() => lines().length > 0, { timeout: 20_000 });
  const { port } = JSON.parse(lines()[0] ?? "") as { port: number };
  const seen = () =>
    lines()
      .slice(1)
      .map((line) => JSON.parse(line) as Seen);
  return { port, seen };
}

/** The environment of a command that asks the server behind the proxy. */
const asking = (env: Environment): Environment => ({
  ...noProxies,
  CELIGO_API_TOKEN: token,
  CELIGO_BASE_URL: address,
  NODE_EXTRA_CA_CERTS: certificate,
  ...env,
});

const list = ["list", "--json"];
const namesIn = (json: string) => (JSON.parse(json) as { name: string }[]).map(({ name }) => name);

describe("a proxy of the environment", { tags: ["slow"] }, () => {
  it.each(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])(
    "is used when %s names it, with its credentials, and never sees the token",
    async (variable) => {
      const proxy = await startProxy({ credentials: "us:er@:p%s" });
      const url = `http://us%3Aer%40:p%25s@127.0.0.1:${proxy.port}`;
      expect(namesIn(await printed(list, asking({ [variable]: url })))).toEqual(["a"]);
      await vi.waitUntil(() => proxy.seen().length > 0);
      expect(proxy.seen().map(({ method, target }) => `${method} https://${target}`)).toEqual([`CONNECT ${address}`]);
      const [{ bytes } = { bytes: "" }] = proxy.seen();
      expect(bytes.length).toBeGreaterThan(300);
      expect(bytes).not.toMatch(/Bearer|token-of|"authorization"/i);
    },
  );

  it("is not asked for hosts of NO_PROXY", async () => {
    const proxy = await startProxy();
    const HTTPS_PROXY = `http://127.0.0.1:${proxy.port}`;
    const { stderr } = await runCli(list, { env: asking({ HTTPS_PROXY, NO_PROXY: "example.com, .test" }) });
    expect(stderr).toMatch(/ENOTFOUND|EAI_AGAIN|no response/);
    expect(proxy.seen()).toEqual([]);
  });

  it("is used over http on this machine only, because http carries the token in the clear", async () => {
    const proxy = await startProxy();
    const local = asking({ CELIGO_BASE_URL: emulator.url, http_proxy: `http://localhost:${proxy.port}` });
    expect(namesIn(await printed(list, local))).toEqual(["a"]);
    await vi.waitUntil(() => proxy.seen().length > 0);
    // The check of the other tests does find a token.
    expect(proxy.seen().map(({ bytes }) => bytes.includes(token))).toEqual([true]);
    const remote = asking({ CELIGO_BASE_URL: emulator.url, HTTP_PROXY: "http://proxy.test:8080" });
    expect(namesIn(await printed(list, remote))).toEqual(["a"]);
  });

  it.each([
    [
      407,
      "status 407. Check the user name and the password in HTTPS_PROXY, such as http://user:password@proxy.example:8080.",
    ],
    [403, `status 403. Ask its operator to allow ${host}, or add ${host} to NO_PROXY.`],
    [503, `status 503 (5 attempts). Ask its operator to allow ${host}, or add ${host} to NO_PROXY.`],
  ])("that refuses with %i gives one line", async (refuse, end) => {
    const proxy = await startProxy({ refuse });
    const HTTPS_PROXY = `http://me:token-of-mine@127.0.0.1:${proxy.port}`;
    const complaint = await complaintOf(1, list, { env: asking({ HTTPS_PROXY }) });
    expect(complaint).toBe(
      `error: could not list scripts: the proxy http://127.0.0.1:${proxy.port} refused to connect to ${host}: ${end}`,
    );
    expect(proxy.seen()).toHaveLength(refuse === 503 ? 5 : 1);
  });

  it("that can't be reached, and one that is none, give one line", async () => {
    const closed = createPlainServer().listen(0);
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const HTTPS_PROXY = `127.0.0.1:${port}`;
    expect(await complaintOf(1, list, { env: asking({ HTTPS_PROXY }) })).toBe(
      `error: could not list scripts: could not connect to the proxy http://127.0.0.1:${port}: connect ECONNREFUSED ` +
        `127.0.0.1:${port} (5 attempts). Check HTTPS_PROXY.`,
    );
    expect(await complaintOf(1, list, { env: asking({ https_proxy: "socks5://me:token-of-mine@proxy" }) })).toBe(
      "error: could not list scripts: https_proxy is not the address of an http or https proxy. " +
        "Set https_proxy to an address such as http://proxy.example:8080, or remove it.",
    );
  });
});

describe("a certificate authority of one's own", () => {
  it("is trusted when NODE_EXTRA_CA_CERTS names its file, and the error without it says so", async () => {
    const proxy = await startProxy();
    const HTTPS_PROXY = `http://127.0.0.1:${proxy.port}`;
    expect(namesIn(await printed(list, asking({ HTTPS_PROXY })))).toEqual(["a"]);
    const complaint = await complaintOf(1, list, { env: asking({ HTTPS_PROXY, NODE_EXTRA_CA_CERTS: undefined }) });
    expect(complaint).toBe(
      "error: could not list scripts: self-signed certificate. If your company's own authority signs " +
        `${host}'s certificate, set NODE_EXTRA_CA_CERTS to the authority's file in PEM format.`,
    );
  });
});

describe("findProxy", () => {
  const api = "https://api.integrator.io/v1";
  const HTTPS_PROXY = "http://proxy:8080";
  it.each<[string, Environment, string | undefined]>([
    ["none is set", {}, undefined],
    ["a blank one", { HTTPS_PROXY: " " }, undefined],
    ["another scheme's", { HTTP_PROXY: HTTPS_PROXY }, undefined],
    ["its own", { HTTPS_PROXY, ALL_PROXY: "http://all:1" }, "HTTPS_PROXY http://proxy:8080"],
    ["lower case first", { HTTPS_PROXY, https_proxy: "http://low:1" }, "https_proxy http://low:1"],
    ["one for all", { all_proxy: "http://all:1" }, "all_proxy http://all:1"],
    ["without a scheme", { HTTPS_PROXY: "proxy:8080" }, "HTTPS_PROXY http://proxy:8080"],
    ["with TLS", { HTTPS_PROXY: "https://proxy" }, "HTTPS_PROXY https://proxy"],
    ["of another kind", { HTTPS_PROXY: "socks5://proxy" }, "HTTPS_PROXY undefined"],
    ["malformed", { HTTPS_PROXY: "http://a b" }, "HTTPS_PROXY undefined"],
    ["for all hosts none", { HTTPS_PROXY, NO_PROXY: "*" }, undefined],
    ["not for the host", { HTTPS_PROXY, NO_PROXY: "a.b,API.integrator.io" }, undefined],
    ["not for the domain", { HTTPS_PROXY, NO_PROXY: "integrator.io" }, undefined],
    ["not below a dot", { HTTPS_PROXY, no_proxy: "x .integrator.io" }, undefined],
    ["not below a star", { HTTPS_PROXY, no_proxy: "*.integrator.io" }, undefined],
    ["not for the port", { HTTPS_PROXY, NO_PROXY: "api.integrator.io:443" }, undefined],
    ["for another port", { HTTPS_PROXY, NO_PROXY: "api.integrator.io:80" }, "HTTPS_PROXY http://proxy:8080"],
    ["for a name that ends alike", { HTTPS_PROXY, NO_PROXY: "grator.io" }, "HTTPS_PROXY http://proxy:8080"],
  ])("knows: %s", (_, environment, expected) => {
    const found = findProxy(api, environment);
    expect(found && `${found.variable} ${found.url?.origin}`).toBe(expected);
  });
});
