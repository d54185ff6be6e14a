import { Command, InvalidArgumentError } from "commander";
import { type Behaviour, parseBehaviour } from "../../emulator/behaviour";
import { interrupted } from "../interruption";

interface Options {
  readonly host: string;
  readonly port: number;
  readonly data?: string;
  readonly token: readonly string[];
  readonly latency: number;
  readonly behave?: Partial<Behaviour>;
  readonly quiet?: boolean;
}

/** The subcommand that runs an integrator.io on this machine until it is interrupted. */
export function emulatorCommand(): Command {
  return new Command("emulator")
    .description("run an integrator.io on this machine, for trying things out and for tests")
    .option("--port <port>", "port to listen on; 0 takes a free one", toPort, 8675)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--data <folder>", "keep the scripts in this folder (default: they are lost at the end)")
    .option("--token <token...>", "open an account for each token", ["emulator-token"])
    .option("--latency <milliseconds>", "let every answer take so much longer", toLatency, 0)
    .option("--behave <name=value...>", "do what servers do that no document says, such as listLag=2000", toBehaviour)
    .option("--quiet", "do not print a line for each request")
    .addHelpText(
      "after",
      `
The scripts in a data folder belong to the place of a token in the list, not to the token: the first one opens the account
"default", the second one "account-2", and so on.

--behave takes the members of "behaviour" that sdk/emulator/README.md lists.

Examples:
  $ pulumi-celigo emulator
  $ pulumi-celigo emulator --port 0 --data ./celigo-data --token dev-token prod-token
  $ pulumi-celigo emulator --behave hashCovers=content newlines=crlf`,
    )
    .action(run);
}

async function run({ host, port, data, token: tokens, latency, behave, quiet }: Options): Promise<void> {
  // Loaded here, so that the other subcommands need no web server.
  const { startEmulator } = await import("../../emulator/index.js");
  const emulator = await startEmulator({
    host,
    port,
    latency,
    ...(behave && { behaviour: behave }),
    ...(data === undefined ? {} : { dataDir: data }),
    accounts: tokens.map((token, index) => ({ token, name: index === 0 ? "default" : `account-${index + 1}` })),
    onRequest: ({ method, path, status, account }) => {
      if (!quiet) {
        console.log(`${status || "cut"} ${method} ${path}${tokens.length > 1 && account ? `  (${account})` : ""}`);
      }
    },
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EADDRINUSE"
      ? new Error(`port ${port} of ${host} is in use: give another with --port, or 0 for a free one`, { cause: error })
      : error;
  });
  console.log(`integrator.io emulator listens at ${emulator.url}`);
  console.log(`  ${data === undefined ? "Scripts are kept in memory only." : `Scripts are kept in ${data}.`}`);
  console.log("  In the shell of your Pulumi project:");
  console.log(`    export CELIGO_BASE_URL=${emulator.url} CELIGO_API_TOKEN=${quoted(tokens[0] ?? "")}`);
  console.log("  Press Ctrl-C to stop.");
  await interrupted();
  await emulator.stop();
  console.log("Stopped.");
}

function toPort(text: string): number {
  const port = Number(text);
  if (!(/^\d+$/.test(text) && port <= 65_535)) {
    throw new InvalidArgumentError("A port is a whole number from 0 to 65535.");
  }
  return port;
}

function toLatency(text: string): number {
  const latency = Number(text);
  if (!(/^\d+$/.test(text) && latency <= 60_000)) {
    throw new InvalidArgumentError("Give a whole number of milliseconds, up to 60000.");
  }
  return latency;
}

/** Adds a pair to those before it, as commander hands them over one by one. */
function toBehaviour(pair: string, before: Partial<Behaviour> = {}): Partial<Behaviour> {
  try {
    return { ...before, ...parseBehaviour(pair) };
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** Returns a word as a shell takes it literally. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
