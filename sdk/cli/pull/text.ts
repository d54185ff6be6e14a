import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { normalise } from "../../../provider/content/content";
import { CeligoError, messageOf } from "../../../provider/errors";

/** A script's file on disk. */
export interface ContentFile {
  readonly path: string;
  /** The text as it is compared and sent. */
  readonly text: string;
  /** Returns another text with this file's byte order mark and line ends. */
  styled(text: string): string;
}

/** Reads a script's file. */
export function readContentFile(path: string): ContentFile {
  const subject = `could not read ${path}`;
  let raw: string;
  try {
    raw = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch (error) {
    throw new CeligoError({ subject, reason: messageOf(error), hint: "Restore the file, and run the command again." });
  }
  const mark = raw.startsWith("\uFEFF") ? "\uFEFF" : "";
  const isCrlf = raw.includes("\r\n") && !/(?<!\r)\n/.test(raw);
  return {
    path,
    text: normalise(raw),
    styled: (text) => mark + (isCrlf ? text.replaceAll("\n", "\r\n") : text),
  };
}

/** Tells whether Git has every change of a file. Without Git, no change is safe. */
export function isCommitted(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const args = ["status", "--porcelain", "--ignored", "--", basename(path)];
    execFile("git", args, { cwd: dirname(path) }, (error, stdout) => resolve(!error && stdout.trim() === ""));
  });
}
