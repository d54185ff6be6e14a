import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import { isLoopback } from "../config";
import { shorten } from "../text";

export interface Proxy {
  readonly variable: string;
  /** The address, which may hold a password; undefined when the variable holds none. */
  readonly url: URL | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The code of a connection that the proxy could not make; nothing of the request was sent. */
export const proxyTrouble = "EPROXY";

/** A proxy that refuses, or cannot be used. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly code: string;
  readonly hint: string;

  constructor(message: string, { hint, transient = false }: { readonly hint: string; readonly transient?: boolean }) {
    super(message);
    this.code = transient ? proxyTrouble : "ERR_PROXY";
    this.hint = hint;
  }
}

/**
 * Finds the proxy for requests to an address. As in curl, the lower-case variable wins, and `NO_PROXY` lists hosts without one.
 * Requests over http carry the token in the clear, so they use a proxy on this machine only.
 */
export function findProxy(baseUrl: string, environment: Environment = process.env): Proxy | undefined {
  const { protocol, hostname, port } = new URL(baseUrl);
  const read = (name: string) =>
    [name.toLowerCase(), name].find((variable) => environment[variable]?.trim()) ?? undefined;
  const variable = read(protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY") ?? read("ALL_PROXY");
  if (variable === undefined || isExempt(hostname, port || "443", environment[read("NO_PROXY") ?? ""] ?? "")) {
    return undefined;
  }
  const value = environment[variable]?.trim() ?? "";
  const whole = value.includes("://") ? value : `http://${value}`;
  const url = URL.canParse(whole) && /^https?:/i.test(whole) ? new URL(whole) : undefined;
  return protocol === "http:" && url && !isLoopback(url.hostname) ? undefined : { variable, url };
}

/** Tells whether `NO_PROXY` has a host: `*`, or the host or a domain above it, with or without a port. */
function isExempt(hostname: string, port: string, list: string): boolean {
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      const [, host = "", ofPort = port] = /^(.*?)(?::(\d+))?$/.exec(entry.replace(/^\*?\./, "")) ?? [];
      return entry === "*" || (ofPort === port && (hostname === host || hostname.endsWith(`.${host}`)));
    });
}

/** Makes the agents with which got sends requests through a proxy; `undefined` stands for none. */
export async function proxyAgents(
  proxy: Proxy | undefined,
): Promise<{ readonly http: HttpAgent; readonly https: HttpsAgent } | undefined> {
  if (!proxy?.url) return undefined;
  const { HttpProxyAgent, HttpsProxyAgent } = await import("hpagent");
  const { protocol, hostname, port, username, password } = proxy.url;
  // Node connects to an IPv6 address without its brackets.
  const address = { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port, username, password } as URL;
  const options = { proxy: address, keepAlive: true };
  return {
    http: explaining(new HttpProxyAgent(options), proxy),
    https: explaining(new HttpsProxyAgent(options), proxy),
  };
}

type Connect = (options: object, done: (error: Error | null, socket?: Duplex) => void) => void;

/** Has an agent say what the proxy did, because its own errors name neither the proxy nor what to do. */
function explaining<Agent extends HttpAgent>(agent: Agent, proxy: Proxy): Agent {
  const connecting = agent as unknown as { createConnection: Connect };
  const connect = connecting.createConnection.bind(agent);
  connecting.createConnection = (options, done) =>
    connect(options, (error, socket) => done(error && explain(error, proxy, options as { host?: string }), socket));
  return agent;
}

function explain(error: Error, { variable, url }: Proxy, { host = "the host" }: { host?: string }): ProxyError {
  const address = `the proxy ${url?.protocol}//${url?.host}`;
  const status = /^Bad response: (\d+)$/.exec(error.message)?.[1];
  if (status === undefined) {
    const reason = shorten(error.message || (error as NodeJS.ErrnoException).code || "no connection", 200);
    return new ProxyError(`could not connect to ${address}: ${reason}`, {
      hint: `Check ${variable}.`,
      transient: true,
    });
  }
  const hint =
    status === "407"
      ? `Check the user name and the password in ${variable}, such as http://user:password@proxy.example:8080.`
      : `Ask its operator to allow ${host}, or add ${host} to NO_PROXY.`;
  const transient = /^5/.test(status);
  return new ProxyError(`${address} refused to connect to ${host}: status ${status}`, { hint, transient });
}

/** Says that a variable does not hold the address of a proxy. The value may hold a password, and is not shown. */
export function unusable({ variable }: Proxy): ProxyError {
  return new ProxyError(`${variable} is not the address of an http or https proxy`, {
    hint: `Set ${variable} to an address such as http://proxy.example:8080, or remove it.`,
  });
}
