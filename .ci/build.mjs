// Writes dist/. With --fast, it writes the JavaScript only, without types and type checks: 1 s, for `npm run test:fast`.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildSync } from "esbuild";

const page = "sdk/cli/graph/page";

rmSync("dist", { recursive: true, force: true });
if (process.argv.includes("--fast")) {
  const files = ["provider", "sdk", "test"].flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((file) => join(folder, file)),
  );
  const entryPoints = files.filter((file) => /(?<!\.d)\.ts$/.test(file) && !file.startsWith(join(page)));
  buildSync({ entryPoints, outbase: ".", outdir: "dist", format: "cjs", platform: "node", target: "node20.19" });
} else {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [tsc], { stdio: "inherit" });
}

mkdirSync("dist/provider/api", { recursive: true });
for (const file of ["openapi.yaml", "schema.d.ts"])
  copyFileSync(join("provider/api", file), join("dist/provider/api", file));

// The page of `graph` is one script and one style, so that it can hold both and needs no network.
buildSync({
  entryPoints: [`${page}/main.ts`, `${page}/style.css`],
  outdir: `dist/${page}`,
  bundle: true,
  format: "iife",
  charset: "utf8",
  target: ["chrome110", "firefox115", "safari16"],
});
