import { createRequire } from "node:module";
import { connect, type Socket } from "node:net";

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

/** How many tasks a preview leaves unfinished at a time. */
const maxTasks = 16;

/** Tasks for which Pulumi need not wait: the program keeps the preview running until they are done. */
export class Background {
  readonly #tasks = new Set<Promise<void>>();
  #hold: Promise<Socket | undefined> | undefined;

  /**
   * Resolves while a task goes on, at most 16 of them at a time.
   *
   * @param port Where a connection keeps the program running. Without one, this resolves when the task is done.
   */
  async run(task: Promise<void>, port: number | undefined): Promise<void> {
    this.#hold ??= holdAt(port);
    const hold = this.#hold;
    this.#tasks.add(task);
    const finish = async () => {
      this.#tasks.delete(task);
      if (this.#tasks.size === 0) {
        this.#hold = undefined;
        (await hold)?.end();
      }
    };
    void task.then(finish, finish);
    while (this.#tasks.size >= maxTasks) {
      await Promise.race(this.#tasks);
    }
    if (port === undefined || !(await hold)) {
      await task;
    }
  }

  /** Resolves when all tasks are done. */
  async done(): Promise<void> {
    await Promise.all(this.#tasks);
  }
}

/** Opens a connection. The program has noticed it when its first bytes arrive. */
function holdAt(port: number | undefined): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    if (port === undefined) {
      return resolve(undefined);
    }
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("data", () => resolve(socket));
    socket.on("error", () => {});
    socket.on("close", () => resolve(undefined));
  });
}

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
