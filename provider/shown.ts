import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Milliseconds for which an update keeps in mind what a preview has shown. */
const memory = 3_600_000;

/**
 * What was shown of a stack. `pulumi up` runs its preview and its update in processes of their own, and does not tell an
 * update whether there was a preview: so the preview leaves the hashes of its messages in Pulumi's home.
 */
export class Shown {
  readonly #path: string;
  /** The hashes of what this process has shown, and in an update of what the preview has. */
  #hashes: Set<string> | undefined;

  /** @param origin Names the stack and the process: each has a memory of its own. */
  constructor(origin: string) {
    const home = process.env["PULUMI_HOME"] || join(homedir(), ".pulumi");
    this.#path = join(home, "pulumi-celigo", `shown-${hashOf(origin)}`);
  }

  /** Tells whether a message has not been shown yet. From then on it counts as shown. */
  isDue(message: string, isPreview: boolean): boolean {
    this.#hashes ??= isPreview ? new Set() : this.#fromPreview();
    const hash = hashOf(message);
    if (this.#hashes.has(hash)) {
      return false;
    }
    this.#hashes.add(hash);
    if (isPreview) {
      this.#leave(hash, this.#hashes.size === 1);
    }
    return true;
  }

  /** Returns what the preview has shown, and forgets it: a later update has a preview of its own. */
  #fromPreview(): Set<string> {
    try {
      const isFresh = Date.now() - statSync(this.#path).mtimeMs < memory;
      const lines = readFileSync(this.#path, "utf8").split("\n");
      rmSync(this.#path);
      return new Set(isFresh ? lines : []);
    } catch {
      return new Set();
    }
  }

  #leave(hash: string, isFirst: boolean): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      (isFirst ? writeFileSync : appendFileSync)(this.#path, `${hash}\n`);
    } catch {
      // Without a home that can be written to, the update shows it again.
    }
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
