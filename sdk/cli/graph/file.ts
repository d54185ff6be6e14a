import { readFileSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../../provider/errors";
import { notWritten } from "../file";
import { isGraph } from "./formats";

/** Asserts that a graph can be written to a file, before any request. */
export function checkTarget(file: string): void {
  const folder = dirname(file);
  if (!statsOf(folder)?.isDirectory()) {
    throw notWritten(file, `there is no folder ${folder}`, "Make it, or give another --out.");
  }
  const stats = statsOf(file);
  if (stats && !stats.isFile()) {
    throw notWritten(file, "it is not a file", "Give another --out.");
  }
  if (stats && !isGraph(readOrThrow(file))) {
    throw notWritten(
      file,
      "the file holds something other than a graph of this command",
      "Remove it, or give another --out.",
    );
  }
}

function readOrThrow(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw notWritten(file, messageOf(error));
  }
}

function statsOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
