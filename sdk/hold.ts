import { type AddressInfo, createServer } from "node:net";
import * as pulumi from "@pulumi/pulumi";

/** Milliseconds that a connection may stay open: longer than the provider waits for Celigo. */
const longest = 60_000;
const ports = new WeakMap<object, Promise<number | undefined>>();

/**
 * Keeps the program of a preview running while the provider has a connection open. Pulumi ends a preview with its program,
 * and then shows no more messages.
 *
 * @returns The port on the loopback address; none where the program cannot listen.
 */
export async function holdPort(): Promise<number | undefined> {
  const monitor = pulumi.runtime.getMonitor();
  if (!monitor) {
    return undefined;
  }
  const port = ports.get(monitor) ?? listen();
  ports.set(monitor, port);
  return port;
}

function listen(): Promise<number | undefined> {
  const server = createServer((socket) => {
    // An inline program ends when its calls of Pulumi do, another one when nothing is open.
    socket.on("close", pulumi.runtime.rpcKeepAlive());
    socket.on("error", () => {});
    socket.setTimeout(longest, () => socket.destroy());
    socket.resume().write("held");
  });
  return new Promise((resolve) => {
    server.on("error", () => resolve(undefined));
    server.listen(0, "127.0.0.1", () => {
      server.unref();
      resolve((server.address() as AddressInfo).port);
    });
  });
}
