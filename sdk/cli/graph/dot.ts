import { printable } from "../../../provider/text";
import type { Picture } from "./picture";

/** Returns a picture in DOT, the language of Graphviz. */
export function dotOf({ groups, edges }: Picture): string {
  const clusters = groups.flatMap(({ type, nodes }) => [
    `  subgraph ${quoted(`cluster_${type}`)} {`,
    `    label=${textOf(type)}`,
    ...nodes.map(({ id, label, unused }) => {
      const looks = unused ? `label=${textOf(`${label} · unused`)}, style="rounded,dashed"` : `label=${textOf(label)}`;
      return `    ${quoted(id)} [${looks}, tooltip=${textOf(id)}]`;
    }),
    "  }",
  ]);
  const lines = edges.map(({ from, to, paths }) => {
    const tooltip = paths.length === 0 ? "" : ` [tooltip=${textOf(paths.join(", "))}]`;
    return `  ${quoted(from)} -> ${quoted(to)}${tooltip}`;
  });
  const looks = [
    '  graph [rankdir=LR, ranksep=2, nodesep=0.1, fontname="sans-serif", style=rounded, color=gray]',
    '  node [shape=box, style=rounded, fontname="sans-serif"]',
  ];
  return ["// made by pulumi-celigo graph", "digraph celigo {", ...looks, ...clusters, ...lines, "}"].join("\n");
}

/** Returns text as a label, without meaning for Graphviz's escapes and HTML's entities. */
function textOf(text: string): string {
  return quoted(printable(text).replaceAll("&", "&amp;"));
}

/** Quotes an id or a label. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
