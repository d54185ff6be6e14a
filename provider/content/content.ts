import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative } from "node:path";
import { CeligoError, messageOf } from "../errors";

/** The size of the largest file that is read: a hundred times what hooks should have. */
const maxBytes = 10 * 1024 * 1024;

/** The key and the values by which Pulumi's wire marks an asset among plain objects (its `sdk/nodejs/runtime/rpc.ts`). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";

/** A text or a file as Pulumi's engine hands it to a provider. */
export interface Asset {
  /** SHA-256 of the bytes, in hex. */
  readonly hash?: string;
  /** The text of a `StringAsset`. */
  readonly text?: string;
  /** The path of a `FileAsset`, relative to the program's folder. */
  readonly path?: string;
}

/** Tells whether a value is a file or a text asset; archives and remote assets are not. */
export function isAsset(value: unknown): value is Asset {
  if (typeof value !== "object" || value === null || !(signatureKey in value)) {
    return false;
  }
  const { [signatureKey]: signature, text, path } = value as Record<string, unknown>;
  return signature === assetSignature && (typeof text === "string" || typeof path === "string");
}

/** Returns text as it is sent and compared: without leading byte order marks, and with LF line ends. */
export function normalise(text: string): string {
  return text.replace(/^\uFEFF+/, "").replace(/\r\n?/g, "\n");
}

/** Returns the hash by which content is compared: `sha256:` and hex, over the normalised text in UTF-8. */
export function contentHash(text: string): string {
  return `sha256:${createHash("sha256").update(normalise(text), "utf8").digest("hex")}`;
}

/** Tells whether a value has the form of {@link contentHash}. */
export function isHash(value: unknown): value is string {
  return typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value);
}

/** Names content in a message: a file by its path. */
export function labelOf(content: unknown): string {
  return (isAsset(content) && content.path) || "content";
}

/**
 * Returns the normalised text of a script's content.
 *
 * @throws CeligoError for a file that cannot be read, is not UTF-8, or is not the one that Pulumi has hashed.
 */
export async function readContent(content: string | Asset): Promise<string> {
  if (typeof content === "string") {
    return normalise(content);
  }
  return content.path === undefined ? normalise(content.text ?? "") : readText(content.path, content.hash);
}

/**
 * Returns the normalised text of a file of the program.
 *
 * @param hash The SHA-256 of the file's bytes that Pulumi has computed, if it has.
 * @throws CeligoError for a file that cannot be read, is not UTF-8, or has another hash.
 */
export function readText(path: string, hash?: string): string {
  const bytes = readBytes(path);
  if (hash && createHash("sha256").update(bytes).digest("hex") !== hash) {
    throw unreadable(path, "the file was changed while Pulumi ran", "Run the command again.", "file_changed");
  }
  try {
    return normalise(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw unreadable(path, "the file is not UTF-8 text", "Save the file as UTF-8.");
  }
}

/**
 * Returns the bytes of a file of the program.
 *
 * @throws CeligoError for what is not a regular file, is over 10 MB, or is a link that leads out of the program's folder:
 * a hook must not carry `/proc/self/environ` or a secret of the machine into Celigo, or into a message.
 */
export function readBytes(path: string): Buffer {
  try {
    if (lstatSync(path).isSymbolicLink() && !isBelow(realpathSync("."), realpathSync(path))) {
      const hint = "Put the file there, or give its own path.";
      throw unreadable(path, "it is a link that leads out of the program's folder", hint);
    }
    const stats = statSync(path);
    if (!stats.isFile() && !stats.isDirectory()) {
      throw unreadable(path, "it is not a regular file");
    }
    if (stats.size > maxBytes) {
      throw unreadable(path, `it is ${Math.ceil(stats.size / 1024 / 1024)} MB, and the limit is 10 MB`);
    }
    return readFileSync(path);
  } catch (error) {
    const hint = "The path is relative to the folder of the program's main file.";
    throw error instanceof CeligoError ? error : unreadable(path, messageOf(error), hint);
  }
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith("..") && !isAbsolute(way);
}

/** Tells whether text is the path of a file, given by mistake in the place of its content. */
export function isPath(text: string): boolean {
  const looksLikeOne = /^(?:[A-Za-z]:)?[^\s:;=(){}[\]"'`<>|&*?,]+\.[cm]?[jt]s$/i.test(text.trim());
  return looksLikeOne || (text.length < 1000 && !/[\n\0]/.test(text) && isFile(text.trim()));
}

function isFile(path: string): boolean {
  return path !== "" && existsSync(path) && statSync(path).isFile();
}

function unreadable(path: string | undefined, reason: string, hint?: string, code = "unreadable_content"): CeligoError {
  return new CeligoError({ subject: `could not read the content file ${path}`, reason, hint, code });
}
