import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./cache";

/** A program that opens all doors, and holds only while their types are not `any`. */
const program = `import * as pulumi from "@pulumi/pulumi";
import { getScriptOutput, isNotFound, Script, ScriptArgs, ScriptFolder } from "pulumi-celigo";
import { Emulator, startEmulator } from "pulumi-celigo/emulator";
import { Branching, OptionsOf, PostMap, PreMap, ResultOf } from "pulumi-celigo/hooks";
import { CeligoClient, readConfiguration } from "pulumi-celigo/provider";

const args: ScriptArgs = { content: new pulumi.asset.FileAsset("a.js"), name: pulumi.output("a"), description: undefined };
const script = new Script("a", args, { protect: true });
export const id: pulumi.Output<string> = script.id;
export const hash: pulumi.Output<string | undefined> = getScriptOutput({ id: script.id }).apply(({ hash }) => hash);
export const codeHashes = new ScriptFolder("hooks", { path: "hooks", exclude: ["**/*.test.js"] }).codeHashes;
export const emulator: Promise<Emulator> = startEmulator({ port: 0 });
export const found = new CeligoClient(readConfiguration(() => undefined)).getScript("a").catch(isNotFound);
export const preMap: PreMap<{ total: number }> = ({ data }) => data.map((order) => ({ data: { sum: order.total } }));
export function branching({ record }: OptionsOf<Branching<string[]>>): ResultOf<Branching> {
  return [record.length];
}
// @ts-expect-error it returns an array
export const postMap: PostMap = ({ postMapData }) => ({ data: postMapData });
// @ts-expect-error content is required
new Script("b", { name: "b" });
// @ts-expect-error there is no such input
new Script("c", { content: "", descripton: "" });
// @ts-expect-error there is no such option
void startEmulator({ prot: 0 });
// @ts-expect-error an id is a text
void new CeligoClient(readConfiguration(() => undefined)).getScript(1);
`;

/** What `pulumi new typescript` writes, and what Node and bundlers need. */
export const settings = {
  classical: {
    target: "es2020",
    module: "commonjs",
    moduleResolution: "node",
    sourceMap: true,
    experimentalDecorators: true,
    pretty: false,
    noFallthroughCasesInSwitch: true,
    noImplicitReturns: true,
    forceConsistentCasingInFileNames: true,
  },
  node16: { target: "es2022", module: "node16", moduleResolution: "node16" },
  nodenext: { target: "es2022", module: "nodenext", moduleResolution: "nodenext" },
  bundler: { target: "es2022", module: "esnext", moduleResolution: "bundler" },
} as const;

export interface Compilation {
  readonly setting: keyof typeof settings;
  readonly skipLibCheck: boolean;
  /** More of `compilerOptions`. */
  readonly more?: object;
}

/** Compiles the program in a folder that has the package, and returns the errors in the program and in our declarations. */
export async function faultsOf(tsc: string, folder: string, compilation: Compilation): Promise<string[]> {
  const { setting, skipLibCheck, more } = compilation;
  // As a CommonJS module everywhere, and as an ES module where the file's name says so.
  const files = setting === "node16" || setting === "nodenext" ? ["program.ts", "program.mts"] : ["program.ts"];
  for (const file of files) writeFileSync(join(folder, file), program);
  const compilerOptions = { strict: true, types: ["node"], ...settings[setting], noEmit: true, skipLibCheck, ...more };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const { code, stdout, stderr } = await run(process.execPath, [tsc, "-p", "tsconfig.json"], folder);
  const errors = stdout.split("\n").filter((line) => / error TS|^error TS/.test(line));
  if ((code !== 0 && errors.length === 0) || stderr !== "") throw new Error(`tsc failed: ${stdout}${stderr}`);
  return errors.filter((line) => !/^\S*node_modules\//.test(line) || line.includes("node_modules/pulumi-celigo/"));
}

/** A program that uses the package at run time: with mocks of the engine, a real emulator, and real requests. */
export function runnable(kind: "commonjs" | "module"): string {
  const load = (names: string, from: string) =>
    kind === "module" ? `import ${names} from "${from}";` : `const ${names.replace("* as ", "")} = require("${from}");`;
  return `${load("* as pulumi", "@pulumi/pulumi")}
${load("{ getScripts, Script }", "pulumi-celigo")}
${load("{ startEmulator }", "pulumi-celigo/emulator")}
${load("{ CeligoClient, contentHash, readConfiguration }", "pulumi-celigo/provider")}
const scripts = [{ id: "1", name: "of the mock" }];
pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({ scripts }) });
async function main() {
  const emulator = await startEmulator({ accounts: [{ token: "token", name: "shop" }] });
  const environment = { CELIGO_API_TOKEN: "token", CELIGO_BASE_URL: emulator.url };
  const client = new CeligoClient(readConfiguration(() => undefined, environment));
  const content = "export function preMap(options) { return options.data; }";
  const made = await client.createScript({ name: "a", content });
  const script = new Script("b", { content });
  const id = await new Promise((resolve) => script.id.apply(resolve));
  const names = [...(await getScripts({})), ...(await client.listScripts())].map(({ name }) => name);
  console.log(JSON.stringify([id, names, contentHash(made.content) === contentHash(content)]));
  await emulator.stop();
}
main();
`;
}

/** What {@link runnable} prints. */
export const printedByRunnable = JSON.stringify(["b", ["of the mock", "a"], true]);
