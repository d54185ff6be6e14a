import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CommandError } from "../engine/index";
import { type Cost, watch } from "./cost";
import { chartOf, tablesOf } from "./report";
import { openRunner, runnerNames, type StageName, stages } from "./runners";
import { type Requests, Server } from "./server";

/** One command on N scripts, and what it needed. */
export interface Measurement extends Cost {
  readonly subject: string;
  readonly count: number;
  readonly checkpoints: boolean;
  readonly stage: StageName;
  readonly requests: Requests;
  /** Seconds from the start to the end. */
  readonly wall: number;
  readonly stateBytes: number;
}

/** Goes through the stages of one subject. */
async function* measure(
  subject: string,
  count: number,
  checkpoints: boolean,
  latency: number,
  wanted: readonly string[],
): AsyncGenerator<Measurement> {
  const server = await Server.start(latency);
  const skipping = checkpoints ? {} : { PULUMI_SKIP_CHECKPOINTS: "true" };
  const runner = await openRunner(subject, count, { ...server.env, ...skipping });
  try {
    for (const stage of Object.keys(stages) as StageName[]) {
      // Without the first and the last one there is nothing to measure, or something is left.
      const run = ["first up", "destroy", ...wanted].includes(stage) ? runner.start(stage) : undefined;
      if (run === undefined) continue;
      const stop = watch(run.pid);
      const result = await run.done;
      const cost = stop();
      if (result.code !== 0) throw new CommandError(`failed with exit code ${result.code}`, result, subject);
      const requests = await server.takeRequests();
      const stateBytes = Math.round(await runner.stateBytes());
      yield { subject, count, checkpoints, stage, requests, ...cost, wall: result.seconds, stateBytes };
    }
  } finally {
    await runner.dispose();
    server.stop();
  }
}

const help = `Measures what each command costs, on the real Pulumi CLI and an emulator in a process of its own.

  --counts 10,100,300,1000    how many scripts
  --subjects "text; files"    what is measured: ${runnerNames.join("; ")}
  --stages "first up; ..."    which commands: ${Object.keys(stages).join("; ")}
  --checkpoints true,false    whether Pulumi writes its state at each step; false sets PULUMI_SKIP_CHECKPOINTS
  --latency 20                milliseconds that each response takes
  --out folder                where bench.json, bench.md and bench.svg are written; a run adds to what is there

BENCH_TERRAFORM and BENCH_TERRAFORM_PROVIDER give the binary of Terraform and the folder of the provider Mastercard/restapi.`;

async function main(): Promise<void> {
  const text = (value: string) => ({ type: "string", default: value }) as const;
  const { values } = parseArgs({
    options: {
      counts: text("10,100,300,1000"),
      subjects: text(runnerNames.join(";")),
      stages: text(Object.keys(stages).join(";")),
      checkpoints: text("true,false"),
      latency: text("20"),
      out: text("bench"),
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  const list = (value: string, separator: string) => value.split(separator).map((one) => one.trim());
  mkdirSync(values.out, { recursive: true });
  const file = (name: string) => join(values.out, name);
  const found: Measurement[] = existsSync(file("bench.json"))
    ? JSON.parse(readFileSync(file("bench.json"), "utf8"))
    : [];
  for (const count of list(values.counts, ",").map(Number)) {
    for (const subject of list(values.subjects, ";")) {
      // What is not Pulumi has no checkpoints to leave out.
      const modes = ["requests", "terraform"].includes(subject) ? ["true"] : list(values.checkpoints, ",");
      for (const mode of modes) {
        for await (const one of measure(
          subject,
          count,
          mode === "true",
          Number(values.latency),
          list(values.stages, ";"),
        )) {
          const key = ({ subject, count, checkpoints, stage }: Measurement) =>
            JSON.stringify([subject, count, checkpoints, stage]);
          const before = found.findIndex((other) => key(other) === key(one));
          found.splice(before < 0 ? found.length : before, before < 0 ? 0 : 1, one);
          writeFileSync(file("bench.json"), `${JSON.stringify(found, null, 1)}\n`);
          writeFileSync(file("bench.md"), tablesOf(found));
          writeFileSync(file("bench.svg"), chartOf(found));
          console.log(JSON.stringify(one));
        }
      }
    }
  }
}

if (require.main === module) void main();
