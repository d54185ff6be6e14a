import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { SyntaxFault } from "../../../provider/content/syntax";

interface Waiting {
  readonly resolve: (fault: SyntaxFault | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Parses code in a thread of its own: a second for 1,000 scripts, in which the main thread reads them. */
export class SyntaxThread {
  readonly #worker = new Worker(join(__dirname, "syntax-worker.js"));
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;

  constructor() {
    // The worker answers in the order of the texts.
    this.#worker.on("message", (fault: SyntaxFault | undefined) => this.#waiting.shift()?.resolve(fault));
    this.#worker.on("error", (error) => {
      this.#failure = error;
      for (const { reject } of this.#waiting) {
        reject(error);
      }
    });
  }

  /** Returns why content is not valid JavaScript; `undefined` when it is. */
  faultOf(content: string): Promise<SyntaxFault | undefined> {
    if (this.#failure) {
      return Promise.reject(this.#failure);
    }
    this.#worker.postMessage(content);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Ends the thread. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
