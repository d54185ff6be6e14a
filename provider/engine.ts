import { connect } from "node:net";

/**
 * Ends this process when Pulumi's engine ends. Otherwise a provider whose CLI was killed goes on alone: a create that waits
 * for a rate limit or a retry would be sent during the next run.
 *
 * @param address The engine's address. Pulumi passes it to the dynamic provider as its first argument.
 */
export function endWithEngine(address: string | undefined, end: () => void = () => process.exit(1)): void {
  const [, host, port] = addressPattern.exec(address ?? "") ?? [];
  if (!host) {
    return;
  }
  let isRefused = false;
  // The engine also closes an idle connection. A second connection shows whether it still runs.
  const socket = connect({ host, port: Number(port) });
  socket.unref();
  socket.on("error", (error: NodeJS.ErrnoException) => {
    isRefused = error.code === "ECONNREFUSED";
  });
  socket.on("close", () => (isRefused ? end() : setTimeout(() => endWithEngine(address, end), 50).unref()));
  socket.resume();
}

const addressPattern = /^(127\.0\.0\.1):(\d+)$/;
