import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { writeText } from "../engine/program";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";

type Grpc = typeof import("@grpc/grpc-js");
type Reply = (error: null, response: object) => void;
type Call = { readonly request: { getType(): string; getName(): string } };

const load = createRequire(require.resolve("@pulumi/pulumi"));
const { Server, ServerCredentials } = load("@grpc/grpc-js") as Grpc;
const proto = (name: string) => load(`@pulumi/pulumi/proto/${name}_pb.js`) as Record<string, new () => never>;
const service = (file: string, name: string) =>
  (
    load(`@pulumi/pulumi/proto/${file}_grpc_pb.js`) as Record<
      string,
      Parameters<InstanceType<Grpc["Server"]>["addService"]>[0]
    >
  )[name];

const folder = temporaryFolder("ending");
let program: ChildProcess | undefined;

afterEach(() => {
  program?.kill("SIGKILL");
  removeTemporaryFolder(folder);
});

/** Starts as much of Pulumi's engine as a program needs until it registers its first script. */
async function startEngine(): Promise<{ readonly address: string; kill(): void }> {
  const server = new Server();
  server.addService(service("resource", "ResourceMonitorService") as never, {
    supportsFeature: (_: unknown, reply: Reply) => reply(null, make("resource", "SupportsFeatureResponse")),
    registerResource({ request }: Call, reply: Reply) {
      if (request.getType() === "pulumi:pulumi:Stack") {
        const response = make("resource", "RegisterResourceResponse") as { setUrn(urn: string): void };
        response.setUrn("urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev");
        reply(null, response);
      }
    },
    registerResourceOutputs() {},
  });
  server.addService(service("engine", "EngineService") as never, {
    log: (_: unknown, reply: Reply) =>
      reply(null, new (load("google-protobuf/google/protobuf/empty_pb.js") as { Empty: new () => object }).Empty()),
    getRootResource: (_: unknown, reply: Reply) => reply(null, make("engine", "GetRootResourceResponse")),
    setRootResource: (_: unknown, reply: Reply) => reply(null, make("engine", "SetRootResourceResponse")),
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { address: `127.0.0.1:${port}`, kill: () => server.forceShutdown() };
}

function make(file: string, name: string): object {
  const Message = proto(file)[name] as new () => object;
  return new Message();
}

it("a program ends after a kill -9 of the CLI: Pulumi's handler of uncaught errors would print to a closed pipe for ever", {
  tags: ["slow"],
}, async () => {
  const engine = await startEngine();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(repositoryRoot(), join(folder, "node_modules", "pulumi-celigo"));
  symlinkSync(join(repositoryRoot(), "node_modules", "@pulumi"), join(folder, "node_modules", "@pulumi"));
  writeText(join(folder, "package.json"), '{ "main": "index.js" }');
  writeText(
    join(folder, "index.js"),
    'const { Script } = require("pulumi-celigo");\nnew Script("s", { content: "function f() {}" });\n' +
      'setTimeout(() => require("fs").writeFileSync("declared", ""), 0);\n',
  );
  const options = {
    monitor: engine.address,
    engine: engine.address,
    project: "p",
    stack: "dev",
    pwd: folder,
    parallel: "8",
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const runner = load.resolve("@pulumi/pulumi/cmd/run/index.js");
  const started = spawn(process.execPath, [runner, ...words, "--dry-run", "."], { stdio: ["ignore", "pipe", "pipe"] });
  program = started;
  const ended = new Promise((resolve) => started.on("exit", (code) => resolve(code)));
  while (!existsSync(join(folder, "declared"))) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  engine.kill();
  started.stdout.destroy();
  started.stderr.destroy();
  expect(await ended).toBe(1);
});
