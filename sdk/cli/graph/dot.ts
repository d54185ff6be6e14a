import { printable } from "../../../provider/text";
import { type Graph, labelsOf, typesOf } from "./model";

/** Returns the graph in DOT, the language of Graphviz. */
export function dotOf(graph: Graph): string {
  const labels = labelsOf(graph);
  const groups = typesOf(graph).flatMap(([type, nodes]) => [
    `  subgraph ${quoted(`cluster_${type}`)} {`,
    `    label=${textOf(type)}`,
    ...nodes.map(({ id, unused }) => {
      const label = labels.get(id) ?? id;
      const looks = unused ? `label=${textOf(`${label} · unused`)}, style="rounded,dashed"` : `label=${textOf(label)}`;
      return `    ${quoted(id)} [${looks}, tooltip=${textOf(id)}]`;
    }),
    "  }",
  ]);
  const edges = graph.edges.map(({ from, to, paths }) => {
    const tooltip = paths.length === 0 ? "" : ` [tooltip=${textOf(paths.join(", "))}]`;
    return `  ${quoted(from)} -> ${quoted(to)}${tooltip}`;
  });
  const looks = [
    '  graph [rankdir=LR, ranksep=2, nodesep=0.1, fontname="sans-serif", style=rounded, color=gray]',
    '  node [shape=box, style=rounded, fontname="sans-serif"]',
  ];
  return ["// made by pulumi-celigo graph", "digraph celigo {", ...looks, ...groups, ...edges, "}"].join("\n");
}

/** Returns text as a label, without meaning for Graphviz's escapes and HTML's entities. */
function textOf(text: string): string {
  return quoted(printable(text).replaceAll("&", "&amp;"));
}

/** Quotes an id or a label. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
