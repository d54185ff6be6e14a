import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";

/** Lists the files below a folder, links not followed, that contain a text, also where gzip has packed it. */
export function filesContaining(text: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => unpacked(readFileSync(file)).includes(text))
    .map((file) => relative(folder, file))
    .sort();
}

function unpacked(bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch {
    // Cut off by a kill, or no gzip after all.
    return bytes;
  }
}
