import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Comment, parse as parseCode } from "acorn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { unpackPackage } from "../engine/package";
import { documents, repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { goTool, missing, must, run } from "../outside/cache";

/** What `.ci/release.mjs` exports. */
interface Release {
  contentFaults(folder: string): string[];
  dependencyFaults(root: string, limit?: number): string[];
  brokenLinks(root: string, documents: readonly string[]): string[];
  versionFaults(version: string, changelog: string, tag?: string): string[];
}

const root = repositoryRoot();
let release: Release;
let folder = "";

beforeAll(async () => {
  release = (await import(pathToFileURL(join(root, ".ci", "release.mjs")).href)) as Release;
  folder = temporaryFolder("release");
  await unpackPackage(join(folder, "package"));
});

afterAll(() => removeTemporaryFolder(folder));

describe("the release script", () => {
  it("finds the packed package whole, and names what does not belong into it and what is missing", () => {
    const whole = join(folder, "package");
    expect(release.contentFaults(whole)).toEqual([]);
    const broken = join(folder, "broken");
    cpSync(whole, broken, { recursive: true });
    rmSync(join(broken, "dist", "sdk", "hooks.d.ts"));
    writeFileSync(join(broken, "dist", "sdk", "secret.json"), "{}");
    appendFileSync(join(broken, "dist", "sdk", "index.js"), "// /home/me/pulumi-celigo/sdk/index.ts\n");
    const manifest = JSON.parse(readFileSync(join(broken, "package.json"), "utf8")) as { dependencies: object };
    const loose = { ...manifest, dependencies: { ...manifest.dependencies, acorn: "^8.19.0" } };
    writeFileSync(join(broken, "package.json"), JSON.stringify(loose));
    writeFileSync(join(broken, "dist", "sdk", "large.js"), " ".repeat(700_000));
    expect([...new Set(release.contentFaults(broken))]).toEqual([
      "dist/sdk/hooks.d.ts is missing",
      "dist/sdk/secret.json does not belong into the package",
      "the dependency acorn is not pinned: ^8.19.0",
      "dist/sdk/index.js holds a path of the machine that built it",
      expect.stringMatching(/^the content has \d+ bytes, over the limit of 710000$/),
    ]);
  });

  it("finds that what npm installs with the package is not too large, and says when it is", () => {
    expect(release.dependencyFaults(root)).toEqual([]);
    expect(release.dependencyFaults(root, 1_000_000)).toEqual([
      expect.stringMatching(/^what npm installs with the package has \d{8} bytes, over the limit of 1000000$/),
    ]);
  });

  it("finds no comment in the packed code, and no declaration that no door leads to", () => {
    const files = readdirSync(join(folder, "package"), { recursive: true, encoding: "utf8" });
    const commented = files.filter((file) => {
      const comments: Comment[] = [];
      const text = () => readFileSync(join(folder, "package", file), "utf8");
      if (file.endsWith(".js")) parseCode(text(), { ecmaVersion: "latest", onComment: comments });
      // The first line of a command tells a shell to run Node.
      return comments.some(({ start }) => start > 0);
    });
    expect(commented).toEqual([]);
    expect(files).toContain(join("dist", "provider", "script", "lifecycle.d.ts"));
    expect(files).not.toContain(join("dist", "sdk", "cli", "main.d.ts"));
  });

  it("finds that every link of our documents leads somewhere, and names those that don't", () => {
    expect(release.brokenLinks(root, [...documents(), "CHANGELOG.md"])).toEqual([]);
    mkdirSync(join(folder, "docs"));
    const text =
      "# One heading\n[a](#one-heading) [b](#two) [c](other.md) [d](https://example.com/x) [e](http://example.com)\n";
    writeFileSync(join(folder, "docs", "a.md"), text);
    expect(release.brokenLinks(folder, ["docs/a.md"])).toEqual(
      ["#two", "other.md", "http://example.com"].map((target) => `docs/a.md: ${target}`),
    );
  });

  it("wants the tag, the version and the head of CHANGELOG to agree", () => {
    const dated = "# Changelog\n\n## 1.2.3 (2026-11-26)\n";
    expect(release.versionFaults("1.2.3", dated, "v1.2.3")).toEqual([]);
    expect(release.versionFaults("0.1.0", "## 0.1.0 (unreleased)")).toEqual([]);
    expect(release.versionFaults("1.2.4", dated, "v1.2.3")).toEqual([
      "the tag is v1.2.3, and package.json has 1.2.4",
      'CHANGELOG.md begins with "1.2.3 (2026-11-26)", not with "1.2.4 (<date>)"',
    ]);
  });
});

describe("the workflows", () => {
  const files = readdirSync(join(root, ".github", "workflows")).map((name) => `.github/workflows/${name}`);
  const example = "examples/promotion/.github/workflows/scripts.yml";

  it("have nothing that actionlint finds, and it finds a fault", async (context) => {
    const actionlint = (await goTool("actionlint")) ?? missing(context, "Go, which builds actionlint");
    await must(actionlint, ["-shellcheck=", "-pyflakes=", ...files, example], root);
    const wrong = readFileSync(join(root, ".github", "workflows", "test.yml"), "utf8").replace(
      "matrix.node }}",
      "matrix.nodes }}",
    );
    writeFileSync(join(folder, "wrong.yml"), wrong);
    const { code, stdout } = await run(actionlint, ["-no-color", join(folder, "wrong.yml")], folder);
    expect([code, stdout]).toEqual([1, expect.stringContaining('property "nodes" is not defined')]);
  });

  it("run scripts that package.json has, with the oldest Node that it allows", () => {
    const { scripts, engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
      engines: { node: string };
    };
    for (const file of files) {
      const text = readFileSync(join(root, file), "utf8");
      const suites = (/suite: \[(.*)\]/.exec(text)?.[1] ?? "").split(", ").filter(Boolean);
      const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
      const whole = named.flatMap((name) => (name === "test:" ? suites.map((suite) => name + suite) : [name]));
      expect(whole.filter((name) => !(name in scripts))).toEqual([]);
      expect(text).toContain(file.includes("release") ? 'node-version: "24"' : engines.node.replace(">=", ""));
    }
  });

  it("grant no right but to read, and to sign a release", () => {
    for (const file of files) {
      const workflow = parse(readFileSync(join(root, file), "utf8")) as {
        permissions: object;
        jobs: Record<string, { permissions?: object }>;
      };
      expect(workflow.permissions).toEqual({ contents: "read" });
      for (const { permissions } of Object.values(workflow.jobs)) {
        if (permissions) expect(permissions).toEqual({ contents: "read", "id-token": "write" });
      }
    }
  });
});
