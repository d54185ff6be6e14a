import { count, jsonOf, printable } from "../../../provider/text";
import type { CommandDefinition } from "../command";
import { type AccountOptions, accountOptions, jsonOption } from "../options";
import { coloured } from "../output";
import { type Check, checkNames } from "./check";
import { checkCertificates, checkClock, checkProxy, checkRequest } from "./connection";
import { checkNode, checkPlugin, checkPulumi, findPulumi, plugins } from "./installation";
import { checkPackages } from "./packages";
import { checkProject, checkStack } from "./project";
import { checkAddress, checkSettings, checkToken } from "./settings";

interface Options extends AccountOptions {
  readonly json?: boolean;
}

/** Milliseconds for one run of Pulumi's CLI. */
const timeLimit = 20_000;

const marks = { ok: "ok", warning: "warning", failed: "failed", skipped: "-" } as const;
const colours = { ok: "green", warning: "yellow", failed: "red", skipped: "gray" } as const;
const markWidth = Math.max(...Object.values(marks).map(({ length }) => length));
const nameWidth = Math.max(...checkNames.map(({ length }) => length));

/** Checks the setup and suggests fixes. */
export const doctorCommand: CommandDefinition<[], Options> = {
  name: "doctor",
  summary: "check your setup and suggest fixes",
  options: [jsonOption, ...accountOptions],
  notes: [
    "Checks Node, Pulumi's CLI and plugins, the project, its packages and its stack, the settings, and the network. Sends",
    "one request, which changes nothing. Every check runs, even after one fails. Never shows the token.",
  ],
  exitCodes: "0 nothing failed, 1 something failed, 2 wrong usage",
  examples: ["doctor", "doctor --stack prod --json"],
  run: (_, options) => doctor(options),
};

async function doctor({ json, ...options }: Options): Promise<void> {
  const checks: Check[] = [];
  for await (const check of examine(options)) {
    checks.push(check);
    if (!json) {
      console.log(textOf(check));
    }
  }
  const hasFailed = checks.some(({ status }) => status === "failed");
  console.log(json ? jsonOf({ ok: !hasFailed, checks }) : `\n${summaryOf(checks)}`);
  if (hasFailed) {
    process.exitCode = 1;
  }
}

/** Checks one thing after the other; what needs something that is not there says so. */
async function* examine({ cwd, ...options }: AccountOptions): AsyncGenerator<Check> {
  yield checkNode();
  const pulumi = findPulumi();
  const cli = await checkPulumi(pulumi, timeLimit);
  yield cli;
  for (const name of plugins) {
    yield checkPlugin(name, pulumi);
  }
  const project = checkProject(cwd);
  yield project.check;
  yield* checkPackages(project.value);
  const hasPulumi = cli.status !== "failed";
  const stack = await checkStack({ ...options, cwd, hasPulumi, project: project.value, timeLimit });
  yield stack.check;
  const settings = checkSettings(stack.value);
  yield settings.check;
  const token = checkToken(stack.value);
  yield token.check;
  const address = checkAddress(stack.value);
  yield address.check;
  yield checkProxy(address.value);
  yield checkCertificates();
  const request = await checkRequest({ token: token.value, baseUrl: address.value, limits: settings.value });
  yield request.check;
  yield checkClock(request.value);
}

function textOf({ name, status, found, fix }: Check): string {
  const mark = marks[status].padEnd(markWidth);
  const line = `${coloured(colours[status], mark)}  ${name.padEnd(nameWidth)}  ${printable(found)}`;
  return fix === undefined ? line : `${line}\n${" ".repeat(markWidth + nameWidth + 4)}${printable(fix)}`;
}

function summaryOf(checks: readonly Check[]): string {
  const numberOf = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  return [
    `${numberOf("ok")} ok`,
    count(numberOf("warning"), "warning"),
    `${numberOf("failed")} failed`,
    `${numberOf("skipped")} not checked`,
  ].join(", ");
}
