import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startEmulator } from "./emulator/index";
import { type CommandResult, createWorkspace, findEngine } from "./engine/index";
import { repositoryRoot } from "./engine/repository";

/** The main job, as a newcomer sees it: a real Pulumi CLI and the embedded emulator. Nothing is left running. */
async function demo(): Promise<void> {
  const example = join(repositoryRoot(), "examples", "basic");
  const engine = await findEngine();
  const emulator = await startEmulator();
  const account = emulator.account();
  // A copy, because the demo edits a script, and the repository's own files stay as they are.
  const workspace = await createWorkspace({
    engine,
    project: "celigo-basic",
    program: { files: readExample(example) },
    env: {
      CELIGO_BASE_URL: emulator.url,
      CELIGO_API_TOKEN: account.token,
      // The example is type-checked by the tests; here it only costs time.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    },
  });
  const requests = () => {
    const count = emulator.requests.length;
    const writes = emulator.requests.filter(({ method }) => method !== "GET").length;
    emulator.resetRequests();
    return `${count} request${count === 1 ? "" : "s"} to Celigo, ${writes} of them to change something`;
  };
  try {
    heading(`An empty Celigo account (the emulator, at ${emulator.url}) and Pulumi ${engine.version}`);

    step(1, "Preview", "Look at: 17 scripts to create, and that nothing was sent.");
    await show("preview", workspace.preview());
    fact(requests());

    step(
      2,
      "Deploy",
      "Look at: one list of the names that are taken, one request for each script, and their ids as outputs.",
    );
    await show("up --yes", workspace.up());
    fact(`${requests()}; the account holds ${account.scripts().length} scripts`);

    step(3, "Preview again", "Look at: nothing changes, and Celigo is not even asked.");
    await show("preview", workspace.preview({ expectNoChanges: true }));
    fact(requests());

    step(4, "Edit a script in the editor", "Look at: the preview shows the line that changes. So does a pull request.");
    const file = "hooks/route-by-warehouse.js";
    const before = readFileSync(join(example, file), "utf8");
    workspace.writeFile(file, before.replace(": 10000;", ": 25000;"));
    await show("preview --diff", workspace.preview({ args: ["--diff"] }));
    fact(requests());

    step(5, "Deploy the edit", "Look at: one script is updated, and its id stays.");
    await show("up --yes", workspace.up());
    fact(requests());

    step(
      6,
      "Somebody edits a script in Celigo's web form",
      "Look at: the refresh finds it, and the preview shows the edit.",
    );
    const edited = account.scripts().find(({ name }) => name === "guard-flow-settings");
    if (edited?.content === undefined) {
      throw new Error("The script guard-flow-settings is not in the account.");
    }
    account.edit(edited._id, {
      content: edited.content.replace(/^function /m, "// quick fix, will clean up later\nfunction "),
    });
    await show("refresh --yes", workspace.refresh());
    await show("preview --diff", workspace.preview({ args: ["--diff"] }));
    fact(requests());

    step(7, "Repair it", "Look at: the script is again what the repository says.");
    await show("up --yes", workspace.up());
    const repaired = account.scripts().find(({ _id }) => _id === edited._id);
    fact(`${requests()}; the content is ${repaired?.content === edited.content ? "back, byte for byte" : "NOT back"}`);

    step(
      8,
      "Take everything down",
      "Look at: the account is as empty as before; Celigo keeps deleted scripts for 30 days.",
    );
    await show("destroy --yes", workspace.destroy());
    fact(`${requests()}; live: ${account.scripts().length}, in the recycle bin: ${account.recycled().length}`);
    heading("Done. Next: the program in README.md, with your own account or with `npx pulumi-celigo emulator`.");
  } finally {
    await workspace.dispose();
    await emulator.stop();
  }
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

async function show(command: string, run: Promise<CommandResult>): Promise<void> {
  console.log(`$ pulumi ${command}`);
  const { output } = await run;
  const lines = output
    .trim()
    .split("\n")
    .filter((line) => !isProgress.test(line));
  console.log(lines.map((line) => `  ${line}`).join("\n"));
}

function fact(text: string): void {
  console.log(`\n    => ${text}.`);
}

demo().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
