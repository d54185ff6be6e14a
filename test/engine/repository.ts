import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Finds the root of this repository, from the source and from `dist` alike. */
export function repositoryRoot(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "test", "engine", "go", "cli", "go.mod"))) return folder;
    if (folder === dirname(folder)) throw new Error(`${__dirname} is not inside the pulumi-celigo repository`);
  }
}
