import { Command, Option } from "commander";
import { openAccount } from "../account";
import { writeWhole } from "../file";
import { toPattern } from "../options";
import { checkTarget } from "./file";
import { type Format, formatFor, formats, render } from "./formats";
import { summaryOf, unusedIn } from "./model";
import { readGraph } from "./read";

interface Options {
  readonly cwd: string;
  readonly stack?: string;
  readonly format?: Format;
  readonly out?: string;
  readonly match?: RegExp;
  readonly unused?: boolean;
}

/** The subcommand that shows what uses what: the scripts, and the flows, imports and others that depend on them. */
export function graphCommand(): Command {
  return new Command("graph")
    .description("show which flows, imports and others use which scripts")
    .addOption(new Option("--format <format>", "how to show it (default: by the ending of --out)").choices(formats))
    .option("--out <file>", "write it to this file, which may hold an earlier graph")
    .option("--match <pattern>", "only scripts whose name matches this regular expression", toPattern)
    .option("--unused", "only the scripts that nothing uses")
    .option("--stack <name>", "only the scripts of this stack, by its configuration (default: all of the account)")
    .option("--cwd <folder>", "folder of the Pulumi project", ".")
    .addHelpText(
      "after",
      `
Without --stack the graph is that of the account: the one of CELIGO_API_TOKEN, CELIGO_REGION and CELIGO_BASE_URL in
the environment, or else of the stack that is selected in the folder. --match then means the name in Celigo, and with
--stack also the logical name.
Formats: mermaid (.mmd, .md), dot (.dot, .gv), json (.json) and html (.html), a page that works without a network.
Without --format and such an ending it is mermaid.

Exit codes: 0 done, 1 failed, 2 wrong usage.

Examples:
  $ pulumi-celigo graph --out graph.html
  $ pulumi-celigo graph --stack dev --match '^orders-' --format dot | dot -Tsvg > orders.svg
  $ pulumi-celigo graph --unused --format json`,
    )
    .action(run);
}

async function run({ match, unused, ...options }: Options): Promise<void> {
  const { stack, out, format = formatFor(out) } = options;
  if (out !== undefined) {
    checkTarget(out);
  }
  const whole = await readGraph(await openAccount(options), { ofStack: stack !== undefined, match });
  const graph = unused ? unusedIn(whole) : whole;
  const about = stack === undefined ? "the account" : `stack ${stack}`;
  const { text, note } = render(graph, format, about, out);
  if (out === undefined) {
    console.log(text);
  } else {
    writeWhole(out, `${text}\n`);
    console.log(`${out}: ${format}, ${summaryOf(graph)}`);
  }
  if (note !== undefined) {
    console.error(`note: ${note}`);
  }
}
