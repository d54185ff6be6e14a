import { nodesOf, type Picture, type PictureNode } from "../picture";

/** Returns an element of the page by its id. */
export function byId<Element extends HTMLElement>(id: string): Element {
  return document.getElementById(id) as Element;
}

export const picture = JSON.parse(byId("data").textContent ?? "") as Picture;
export const nodes = nodesOf(picture);

const found = new Map(nodes.map((node) => [node.id, node]));

export function nodeOf(id: string | null | undefined): PictureNode | undefined {
  return found.get(id ?? "");
}

/** Returns the ids of a node and of all nodes that one edge links to it. */
export function around(node: PictureNode | undefined): string[] {
  return node ? [node.id, ...[...node.uses, ...node.users].map((link) => link.node.id)] : [];
}
