import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Emulator, startEmulator } from "../../sdk/emulator/index";
import { createWorkspace, findEngine, type Workspace } from "../engine/index";
import { repositoryRoot } from "../engine/repository";

/** The main job, as a newcomer sees it: a real Pulumi CLI and the embedded emulator. Nothing is left running. */
async function demo(start: () => Promise<Emulator>): Promise<void> {
  const example = join(repositoryRoot(), "examples", "basic");
  const engine = await findEngine();
  const emulator = await start();
  try {
    heading(`An empty Celigo account (the emulator, at ${emulator.url}) and Pulumi ${engine.version}`);
    // A copy, because the demo edits a script, and the repository's own files stay as they are.
    const workspace = await createWorkspace({
      engine,
      project: "celigo-basic",
      program: { files: readExample(example) },
      env: {
        CELIGO_BASE_URL: emulator.url,
        CELIGO_API_TOKEN: emulator.account().token,
        // The example is type-checked by the tests; here it only costs time.
        PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      },
    });
    try {
      await walk(workspace, emulator);
    } finally {
      await workspace.dispose();
    }
  } finally {
    await emulator.stop();
  }
  heading("Done. Next: the program in README.md, with your own account or with `npx pulumi-celigo emulator`.");
}

/** Goes through the life of the scripts, and fails at its end when something did not turn out as it says. */
async function walk(workspace: Workspace, emulator: Emulator): Promise<void> {
  const account = emulator.account();
  const scriptNamed = (name: string) => account.scripts().find((script) => script.name === name);
  const failed: string[] = [];
  const must = (holds: boolean, failure: string) => {
    if (!holds) failed.push(failure);
  };
  const requests = () => {
    const count = emulator.requests.length;
    const writes = emulator.requests.filter(({ method }) => method !== "GET").length;
    emulator.resetRequests();
    return `${count} request${count === 1 ? "" : "s"} to Celigo, ${writes} of them to change something`;
  };

  step(1, "Preview", "Look at: 6 scripts to create, and that nothing was sent.");
  await pulumi(workspace, "preview");
  fact(requests());

  step(
    2,
    "Deploy (what it will do was just shown: no second preview)",
    "Look at: one list of the names that are taken, one request for each script, and their ids as outputs.",
  );
  await pulumi(workspace, "up --yes --skip-preview");
  fact(`${requests()}; the account holds ${account.scripts().length} scripts`);

  step(3, "Preview again", "Look at: nothing changes, and Celigo is not even asked.");
  await pulumi(workspace, "preview --expect-no-changes");
  fact(requests());

  step(4, "Edit a script in the editor", "Look at: the preview shows the line that changes. So does a pull request.");
  const file = "hooks/route-by-warehouse.js";
  const before = scriptNamed("route-by-warehouse")?.content ?? "";
  workspace.writeFile(file, before.replace(": 10000;", ": 25000;"));
  await pulumi(workspace, "preview --diff");
  fact(requests());

  step(5, "Deploy the edit", "Look at: one script is updated, and its id stays.");
  await pulumi(workspace, "up --yes --skip-preview");
  const deployed = scriptNamed("route-by-warehouse")?.content?.includes(": 25000;") ?? false;
  must(deployed, "the edit was not deployed");
  fact(`${requests()}; Celigo has ${deployed ? "the edit" : "NOT the edit"}`);

  step(
    6,
    "Somebody edits a script in Celigo's web form",
    "Look at: the refresh finds it, and the preview shows the edit.",
  );
  const edited = scriptNamed("skip-unfulfillable-orders");
  if (edited?.content === undefined) throw new Error("The script skip-unfulfillable-orders is not in the account.");
  account.edit(edited._id, {
    content: edited.content.replace(/^function /m, "// quick fix, will clean up later\nfunction "),
  });
  await pulumi(workspace, "refresh --yes --skip-preview");
  await pulumi(workspace, "preview --diff");
  fact(requests());

  step(7, "Repair it", "Look at: the script is again what the repository says.");
  await pulumi(workspace, "up --yes --skip-preview");
  const repaired = scriptNamed("skip-unfulfillable-orders")?.content === edited.content;
  must(repaired, "the script that somebody edited was not repaired");
  fact(`${requests()}; the content is ${repaired ? "back, byte for byte" : "NOT back"}`);

  step(
    8,
    "Take everything down",
    "Look at: the account is as empty as before; Celigo keeps deleted scripts for 30 days.",
  );
  await pulumi(workspace, "destroy --yes --skip-preview");
  const left = account.scripts().length;
  must(left === 0, `${left} of the scripts were not taken down`);
  fact(`${requests()}; live: ${left}, in the recycle bin: ${account.recycled().length}`);

  if (failed.length > 0) throw new Error(`\nThe demo did not do what it says: ${failed.join("; ")}.`);
}

function readExample(folder: string): Record<string, string> {
  const hooks = readdirSync(join(folder, "hooks")).map((name) => `hooks/${name}`);
  const names = ["Pulumi.yaml", "index.ts", "tsconfig.json", ...hooks];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** Lines that a terminal would have overwritten. */
const isProgress = /^@ |(creating|updating|deleting|refreshing) \(\d+s\)/;

function heading(text: string): void {
  console.log(`\n${"=".repeat(78)}\n${text}\n${"=".repeat(78)}`);
}

function step(number: number, title: string, look: string): void {
  console.log(`\n--- ${number}. ${title}\n    ${look}\n`);
}

/** Prints a command, runs that very one on the workspace's stack, and prints what it says. */
async function pulumi(workspace: Workspace, command: string): Promise<void> {
  console.log(`$ pulumi ${command}`);
  const { output } = await workspace.run([...command.split(" "), "--config-file", workspace.configFile]);
  const lines = output
    .trim()
    .split("\n")
    .filter((line) => !isProgress.test(line));
  console.log(lines.map((line) => `  ${line}`).join("\n"));
}

function fact(text: string): void {
  console.log(`\n    => ${text}.`);
}

/** Runs the demo on an emulator of its own, and sets the exit code of the process. */
export async function main(start: () => Promise<Emulator> = startEmulator): Promise<void> {
  await demo(start).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
}

if (require.main === module) void main();
