import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { type Environment, foldersWith, inheritedEnvironment, isExecutable } from "../engine/environment";
import { killFamily } from "../engine/family";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";

/** Is a page in a real browser, which is driven as a person would. */
export interface Page {
  /** Errors, warnings and refusals that the browser has noted on the page, and each address that it asked for. */
  readonly noted: readonly string[];
  /** Returns what an expression is worth in the page, as JSON carries it. */
  value<Value>(expression: string): Promise<Value>;
  /** Goes to an address. */
  open(url: string): Promise<void>;
  /** Moves the mouse to the middle of the first element that a selector finds, or clicks there. */
  point(selector: string, click?: "click"): Promise<void>;
  /** Presses keys, each given by its name or letter. */
  press(...keys: readonly string[]): Promise<void>;
  /** Ends the browser. */
  close(): Promise<void>;
}

/** Is thrown when there is no browser on this machine, with what to install. */
export class NoBrowserError extends Error {
  override readonly name = "NoBrowserError";
}

type Message = Readonly<Record<string, never>>;

const commands = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const flags = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe"],
  ...["--disable-extensions", "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1200,900"],
];

/** Opens an empty page in Chromium. */
export async function openBrowser(environment: Environment = process.env): Promise<Page> {
  const profile = temporaryFolder("browser");
  const child = spawn(browserIn(environment), [...flags, `--user-data-dir=${profile}`, "about:blank"], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    env: { ...inheritedEnvironment(environment), HOME: profile },
  });
  const close = async () => {
    if (child.pid !== undefined) killFamily(child.pid);
    removeTemporaryFolder(profile);
  };
  const link = new Link(child.stdio[3] as Writable, child.stdio[4] as Readable);
  try {
    await Promise.race([
      link.attach(),
      once(child, "exit").then(() => Promise.reject(new Error("the browser ended before it opened a page"))),
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  const value = async <Value>(expression: string): Promise<Value> => {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await link.send<{
      readonly result: { readonly value: Value };
      readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
    }>("Runtime.evaluate", options);
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
    return result.value;
  };
  return {
    noted: link.noted,
    value,
    close,
    async open(url) {
      const isLoaded = link.next("Page.loadEventFired");
      // One that differs in its fragment only is not loaded again.
      const { loaderId } = await link.send<{ readonly loaderId?: string }>("Page.navigate", { url });
      if (loaderId !== undefined) await isLoaded;
      await value("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
    },
    async point(selector, click) {
      const place = `document.querySelector(${JSON.stringify(selector)})`;
      await value(`${place}.scrollIntoView({ block: "center" })`);
      const at = await value<{ x: number; y: number; width: number; height: number }>(
        `${place}.getBoundingClientRect().toJSON()`,
      );
      const where = { x: at.x + at.width / 2, y: at.y + at.height / 2, button: "left", clickCount: 1 };
      await link.send("Input.dispatchMouseEvent", { ...where, type: "mouseMoved", button: "none" });
      if (click) {
        await link.send("Input.dispatchMouseEvent", { ...where, type: "mousePressed" });
        await link.send("Input.dispatchMouseEvent", { ...where, type: "mouseReleased" });
      }
    },
    async press(...keys) {
      for (const key of keys) {
        const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
        await link.send("Input.dispatchKeyEvent", { type: "keyDown", key, ...(text && { text }) });
        await link.send("Input.dispatchKeyEvent", { type: "keyUp", key });
      }
    },
  };
}

/** Speaks the browser's own protocol to its one page, over a pair of pipes. */
class Link {
  readonly noted: string[] = [];
  readonly #to: Writable;
  readonly #waiting = new Map<number, (answer: Message) => void>();
  readonly #expected = new Map<string, () => void>();
  #last = 0;
  #session: string | undefined;

  constructor(to: Writable, from: Readable) {
    this.#to = to.on("error", () => {});
    let rest = "";
    from.setEncoding("utf8").on("data", (chunk: string) => {
      const messages = (rest + chunk).split("\0");
      rest = messages.pop() ?? "";
      for (const message of messages) this.#take(JSON.parse(message) as Message);
    });
  }

  async attach(): Promise<void> {
    const { targetId } = await this.send<{ readonly targetId: string }>("Target.createTarget", { url: "about:blank" });
    const attached = this.send<{ readonly sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
    this.#session = (await attached).sessionId;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(`${domain}.enable`);
  }

  async send<Answer = unknown>(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const id = ++this.#last;
    const answered = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#to.write(`${JSON.stringify({ id, method, params, ...(this.#session && { sessionId: this.#session }) })}\0`);
    const { result, error } = (await answered) as { readonly result?: Answer; readonly error?: unknown };
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result as Answer;
  }

  next(event: string): Promise<void> {
    return new Promise((resolve) => this.#expected.set(event, resolve));
  }

  #take(message: Message): void {
    const { id, method, params } = message as {
      readonly id?: number;
      readonly method?: string;
      readonly params?: unknown;
    };
    if (id !== undefined) {
      this.#waiting.get(id)?.(message);
      this.#waiting.delete(id);
    } else if (method === "Network.requestWillBeSent") {
      this.noted.push((params as { readonly request: { readonly url: string } }).request.url);
    } else if (["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"].includes(method ?? "")) {
      this.noted.push(JSON.stringify(params));
    } else if (method !== undefined) {
      this.#expected.get(method)?.();
    }
  }
}

function browserIn(environment: Environment): string {
  const given = environment["CHROME_PATH"];
  const found = commands.flatMap((command) =>
    foldersWith(command, environment["PATH"]).map((one) => join(one, command)),
  );
  const [browser] = [...(given ? [given] : []), ...found].filter(isExecutable);
  if (browser === undefined) {
    throw new NoBrowserError("there is no Chromium. Install it (apt-get install chromium), or set CHROME_PATH.");
  }
  return browser;
}
