import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { repositoryRoot } from "../engine/repository";

const root = repositoryRoot();
const text = readFileSync(join(root, ".github", "CONTRIBUTING.md"), "utf8");
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };

it("CONTRIBUTING names scripts that exist", () => {
  const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
  expect(new Set(named).size).toBeGreaterThan(4);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

it("CONTRIBUTING names files and folders that exist", () => {
  const inWords = [...text.matchAll(/`((?:provider|sdk|test)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
  const inCommands = [...text.matchAll(/vitest run (?:--project \w+ )?([\w./-]+)/g)].map(([, path = ""]) => path);
  const paths = [...inWords, ...inCommands];
  expect(paths.length).toBeGreaterThan(15);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
