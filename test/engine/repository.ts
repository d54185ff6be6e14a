import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Finds the root of this repository, from the source and from `dist` alike. */
export function repositoryRoot(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "test", "engine", "go", "cli", "go.mod"))) return folder;
    if (folder === dirname(folder)) throw new Error(`${__dirname} is not inside the pulumi-celigo repository`);
  }
}

/** Lists the Markdown files of this repository that readers copy code and commands from, by their paths. */
export function documents(): string[] {
  const root = repositoryRoot();
  const filesBelow = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !["node_modules", "dist", ".git"].includes(name))
      .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
  const paths = filesBelow(root).map((path) => relative(root, path));
  return paths.filter((path) => path.endsWith(".md") && path !== "CHANGELOG.md").sort();
}
