import { connect, type Socket } from "node:net";

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
