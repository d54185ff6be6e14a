import { createRequire } from "node:module";

/** Shows a message beside a resource. Resolves when Pulumi has it. */
export type Tell = (urn: string, message: string, severity: "info" | "warning") => Promise<void>;

/**
 * Returns a function that shows messages beside their resource. Pulumi shows a provider's output without a resource, but
 * its engine accepts messages with a URN (`engine.proto`).
 *
 * @param address The engine's address. Without it, messages are printed.
 */
export function tellThrough(address: string | undefined): Tell {
  const print: Tell = async (_, message) => console.log(message);
  if (!/^127\.0\.0\.1:\d+$/.test(address ?? "")) {
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
  // A dependency of Pulumi. Strict package managers hide it from other packages.
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
