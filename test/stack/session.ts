import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterEach } from "vitest";
import { type Emulator, type EmulatorAccount, type EmulatorOptions, startEmulator } from "../../sdk/emulator/index";
import { createWorkspace, type Engine, type Program, type Workspace } from "../engine/index";

/** A stack on the real engine, and the integrator.io that it talks to. */
export interface Session {
  readonly workspace: Workspace;
  readonly emulator: Emulator;
  readonly account: EmulatorAccount;
  /** Counts the requests since the last call, as `METHOD operation`. */
  takeRequests(): Record<string, number>;
}

const open = new Set<Session>();

afterEach(async () => {
  for (const session of open) {
    open.delete(session);
    await session.workspace.dispose();
    await session.emulator.stop();
  }
});

/** Opens a session that ends with the test. The account's token reaches the provider through the environment. */
export async function openSession(
  engine: Engine,
  program: Program | Readonly<Record<string, string>>,
  options: {
    readonly emulator?: EmulatorOptions;
    readonly config?: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Session> {
  const placed = isProgram(program) ? program : { files: program };
  const project = "files" in placed ? /^name: *(\S+)/m.exec(placed.files["Pulumi.yaml"] ?? "")?.[1] : undefined;
  const emulator = await startEmulator(options.emulator);
  const account = emulator.account();
  const workspace = await createWorkspace({
    engine,
    program: placed,
    ...(project === undefined ? {} : { project }),
    config: options.config ?? {},
    env: options.env ?? { CELIGO_BASE_URL: emulator.url, CELIGO_API_TOKEN: account.token },
  });
  const session: Session = {
    workspace,
    emulator,
    account,
    takeRequests() {
      const counts: Record<string, number> = {};
      for (const { method, operation = "none" } of emulator.requests) {
        counts[`${method} ${operation}`] = (counts[`${method} ${operation}`] ?? 0) + 1;
      }
      emulator.resetRequests();
      return counts;
    },
  };
  open.add(session);
  return session;
}

/** Returns a JavaScript program that declares scripts with the given arguments, as source text, by logical name. */
export function sourceOf(scripts: Readonly<Record<string, string>>, rest = ""): string {
  const declarations = Object.entries(scripts).map(
    ([name, args]) => `exports[${JSON.stringify(`${name}-id`)}] = new Script(${JSON.stringify(name)}, ${args}).id;`,
  );
  return [
    'const pulumi = require("@pulumi/pulumi");',
    'const { Script, ...celigo } = require("pulumi-celigo");',
    ...declarations,
    rest,
  ].join("\n");
}

/** Returns the one file of a program of {@link sourceOf}. */
export function programOf(scripts: Readonly<Record<string, string>>, rest = ""): Record<string, string> {
  return { "index.js": sourceOf(scripts, rest) };
}

function isProgram(program: Program | Readonly<Record<string, string>>): program is Program {
  return "folder" in program || typeof (program as { files?: unknown }).files === "object";
}

/** Reads the files of an example, by their paths in it. */
export function readExample(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path), readFileSync(path, "utf8")];
    }),
  );
}
