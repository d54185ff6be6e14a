import { Option } from "commander";
import { printable } from "../../../provider/text";
import { type Account, openAccount } from "../account";
import type { CommandDefinition } from "../command";
import { writeWhole } from "../file";
import { matching, matchOption } from "../match";
import { type AccountOptions, cwdOption } from "../options";
import { inQueue, listDependents, listNames } from "../records";
import { assertReplaceable, type Format, formatFor, formats, render } from "./formats";
import { noteIfTooLarge } from "./mermaid";
import { type Graph, type GraphScript, graphOf, summaryOf, unusedIn } from "./model";

interface Options extends Pick<AccountOptions, "cwd" | "stack"> {
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

async function showGraph(options: Options): Promise<void> {
  const { stack, out, unused, format = formatFor(out) } = options;
  if (out !== undefined) {
    assertReplaceable(out);
  }
  const whole = await readGraph(options);
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

/** Reads the scripts and the dependents of each, several at a time. */
async function readGraph({ match, ...options }: Options): Promise<Graph> {
  const account = await openAccount(options);
  const all = await listNames(account.client);
  const scripts: readonly GraphScript[] = options.stack === undefined ? all : await scriptsOfStack(account, all);
  const namesOf = ({ name, logicalName }: GraphScript) => [name, ...(logicalName === undefined ? [] : [logicalName])];
  const meant = matching(scripts, match, namesOf, "could not show what uses which scripts");
  const { client } = account;
  return graphOf(
    await inQueue(client, meant, async (script) => [script, await listDependents(client, script)] as const),
  );
}

/** Returns the scripts of the stack under their current names. Notes those that the account no longer has. */
async function scriptsOfStack({ stack }: Account, all: readonly GraphScript[]): Promise<GraphScript[]> {
  const live = new Map(all.map((script) => [script.id, script]));
  const found = new Map<string, GraphScript>();
  for (const { id, logicalName } of (await stack?.scripts()) ?? []) {
    const script = live.get(id);
    if (script) {
      found.set(id, { ...script, logicalName });
    } else {
      const where = `is in the state of ${stack?.label}, but not in the account`;
      console.error(`note: "${printable(logicalName)}" (${printable(id)}) ${where}: left out.`);
    }
  }
  return [...found.values()];
}
