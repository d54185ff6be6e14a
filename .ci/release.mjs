// Prepares a release: npm run release -- [--tag v1.2.3] [--into FOLDER] [--skip-tests]
// Tests, builds, packs, checks the tarball and the links of its documents, and dry-runs the publish.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/** Bytes that the tarball, its content and its dependencies may have. Raise them with a reason in the commit. */
const limits = { packed: 195_000, unpacked: 710_000, dependencies: 12_300_000 };
const papers = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];

/** Returns what is wrong with an unpacked package. */
export function contentFaults(folder) {
  const files = filesBelow(folder);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const entries = [
    manifest.main,
    manifest.types,
    ...Object.values(manifest.bin),
    ...Object.values(manifest.exports).flatMap(Object.values),
    ...Object.values(manifest.typesVersions["*"]).flat(),
  ];
  const missing = [...papers, ...entries.map((entry) => entry.replace(/^\.\//, ""))].filter(
    (path) => !files.includes(path),
  );
  const foreign = files.filter(
    (path) => !papers.includes(path) && !/^dist\/(provider|sdk)\/[\w/-]+\.(js|d\.ts|yaml|css)$/.test(path),
  );
  const size = files.reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
  const loose = Object.entries(manifest.dependencies).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
  const home = files.filter((path) => /\/(home|Users|root|work)\/\w+\//.test(readFileSync(join(folder, path), "utf8")));
  return [
    ...missing.map((path) => `${path} is missing`),
    ...foreign.map((path) => `${path} does not belong into the package`),
    ...loose.map(([name, version]) => `the dependency ${name} is not pinned: ${version}`),
    ...home.map((path) => `${path} holds a path of the machine that built it`),
    ...tooLarge("the content", size, limits.unpacked),
  ];
}

/** Says whether what npm installs with the package is too large. */
export function dependencyFaults(root, limit = limits.dependencies) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const sizes = Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== "" && !dev && !devOptional)
    .flatMap(([path]) => {
      const files = filesBelow(join(root, path)).filter((file) => !file.startsWith("node_modules/"));
      return files.map((file) => statSync(join(root, path, file)).size);
    });
  return tooLarge(
    "what npm installs with the package",
    sizes.reduce((sum, size) => sum + size, 0),
    limit,
  );
}

function tooLarge(what, size, limit) {
  return size > limit ? [`${what} has ${size} bytes, over the limit of ${limit}`] : [];
}

/** Returns the links of Markdown files that lead nowhere: to a missing file, or to a missing heading. */
export function brokenLinks(root, documents) {
  return documents.flatMap((document) => {
    const text = withoutCode(readFileSync(join(root, document), "utf8"));
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    return targets
      .filter((target) => !leadsSomewhere(root, document, target))
      .map((target) => `${document}: ${target}`);
  });
}

function leadsSomewhere(root, document, target) {
  if (/^[a-z]+:/.test(target)) return /^https:\/\/[\w.-]+\.\w+(\/|$)/.test(target);
  const [path, anchor] = target.split("#");
  const file = path === "" ? join(root, document) : join(root, dirname(document), path);
  if (!existsSync(file)) return false;
  if (anchor === undefined) return true;
  const headings = withoutCode(readFileSync(file, "utf8")).matchAll(/^#+ (.+)$/gm);
  return [...headings].some(([, heading]) => slugOf(heading) === anchor);
}

const withoutCode = (text) => text.replace(/^```[\s\S]*?^```$/gm, "");
const slugOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

/** Returns what keeps a version from being released. */
export function versionFaults(version, changelog, tag) {
  const [, heading = ""] = /^## (.+)$/m.exec(changelog) ?? [];
  return [
    ...(tag !== undefined && tag !== `v${version}` ? [`the tag is ${tag}, and package.json has ${version}`] : []),
    ...(tag !== undefined && !new RegExp(`^${version.replaceAll(".", "\\.")} \\(\\d{4}-\\d\\d-\\d\\d\\)$`).test(heading)
      ? [`CHANGELOG.md begins with "${heading}", not with "${version} (<date>)"`]
      : []),
  ];
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
}

/** Runs npm, which is a script on Windows, by its file. */
function npm(...args) {
  const cli = process.env.npm_execpath;
  const command = cli ? [process.execPath, [cli, ...args]] : ["npm", args];
  return execFileSync(...command, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 30 });
}

function main() {
  const { values } = parseArgs({
    options: { tag: { type: "string" }, into: { type: "string" }, "skip-tests": { type: "boolean" } },
  });
  const root = process.cwd();
  const manifest = JSON.parse(readFileSync("package.json", "utf8"));
  const documents = filesBelow(root).filter(
    (path) => path.endsWith(".md") && !/(^|\/)(node_modules|dist)\//.test(path),
  );
  const faults = [
    ...versionFaults(manifest.version, readFileSync("CHANGELOG.md", "utf8"), values.tag),
    ...brokenLinks(root, documents).map((link) => `a link leads nowhere: ${link}`),
  ];
  stopAt(faults);
  if (!values["skip-tests"]) execFileSync(process.execPath, [process.env.npm_execpath, "test"], { stdio: "inherit" });
  const folder = values.into ?? mkdtempSync(join(tmpdir(), "pulumi-celigo-release-"));
  mkdirSync(folder, { recursive: true });
  try {
    // `prepack` builds.
    npm("pack", "--silent", "--pack-destination", folder);
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
    const unpacked = mkdtempSync(join(tmpdir(), "pulumi-celigo-unpacked-"));
    execFileSync("tar", ["-xzf", join(folder, tarball), "-C", unpacked]);
    const { size } = statSync(join(folder, tarball));
    const found = contentFaults(join(unpacked, "package"));
    rmSync(unpacked, { recursive: true });
    stopAt([...found, ...tooLarge("the tarball", size, limits.packed), ...dependencyFaults(root)]);
    npm("publish", join(folder, tarball), "--dry-run", "--ignore-scripts", "--silent");
    console.log(`${tarball} is ready: ${size} bytes`);
  } finally {
    if (values.into === undefined) rmSync(folder, { recursive: true });
  }
}

function stopAt(faults) {
  if (faults.length === 0) return;
  console.error(faults.map((fault) => `error: ${fault}`).join("\n"));
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
