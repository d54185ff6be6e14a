import { CeligoClient } from "../../../provider/api/client";
import type { Token } from "../../../provider/config";
import { durationText } from "../options";
import { type Check, type Finding, failedBy, ok, skipped, warning } from "./check";
import type { Limits } from "./settings";
import { isAtLeast } from "./versions";

/** What a request needs; a part that could not be found out is not there. */
export interface RequestParts {
  readonly token: Token | undefined;
  readonly baseUrl: string | undefined;
  readonly limits: Limits;
}

/** The id of no script: a valid one, that Celigo never gives. */
const noScript = "0".repeat(24);
/** Milliseconds by which clocks may differ. */
const tolerance = 60_000;

/**
 * Sends one request with the token, and returns how far the server's clock is ahead, in milliseconds.
 *
 * It asks what uses a script that does not exist: the answer is `{}`, so that this is one request, and a small one, however
 * many scripts the account has, and it has the server's time. It is not repeated when it fails: that is what is to be seen.
 */
export async function checkRequest({ token, baseUrl, limits }: RequestParts): Promise<Finding<number | undefined>> {
  if (!token || baseUrl === undefined) {
    return { check: skipped("request", `not checked: no valid ${token ? "address" : "token"}`) };
  }
  const client = new CeligoClient({ ...limits, baseUrl, token, retries: false });
  // Loaded before, so that the time is that of the request.
  await Promise.all([import("got"), import("p-queue")]);
  const start = performance.now();
  const time = () => `${Math.round(performance.now() - start)} ms`;
  try {
    await client.listScriptDependencies(noScript);
    return { check: ok("request", `Celigo answered 200 in ${time()}`), value: client.clockOffset };
  } catch (error) {
    const check = failedBy("request", error, "Run the command again.");
    return { check: { ...check, found: `${check.found} (after ${time()})` } };
  }
}

/**
 * Checks that the server's clock and this machine's agree.
 *
 * @param offset Milliseconds by which the server's is ahead, if it is known.
 */
export function checkClock(offset: number | undefined): Check {
  if (offset === undefined) {
    return skipped("clock", "not checked: no answer to take the time from");
  }
  if (Math.abs(offset) <= tolerance) {
    return ok("clock", "within a minute of the server's");
  }
  const found = `this machine's clock is ${durationText(Math.abs(offset))} ${offset > 0 ? "behind" : "ahead of"} the server's`;
  return warning(
    "clock",
    found,
    "Set the clock: times in logs and audits, and the end of debug logging, are the server's.",
  );
}

/** Checks whether a proxy that the environment names is used: by Node itself it is not, unless it is told so. */
export function checkProxy(baseUrl: string | undefined): Check {
  // Its value may hold a password, and is not shown.
  const name = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].find((one) => process.env[one]?.trim());
  if (name === undefined) {
    return ok("proxy", "none is set in the environment");
  }
  if (baseUrl?.startsWith("http:")) {
    return ok("proxy", `${name} is set, and a loopback address needs none`);
  }
  return usesProxies()
    ? ok("proxy", `${name} is set, and Node uses it`)
    : warning(
        "proxy",
        `${name} is set, and requests do not go through it`,
        "If Celigo cannot be reached without it: Node 24.5 or later, or 22.21 or later, with NODE_USE_ENV_PROXY=1.",
      );
}

/** Checks that the server's certificate is looked at. */
export function checkCertificates(): Check {
  return process.env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0"
    ? warning(
        "certificates",
        "NODE_TLS_REJECT_UNAUTHORIZED=0: anybody in between can read the token",
        "Remove it; for a certificate authority of your own, set NODE_EXTRA_CA_CERTS to its file.",
      )
    : ok("certificates", "the server's is checked");
}

function usesProxies(): boolean {
  const { node } = process.versions;
  const canUse = node.startsWith("22.") ? isAtLeast(node, "22.21") : isAtLeast(node, "24.5");
  const options = `${process.env["NODE_OPTIONS"] ?? ""} ${process.execArgv.join(" ")}`;
  return canUse && (process.env["NODE_USE_ENV_PROXY"] === "1" || options.includes("--use-env-proxy"));
}
