// Preloaded into the Node processes that Pulumi starts in tests. Each of them loads Pulumi's SDK: 16 MB of code, whose compilation takes a
// third of the CPU time of a run. Node 22 can keep compiled code; for Node 20, this does.
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname, join, sep } = require("node:path");
const { deserialize, serialize, setFlagsFromString } = require("node:v8");
const { constants, Script } = require("node:vm");

const packages = join(__dirname, "..", "..", "node_modules");
const folder = join(packages, ".cache", "pulumi-celigo");
// It imports the program from within an eval, which only code that Node has compiled itself can do.
const runner = join(packages, "@pulumi", "pulumi", "cmd", "run", "run.js");

if (Module.enableCompileCache) Module.enableCompileCache(folder);
else keepCompiledPackages();

function keepCompiledPackages() {
  // npm writes this list whenever it changes a package.
  const { mtimeMs } = statSync(join(packages, ".package-lock.json"));
  const file = join(folder, `${process.version}-${process.arch}-${mtimeMs}`);
  const added = new Map();
  let kept;
  // V8 takes compiled code only under the flags under which it was made. The SDK sets this one while it loads.
  setFlagsFromString("--allow-natives-syntax");

  const compile = Module.prototype._compile;
  Module.prototype._compile = function (content, filename, ...rest) {
    if (!filename.startsWith(packages + sep) || filename === runner)
      return compile.call(this, content, filename, ...rest);
    kept ??= read(file);
    const cachedData = kept.get(filename);
    const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    const source = Module.wrap(content.replace(/^#!.*/, ""));
    const script = new Script(source, { filename, cachedData, importModuleDynamically });
    if (cachedData === undefined) added.set(filename, script);
    const run = script.runInThisContext();
    return run.call(this.exports, this.exports, Module.createRequire(filename), this, filename, dirname(filename));
  };

  process.on("exit", () => {
    if (added.size === 0) return;
    // By now, the functions that ran are compiled as well.
    for (const [filename, script] of added) kept.set(filename, script.createCachedData());
    mkdirSync(folder, { recursive: true });
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, serialize(kept));
    renameSync(draft, file);
  });
}

function read(file) {
  try {
    return deserialize(readFileSync(file));
  } catch {
    return new Map();
  }
}
