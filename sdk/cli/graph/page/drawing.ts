/** The part of the page's script that draws: elements are made, and texts set, so that no name can become markup. */
export const drawing = String.raw`
const svgNamespace = "http://www.w3.org/2000/svg";
const ruler = document.createElement("canvas").getContext("2d");
const letters = new Intl.Segmenter();

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  return filled(element, attributes, children);
}

function makeSvg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(svgNamespace, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Shortens a text to what fits. */
function fit(text, width) {
  if (ruler.measureText(text).width <= width) return text;
  const parts = [...letters.segment(text)].map(({ segment }) => segment);
  let low = 0, high = parts.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (ruler.measureText(parts.slice(0, middle).join("") + "…").width <= width) low = middle;
    else high = middle - 1;
  }
  return parts.slice(0, low).join("") + "…";
}

/** Says in a few words how a node is linked. */
function noteOf(node) {
  if (node.unused) return "unused";
  if (node.type !== "scripts") return kindOf(node).one;
  return "used by " + usedBy.get(node.id).length;
}

function labelFor(node) {
  const count = (edges, word) => (edges.length > 0 ? ", " + word + " " + edges.length : "");
  const links = count(uses.get(node.id), "uses") + count(usedBy.get(node.id), "used by");
  return kindOf(node).one + " " + node.label + (node.unused ? ", unused" : links);
}

function drawNode({ node, x, y, width }) {
  const note = noteOf(node);
  ruler.font = "11px system-ui, sans-serif";
  const noteWidth = ruler.measureText(note).width;
  ruler.font = "600 13px system-ui, sans-serif";
  const label = fit(node.label, width - noteWidth - 36);
  const group = makeSvg("g", {
    class: "node colour-" + kindOf(node).colour + (node.unused ? " unused" : ""),
    transform: "translate(" + x + " " + y + ")",
    role: "button",
    tabindex: "-1",
    "data-id": node.id,
    "aria-label": labelFor(node),
    "aria-pressed": String(state.node === node.id),
  });
  group.append(
    makeSvg("title", {}, node.label + "\n" + node.id),
    makeSvg("rect", { class: "box", width, height: boxHeight, rx: 6 }),
    makeSvg("rect", { class: "bar", width: 4, height: boxHeight - 8, x: 6, y: 4, rx: 2 }),
    makeSvg("text", { class: "label", x: 18, y: boxHeight / 2 }, label),
    makeSvg("text", { class: "note", x: width - 10, y: boxHeight / 2 }, note),
  );
  return group;
}

/** Draws a line from the user to what it uses; within a column, as an arc outside of it. */
function drawEdge({ from, to }, places) {
  const one = places.get(from), other = places.get(to);
  const [y1, y2] = [one.y + boxHeight / 2, other.y + boxHeight / 2];
  const isArc = one.column === other.column;
  const isLeftward = one.column > other.column;
  const side = isArc ? one.column === 1 : !isLeftward;
  const x1 = one.x + (side ? one.width : 0);
  const x2 = other.x + (side === isArc ? other.width : 0);
  const bend = isArc ? Math.min(24, 8 + Math.abs(y2 - y1) / 8) : Math.abs(x2 - x1) / 2;
  const [c1, c2] = side ? [x1 + bend, isArc ? x2 + bend : x2 - bend] : [x1 - bend, isArc ? x2 - bend : x2 + bend];
  return makeSvg("path", {
    class: "edge colour-" + kindOf(nodesById.get(from)).colour,
    "data-from": from,
    "data-to": to,
    d: "M" + [x1, y1] + "C" + [c1, y1, c2, y2, x2, y2],
  });
}

/** Draws a card with all that lies on it; on paper, it is not cut where it fits on a page. */
function drawCard({ title, about, y, height, width }, nodes, edges) {
  const svg = makeSvg("svg", { viewBox: [0, y, width, height].join(" "), width, height, role: "group" });
  svg.append(
    makeSvg("title", {}, about),
    makeSvg("rect", { class: "card", x: 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 10 }),
    ...(title ? [makeSvg("text", { class: "title", x: margin, y: y + padding + 10 }, title)] : []),
    makeSvg("g", { "aria-hidden": "true" }, ...edges),
    ...nodes,
  );
  return svg;
}

function drawGraph(nodes, edges, space) {
  const { places, cards } = layOut(nodes, edges, space);
  const drawn = cards.map((card) => drawCard(
    card,
    [...places.values()].filter((place) => place.card === card).map(drawNode),
    edges.filter(({ from }) => places.get(from).card === card).map((edge) => drawEdge(edge, places)),
  ));
  return { drawn, places };
}

/** Lists, with where they refer to it, what a node uses or is used by. */
function drawLinks(title, edges, end) {
  const rank = new Map(data.nodes.map(({ id }, index) => [id, index]));
  const items = edges.toSorted((a, b) => rank.get(a[end]) - rank.get(b[end])).map((edge) => {
    const node = nodesById.get(edge[end]);
    const button = make("button", { type: "button", class: "link colour-" + kindOf(node).colour, "data-id": node.id });
    button.append(make("small", {}, kindOf(node).one), make("bdi", {}, node.label));
    return make("li", {}, button, ...edge.paths.map((path) => make("code", {}, path)));
  });
  return items.length === 0 ? [] : [make("h3", {}, title + " " + items.length), make("ul", {}, ...items)];
}

function drawDetails(node) {
  if (!node) return [
    make("p", {}, "Choose a box to see where it is used."),
    make("p", {}, "Arrow keys go from box to box, Enter chooses one, Escape lets it go."),
  ];
  const facts = [[kindOf(node).one, node.id], ...(node.logicalName ? [["in Pulumi", node.logicalName]] : [])];
  return [
    make("h2", {}, make("bdi", {}, node.label)),
    ...facts.map(([term, fact]) => make("p", {}, term + " ", make("code", {}, fact))),
    ...(node.unused ? [make("p", { class: "warning" }, "Nothing uses it.")] : []),
    ...drawLinks("Used by", usedBy.get(node.id), "from"),
    ...drawLinks("Uses", uses.get(node.id), "to"),
  ];
}
`;
