import { connect } from "node:net";

/**
 * Ends this process with the engine that it works for. Without that, a provider whose CLI was killed goes on alone: a
 * creation that waits, for the rate limit or to be repeated, would be sent behind the back of the next run.
 *
 * @param address The engine's address, which Pulumi gives to the dynamic provider as its first argument.
 */
export function endWithEngine(address: string | undefined, end: () => void = () => process.exit(1)): void {
  const [, host, port] = /^(127\.0\.0\.1):(\d+)$/.exec(address ?? "") ?? [];
  if (!host) {
    return;
  }
  let isRefused = false;
  // The connection ends with the engine, or when the engine is tired of one that says nothing: a second one tells.
  const socket = connect({ host, port: Number(port) });
  socket.unref();
  socket.on("error", (error: NodeJS.ErrnoException) => {
    isRefused = error.code === "ECONNREFUSED";
  });
  socket.on("close", () => (isRefused ? end() : setTimeout(() => endWithEngine(address, end), 50).unref()));
  socket.resume();
}
