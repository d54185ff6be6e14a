import type { Edge, PictureNode } from "../picture";

/** A frame around nodes that belong together, in two columns. */
export interface Card {
  readonly title: string;
  /** Describes the card to a screen reader. */
  readonly about: string;
  readonly left: readonly PictureNode[];
  readonly right: readonly PictureNode[];
}

/** The ids of the nodes that an edge links to a node, by its id. */
type Links = ReadonlyMap<string, ReadonlySet<string>>;

/** Puts each group of linked nodes on a card, the largest first, in an order in which few edges cross; then the others. */
export function layOut(nodes: readonly PictureNode[], edges: readonly Edge[]): Card[] {
  const links = new Map(nodes.map(({ id }) => [id, new Set<string>()]));
  for (const { from, to } of edges) {
    if (links.has(from) && links.has(to)) {
      links.get(from)?.add(to);
      links.get(to)?.add(from);
    }
  }
  const groups = groupsOf(nodes, links);
  const linked = groups.filter(({ length }) => length > 1).sort((one, other) => other.length - one.length);
  const alone = groups.filter(({ length }) => length === 1).flat();
  return [
    ...linked.map((group) => arrange(group, links)),
    ...listOf(
      "Linked only to what is hidden",
      alone.filter((node) => !node.unused),
    ),
    ...listOf(
      "Not used by anything",
      alone.filter((node) => node.unused),
    ),
  ];
}

/** Returns a card for nodes that no edge reaches, if there are any. */
function listOf(title: string, nodes: readonly PictureNode[]): Card[] {
  const half = Math.ceil(nodes.length / 2);
  const head = `${title}: ${nodes.length}`;
  return nodes.length === 0 ? [] : [{ title: head, about: head, left: nodes.slice(0, half), right: nodes.slice(half) }];
}

/** Splits the nodes into groups that are linked, directly or not. */
function groupsOf(nodes: readonly PictureNode[], links: Links): PictureNode[][] {
  const seen = new Set<string>();
  const groups: PictureNode[][] = [];
  for (const node of nodes) {
    if (seen.has(node.id)) continue;
    // A set's loop also visits what is added while it runs.
    const ids = new Set([node.id]);
    for (const id of ids) for (const other of links.get(id) ?? []) ids.add(other);
    for (const id of ids) seen.add(id);
    groups.push(nodes.filter(({ id }) => ids.has(id)));
  }
  return groups;
}

/** Puts users on the left and scripts on the right, and orders both in turns, each node by the middle of what it is linked to. */
function arrange(group: readonly PictureNode[], links: Links): Card {
  let left = group.filter(({ type }) => type !== "scripts");
  let right = group.filter(({ type }) => type === "scripts");
  if (left.length === 0) [left, right] = [right.slice(0, 1), right.slice(1)];
  for (let turn = 0; turn < 8; turn++) {
    right = byMiddle(right, left, links);
    left = byMiddle(left, right, links);
  }
  return { title: "", about: `${left.length} on the left use ${right.length} on the right`, left, right };
}

/** Orders a column by the middle of what each node is linked to in the other one. Both columns have the same height. */
function byMiddle(column: readonly PictureNode[], other: readonly PictureNode[], links: Links): PictureNode[] {
  const places = new Map(other.map(({ id }, index) => [id, (index + 0.5) / other.length]));
  const middles = column.map((node, index) => {
    const near = [...(links.get(node.id) ?? [])].flatMap((id) => places.get(id) ?? []);
    const middle = near.length > 0 ? near.reduce((sum, at) => sum + at, 0) / near.length : index / column.length;
    return { node, middle };
  });
  return middles.sort((one, next) => one.middle - next.middle).map(({ node }) => node);
}
