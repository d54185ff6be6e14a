import type { PageEdge, PageNode } from "./types";

export const boxHeight = 26;
export const margin = 34;
export const padding = 10;
const row = 32;
const cardGap = 12;
const titleHeight = 26;

/** A frame around nodes that belong together. */
export interface Card {
  readonly title: string;
  /** Describes the card to a screen reader. */
  readonly about: string;
  readonly y: number;
  readonly height: number;
  readonly width: number;
}

/** The position of a node's box. */
export interface Place {
  readonly node: PageNode;
  readonly card: Card;
  /** 0 is on the left, 1 on the right. */
  readonly column: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** A node and its row in a column. A row may be a fraction. */
type Row = readonly [node: PageNode, at: number];

/** Nodes that are linked, directly or not. */
interface Group {
  readonly nodes: readonly PageNode[];
  readonly linked: ReadonlyMap<string, ReadonlySet<string>>;
}

/** A group with a row for each node: users on the left, scripts on the right. */
interface Arrangement {
  readonly left: readonly Row[];
  readonly right: readonly Row[];
  readonly rows: number;
  readonly size: number;
  readonly first: string;
}

/** Gives each node a place. Each group of linked nodes has a card, in an order in which few edges cross. */
export function layOut(
  nodes: readonly PageNode[],
  edges: readonly PageEdge[],
  width: number,
): { readonly places: ReadonlyMap<string, Place>; readonly cards: readonly Card[] } {
  const inner = Math.max(width, 560) - 2 * margin;
  const boxWidth = Math.min(400, Math.floor((inner - Math.max(110, inner * 0.22)) / 2));
  const columns = [margin, margin + Math.min(inner - boxWidth, boxWidth + 420)] as const;
  const places = new Map<string, Place>();
  const cards: Card[] = [];
  let top = 0;
  const addCard = (title: string, about: string, rows: number) => {
    const head = title ? titleHeight : 0;
    const height = head + rows * row - (row - boxHeight) + 2 * padding;
    const card = { title, about, y: top, height, width: columns[1] + boxWidth + margin };
    cards.push(card);
    const first = top + head + padding;
    top += height + cardGap;
    return (node: PageNode, column: 0 | 1, at: number) =>
      places.set(node.id, { node, card, column, x: columns[column], y: first + at * row, width: boxWidth });
  };
  const { groups, alone } = groupsOf(nodes, edges);
  for (const { left, right, rows } of groups.map(arrange).sort(bySize)) {
    const put = addCard("", `${left.length} on the left use ${right.length} on the right`, rows);
    for (const [node, at] of left) put(node, 0, at);
    for (const [node, at] of right) put(node, 1, at);
  }
  const addList = (title: string, list: readonly PageNode[]) => {
    if (list.length === 0) return;
    const half = Math.ceil(list.length / 2);
    const head = `${title}: ${list.length}`;
    const put = addCard(head, head, half);
    for (const [index, node] of list.entries()) put(node, index < half ? 0 : 1, index % half);
  };
  addList(
    "Linked only to what is hidden",
    alone.filter((node) => !node.unused),
  );
  addList(
    "Not used by anything",
    alone.filter((node) => node.unused),
  );
  return { places, cards };
}

/** Splits the nodes into groups that are linked, and those that no edge reaches. */
function groupsOf(
  nodes: readonly PageNode[],
  edges: readonly PageEdge[],
): { readonly groups: readonly Group[]; readonly alone: readonly PageNode[] } {
  const linked = new Map(nodes.map(({ id }) => [id, new Set<string>()]));
  for (const { from, to } of edges) {
    linked.get(from)?.add(to);
    linked.get(to)?.add(from);
  }
  const seen = new Set<string>();
  const groups: Group[] = [];
  const alone: PageNode[] = [];
  for (const node of nodes) {
    if (seen.has(node.id)) continue;
    // A set's loop also visits what is added while it runs.
    const ids = new Set([node.id]);
    for (const id of ids) for (const other of linked.get(id) ?? []) ids.add(other);
    for (const id of ids) seen.add(id);
    if (ids.size === 1) alone.push(node);
    else groups.push({ nodes: nodes.filter(({ id }) => ids.has(id)), linked });
  }
  return { groups, alone };
}

/** Orders both sides in turns, each node by the middle of what it is linked to. */
function arrange({ nodes, linked }: Group): Arrangement {
  let left = nodes.filter(({ type }) => type !== "scripts");
  let right = nodes.filter(({ type }) => type === "scripts");
  const first = (right[0] ?? left[0])?.label ?? "";
  if (left.length === 0) [left, right] = [right.slice(0, 1), right.slice(1)];
  const middles = (side: readonly PageNode[], other: readonly PageNode[]): Row[] => {
    const rows = new Map(other.map(({ id }, index) => [id, index]));
    const byMiddle = side.map((node, index): Row => {
      const near = [...(linked.get(node.id) ?? [])].flatMap((id) => rows.get(id) ?? []);
      return [node, near.length > 0 ? near.reduce((sum, at) => sum + at, 0) / near.length : index];
    });
    return byMiddle.sort((one, other) => one[1] - other[1]);
  };
  for (let turn = 0; turn < 8; turn++) {
    right = middles(right, left).map(([node]) => node);
    left = middles(left, right).map(([node]) => node);
  }
  const isLeftLonger = left.length >= right.length;
  const [longer, shorter] = isLeftLonger ? [left, right] : [right, left];
  const fitted = spread(middles(shorter, longer));
  const least = Math.min(0, ...fitted.map(([, at]) => at));
  const down = (side: readonly Row[]) => side.map(([node, at]): Row => [node, at - least]);
  const [long, short] = [down(longer.map((node, index): Row => [node, index])), down(fitted)];
  const rows = Math.max(...[...long, ...short].map(([, at]) => at)) + 1;
  const sides = isLeftLonger ? { left: long, right: short } : { left: short, right: long };
  return { ...sides, rows, size: nodes.length, first };
}

/** Moves rows apart until each has room, as little as possible (isotonic regression). */
function spread(wishes: readonly Row[]): Row[] {
  const blocks: { readonly sum: number; readonly count: number }[] = [];
  for (const [index, [, at]] of wishes.entries()) {
    let block = { sum: at - index, count: 1 };
    for (let last = blocks.at(-1); last && meanOf(last) > meanOf(block); last = blocks.at(-1)) {
      blocks.pop();
      block = { sum: block.sum + last.sum, count: block.count + last.count };
    }
    blocks.push(block);
  }
  const starts = blocks.flatMap((block) => Array<number>(block.count).fill(meanOf(block)));
  return wishes.map(([node], index) => [node, (starts[index] ?? 0) + index]);
}

function meanOf({ sum, count }: { readonly sum: number; readonly count: number }): number {
  return sum / count;
}

function bySize(one: Arrangement, other: Arrangement): number {
  return other.size - one.size || (one.first < other.first ? -1 : one.first > other.first ? 1 : 0);
}
