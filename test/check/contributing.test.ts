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

it("the map of provider/ answers a newcomer's seven questions, by files that exist", () => {
  const map = readFileSync(join(root, "provider", "README.md"), "utf8").split("## Map for maintainers")[1] ?? "";
  const answers: readonly (readonly [question: string, file: string])[] = [
    ["when a request is retried", "api/retry.ts"],
    ["what happens when two scripts have one name", "script/name-taken.ts"],
    ["what a PUT sends", "script/mapping.ts"],
    ["the message for a 401", "api/http-errors.ts"],
    ["the promotion gate", "script/gate.ts"],
    ["an input or output of a script", "script/fields.ts"],
    ["what a preview says of a change", "messages.ts"],
  ];
  for (const [question, file] of answers) {
    const row = map.split("\n").find((line) => line.startsWith(`| ${question}`));
    expect(row, question).toContain(`\`${file}\``);
  }
  const named = [
    ...map.matchAll(/`((?:api|script|content)\/[\w./-]+|(?:background|engine|host|messages|text|index)\.ts)`/g),
  ].map(([, path = ""]) => path);
  expect(named.length).toBeGreaterThanOrEqual(answers.length);
  expect(named.filter((path) => !existsSync(join(root, "provider", path)))).toEqual([]);
});

it("README has at most 200 lines, none longer than 160 characters outside tables and code", () => {
  const lines = readFileSync(join(root, "README.md"), "utf8").trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(200);
  const prose = lines
    .join("\n")
    .replace(/^```[\s\S]*?^```$/gm, "")
    .split("\n");
  expect(prose.filter((line) => line.length > 160 && !line.startsWith("|"))).toEqual([]);
});
