import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hookPoints } from "../../provider/content/hooks";
import { inheritedEnvironment } from "../engine/environment";
import { unpackPackage } from "../engine/package";
import { documents, repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";

/** What can be had at run time from each door. A name that is here is a promise, and types are one too. */
const doors = {
  "pulumi-celigo": {
    values: [
      "CeligoError",
      "Script",
      "ScriptFolder",
      "getScript",
      "getScriptAudit",
      "getScriptAuditOutput",
      "getScriptDependencies",
      "getScriptDependenciesOutput",
      "getScriptLogs",
      "getScriptLogsOutput",
      "getScriptOutput",
      "getScripts",
      "getScriptsOutput",
      "isNotFound",
      "isUnauthorized",
    ],
    declarations: "dist/sdk/index.d.ts",
  },
  "pulumi-celigo/provider": {
    values: [
      "CeligoClient",
      "CeligoError",
      "ScriptLifecycle",
      "contentHash",
      "isId",
      "isNotFound",
      "isOutcomeUnknown",
      "isTransient",
      "isUnauthorized",
      "normalise",
      "provider",
      "readConfiguration",
      "regionUrls",
    ],
    declarations: "dist/provider/index.d.ts",
  },
  "pulumi-celigo/emulator": {
    values: ["hostile", "startEmulator"],
    declarations: "dist/sdk/emulator/index.d.ts",
  },
  // Types only.
  "pulumi-celigo/hooks": { values: [], declarations: "dist/sdk/hooks.d.ts" },
} as const;

const notDoors = [
  "pulumi-celigo/package.json",
  "pulumi-celigo/provider/api/client",
  "pulumi-celigo/provider/index.js",
  "pulumi-celigo/sdk",
  "pulumi-celigo/sdk/cli",
  "pulumi-celigo/dist/sdk/index.js",
  "pulumi-celigo/dist/provider/api/client.js",
  "pulumi-celigo/dist/sdk/emulator/server.js",
  "pulumi-celigo/dist/test/stack/session.js",
];

/** Those that a program does not need, and would wait for with every command. */
const heavy = [
  "got",
  "p-queue",
  "hpagent",
  "fastify",
  "light-my-request",
  "commander",
  "acorn",
  "acorn-walk",
  "diff",
  "yaml",
];

const root = repositoryRoot();
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly version: string;
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};
let folder = "";

beforeAll(() => {
  folder = temporaryFolder("doors");
  const packages = join(folder, "node_modules");
  mkdirSync(join(packages, "@pulumi"), { recursive: true });
  mkdirSync(join(packages, "@types"));
  symlinkSync(root, join(packages, "pulumi-celigo"), "junction");
  for (const name of ["@pulumi/pulumi", "@types/node"]) {
    symlinkSync(join(root, "node_modules", name), join(packages, name), "junction");
  }
});

afterAll(() => removeTemporaryFolder(folder));

/** Runs a program in the folder of a user of the package, and returns what it prints as JSON. */
async function run(file: string, source: string): Promise<unknown> {
  writeFileSync(join(folder, file), source);
  const env = inheritedEnvironment(process.env);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, env });
  return JSON.parse(stdout);
}

describe("the doors of the package", { timeout: 60_000 }, () => {
  it("are these, and each has types and code", () => {
    const names = Object.keys(doors).map((door) => door.replace("pulumi-celigo", "."));
    expect(Object.keys(manifest.exports)).toEqual(names);
    for (const [index, { types, default: code }] of Object.values(manifest.exports).entries()) {
      expect(types).toBe(`./${Object.values(doors)[index]?.declarations}`);
      expect(existsSync(join(root, types)) && existsSync(join(root, code))).toBe(true);
    }
  });

  it("give exactly the listed names to require", async () => {
    const source = `const names = (door) => Object.keys(require(door)).sort();
      console.log(JSON.stringify(${JSON.stringify(Object.keys(doors))}.map(names)));`;
    expect(await run("names.cjs", source)).toEqual(Object.values(doors).map(({ values }) => values));
  });

  it("give exactly the listed names to import, each by its name", async () => {
    const imports = Object.entries(doors).map(
      ([door, { values }], index) => `
        import { ${values.map((name) => `${name} as ${name}${index}`).join(", ")} } from "${door}";
        import * as all${index} from "${door}";`,
    );
    const source = `${imports.join("")}
      const typeOf = (values) => Object.values(values).map((value) => typeof value);
      const found = [all0, all1, all2, all3].map(({ default: _, "module.exports": __, __esModule, ...names }) => names);
      console.log(JSON.stringify(found.map((names) => Object.keys(names).sort())));`;
    expect(await run("names.mjs", source)).toEqual(Object.values(doors).map(({ values }) => values));
  });

  it("are the same module for require and import, so that errors and scripts are told apart by either", async () => {
    const source = `import { createRequire } from "node:module";
      import { CeligoError, Script } from "pulumi-celigo";
      import { CeligoError as ProviderError } from "pulumi-celigo/provider";
      const required = createRequire(import.meta.url)("pulumi-celigo");
      console.log(JSON.stringify([CeligoError === required.CeligoError, Script === required.Script, CeligoError === ProviderError]));`;
    expect(await run("same.mjs", source)).toEqual([true, true, true]);
  });

  it("are all there is: nothing else can be required or imported", async () => {
    const source = `const codeOf = (error) => error.code;
      const attempts = ${JSON.stringify(notDoors)}.map(async (name) => {
        let required = "required";
        try { require(name); } catch (error) { required = error.code; }
        return [name, required, await import(name).then(() => "imported", codeOf)];
      });
      Promise.all(attempts).then((results) => console.log(JSON.stringify(results)));`;
    const refused = "ERR_PACKAGE_PATH_NOT_EXPORTED";
    expect(await run("closed.cjs", source)).toEqual(notDoors.map((name) => [name, refused, refused]));
  });

  it("load neither the HTTP library nor the web server, the parser or the command, unless they are needed", async () => {
    const loadedBy = (door: string) => run(`trace.cjs`, traced(door)) as Promise<string[]>;
    const sdk = await loadedBy("pulumi-celigo");
    expect(sdk).toContain("@pulumi/pulumi");
    expect(sdk.filter((name) => heavy.includes(name))).toEqual([]);
    expect((await loadedBy("pulumi-celigo/provider")).filter((name) => !isBuiltin(name))).toEqual([]);
    // The trace does see what is loaded.
    expect(await loadedBy("pulumi-celigo/emulator")).toEqual(expect.arrayContaining(["fastify", "yaml"]));
  });
});

/** A program that opens a door and prints which packages our own files have loaded by then, by require or import. */
function traced(door: string): string {
  return `const { Module, register } = require("node:module");
    const { readFileSync, writeFileSync } = require("node:fs");
    const ours = ${JSON.stringify(join(root, "dist"))};
    const packageOf = (name) => name.split("/").slice(0, name.startsWith("@") ? 2 : 1).join("/");
    const loaded = new Set();
    const load = Module._load;
    Module._load = function (request, parent, ...rest) {
      if (parent?.filename?.startsWith(ours) && !/^[./]/.test(request)) loaded.add(packageOf(request));
      return load.call(this, request, parent, ...rest);
    };
    writeFileSync("imports.txt", "");
    register("data:text/javascript," + encodeURIComponent(\`
      import { appendFileSync } from "node:fs";
      export function resolve(specifier, context, next) {
        if (context.parentURL?.includes("/dist/")) appendFileSync("imports.txt", specifier + "\\\\n");
        return next(specifier, context);
      }\`));
    require(${JSON.stringify(door)});
    setTimeout(() => {
      const imported = readFileSync("imports.txt", "utf8").split("\\n").filter((name) => name && !/^[./]/.test(name));
      console.log(JSON.stringify([...loaded, ...imported.map(packageOf)]));
    }, 100);`;
}

describe("the declarations", { timeout: 60_000 }, () => {
  const files = Object.values(doors).map(({ declarations }) => join(root, declarations));
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    skipLibCheck: true,
    types: ["node"],
  });
  const checker = program.getTypeChecker();

  const exported = files.flatMap((file) => {
    const source = program.getSourceFile(file);
    const door = source && checker.getSymbolAtLocation(source);
    if (door === undefined) throw new Error(`${file} has no exports`);
    return checker.getExportsOfModule(door).map((symbol) => {
      const original = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return { name: symbol.name, where: relative(root, file), symbol: original };
    });
  });

  it("say what every exported name is, in a sentence at least", () => {
    expect(exported.length).toBeGreaterThan(40);
    const silent = exported.filter(({ symbol }) => !isSentence(documentationOf(symbol)));
    expect(silent.map(({ name, where }) => `${where}: ${name}`)).toEqual([]);
  });

  it("say what every member of the classes and interfaces is", () => {
    const silent = exported.flatMap(({ name, where, symbol }) =>
      membersOf(symbol)
        .filter((member) => !(member.name === "name" && name.endsWith("Error")))
        .filter((member) => !isSentence(documentationOf(member)))
        .map((member) => `${where}: ${name}.${member.name}`),
    );
    expect(silent).toEqual([]);
  });

  it("show an example of each class that is made, of each function that is called first, and of each hook", () => {
    const withExample = exported
      .filter(({ symbol }) => symbol.getJsDocTags(checker).some(({ name }) => name === "example"))
      .map(({ name }) => name);
    const hooks = Object.keys(hookPoints).map((name) =>
      name.replace(/(?:^|_)[a-z]/g, (start) => start.slice(-1).toUpperCase()),
    );
    expect(withExample).toEqual(expect.arrayContaining(hooks));
    expect(withExample).toEqual(
      expect.arrayContaining([
        "Script",
        "CeligoClient",
        "startEmulator",
        "getScript",
        "getScripts",
        "getScriptDependencies",
        "getScriptLogs",
        "getScriptAudit",
      ]),
    );
  });

  it("hold in a program under the strictest settings, as CommonJS, ES module and for a bundler", () => {
    const source = `import * as pulumi from "@pulumi/pulumi";
      import { getScriptOutput, isNotFound, Script, type ScriptArgs } from "pulumi-celigo";
      import { startEmulator, type Emulator } from "pulumi-celigo/emulator";
      import type { Branching, OptionsOf, PostMap, PreMap, ResultOf } from "pulumi-celigo/hooks";
      import { CeligoClient, readConfiguration } from "pulumi-celigo/provider";
      const args: ScriptArgs = { content: new pulumi.asset.FileAsset("a.js"), name: pulumi.output("a"), description: undefined };
      const script = new Script("a", args, { protect: true });
      export const id: pulumi.Output<string> = script.id;
      export const hash: pulumi.Output<string | undefined> = getScriptOutput({ id: script.id }).apply(({ hash }) => hash);
      export const emulator: Promise<Emulator> = startEmulator({ port: 0 });
      export const found = new CeligoClient(readConfiguration(() => undefined)).getScript("a").catch(isNotFound);
      export const preMap: PreMap<{ total: number }> = ({ data }) => data.map((order) => ({ data: { sum: order.total } }));
      export function branching({ record }: OptionsOf<Branching<string[]>>): ResultOf<Branching> { return [record.length]; }
      // @ts-expect-error it returns an array
      export const postMap: PostMap = ({ postMapData }) => ({ data: postMapData });
      // @ts-expect-error content is required
      new Script("b", { name: "b" });
      // @ts-expect-error there is no such input
      new Script("c", { content: "", descripton: "" });`;
    expect(faultsOf({ "program.cts": source, "program.mts": source })).toEqual([]);
    const bundler = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
    expect(faultsOf({ "program.ts": source }, bundler)).toEqual([]);
  });

  it("have examples that can be copied into a program", () => {
    const examples = exported.flatMap(({ name, where, symbol }) =>
      symbol
        .getJsDocTags(checker)
        .filter((tag) => tag.name === "example")
        .map(({ text }, index) => ({
          name: `${where.replaceAll("/", "-")}-${name}-${index}.mts`,
          code: /```ts\n([\s\S]*)```/.exec(ts.displayPartsToString(text))?.[1] ?? "no code",
        })),
    );
    const whole = examples.map(({ name, code }) => [name, wholeOf(code, "declare const id: string;")]);
    expect(whole.length).toBeGreaterThanOrEqual(8);
    expect(faultsOf(Object.fromEntries(whole), { noPropertyAccessFromIndexSignature: false })).toEqual([]);
  });

  it("hold in each block of TypeScript in every README", () => {
    const given = 'import * as pulumi from "@pulumi/pulumi";\ndeclare const config: pulumi.Config;';
    const whole = documents().flatMap((path) => {
      const blocks = [...readFileSync(join(root, path), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
      return blocks.map(([, code = ""], index) => {
        return [`${path.replaceAll("/", "-")}-${index + 1}.mts`, wholeOf(code, given)] as const;
      });
    });
    expect(whole.length).toBeGreaterThanOrEqual(4);
    expect(faultsOf(Object.fromEntries(whole), { noPropertyAccessFromIndexSignature: false })).toEqual([]);
  });

  function documentationOf(symbol: ts.Symbol): string {
    return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  }

  /** The members that our own declarations of a class or an interface name; those of generated types have no comments. */
  function membersOf(symbol: ts.Symbol): ts.Symbol[] {
    const declarations = (symbol.declarations ?? []).filter(
      (one): one is ts.ClassDeclaration | ts.InterfaceDeclaration =>
        ts.isClassDeclaration(one) || ts.isInterfaceDeclaration(one),
    );
    return declarations
      .flatMap((declaration) => [...declaration.members])
      .filter((member) => !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private))
      .filter((member) => member.name !== undefined && !ts.isPrivateIdentifier(member.name))
      .flatMap((member) => (member.name && checker.getSymbolAtLocation(member.name)) ?? []);
  }
});

/** Type checks files of a program that uses the package, and the package's declarations, under the strictest settings. */
function faultsOf(files: Readonly<Record<string, string>>, options: ts.CompilerOptions = {}): string[] {
  for (const [name, source] of Object.entries(files)) writeFileSync(join(folder, name), source);
  const program = ts.createProgram(
    Object.keys(files).map((name) => join(folder, name)),
    {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      types: ["node"],
      typeRoots: [join(folder, "node_modules", "@types")],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      noEmit: true,
      ...options,
    },
  );
  const ours = program.getSourceFiles().filter(({ fileName }) => !fileName.includes("/node_modules/"));
  const faults = [
    ...program.getOptionsDiagnostics(),
    ...ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ];
  return faults.map(({ file, messageText }) => {
    const where = relative(root, file?.fileName ?? "");
    return `${where}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}

/** Makes a program of an example: one without imports gets those of all doors, and what else it takes as given. */
function wholeOf(code: string, given: string): string {
  const names = new Map(Object.entries(doors).flatMap(([door, { values }]) => values.map((value) => [value, door])));
  const imports = [...names].map(([value, door]) => `import { ${value} } from "${door}";`).join("\n");
  return /^import /m.test(code) ? code : `${imports}\n${given}\n${code}\nexport {};`;
}

function isSentence(text: string): boolean {
  return /^[A-Z`'"{][\s\S]{10,}?[.;:](\s|$)/.test(text);
}

describe("the published package", { timeout: 120_000 }, () => {
  async function packedFiles(): Promise<string[]> {
    const folder = temporaryFolder("packed");
    try {
      await unpackPackage(folder);
      const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      return entries.map((entry) => relative(folder, join(entry.parentPath, entry.name)));
    } finally {
      removeTemporaryFolder(folder);
    }
  }

  it("holds the build, the emulator and the papers, but no tests, examples or sources", async () => {
    const files = await packedFiles();
    const papers = ["LICENSE", "README.md", "CHANGELOG.md"].filter((name) => existsSync(join(root, name)));
    expect(files).toEqual(expect.arrayContaining(["package.json", ...papers]));
    const build = files.filter((file) => !["package.json", ...papers].includes(file));
    expect(build.filter((file) => !/^dist\/(provider|sdk)\/[\w/-]+\.(js|d\.ts|yaml|css)$/.test(file))).toEqual([]);
    expect(files.filter((file) => /\.test\.|session|engine\/|examples/.test(file))).toEqual([]);
    expect(build).toEqual(expect.arrayContaining(["dist/provider/api/openapi.yaml", "dist/provider/api/schema.d.ts"]));
    const page = ["dist/sdk/cli/graph/page/main.js", "dist/sdk/cli/graph/page/style.css"];
    expect(build).toEqual(expect.arrayContaining(page));
    for (const { types, default: code } of Object.values(manifest.exports)) {
      expect(build).toEqual(expect.arrayContaining([types.slice(2), code.slice(2)]));
    }
  });

  it("has one command, which runs where a package manager has linked it", async () => {
    expect(Object.keys(manifest.bin)).toEqual(["pulumi-celigo"]);
    const installed = join(folder, "installed", "node_modules");
    await unpackPackage(join(installed, "pulumi-celigo"));
    for (const name of Object.keys(manifest.dependencies)) {
      symlinkSync(join(root, "node_modules", name), join(installed, name), "junction");
    }
    const target = join(installed, "pulumi-celigo", manifest.bin["pulumi-celigo"] ?? "");
    const command = join(installed, ".bin", "pulumi-celigo");
    // npm, pnpm and yarn make what `bin` names executable.
    chmodSync(target, 0o755);
    mkdirSync(dirname(command));
    symlinkSync(target, command);
    const { stdout, stderr } = await promisify(execFile)(command, ["--version"], { cwd: folder });
    expect([stdout.trim(), stderr]).toEqual([manifest.version, ""]);
  });

  it("needs nothing but its own files and its declared dependencies", async () => {
    const files = new Set(await packedFiles());
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
    const needed = [...files].filter((file) => file.endsWith(".js")).flatMap((file) => requestsOf(file));
    const missing = needed.filter(({ file, request }) => {
      if (isBuiltin(request)) return false;
      if (!request.startsWith(".")) return !(packageOf(request) in declared);
      const target = join(dirname(file), request);
      return ![target, `${target}.js`, `${target}/index.js`].some((one) => files.has(one));
    });
    expect(missing).toEqual([]);
    const used = new Set(needed.map(({ request }) => packageOf(request)));
    expect(needed.length).toBeGreaterThan(50);
    expect([...used].filter((name) => name in manifest.peerDependencies)).toEqual(["@pulumi/pulumi"]);
  });
});

describe("the published types", () => {
  it("name no type of a dependency, which a user's compiler may not be able to read", () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const walk = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(join(root, file), "utf8");
      for (const [, request = ""] of text.matchAll(/(?:\bfrom |\bimport\()"([^"]+)"/g)) {
        const target = join(dirname(file), request);
        const found = [`${target}.d.ts`, join(target, "index.d.ts")].find((one) => existsSync(join(root, one)));
        if (request.startsWith(".") && found) walk(found);
        else packages.add(packageOf(request));
      }
    };
    for (const { types } of Object.values(manifest.exports)) walk(types.slice(2));
    expect(seen.size).toBeGreaterThan(20);
    // The last one is ours, in an example.
    expect([...packages].filter((name) => !isBuiltin(name)).sort()).toEqual(["@pulumi/pulumi", "pulumi-celigo"]);
  });
});

describe("the layers", () => {
  it("point down only: the provider uses neither the SDK nor Pulumi, but to speak to its engine, and both leave the emulator to the command", () => {
    const filesOf = (layer: string) =>
      readdirSync(join(root, "dist", layer), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".js"))
        .map((file) => `dist/${layer}/${file}`);
    const targetsOf = (files: readonly string[]) =>
      files.flatMap((file) =>
        requestsOf(file).map(({ request }) => (request.startsWith(".") ? join(dirname(file), request) : request)),
      );
    const messages = "dist/provider/messages.js";
    const provider = filesOf("provider").filter((file) => file !== messages);
    expect(targetsOf(provider).filter((target) => /^@pulumi|^dist\/(?!provider\/)/.test(target))).toEqual([]);
    expect(targetsOf([messages]).filter((target) => target.startsWith("dist/"))).toEqual([]);
    const sdk = filesOf("sdk").filter((file) => !file.includes("/cli/"));
    const targets = sdk.flatMap((file) => requestsOf(file).map(({ request }) => join(dirname(file), request)));
    expect(targets.filter((target) => /^dist\/(test|sdk\/cli)/.test(target))).toEqual([]);
  });
});

/** The modules that a file of the build asks for, by require or import. */
function requestsOf(file: string): { readonly file: string; readonly request: string }[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/\b(?:require|import)\("([^"]+)"\)/g)].map(([, request = ""]) => ({ file, request }));
}

function packageOf(request: string): string {
  return request
    .split("/")
    .slice(0, request.startsWith("@") ? 2 : 1)
    .join("/");
}
