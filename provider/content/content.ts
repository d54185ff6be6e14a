import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { CeligoError, messageOf } from "../errors";
import { type Asset, isAsset } from "../pulumi-wire";
import { Recent } from "./recent";

/** The size of the largest file that is read: a hundred times what hooks should have. */
const maxBytes = 10 * 1024 * 1024;

/** How many characters of content a process keeps: those of the scripts that Pulumi works on at a time. */
const maxKept = 32 * 1024 * 1024;

/** A file of the program as it was read. */
export interface ReadFile {
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string;
  /** The normalised text; none of a file that is not UTF-8. */
  readonly text: string | undefined;
}

/** Files by their paths. The stamp changes with the file. */
const files = new Recent<ReadFile & { readonly stamp: string }>(maxKept);
/** Content hashes by normalised text. */
const hashes = new Recent<string>(maxKept);

/** Returns text as it is sent and compared: without leading byte order marks, and with LF line ends. */
export function normalise(text: string): string {
  return text.replace(/^\uFEFF+/, "").replace(/\r\n?/g, "\n");
}

/** Returns the hash by which content is compared: `sha256:` and hex, over the normalised text in UTF-8. */
export function contentHash(text: string): string {
  const normalised = normalise(text);
  return hashes.get(normalised) ?? keepHash(normalised, sha256(normalised));
}

/** Returns SHA-256 in hex, of text in UTF-8. */
function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function keepHash(text: string, hash: string): string {
  return hashes.keep(text, `sha256:${hash}`, text.length);
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
  const file = readFile(path);
  if (hash && file.hash !== hash) {
    throw unreadable(path, "the file was changed while Pulumi ran", "Run the command again.", "file_changed");
  }
  if (file.text === undefined) {
    throw unreadable(path, "the file is not UTF-8 text", "Save the file as UTF-8.");
  }
  return file.text;
}

/**
 * Returns a file of the program. Reads and hashes it again only after it has changed.
 *
 * @throws CeligoError when it is not a regular file, is over 10 MB, or is a link that leads out of the program's folder.
 * A hook must not carry `/proc/self/environ` or a secret of the machine into Celigo, or into a message.
 */
export function readFile(path: string): ReadFile {
  try {
    if (lstatSync(path).isSymbolicLink() && !isBelow(realpathSync("."), realpathSync(path))) {
      const hint = "Put the file there, or give its own path.";
      throw unreadable(path, "it is a link that leads out of the program's folder", hint);
    }
    const stats = statSync(path, { bigint: true });
    if (stats.isDirectory()) {
      throw unreadable(path, "it is a folder", "Name a file in it, or declare the folder with ScriptFolder.");
    }
    if (!stats.isFile()) {
      throw unreadable(path, "it is not a regular file");
    }
    if (stats.size > maxBytes) {
      throw unreadable(path, `it is ${Math.ceil(Number(stats.size) / 1024 / 1024)} MB, and the limit is 10 MB`);
    }
    const key = resolve(path);
    const stamp = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join();
    const known = files.get(key);
    return known?.stamp === stamp
      ? known
      : files.keep(key, { ...fileOf(readFileSync(path)), stamp }, Number(stats.size));
  } catch (error) {
    const hint = "The path is relative to the folder of the program's main file.";
    throw error instanceof CeligoError ? error : unreadable(path, messageOf(error), hint);
  }
}

function fileOf(bytes: Uint8Array): ReadFile {
  const hash = sha256(bytes);
  let raw: string;
  try {
    raw = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { hash, text: undefined };
  }
  const text = normalise(raw);
  if (text === raw) {
    // The text has the hash of the bytes.
    keepHash(text, hash);
  }
  return { hash, text };
}

/** Tells whether a path is a folder, or in it. */
export function isBelow(folder: string, path: string): boolean {
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
