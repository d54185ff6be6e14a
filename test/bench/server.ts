import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { startEmulator } from "../../sdk/emulator/index";

/** The requests of one command by kind. */
export type Requests = Readonly<Record<string, number>>;

/** An emulator in a process of its own, so that its CPU and memory are not those of what is measured. */
export class Server {
  readonly #child: ChildProcess;
  /** What the programs find it by. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(child: ChildProcess, env: Readonly<Record<string, string>>) {
    this.#child = child;
    this.env = env;
  }

  /** @param latency Milliseconds that each response takes longer. */
  static async start(latency: number): Promise<Server> {
    const child = fork(__filename, [String(latency)]);
    const [env] = (await once(child, "message")) as [Record<string, string>];
    return new Server(child, env);
  }

  /** Counts the requests since the last call. */
  async takeRequests(): Promise<Requests> {
    this.#child.send("take");
    const [requests] = (await once(this.#child, "message")) as [Requests];
    return requests;
  }

  stop(): void {
    this.#child.disconnect();
  }
}

async function serve(latency: number): Promise<void> {
  const emulator = await startEmulator({ latency });
  process.on("message", () => {
    const requests: Record<string, number> = {};
    for (const { method, operation = "none" } of emulator.requests) {
      requests[`${method} ${operation}`] = (requests[`${method} ${operation}`] ?? 0) + 1;
    }
    emulator.resetRequests();
    process.send?.(requests);
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ CELIGO_BASE_URL: emulator.url, CELIGO_API_TOKEN: emulator.account().token });
}

if (require.main === module) void serve(Number(process.argv[2]));
