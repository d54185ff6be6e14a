import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { printable } from "../../../provider/text";
import { type Graph, pictureOf, summaryOf } from "./model";
import { type Link, nodesOf, type Picture, type PictureNode } from "./picture";

/**
 * Returns the graph as a self-contained page. Its policy allows its own script and style, by their hashes, and nothing
 * more.
 *
 * @param about The account or the stack.
 */
export function htmlOf(graph: Graph, about: string): string {
  const picture = pictureOf(graph);
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
${listOf(picture)}
</details>
</main>
<script type="application/json" id="data">${dataOf(picture)}</script>
<script>${script}</script>
</body>
</html>`;
}

/** Returns a picture as lists in HTML: each script with what uses it, and each resource with what it uses. */
function listOf(picture: Picture): string {
  const nodes = nodesOf(picture);
  const linked = (word: string, links: readonly Link[]) => {
    const items = links.map(({ node: { one, label } }) => `<li>${escaped(one)} ${nameOf(label)}</li>`);
    return items.length === 0 ? "" : `, ${word}:\n<ul>${items.join("")}</ul>`;
  };
  const item = ({ id, label, unused, users, uses }: PictureNode) => {
    const links = linked("used by", users) + linked("uses", uses);
    return `<li>${nameOf(label)} <code>${escaped(printable(id))}</code>${unused ? ", unused" : ""}${links}</li>`;
  };
  const sections = picture.groups.toReversed().map(({ type }) => {
    const items = nodes.filter((node) => node.type === type).map(item);
    return `<h2>${escaped(printable(type))}</h2>\n<ul>\n${items.join("\n")}\n</ul>`;
  });
  return sections.join("\n") || "<p>There is nothing to show.</p>";
}

function nameOf(label: string): string {
  return `<bdi>${escaped(label)}</bdi>`;
}

/** Escapes text for an element or a quoted attribute of HTML. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Returns the data for the page's script. No text in it can end its element. */
function dataOf(picture: Picture): string {
  return JSON.stringify(picture).replaceAll("<", "\\u003c");
}

/** Reads a file of page/ as the build has bundled it. */
function builtFile(name: string): string {
  return readFileSync(join(__dirname, "page", name), "utf8");
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
