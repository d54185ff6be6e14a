import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { singular } from "../../../provider/script/dependents";
import { printable } from "../../../provider/text";
import { escaped, listOf } from "./list";
import { type Graph, labelsOf, scriptsType, summaryOf, typesOf } from "./model";
import type { PageData } from "./page/types";

/** The types that always have the same colour. All others share the remaining colours. */
const coloured = ["flows", "imports", "exports", "apis", "connections"];
/** How many colours the style has for types. */
const colours = 8;

/**
 * Returns the graph as a self-contained page. Its policy allows its own script and style, by their hashes, and nothing
 * more.
 *
 * @param about The account or the stack.
 */
export function htmlOf(graph: Graph, about: string): string {
  const title = escaped(`Celigo scripts of ${printable(about)}`);
  const script = builtFile("main.js");
  const style = builtFile("style.css");
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<meta name="generator" content="pulumi-celigo graph">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1 id="title">${title}</h1>
<p>${summaryOf(graph)}</p>
<div id="tools" hidden>
<input id="search" type="search" placeholder="Search names, ids, hooks (press /)" aria-label="Search names, ids and hooks" autocomplete="off" spellcheck="false">
<div id="legend" role="group" aria-label="Types that are shown"></div>
<p id="status" role="status"></p>
</div>
</header>
<main>
<noscript><p>The drawing needs JavaScript. The list below shows the same.</p></noscript>
<div id="columns">
<div id="drawing" role="group" aria-roledescription="graph" aria-labelledby="title" aria-describedby="details"></div>
<aside id="details" aria-label="Details" aria-live="polite"></aside>
</div>
<details id="list" open>
<summary>The same as a list</summary>
${listOf(graph)}
</details>
</main>
<script type="application/json" id="data">${dataOf(graph)}</script>
<script>${script}</script>
</body>
</html>`;
}

/** Returns the data for the page's script. No text in it can end its element. */
function dataOf(graph: Graph): string {
  const labels = labelsOf(graph);
  const types = typesOf(graph).map(([type, nodes], index) => ({
    type,
    one: printable(singular(type)),
    count: nodes.length,
    colour: type === scriptsType ? "scripts" : String(colourOf(type, index)),
  }));
  const nodes = graph.nodes.map(({ id, type, logicalName, unused }) => ({
    id,
    type,
    label: labels.get(id) ?? id,
    logicalName: logicalName && printable(logicalName),
    unused: unused || undefined,
  }));
  const data: PageData = { types, nodes, edges: graph.edges };
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

/** Reads a file of page/ as the build has bundled it. */
function builtFile(name: string): string {
  return readFileSync(join(__dirname, "page", name), "utf8");
}

function colourOf(type: string, index: number): number {
  const known = coloured.indexOf(type);
  return known < 0 ? coloured.length + (index % (colours - coloured.length)) : known;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
