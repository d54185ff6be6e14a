import { createRequire } from "node:module";
import { connect } from "node:net";

/**
 * Ends this process with the engine that it works for. Without that, a provider whose CLI was killed goes on alone: a
 * creation that waits, for the rate limit or to be repeated, would be sent behind the back of the next run.
 *
 * @param address The engine's address, which Pulumi gives to the dynamic provider as its first argument.
 */
export function endWithEngine(address: string | undefined, end: () => void = () => process.exit(1)): void {
  const [, host, port] = addressPattern.exec(address ?? "") ?? [];
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

const addressPattern = /^(127\.0\.0\.1):(\d+)$/;

/** Shows a message beside a resource; resolves when it has arrived. */
export type Tell = (urn: string, message: string, severity: "info" | "warning") => Promise<void>;

/**
 * Returns a way to show messages beside the resource that they are about. What a provider prints, Pulumi shows without
 * saying where it belongs; its engine takes the resource's URN with a message, as from programs (`engine.proto`).
 *
 * @param address The engine's address; without one, messages are printed.
 */
export function tellThrough(address: string | undefined): Tell {
  const print: Tell = async (_, message) => console.log(message);
  if (!addressPattern.test(address ?? "")) {
    return print;
  }
  let open: Promise<Tell> | undefined;
  return async (urn, message, severity) => {
    open ??= openEngine(address as string);
    await open.then((tell) => tell(urn, message, severity)).catch(() => print(urn, message, severity));
  };
}

async function openEngine(address: string): Promise<Tell> {
  const [{ default: services }, { default: messages }] = await Promise.all([
    import("@pulumi/pulumi/proto/engine_grpc_pb.js"),
    import("@pulumi/pulumi/proto/engine_pb.js"),
  ]);
  const { LogRequest, LogSeverity } = messages;
  // Pulumi's own dependency, which strict package managers hide from others.
  const { credentials } = createRequire(require.resolve("@pulumi/pulumi"))("@grpc/grpc-js") as Grpc;
  const client = new services.EngineClient(address, credentials.createInsecure());
  return (urn, message, severity) =>
    new Promise((resolve, reject) => {
      const request = new LogRequest()
        .setUrn(urn)
        .setMessage(message)
        .setSeverity(severity === "info" ? LogSeverity.INFO : LogSeverity.WARNING);
      client.log(request, (error) => (error ? reject(error) : resolve()));
    });
}

type Grpc = typeof import("@grpc/grpc-js");
