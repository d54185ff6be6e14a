import type { PageData, PageEdge, PageNode, PageType } from "./types";

/** Returns an element of the page by its id. */
export function byId<Element extends HTMLElement>(id: string): Element {
  return document.getElementById(id) as Element;
}

export const data = JSON.parse(byId("data").textContent ?? "") as PageData;

const types = new Map(data.types.map((type) => [type.type, type]));
const nodes = new Map(data.nodes.map((node) => [node.id, node]));
const uses = edgesBy("from");
const users = edgesBy("to");

/** Tells whether nodes of a type are among the data. */
export function isType(type: string): boolean {
  return types.has(type);
}

export function typeOf(node: PageNode): PageType {
  return types.get(node.type) as PageType;
}

export function nodeOf(id: string): PageNode | undefined {
  return nodes.get(id);
}

/** Returns the edges to what a node uses. */
export function usesOf(id: string): readonly PageEdge[] {
  return uses.get(id) ?? [];
}

/** Returns the edges from what uses a node. */
export function usersOf(id: string): readonly PageEdge[] {
  return users.get(id) ?? [];
}

/** Returns the ids of all nodes that one edge links to a node. */
export function neighboursOf(id: string): string[] {
  return [...usesOf(id).map(({ to }) => to), ...usersOf(id).map(({ from }) => from)];
}

function edgesBy(end: "from" | "to"): ReadonlyMap<string, readonly PageEdge[]> {
  const edges = new Map<string, PageEdge[]>(data.nodes.map(({ id }) => [id, []]));
  for (const edge of data.edges) edges.get(edge[end])?.push(edge);
  return edges;
}
