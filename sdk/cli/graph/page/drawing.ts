import { data, nodeOf, typeOf, usersOf, usesOf } from "./data";
import { boxHeight, type Card, layOut, margin, type Place, padding } from "./layout";
import type { PageEdge, PageNode } from "./types";

type Attributes = Readonly<Record<string, string | number>>;
type Child = Node | string;

const ruler = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
const letters = new Intl.Segmenter();
const rank = new Map(data.nodes.map(({ id }, index) => [id, index]));

/** Makes an element. A text child becomes text, never markup. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  return filled(document.createElement(name), attributes, children);
}

function makeSvg<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Name] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled<Made extends Element>(element: Made, attributes: Attributes, children: readonly Child[]): Made {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Draws the nodes and edges, each card as an SVG of its own. */
export function drawGraph(
  nodes: readonly PageNode[],
  edges: readonly PageEdge[],
  width: number,
  chosen: string | undefined,
): { readonly drawn: readonly SVGSVGElement[]; readonly places: ReadonlyMap<string, Place> } {
  const { places, cards } = layOut(nodes, edges, width);
  const drawn = cards.map((card) => {
    const boxes = [...places.values()].filter((place) => place.card === card);
    const lines = edges.flatMap((edge) => {
      const [from, to] = [places.get(edge.from), places.get(edge.to)];
      return from && to && from.card === card ? [drawEdge(from, to)] : [];
    });
    return drawCard(
      card,
      boxes.map((place) => drawNode(place, place.node.id === chosen)),
      lines,
    );
  });
  return { drawn, places };
}

/** Draws a card and all that lies on it. Print does not cut it where it fits on a page. */
function drawCard(
  { title, about, y, height, width }: Card,
  boxes: readonly SVGElement[],
  lines: readonly SVGElement[],
): SVGSVGElement {
  return makeSvg(
    "svg",
    { viewBox: [0, y, width, height].join(" "), width, height, role: "group" },
    makeSvg("title", {}, about),
    makeSvg("rect", { class: "card", x: 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 10 }),
    ...(title ? [makeSvg("text", { class: "title", x: margin, y: y + padding + 10 }, title)] : []),
    makeSvg("g", { "aria-hidden": "true" }, ...lines),
    ...boxes,
  );
}

function drawNode({ node, x, y, width }: Place, isChosen: boolean): SVGElement {
  const note = noteOf(node);
  ruler.font = "11px system-ui, sans-serif";
  const noteWidth = ruler.measureText(note).width;
  ruler.font = "600 13px system-ui, sans-serif";
  const label = shorten(node.label, width - noteWidth - 36);
  return makeSvg(
    "g",
    {
      class: `node colour-${typeOf(node).colour}${node.unused ? " unused" : ""}`,
      transform: `translate(${x} ${y})`,
      role: "button",
      tabindex: -1,
      "data-id": node.id,
      "aria-label": descriptionOf(node),
      "aria-pressed": String(isChosen),
    },
    makeSvg("title", {}, `${node.label}\n${node.id}`),
    makeSvg("rect", { class: "box", width, height: boxHeight, rx: 6 }),
    makeSvg("rect", { class: "bar", width: 4, height: boxHeight - 8, x: 6, y: 4, rx: 2 }),
    makeSvg("text", { class: "label", x: 18, y: boxHeight / 2 }, label),
    makeSvg("text", { class: "note", x: width - 10, y: boxHeight / 2 }, note),
  );
}

/** Draws a line from the user to what it uses. Within a column, it is an arc outside of the column. */
function drawEdge(from: Place, to: Place): SVGElement {
  const [y1, y2] = [from.y + boxHeight / 2, to.y + boxHeight / 2];
  const isArc = from.column === to.column;
  const isRightward = isArc ? from.column === 1 : from.column < to.column;
  const x1 = from.x + (isRightward ? from.width : 0);
  const x2 = to.x + (isRightward === isArc ? to.width : 0);
  const bend = (isRightward ? 1 : -1) * (isArc ? Math.min(24, 8 + Math.abs(y2 - y1) / 8) : Math.abs(x2 - x1) / 2);
  return makeSvg("path", {
    class: `edge colour-${typeOf(from.node).colour}`,
    "data-from": from.node.id,
    "data-to": to.node.id,
    d: `M${x1},${y1}C${x1 + bend},${y1},${isArc ? x2 + bend : x2 - bend},${y2},${x2},${y2}`,
  });
}

/** Shortens a text to a width in pixels, between characters as a reader sees them. */
function shorten(text: string, width: number): string {
  if (ruler.measureText(text).width <= width) return text;
  const parts = [...letters.segment(text)].map(({ segment }) => segment);
  let [low, high] = [0, parts.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (ruler.measureText(`${parts.slice(0, middle).join("")}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${parts.slice(0, low).join("")}…`;
}

/** Returns the short note in a node's box. */
function noteOf(node: PageNode): string {
  if (node.unused) return "unused";
  return node.type === "scripts" ? `used by ${usersOf(node.id).length}` : typeOf(node).one;
}

/** Describes a node to a screen reader. */
function descriptionOf(node: PageNode): string {
  const count = (edges: readonly PageEdge[], word: string) => (edges.length > 0 ? `, ${word} ${edges.length}` : "");
  const links = count(usesOf(node.id), "uses") + count(usersOf(node.id), "used by");
  return `${typeOf(node).one} ${node.label}${node.unused ? ", unused" : links}`;
}

/** Shows all that is known of the chosen node, or how to choose one. */
export function drawDetails(node: PageNode | undefined): HTMLElement[] {
  if (!node) {
    return [
      make("p", {}, "Choose a box to see where it is used."),
      make("p", {}, "Arrow keys move between boxes, Enter chooses one, Escape clears the choice."),
    ];
  }
  const facts = [[typeOf(node).one, node.id], ...(node.logicalName ? [["in Pulumi", node.logicalName]] : [])];
  return [
    make("h2", {}, make("bdi", {}, node.label)),
    ...facts.map(([term = "", fact = ""]) => make("p", {}, `${term} `, make("code", {}, fact))),
    ...(node.unused ? [make("p", { class: "warning" }, "Nothing uses it.")] : []),
    ...drawLinks("Used by", usersOf(node.id), "from"),
    ...drawLinks("Uses", usesOf(node.id), "to"),
  ];
}

/** Lists what a node uses or is used by, with the paths that refer to it. */
function drawLinks(title: string, edges: readonly PageEdge[], end: "from" | "to"): HTMLElement[] {
  const rankOf = (edge: PageEdge) => rank.get(edge[end]) ?? 0;
  const items = edges
    .toSorted((one, other) => rankOf(one) - rankOf(other))
    .flatMap((edge) => {
      const node = nodeOf(edge[end]);
      return node ? [make("li", {}, linkTo(node), ...edge.paths.map((path) => make("code", {}, path)))] : [];
    });
  return items.length === 0 ? [] : [make("h3", {}, `${title} ${items.length}`), make("ul", {}, ...items)];
}

function linkTo(node: PageNode): HTMLElement {
  const { one, colour } = typeOf(node);
  const attributes = { type: "button", class: `link colour-${colour}`, "data-id": node.id };
  return make("button", attributes, make("small", {}, one), make("bdi", {}, node.label));
}
