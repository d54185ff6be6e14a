import { setMaxListeners } from "node:events";
import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Account, type AccountOptions, type EmulatorAccount } from "./accounts";
import { type Behaviour, completed } from "./behaviour";
import { FaultRules, type Faults } from "./faults";
import { lock } from "./lock";
import type { RateLimit } from "./rate-limit";
import { type RequestFilter, RequestLog, type RequestRecord } from "./requests";
import { createServer } from "./server";
import { FolderStore, memoryStore, type Store } from "./store";
import { loadOperations } from "./validation";

/** Options of {@link startEmulator}. */
export interface EmulatorOptions {
  /** Address to listen at. @default "127.0.0.1" */
  readonly host?: string;
  /** Port to listen at; 0 takes any free one. @default 0 */
  readonly port?: number;
  /** Folder that keeps the scripts after the emulator stops. Only one emulator at a time can use it. @default memory only */
  readonly dataDir?: string;
  /** Accounts, each with its own token and scripts. @default one account with the token "emulator-token" */
  readonly accounts?: readonly AccountOptions[];
  /** What the server does that Celigo's documentation does not mention. @default nothing */
  readonly behaviour?: Partial<Behaviour>;
  /** Limit for each account. Requests above it get 429 with `Retry-After`. @default no limit */
  readonly rateLimit?: RateLimit;
  /** Milliseconds by which every response is delayed. @default 0 */
  readonly latency?: number;
  /** Milliseconds that the emulator's clock is ahead of the computer's; below 0, behind it. @default 0 */
  readonly clockOffset?: number;
  /** Called with the record of each request after its response, or when the connection is cut. */
  readonly onRequest?: (record: RequestRecord) => void;
}

/** A running integrator.io. */
export interface Emulator {
  /** Where it listens, such as `http://127.0.0.1:49152`. */
  readonly url: string;
  /** All requests since the start, or since the last reset, in order of arrival. */
  readonly requests: readonly RequestRecord[];
  /** Counts the requests that match the filter. */
  count(filter?: RequestFilter): number;
  /** Forgets all requests. */
  resetRequests(): void;
  /** Finds an account by its token; the first one without. Throws for an unknown token. */
  account(token?: string): EmulatorAccount;
  /** Opens another account. */
  addAccount(options: AccountOptions): EmulatorAccount;
  /** What goes wrong. */
  readonly faults: Faults;
  /** Closes all connections immediately, also hanging ones, and unlocks the data folder. */
  stop(): Promise<void>;
}

/**
 * Starts an integrator.io in this process.
 *
 * @example
 * ```ts
 * const emulator = await startEmulator();
 * process.env.CELIGO_BASE_URL = emulator.url;
 * process.env.CELIGO_API_TOKEN = emulator.account().token;
 * // … `pulumi up`, on the command line or with the Automation API …
 * console.log(emulator.account().scripts(), emulator.count({ operation: "createScript" }));
 * await emulator.stop();
 * ```
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { host = "127.0.0.1", port = 0, dataDir, latency = 0, clockOffset = 0 } = options;
  const behaviour = completed(options.behaviour);
  const operations = await loadOperations();
  const accounts: Account[] = [];
  const stores: Store[] = [];
  const faults = new FaultRules();
  const log = new RequestLog();
  const stopping = new AbortController();
  // Each delayed response listens.
  setMaxListeners(0, stopping.signal);
  const now = (): Date => new Date(Date.now() + clockOffset);

  if (dataDir !== undefined) openFolder(dataDir);
  const unlock = dataDir === undefined ? () => {} : lock(dataDir);
  const server = createServer({
    operations,
    accounts,
    faults,
    log,
    rateLimit: options.rateLimit,
    latency,
    onRequest: options.onRequest,
    now,
    stopped: stopping.signal,
  });

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    stopping.abort();
    for (const store of stores) store.close();
    const closed = server.close();
    server.server.closeAllConnections();
    await closed;
    unlock();
  }

  function claimToken(token: string): void {
    if (!/^\S+$/.test(token)) throw new Error("A token must have characters, and no spaces.");
    if (accounts.some((account) => account.token === token)) throw new Error("Another account has that token.");
  }

  function addAccount(account: AccountOptions): Account {
    const { name = accounts.length === 0 ? "default" : `account-${accounts.length + 1}` } = account;
    if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(name) || name === account.token) {
      throw new Error(`"${name}" cannot name an account: it names a folder, and must not be the token.`);
    }
    if (accounts.some((other) => other.name.toLowerCase() === name.toLowerCase())) {
      throw new Error(`There already is an account "${name}".`);
    }
    // Before there is a folder for it.
    claimToken(account.token);
    const store = dataDir === undefined ? memoryStore : new FolderStore(join(dataDir, "accounts", name));
    const added = new Account({ ...account, name }, { store, behaviour, now, claimToken });
    stores.push(store);
    accounts.push(added);
    return added;
  }

  try {
    for (const account of options.accounts ?? [{ token: "emulator-token" }]) addAccount(account);
    await server.listen({ host, port });
  } catch (error) {
    await stop();
    throw error;
  }

  const { address, family, port: bound } = server.server.address() as AddressInfo;
  const emulator: Emulator = {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`,
    get requests() {
      return log.records;
    },
    count: (filter) => log.count(filter),
    resetRequests: () => log.reset(),
    account(token) {
      const found = token === undefined ? accounts[0] : accounts.find((account) => account.token === token);
      if (found === undefined) throw new Error("The emulator has no account with that token.");
      return found;
    },
    addAccount,
    faults,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
  return emulator;
}

function openFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true });
  } catch (error) {
    throw new Error(`could not use the data folder ${dataDir}: ${(error as Error).message}. Give a folder.`, {
      cause: error,
    });
  }
}
