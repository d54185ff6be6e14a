import { singular } from "../../../provider/script/dependents";
import { printable } from "../../../provider/text";
import { type Graph, type GraphNode, labelsOf, typesOf } from "./model";

/** Returns the graph as lists in HTML: each script with what uses it, and each resource with what it uses. */
export function listOf(graph: Graph): string {
  const labels = labelsOf(graph);
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const named = (id: string) => {
    const type = nodes.get(id)?.type ?? "";
    return `<li>${escaped(printable(singular(type)))} ${nameOf(labels.get(id) ?? id)}</li>`;
  };
  const rank = new Map(graph.nodes.map(({ id }, index) => [id, index]));
  const inOrder = (ids: readonly string[]) =>
    [...ids].sort((one, other) => (rank.get(one) ?? 0) - (rank.get(other) ?? 0));
  const uses = groupBy(graph.edges, "from", "to");
  const users = groupBy(graph.edges, "to", "from");
  const linked = (word: string, ids: readonly string[] = []) =>
    ids.length === 0 ? "" : `, ${word}:\n<ul>${inOrder(ids).map(named).join("")}</ul>`;
  const item = ({ id, unused }: GraphNode) => {
    const links = linked("used by", users.get(id)) + linked("uses", uses.get(id));
    return `<li>${nameOf(labels.get(id) ?? id)} <code>${escaped(printable(id))}</code>${unused ? ", unused" : ""}${links}</li>`;
  };
  const sections = typesOf(graph)
    .reverse()
    .map(([type, group]) => `<h2>${escaped(printable(type))}</h2>\n<ul>\n${group.map(item).join("\n")}\n</ul>`);
  return sections.join("\n") || "<p>There is nothing to show.</p>";
}

/** Escapes text for an element or a quoted attribute of HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function nameOf(label: string): string {
  return `<bdi>${escaped(label)}</bdi>`;
}

function groupBy(edges: Graph["edges"], key: "from" | "to", value: "from" | "to"): ReadonlyMap<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const edge of edges) {
    const group = groups.get(edge[key]) ?? [];
    groups.set(edge[key], [...group, edge[value]]);
  }
  return groups;
}
