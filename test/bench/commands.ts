import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type CommandResult, startCommand } from "../engine/command";
import { inheritedEnvironment } from "../engine/environment";
import { repositoryRoot } from "../engine/repository";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { watch } from "./cost";
import { Server } from "./server";

/** A command of `pulumi-celigo`, and the requests that it cannot do without: their kind, and of how many accounts. */
const commands = {
  "graph --format json": ["uses", "1"],
  "compare account:A account:B": ["GET", "2"],
  "import --dry-run --stack dev": ["GET", "1"],
} as const;

/** How many requests the commands send at a time by default. */
const lanes = "32";

/** Shows for each command what it costs beside its requests alone: the fastest of several runs. */
async function main(count: number, latency: number, runs: number): Promise<void> {
  const server = await Server.start(latency);
  const root = repositoryRoot();
  const cwd = temporaryFolder("bench");
  // An import asserts that the program will find what it needs.
  mkdirSync(join(cwd, "node_modules"));
  for (const name of ["@pulumi", "typescript"])
    symlinkSync(join(root, "node_modules", name), join(cwd, "node_modules", name));
  symlinkSync(root, join(cwd, "node_modules", "pulumi-celigo"));
  const env: Record<string, string> = { ...inheritedEnvironment(process.env), ...server.env };
  for (const [name, value] of Object.entries(server.env))
    Object.assign(env, { [`A_${name}`]: value, [`B_${name}`]: value });
  const run = async (file: string, ...args: readonly string[]) => {
    const command = startCommand(process.execPath, [file, ...args], { cwd, env, timeLimit: 600 });
    const stop = watch(command.pid);
    const result: CommandResult = await command.done;
    if (result.code !== 0) throw new Error(result.output);
    return { ...stop(), wall: result.seconds, requests: await server.takeRequests() };
  };
  const fastest = async (file: string, ...args: readonly string[]) => {
    const found = [];
    for (let index = 0; index < runs; index++) found.push(await run(file, ...args));
    return found.reduce((one, other) => (one.wall < other.wall ? one : other));
  };
  const bare = join(__dirname, "bare.js");
  const cli = join(root, "dist", "sdk", "cli", "main.js");
  try {
    await run(bare, "POST", String(count), "1", lanes);
    for (const [command, [kind, accounts]] of Object.entries(commands)) {
      const floor = await fastest(bare, kind, String(count), "1", lanes, accounts);
      const ours = await fastest(cli, ...command.split(" "));
      for (const [what, { wall, cpu, memory, requests }] of Object.entries({ [command]: ours, requests: floor })) {
        const asked = Object.entries(requests).map(([of, times]) => `${times} ${of.split(" ")[1]}`);
        const cells = [count, what, cpu.toFixed(1), wall.toFixed(2), memory.toFixed(0), asked.join(", ")];
        console.log(`| ${cells.join(" | ")} |`);
      }
    }
  } finally {
    server.stop();
    removeTemporaryFolder(cwd);
  }
}

const [, , count = "1000", latency = "20", runs = "3"] = process.argv;
if (require.main === module) void main(Number(count), Number(latency), Number(runs));
