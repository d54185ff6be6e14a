import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { repositoryRoot } from "../engine/repository";

const root = repositoryRoot();

/** The source of the package, by path. */
const sources = ["provider", "sdk"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /(?<!\.d)\.ts$/.test(path) && !/graph.page/.test(path))
    .map((path) => ({ path: join(folder, path), text: readFileSync(join(root, folder, path), "utf8") })),
);

/** The matches of a pattern in all sources, each with its file. */
const findings = (pattern: RegExp) =>
  sources.flatMap(({ path, text }) => [...text.matchAll(pattern)].map(([whole, part]) => `${path}: ${part ?? whole}`));

it("the package starts only programs that are an .exe on Windows, and without a shell", () => {
  expect(sources.length).toBeGreaterThan(80);
  // A .cmd, such as npm, npx and what npm links, can't be started without a shell.
  const programs = findings(/(?<!\.)\b(?:execFile|spawn|fork|exec)(?:Sync)?\(("[^"]*"|[^,)]+)/g).filter(
    (one) => !/this\.#/.test(one),
  );
  expect(programs.sort()).toEqual(['sdk/cli/pull/text.ts: "git"', 'sdk/cli/pulumi.ts: "pulumi"']);
  expect(findings(/\bshell: true/g)).toEqual([]);
});

it("the package uses only signals that Windows has", () => {
  const signals = new Set(findings(/"(SIG[A-Z0-9]+)"/g).map((one) => one.split(": ")[1]));
  expect([...signals].sort()).toEqual(["SIGINT", "SIGKILL", "SIGTERM"]);
});

it("the package names no folder of Unix, joins paths with node:path, and loads no module by a path that may be C:\\", () => {
  // Where the system has no /proc, there is nothing to read there; and a name that Celigo could send.
  expect(findings(/["'`](\/(?:tmp|home|usr|etc|dev|proc|var)\b)/g)).toEqual([
    "provider/content/content.ts: /proc",
    "sdk/emulator/hostile.ts: /etc",
  ]);
  expect(findings(/process\.env\["?\.?HOME\b/g)).toEqual([]);
  expect(findings(/\bimport\((?!["'])([^)]*)\)/g)).toEqual([]);
  // Paths of the system are split at its separator; those with / are our own.
  expect(findings(/\b(?:cwd|folder|file|path)\w*\.split\("\/"\)/gi)).toEqual([]);
});

it("every file of the repository has a name that Windows takes, also without case", () => {
  const paths = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0").filter(Boolean);
  expect(paths.length).toBeGreaterThan(200);
  const parts = [...new Set(paths.flatMap((path) => path.split("/")))];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Windows refuses them.
  expect(parts.filter((part) => /[<>:"\\|?*\u0000-\u001f]|[. ]$/.test(part))).toEqual([]);
  expect(parts.filter((part) => /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(basename(part)))).toEqual([]);
  expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(paths.length);
  expect(paths.filter((path) => path.length > 120)).toEqual([]);
});
