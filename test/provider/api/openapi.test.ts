import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { parse } from "yaml";

const root = resolve(__dirname, "../../..");
const ours: unknown = parse(readFileSync(join(root, "provider/api/openapi.yaml"), "utf8"));

const authorityPath = resolve(root, "../shared/celigo-scripts.openapi.json");

/** The API's own description, which is no part of the repository: without it the comparison is skipped, loudly. */
function authority(context: TestContext): unknown {
  if (existsSync(authorityPath)) return JSON.parse(readFileSync(authorityPath, "utf8"));
  const reason = `NOT COMPARED: ${authorityPath} is missing, so nothing says whether provider/api/openapi.yaml is right.`;
  console.warn(reason);
  return context.skip(reason);
}

const proseKeys = new Set(["description", "summary", "tags", "info", "externalDocs"]);

/** Keywords whose keys are names that somebody chose, and so never prose: a property may well be called `description`. */
const namesBelow = new Set([
  "properties",
  "schemas",
  "parameters",
  "responses",
  "headers",
  "content",
  "securitySchemes",
  "paths",
]);

function structure(node: unknown, keysAreNames = false): unknown {
  if (Array.isArray(node)) return node.map((item) => structure(item));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => keysAreNames || !proseKeys.has(key))
      .map(([key, value]) => [key, structure(value, !keysAreNames && namesBelow.has(key))]),
  );
}

function prose(node: unknown, keysAreNames = false): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => prose(item));
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    !keysAreNames && proseKeys.has(key) && typeof value === "string"
      ? [value]
      : prose(value, !keysAreNames && namesBelow.has(key)),
  );
}

const normalised = (text: string): string => text.replace(/\s+/g, " ").trim().toLowerCase();

const sentences = (text: string): string[] =>
  text
    .split(/(?<=[.!?:])\s+|\n\s*\n|\n\s*[-|]\s/)
    .map(normalised)
    .filter((sentence) => sentence.length >= 40);

describe("provider/api/openapi.yaml", () => {
  it("has the structure of the API's own description", (context) => {
    const theirs = structure(authority(context));
    expect(structure(ours)).toEqual(theirs);
  });

  it("would not pass if a property, a bound or a status were different", (context) => {
    const theirs = JSON.stringify(structure(authority(context)));
    for (const [from, to] of [
      ['"description":{"type":"string"}', '"note":{"type":"string"}'],
      ['"maximum":1000', '"maximum":999'],
      ['"422":', '"409":'],
      ['"format":"objectId"', '"format":"uuid"'],
    ] as const) {
      expect(theirs).toContain(from);
      expect(structure(ours)).not.toEqual(JSON.parse(theirs.replace(from, to)));
    }
  });

  it("says it in words of its own", (context) => {
    const theirSentences = prose(authority(context)).flatMap(sentences);
    expect(theirSentences.length).toBeGreaterThan(50);
    const ourText = normalised(prose(ours).join("\n"));
    expect(theirSentences.filter((sentence) => ourText.includes(sentence))).toEqual([]);
  });
});

type Scripts = Readonly<Record<string, string>>;

describe("provider/api/schema.d.ts", () => {
  it("is what openapi-typescript makes of provider/api/openapi.yaml today", { tags: ["slow"] }, () => {
    const folder = mkdtempSync(join(tmpdir(), "celigo-openapi-"));
    try {
      const fresh = join(folder, "api.d.ts");
      const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, Scripts>;
      const [generator, ...options] = (scripts?.generate ?? "").replace("provider/api/schema.d.ts", fresh).split(" ");
      expect([generator, options]).toEqual(["openapi-typescript", expect.arrayContaining([fresh])]);
      execFileSync(process.execPath, ["node_modules/openapi-typescript/bin/cli.js", ...options], { cwd: root });
      const stale = "provider/api/schema.d.ts is stale: run `npm run generate`";
      expect(readFileSync(join(root, "provider/api/schema.d.ts"), "utf8"), stale).toBe(readFileSync(fresh, "utf8"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
