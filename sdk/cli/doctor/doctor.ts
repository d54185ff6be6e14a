import { CeligoError, messageOf } from "../../../provider/errors";
import { count, jsonOf, oneLine, printable } from "../../../provider/text";
import type { CommandDefinition } from "../command";
import { type AccountOptions, accountOptions } from "../options";
import { coloured } from "../output";
import { type Check, type Finding, failed, type Known } from "./finding";
import { checkNode, checkPlugin, checkPulumi } from "./machine";
import { checkCertificates, checkClock, checkProxy, checkRequest } from "./network";
import { checkOwnPackage, checkProject, checkPulumiPackage, checkStack } from "./project";
import { checkAddress, checkSettings, checkToken } from "./settings";

interface NamedFinding extends Finding {
  readonly name: string;
}

/** All checks, in the order of the report. A check may use what earlier ones found. */
const checks: readonly Check[] = [
  { name: "node", examine: checkNode },
  { name: "pulumi", examine: checkPulumi },
  { name: "pulumi-language-nodejs", examine: (known) => checkPlugin("pulumi-language-nodejs", known) },
  { name: "pulumi-resource-pulumi-nodejs", examine: (known) => checkPlugin("pulumi-resource-pulumi-nodejs", known) },
  { name: "project", examine: checkProject },
  { name: "@pulumi/pulumi", examine: checkPulumiPackage },
  { name: "pulumi-celigo", examine: checkOwnPackage },
  { name: "stack", examine: checkStack },
  { name: "settings", examine: checkSettings },
  { name: "token", examine: checkToken },
  { name: "address", examine: checkAddress },
  { name: "proxy", examine: checkProxy },
  { name: "certificates", examine: checkCertificates },
  { name: "request", examine: checkRequest },
  { name: "clock", examine: checkClock },
];

const marks = { ok: "ok", warning: "warning", failed: "failed", skipped: "-" } as const;
const colours = { ok: "green", warning: "yellow", failed: "red", skipped: "gray" } as const;
const markWidth = Math.max(...Object.values(marks).map(({ length }) => length));
const nameWidth = Math.max(...checks.map(({ name }) => name.length));

/** Checks the setup and suggests fixes. */
export const doctorCommand: CommandDefinition<[], AccountOptions> = {
  name: "doctor",
  summary: "check your setup and suggest fixes",
  options: [...accountOptions],
  notes: [
    "Checks Node, Pulumi's CLI and plugins, the project, its packages and its stack, the settings, and the network. Sends",
    "one request, which changes nothing. Every check runs, even after one fails. Never shows the token.",
  ],
  exitCodes: "0 nothing failed, 1 something failed, 2 wrong usage",
  examples: ["doctor", "doctor --stack prod --json"],
  run: (_, options) => doctor(options),
};

async function doctor({ json, ...options }: AccountOptions): Promise<void> {
  const known: Known = { options };
  const findings: NamedFinding[] = [];
  for (const { name, examine } of checks) {
    const finding = await findingOf(() => examine(known));
    findings.push({ name, ...finding });
    if (!json) {
      console.log(textOf({ name, ...finding }));
    }
  }
  const hasFailed = findings.some(({ status }) => status === "failed");
  console.log(json ? jsonOf({ ok: !hasFailed, checks: findings }) : `\n${summaryOf(findings)}`);
  if (hasFailed) {
    process.exitCode = 1;
  }
}

async function findingOf(examine: () => Finding | Promise<Finding>): Promise<Finding> {
  try {
    const finding = await examine();
    return { ...finding, found: oneLine(finding.found) };
  } catch (error) {
    const again = "Run the command again.";
    return error instanceof CeligoError
      ? failed(oneLine(`${error.subject}: ${error.reason}`), error.hint ?? `Correct it. ${again}`)
      : failed(messageOf(error), again);
  }
}

function textOf({ name, status, found, fix }: NamedFinding): string {
  const mark = marks[status].padEnd(markWidth);
  const line = `${coloured(colours[status], mark)}  ${name.padEnd(nameWidth)}  ${printable(found)}`;
  return fix === undefined ? line : `${line}\n${" ".repeat(markWidth + nameWidth + 4)}${printable(fix)}`;
}

function summaryOf(findings: readonly Finding[]): string {
  const numberOf = (status: Finding["status"]) => findings.filter((finding) => finding.status === status).length;
  return [
    `${numberOf("ok")} ok`,
    count(numberOf("warning"), "warning"),
    `${numberOf("failed")} failed`,
    `${numberOf("skipped")} not checked`,
  ].join(", ");
}
