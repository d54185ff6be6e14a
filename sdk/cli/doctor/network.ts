import { CeligoClient } from "../../../provider/api/client";
import { findProxy, unusable } from "../../../provider/api/proxy";
import { CeligoError, reasonOf } from "../../../provider/errors";
import { durationText } from "../options";
import { type Finding, failed, type Known, ok, skipped, warning } from "./finding";

/** Milliseconds by which clocks may differ. */
const tolerance = 60_000;

/**
 * Sends one request with the token.
 *
 * Its response has the server's time. Without retries: the first failure is what the user must see.
 */
export async function checkRequest(known: Known): Promise<Finding> {
  const { token, address, limits } = known;
  if (!(token && address && limits)) {
    return skipped(`not checked: no valid ${token ? "address" : "token"}`);
  }
  const client = new CeligoClient({ ...limits, ...address, token, retries: false });
  // Loaded first, so that the measured time is the request's.
  await Promise.all([import("got"), import("p-queue")]);
  const start = performance.now();
  const time = () => `${Math.round(performance.now() - start)} ms`;
  try {
    await client.checkAccess();
    known.clockOffset = client.clockOffset;
    return ok(`Celigo answered 200 in ${time()}`);
  } catch (error) {
    const hint = error instanceof CeligoError ? error.hint : undefined;
    return failed(`${reasonOf(error)} (after ${time()})`, hint ?? "Run the command again.");
  }
}

/** Checks that the server's clock and this machine's agree. */
export function checkClock({ clockOffset: offset }: Known): Finding {
  if (offset === undefined) {
    return skipped("not checked: no response to take the time from");
  }
  if (Math.abs(offset) <= tolerance) {
    return ok("within a minute of the server's");
  }
  return warning(
    `this machine's clock is ${durationText(Math.abs(offset))} ${offset > 0 ? "behind" : "ahead of"} the server's`,
    "Set the clock: times in logs and audits, and the end of debug logging, are the server's.",
  );
}

/** Checks the proxy that the environment names. */
export function checkProxy({ address }: Known): Finding {
  const proxy = address ? findProxy(address.baseUrl) : undefined;
  if (!proxy) {
    return ok("requests use none");
  }
  if (!proxy.url) {
    const { message, hint } = unusable(proxy);
    return failed(message, hint);
  }
  // Without a password.
  return ok(`requests go through ${proxy.url.protocol}//${proxy.url.host}, from ${proxy.variable}`);
}

/** Checks that Node verifies the server's certificate. */
export function checkCertificates(): Finding {
  return process.env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0"
    ? warning(
        "NODE_TLS_REJECT_UNAUTHORIZED=0: anyone on the network path can read the token",
        "Remove it; for a certificate authority of your own, set NODE_EXTRA_CA_CERTS to its file.",
      )
    : ok("the server's is checked");
}
