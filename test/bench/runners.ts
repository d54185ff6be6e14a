import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningCommand, startCommand } from "../engine/command";
import { inheritedEnvironment } from "../engine/environment";
import { createWorkspace, resourcesOf } from "../engine/index";
import { removeTemporaryFolder, temporaryFolder } from "../engine/temporary";
import { codeOf, type Subject, subjects } from "./subjects";

type Variables = Readonly<Record<string, string>>;

/** One stage in the life of N scripts: a command, and which of the scripts have which version before it. */
interface Stage {
  readonly verb: "up" | "preview" | "refresh" | "destroy";
  readonly version: number;
  readonly changed: number;
}

const all = Number.POSITIVE_INFINITY;

/** A life of N scripts, by the names that the tables show. */
export const stages = {
  "first up": { verb: "up", version: 1, changed: 0 },
  "up, nothing changed": { verb: "up", version: 1, changed: 0 },
  preview: { verb: "preview", version: 1, changed: 0 },
  refresh: { verb: "refresh", version: 1, changed: 0 },
  "up, 1 changed": { verb: "up", version: 2, changed: 1 },
  "preview, all changed": { verb: "preview", version: 3, changed: all },
  "up, all changed": { verb: "up", version: 3, changed: all },
  destroy: { verb: "destroy", version: 3, changed: all },
} as const satisfies Readonly<Record<string, Stage>>;
/** The name of a stage. */
export type StageName = keyof typeof stages;

/** What goes through the stages: Pulumi with one of the programs, Terraform, or nothing but requests. */
export interface Runner {
  /** Starts a stage; returns nothing for one that it does not have. */
  start(name: StageName): RunningCommand | undefined;
  /** Returns the bytes of state for each script. */
  stateBytes(): Promise<number>;
  dispose(): Promise<void>;
}

const timeLimit = 3600;

/** The binary of Terraform, and the folder with the provider `Mastercard/restapi`. */
const { BENCH_TERRAFORM: terraform, BENCH_TERRAFORM_PROVIDER: terraformProvider } = process.env;

/** The names of all runners; Terraform only where its binaries are given. */
export const runnerNames = [
  ...Object.keys(subjects),
  "requests",
  ...(terraform && terraformProvider ? ["terraform"] : []),
];

/** Opens a runner by its name. */
export async function openRunner(name: string, count: number, env: Variables): Promise<Runner> {
  const subject = subjects[name];
  if (!subject && !runnerNames.includes(name)) throw new Error(`${name} is none of ${runnerNames.join("; ")}`);
  return subject
    ? openPulumi(subject, count, env)
    : name === "terraform"
      ? openTerraform(count, env)
      : bare(count, env);
}

async function openPulumi(subject: Subject, count: number, env: Variables): Promise<Runner> {
  const workspace = await createWorkspace({ program: { files: subject.files }, timeLimit, env });
  return {
    start(name) {
      const { version, changed } = stages[name];
      workspace.writeFile("bench.json", settingsOf(count, name));
      for (let index = 0; subject.hasFiles && index < count; index++) {
        workspace.writeFile(`hooks/script-${index}.js`, codeOf(index, index < changed ? version : 1));
      }
      return workspace.start(stages[name].verb);
    },
    async stateBytes() {
      const resources = resourcesOf(await workspace.exportState(), subject.type);
      return resources.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(resources)) / resources.length;
    },
    dispose: () => workspace.dispose(),
  };
}

function settingsOf(count: number, name: StageName): string {
  const { version, changed } = stages[name];
  return JSON.stringify({ count, version, changed: Math.min(changed, count), code: codeOf(0, 1) });
}

function bare(count: number, env: Variables): Runner {
  const methods: Partial<Record<StageName, string>> = {
    "first up": "POST",
    refresh: "GET",
    "up, all changed": "PUT",
    destroy: "DELETE",
  };
  return {
    start(name) {
      const { [name]: method } = methods;
      const args = [join(__dirname, "bare.js"), method ?? "", String(count), String(stages[name].version)];
      const options = { cwd: __dirname, env: { ...inheritedEnvironment(process.env), ...env }, timeLimit };
      return method === undefined ? undefined : startCommand(process.execPath, args, options);
    },
    stateBytes: async () => 0,
    dispose: async () => {},
  };
}

function openTerraform(count: number, env: Variables): Runner {
  const cwd = temporaryFolder("terraform");
  const file = (name: string) => join(cwd, name);
  writeFileSync(
    file("terraform.rc"),
    `provider_installation {\n  dev_overrides { "Mastercard/restapi" = "${terraformProvider}" }\n  direct {}\n}\n`,
  );
  writeFileSync(
    file("main.tf"),
    `terraform {
  required_providers { restapi = { source = "Mastercard/restapi" } }
}
provider "restapi" {
  uri                  = "${env["CELIGO_BASE_URL"]}"
  headers              = { Authorization = "Bearer ${env["CELIGO_API_TOKEN"]}", Content-Type = "application/json" }
  write_returns_object = true
  id_attribute         = "_id"
}
locals {
  bench = jsondecode(file("bench.json"))
}
resource "restapi_object" "script" {
  count = local.bench.count
  path  = "/v1/scripts"
  data = jsonencode({
    name = "script-\${count.index}"
    content = replace(local.bench.code, "Script 0, version 1",
      "Script \${count.index}, version \${count.index < local.bench.changed ? local.bench.version : 1}")
  })
}
`,
  );
  const commands = {
    up: ["apply", "-auto-approve"],
    preview: ["plan"],
    refresh: ["apply", "-refresh-only", "-auto-approve"],
    destroy: ["destroy", "-auto-approve"],
  } as const;
  return {
    start(name) {
      writeFileSync(file("bench.json"), settingsOf(count, name));
      return startCommand(terraform ?? "", [...commands[stages[name].verb], "-input=false", "-no-color"], {
        cwd,
        env: {
          ...inheritedEnvironment(process.env),
          TF_CLI_CONFIG_FILE: file("terraform.rc"),
          CHECKPOINT_DISABLE: "1",
        },
        timeLimit,
      });
    },
    async stateBytes() {
      return existsSync(file("terraform.tfstate")) ? readFileSync(file("terraform.tfstate")).length / count : 0;
    },
    dispose: async () => removeTemporaryFolder(cwd),
  };
}
