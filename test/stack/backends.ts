import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type RunningCommand, runCommand, startCommand } from "../engine/command";
import { type Environment, foldersWith, inheritedEnvironment, isExecutable } from "../engine/environment";
import { withLock } from "../engine/lock";
import { tellWhile } from "../engine/progress";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";

/** Is a server that holds the state of a team's stacks, started for a test on this machine. */
export interface Backend {
  /** The environment of Pulumi's CLI for two clients, who say differently where it is: `PULUMI_BACKEND_URL`, and what it needs. */
  readonly clients: readonly [Environment, Environment];
  /** What opens it, which Pulumi must not show. */
  readonly password: string;
  /** Returns all that Pulumi keeps there now, by key. */
  contents(): Promise<Record<string, string>>;
  /** Ends the server, and removes its files. */
  stop(): Promise<void>;
}

/** Is thrown when a server cannot be had on this machine, with what to install. */
export class NoBackendError extends Error {
  override readonly name = "NoBackendError";

  constructor(reason: string, hint: string) {
    super(`${reason.trimEnd()}\n${hint}`);
  }
}

/** Seconds that a server may live: longer than any test, and not for ever. */
const lifetime = 20 * 60;

/** The version that is installed where there is none. */
const moto = "moto[server]==5.2.1";

/**
 * Starts moto's S3, with a bucket. It is installed from Python's package index, once per machine, where there is none.
 *
 * @throws NoBackendError when there is no Python, or moto can neither be found nor installed.
 */
export async function startBucket(): Promise<Backend> {
  const server = await startMoto();
  const endpoint = /http:\/\/(127\.0\.0\.1:\d+)/.exec(server.output())?.[1];
  const password = "s3-test-password";
  const request = async (path: string, method = "GET"): Promise<string> => {
    // Moto wants to see a signature, whatever it says.
    const authorization = "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/s3/aws4_request, SignedHeaders=host";
    const headers = { authorization: `${authorization}, Signature=0` };
    const response = await fetch(`http://${endpoint}/team-state${path}`, { method, headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text;
  };
  await request("", "PUT");
  const env = {
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: password,
    // Nothing of the caller's own account.
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    AWS_CONFIG_FILE: "/nonexistent",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  };
  const url = (query: string) => `s3://team-state?region=us-east-1&s3ForcePathStyle=true&endpoint=${query}`;
  return {
    clients: [
      { ...env, PULUMI_BACKEND_URL: url(`${endpoint}&disableSSL=true`) },
      { ...env, PULUMI_BACKEND_URL: url(`http://${endpoint}`) },
    ],
    password,
    async contents() {
      const list = await request("?list-type=2&max-keys=1000");
      if (!list.includes("<IsTruncated>false<")) throw new Error(`not all objects are listed:\n${list}`);
      const keys = [...list.matchAll(/<Key>([^<&]*)<\/Key>/g)].map(([, key = ""]) => key);
      return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await request(`/${key}`)])));
    },
    stop: () => end(server),
  };
}

/**
 * Starts PostgreSQL, with a folder of its own.
 *
 * @throws NoBackendError when PostgreSQL is not installed, or cannot run here.
 */
export async function startDatabase(): Promise<Backend> {
  const hint = "Install PostgreSQL, such as Debian's package postgresql.";
  const programs = ["initdb", "postgres", "psql"] as const;
  const folder = postgresFolders().find((one) => programs.every((program) => isExecutable(join(one, program))));
  if (folder === undefined) throw new NoBackendError("PostgreSQL's initdb, postgres and psql are not there", hint);
  const root = temporaryFolder("postgres");
  const data = join(root, "data");
  const password = "postgres-test-password";
  try {
    writeFileSync(join(root, "password"), password);
    const as = await unprivileged([root, join(root, "password")]);
    const options = { cwd: root, env: inheritedEnvironment(process.env), timeLimit: 120 };
    const [program = "", ...args] = [
      ...[...as, join(folder, "initdb"), "--pgdata", data, "--username", "team", "--pwfile", join(root, "password")],
      ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
    ];
    const made = await runCommand(program, args, options);
    if (made.code !== 0) throw new NoBackendError(`${made.command}: ${made.output}`, hint);

    const { server, port } = await startPostgres([...as, join(folder, "postgres"), "-D", data], options);
    const url = (user: string) => `postgres://${user}@127.0.0.1:${port}/postgres?sslmode=disable`;
    return {
      clients: [
        { PULUMI_BACKEND_URL: url("team"), PGPASSWORD: password },
        { PULUMI_BACKEND_URL: url(`team:${password}`) },
      ],
      password,
      async contents() {
        // Pulumi packs everything as base64 into a JSON value.
        const query = "select coalesce(json_object_agg(key, data->>'data'), '{}') from pulumi_state";
        const result = await runCommand(join(folder, "psql"), ["-XAtc", query, url(`team:${password}`)], options);
        if (result.code !== 0) throw new Error(`${result.command}: ${result.output}`);
        const rows = Object.entries(JSON.parse(result.stdout) as Record<string, string>);
        return Object.fromEntries(rows.map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
      },
      async stop() {
        // A fast shutdown, which gives the shared memory back.
        server.kill("SIGINT", ({ command }) => command.startsWith(join(folder, "postgres")));
        await Promise.race([server.done, delay(10_000, undefined, { ref: false })]);
        await end(server);
        removeTemporaryFolder(root);
      },
    };
  } catch (error) {
    removeTemporaryFolder(root);
    throw error;
  }
}

/** Tries all places that moto can be in, at last the one where it is installed for the tests. */
async function startMoto(): Promise<RunningCommand> {
  const installed = join(cache(), moto.replace(/\W+/g, "-"));
  const python = join(installed, "bin", "python");
  const reasons: string[] = [];
  const attempt = async (...command: string[]) => {
    try {
      return await startOne(command);
    } catch (error) {
      reasons.push((error as Error).message.trim());
      return undefined;
    }
  };
  const found =
    (foldersWith("moto_server", process.env["PATH"]).length > 0 ? await attempt("moto_server") : undefined) ??
    (await attempt("python3", "-m", "moto.server"));
  if (found) return found;
  try {
    await withLock(`${installed}.lock`, async () => {
      if (!existsSync(join(installed, "complete"))) await installMoto(installed);
    });
  } catch (error) {
    reasons.push((error as Error).message.trim());
  }
  const own = existsSync(join(installed, "complete")) ? await attempt(python, "-m", "moto.server") : undefined;
  if (own) return own;
  throw new NoBackendError(reasons.join("\n"), `Install moto's server: pip install "${moto}".`);
}

/** Starts a server that chooses its port, and returns when it has said which. */
async function startOne([file = "", ...args]: readonly string[]): Promise<RunningCommand> {
  const server = startCommand(file, [...args, "-H", "127.0.0.1", "-p", "0"], {
    cwd: homedir(),
    env: inheritedEnvironment(process.env),
    timeLimit: lifetime,
  });
  return readyWhen(server, /Running on http/);
}

async function installMoto(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const commands = [
    ["python3", "-m", "venv", folder],
    [join(folder, "bin", "python"), "-m", "pip", "install", "--quiet", "--retries", "1", moto],
  ];
  for (const [file = "", ...args] of commands) {
    const options = { cwd: folder, env: inheritedEnvironment(process.env), timeLimit: 180 };
    const result = await tellWhile(`installing ${moto}`, runCommand(file, args, options));
    if (result.code !== 0) throw new Error(`${result.command}: ${result.output}`);
  }
  writeFileSync(join(folder, "complete"), "");
}

function cache(): string {
  const { XDG_CACHE_HOME, HOME } = process.env;
  return join(XDG_CACHE_HOME || join(HOME || homedir(), ".cache"), "pulumi-celigo", "moto");
}

/** Lists where PostgreSQL's programs may be, newest first; Debian does not put them on PATH. */
function postgresFolders(): string[] {
  const onPath = foldersWith("initdb", process.env["PATH"]).map((folder) =>
    dirname(realpathSync(join(folder, "initdb"))),
  );
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((one, other) => Number(other) - Number(one)) : [];
  return [...onPath, ...versions.map((version) => join(debian, version, "bin"))];
}

/** Returns what to put before a command that root may not run, and gives files to the user who runs it instead. */
async function unprivileged(files: readonly string[]): Promise<string[]> {
  if (process.getuid?.() !== 0) return [];
  const [folder] = foldersWith("runuser", [process.env["PATH"], "/usr/sbin", "/sbin"].join(delimiter));
  if (folder === undefined) throw new NoBackendError("root may not run PostgreSQL", "Install runuser (util-linux).");
  for (const user of ["postgres", "nobody"]) {
    const options = { cwd: "/", env: inheritedEnvironment(process.env), timeLimit: 30 };
    const { code, stdout } = await runCommand("id", ["-u", user], options);
    if (code !== 0) continue;
    for (const file of files) chownSync(file, Number(stdout), -1);
    for (const file of files) chmodSync(file, 0o700);
    return [join(folder, "runuser"), "-u", user, "--"];
  }
  throw new NoBackendError("root may not run PostgreSQL, and there is neither a user postgres nor nobody", "Add one.");
}

async function startPostgres(
  command: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<{ server: RunningCommand; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
    const [file = "", ...args] = [...command, ...settings.flatMap((setting) => ["-c", setting])];
    try {
      const server = startCommand(file, args, { ...options, timeLimit: lifetime });
      return { server: await readyWhen(server, /database system is ready to accept connections/), port };
    } catch (error) {
      // Somebody else can have taken the port meanwhile.
      if (attempt === 3) throw new NoBackendError((error as Error).message, "It was tried three times.");
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Waits until a server has said that it is ready; fails when it ends before. */
async function readyWhen(server: RunningCommand, sign: RegExp, seconds = 60): Promise<RunningCommand> {
  let ended: string | undefined;
  server.done.then(
    ({ command, output }) => (ended = `${command}: ${output}`),
    (error: Error) => (ended = error.message),
  );
  for (const start = performance.now(); !sign.test(server.output()); await delay(20)) {
    if (ended !== undefined) throw new Error(ended);
    if (performance.now() - start < seconds * 1000) continue;
    await end(server);
    throw new Error(`it was not ready after ${seconds} s: ${server.output()}`);
  }
  return server;
}

async function end(server: RunningCommand): Promise<void> {
  server.kill("SIGKILL");
  await server.done.catch(() => {});
}
