// Writes dist/. With --fast, it writes the JavaScript only, without types and type checks: 1 s, for `npm run test:fast`.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildSync } from "esbuild";
import ts from "typescript";

const page = "sdk/cli/graph/page";
const published = ["dist/provider", "dist/sdk"];
const target = "node20.19";

rmSync("dist", { recursive: true, force: true });
if (process.argv.includes("--fast")) {
  const files = ["provider", "sdk", "test"].flatMap(filesBelow);
  const entryPoints = files.filter((file) => /(?<!\.d)\.ts$/.test(file) && !file.startsWith(join(page)));
  buildSync({ entryPoints, outbase: ".", outdir: "dist", format: "cjs", platform: "node", target });
} else {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [tsc], { stdio: "inherit" });
}

mkdirSync("dist/provider/api", { recursive: true });
for (const file of ["openapi.yaml", "schema.d.ts"])
  copyFileSync(join("provider/api", file), join("dist/provider/api", file));

if (!process.argv.includes("--fast")) {
  removeComments();
  removeUnusedDeclarations();
}

// The page of `graph` is one script and one style, so that it can hold both and needs no network.
buildSync({
  entryPoints: [`${page}/main.ts`, `${page}/style.css`],
  outdir: `dist/${page}`,
  bundle: true,
  minify: true,
  format: "iife",
  charset: "utf8",
  // The first that know light-dark(), which is in all browsers since May 2024.
  target: ["chrome123", "firefox120", "safari17.5"],
});

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true }).map((file) => join(folder, file));
}

/** Removes the comments from the published code: users read them in the declarations, maintainers in the sources. */
function removeComments() {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: true };
  for (const file of published.flatMap(filesBelow).filter((file) => file.endsWith(".js"))) {
    writeFileSync(file, ts.transpileModule(readFileSync(file, "utf8"), { compilerOptions }).outputText);
  }
}

/** Removes the declarations that no door of the package leads to. */
function removeUnusedDeclarations() {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
  const used = new Set();
  const follow = (file) => {
    if (used.has(file)) return;
    used.add(file);
    const requests = readFileSync(file, "utf8").matchAll(/(?:\bfrom |\bimport\(|\brequire\()"(\.[^"]+)"/g);
    for (const [, request] of requests) {
      const found = [`${request}.d.ts`, `${request}/index.d.ts`]
        .map((path) => join(file, "..", path))
        .find((path) => existsSync(path));
      if (found === undefined) throw new Error(`${file} names ${request}, which is not there`);
      follow(found);
    }
  };
  for (const { types } of Object.values(exports)) follow(join(types));
  const declarations = published.flatMap(filesBelow).filter((file) => file.endsWith(".d.ts"));
  for (const file of declarations.filter((file) => !used.has(file))) rmSync(file);
}
