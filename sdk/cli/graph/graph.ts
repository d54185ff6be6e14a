import { Option } from "commander";
import { openAccount } from "../account";
import type { CommandDefinition } from "../command";
import { writeWhole } from "../file";
import { matchOption } from "../match";
import { cwdOption } from "../options";
import { assertReplaceable, type Format, formatFor, formats, render } from "./formats";
import { noteIfTooLarge } from "./mermaid";
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

/** Shows which flows, imports and other resources use which scripts. */
export const graphCommand: CommandDefinition<[], Options> = {
  name: "graph",
  summary: "show which flows, imports and other resources use which scripts",
  options: [
    new Option("--format <format>", "how to show it (default: by the file name of --out)").choices(formats),
    new Option("--out <file>", "write it to this file; replaces an earlier graph"),
    matchOption,
    new Option("--unused", "only the scripts that nothing uses"),
    new Option("--stack <name>", "only the scripts of this stack, by its configuration (default: the whole account)"),
    cwdOption,
  ],
  notes: [
    "Without --stack, the graph shows the account of CELIGO_API_TOKEN, CELIGO_REGION and CELIGO_BASE_URL in the environment,",
    "or of the stack that is selected in the folder. --match then means the name in Celigo; with --stack also the logical",
    "name.",
    "Formats: mermaid (.mmd, .md; the default), dot (.dot, .gv), json (.json) and html (.html), a page that works offline.",
  ],
  examples: [
    "graph --out graph.html",
    "graph --stack dev --match '^orders-' --format dot | dot -Tsvg > orders.svg",
    "graph --unused --format json",
  ],
  run: (_, options) => showGraph(options),
};

async function showGraph({ match, unused, ...options }: Options): Promise<void> {
  const { stack, out, format = formatFor(out) } = options;
  if (out !== undefined) {
    assertReplaceable(out);
  }
  const whole = await readGraph(await openAccount(options), { ofStack: stack !== undefined, match });
  const graph = unused ? unusedIn(whole) : whole;
  const about = stack === undefined ? "the account" : `stack ${stack}`;
  const text = render(graph, format, about, out);
  if (out === undefined) {
    console.log(text);
  } else {
    writeWhole(out, `${text}\n`);
    console.log(`${out}: ${format}, ${summaryOf(graph)}`);
  }
  if (format === "mermaid") {
    noteIfTooLarge(graph, text);
  }
}
