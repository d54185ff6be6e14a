import { setTimeout } from "node:timers/promises";
import { InvalidArgumentError, Option } from "commander";
import { type Behaviour, parseBehaviour } from "../../emulator/behaviour";
import { type CommandDefinition, shellWord } from "../command";
import { interrupted } from "../interruption";
import { toNumber } from "../options";

interface Options {
  readonly host: string;
  readonly port: number;
  readonly data?: string;
  readonly token: readonly string[];
  readonly latency: number;
  readonly behave?: Partial<Behaviour>;
  readonly quiet?: boolean;
}

/** Runs an emulator of integrator.io until it is interrupted. */
export const emulatorCommand: CommandDefinition<[], Options> = {
  name: "emulator",
  summary: "run an emulator of integrator.io, to try things out and for tests",
  options: [
    new Option("--port <port>", "port to listen on; 0 picks a free one")
      .argParser(toNumber(0, 65_535, "A port is a whole number from 0 to 65535."))
      .default(8675),
    new Option("--host <address>", "address to listen on").default("127.0.0.1"),
    new Option("--data <folder>", "keep the scripts in this folder (default: in memory only)"),
    new Option("--token <token...>", "open an account for each token").default(["emulator-token"]),
    new Option("--latency <milliseconds>", "delay every response")
      .argParser(toNumber(0, 60_000, "Give a whole number of milliseconds, up to 60000."))
      .default(0),
    new Option(
      "--behave <name=value...>",
      "behave in a way that no document describes, such as listLag=2000",
    ).argParser(toBehaviour),
    new Option("--quiet", "do not print a line for each request"),
  ],
  notes: [
    "An account in a data folder belongs to the position of its token in the list, not to the token: the first token opens",
    'the account "default", the second "account-2", and so on.',
    'sdk/emulator/README.md lists the names for --behave, as the members of "behaviour".',
  ],
  examples: [
    "emulator",
    "emulator --port 0 --data ./celigo-data --token dev-token prod-token",
    "emulator --behave hashCovers=content newlines=crlf",
  ],
  run: (_, options) => emulate(options),
};

async function emulate({ host, port, data, token: tokens, latency, behave, quiet }: Options): Promise<void> {
  // Loaded here, so that no other command loads a web server.
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
  // A reader that stops here, as head -1 does, ends the command with the next line.
  await setTimeout(process.stdout.isTTY ? 0 : 200);
  console.log(`  ${data === undefined ? "Scripts are kept in memory only." : `Scripts are kept in ${data}.`}`);
  console.log("  In the shell of your Pulumi project:");
  console.log(`    ${settingLine({ CELIGO_BASE_URL: emulator.url, CELIGO_API_TOKEN: tokens[0] ?? "" })}`);
  console.log("  Press Ctrl-C to stop.");
  await interrupted();
  await emulator.stop();
  console.log("Stopped.");
}

/** Adds a pair to the earlier ones: commander passes them one by one. */
function toBehaviour(pair: string, before: Partial<Behaviour> = {}): Partial<Behaviour> {
  try {
    return { ...before, ...parseBehaviour(pair) };
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** Returns the line that sets variables of the environment: for PowerShell on Windows, for a POSIX shell elsewhere. */
export function settingLine(variables: Readonly<Record<string, string>>, platform = process.platform): string {
  const pairs = Object.entries(variables);
  if (platform === "win32") {
    return pairs.map(([name, value]) => `$env:${name} = '${value.replaceAll("'", "''")}'`).join("; ");
  }
  return ["export", ...pairs.map(([name, value]) => `${name}=${shellWord(value)}`)].join(" ");
}
