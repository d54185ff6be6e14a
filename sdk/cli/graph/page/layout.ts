/**
 * The part of the page's script that gives each node its place. What hangs together stands in a card of its own, users on
 * the left and scripts on the right, in an order in which few lines cross. It is text, because a page of its own runs it.
 */
export const layout = `
const row = 32, boxHeight = 26, margin = 34, padding = 10, cardGap = 12, titleHeight = 26;

/** Returns the places of the nodes by id, and the cards that they lie on. */
function layOut(nodes, edges, width) {
  const inner = Math.max(width, 560) - 2 * margin;
  const boxWidth = Math.min(400, Math.floor((inner - Math.max(110, inner * 0.22)) / 2));
  const columns = [margin, margin + Math.min(inner - boxWidth, boxWidth + 420)];
  const places = new Map(), cards = [];
  let top = 0;
  const open = (title, about, rows) => {
    const head = title ? titleHeight : 0;
    const height = head + rows * row - (row - boxHeight) + 2 * padding;
    const card = { title, about, y: top, height, width: columns[1] + boxWidth + margin };
    cards.push(card);
    const first = top + head + padding;
    top += height + cardGap;
    return (node, column, at) => places.set(node.id, { node, card, column, x: columns[column], y: first + at * row, width: boxWidth });
  };
  const { groups, alone } = groupsOf(nodes, edges);
  for (const { left, right, rows } of groups.map(arrange).sort(bySize)) {
    const put = open("", left.length + " on the left use " + right.length + " on the right", rows);
    left.forEach(([node, at]) => put(node, 0, at));
    right.forEach(([node, at]) => put(node, 1, at));
  }
  const unused = alone.filter((node) => node.unused), others = alone.filter((node) => !node.unused);
  for (const [title, list] of [["Linked only to what is hidden", others], ["Not used by anything", unused]]) {
    if (list.length > 0) {
      const half = Math.ceil(list.length / 2);
      const head = title + ": " + list.length;
      const put = open(head, head, half);
      list.forEach((node, index) => put(node, index < half ? 0 : 1, index % half));
    }
  }
  return { places, cards };
}

/** Separates what is linked, directly or not, from the rest; a node that is linked to nothing is alone. */
function groupsOf(nodes, edges) {
  const linked = new Map(nodes.map((node) => [node.id, new Set()]));
  for (const { from, to } of edges) {
    linked.get(from).add(to);
    linked.get(to).add(from);
  }
  const seen = new Set(), groups = [], alone = [];
  for (const node of nodes) {
    if (seen.has(node.id)) continue;
    const ids = new Set([node.id]);
    for (const id of ids) for (const other of linked.get(id)) ids.add(other);
    for (const id of ids) seen.add(id);
    if (ids.size === 1) alone.push(node);
    else groups.push({ nodes: nodes.filter(({ id }) => ids.has(id)), linked });
  }
  return { groups, alone };
}

/** Orders a group's two sides by turns, each by the middle of what it is linked to, and gives every node its row. */
function arrange({ nodes, linked }) {
  let left = nodes.filter(({ type }) => type !== "scripts"), right = nodes.filter(({ type }) => type === "scripts");
  const size = nodes.length, first = (right[0] ?? left[0]).label;
  if (left.length === 0) [left, right] = [right.slice(0, 1), right.slice(1)];
  const middles = (side, other) => {
    const rows = new Map(other.map(({ id }, index) => [id, index]));
    return side.map((node, index) => {
      const near = [...linked.get(node.id)].filter((id) => rows.has(id)).map((id) => rows.get(id));
      return [node, near.length > 0 ? near.reduce((sum, at) => sum + at, 0) / near.length : index];
    });
  };
  const ordered = (side, other) => middles(side, other).sort((a, b) => a[1] - b[1]).map(([node]) => node);
  for (let turn = 0; turn < 8; turn++) {
    right = ordered(right, left);
    left = ordered(left, right);
  }
  const isLeftLonger = left.length >= right.length;
  const longer = isLeftLonger ? left : right;
  const straight = longer.map((node, index) => [node, index]);
  const fitted = spread(middles(isLeftLonger ? right : left, longer).sort((a, b) => a[1] - b[1]));
  const least = Math.min(0, ...fitted.map(([, at]) => at));
  const [one, other] = [straight, fitted].map((side) => side.map(([node, at]) => [node, at - least]));
  const rows = Math.max(...one.map(([, at]) => at), ...other.map(([, at]) => at)) + 1;
  return { left: isLeftLonger ? one : other, right: isLeftLonger ? other : one, rows, size, first };
}

/** Moves rows apart until each has room, as little as can be (isotonic regression). */
function spread(wishes) {
  const blocks = [];
  wishes.forEach(([, at], index) => {
    let block = { sum: at - index, count: 1 };
    while (blocks.length > 0 && blocks.at(-1).sum / blocks.at(-1).count > block.sum / block.count) {
      const { sum, count } = blocks.pop();
      block = { sum: block.sum + sum, count: block.count + count };
    }
    blocks.push(block);
  });
  const starts = blocks.flatMap(({ sum, count }) => Array(count).fill(sum / count));
  return wishes.map(([node], index) => [node, starts[index] + index]);
}

function bySize(one, other) {
  return other.size - one.size || (one.first < other.first ? -1 : one.first > other.first ? 1 : 0);
}
`;
