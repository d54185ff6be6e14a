import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The version of this package, as its package.json says. */
export const version = readVersion(__dirname);

/** The manifest lies one folder above the sources and two above the build. */
function readVersion(folder: string): string {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    if (manifest !== null && typeof manifest === "object" && "version" in manifest) {
      return String(manifest.version);
    }
  } catch {
    // Not here: look one folder up.
  }
  const parent = dirname(folder);
  return parent === folder ? "unknown" : readVersion(parent);
}
