import type { Edge, Link, PictureNode } from "../picture";
import { nodeOf, picture } from "./data";
import type { Card } from "./layout";

/** The attributes of an element. `colour` is one of the style's, and no attribute. */
type Attributes = Readonly<Record<string, string | number>>;
type Child = Node | string;

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
): SVGElementTagNameMap[Name] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, []);
}

function filled<Made extends HTMLElement | SVGElement>(
  element: Made,
  { colour, ...attributes }: Attributes,
  children: readonly Child[],
): Made {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  // The page's policy refuses a style attribute.
  if (colour) element.style.setProperty("--own", `var(--colour-${colour})`);
  element.append(...children);
  return element;
}

/** Draws a card with its boxes. Its edges need the places of the boxes: see {@link drawEdges}. */
export function drawCard({ title, about, left, right }: Card, chosen: PictureNode | undefined): HTMLElement {
  const column = (side: string, nodes: readonly PictureNode[]) =>
    make("div", { class: "column", "data-side": side }, ...nodes.map((node) => drawNode(node, node === chosen)));
  return make(
    "section",
    { class: "card", role: "group", "aria-label": about },
    ...(title ? [make("h2", {}, title)] : []),
    column("left", left),
    column("right", right),
    makeSvg("svg", { "aria-hidden": "true" }),
  );
}

function drawNode(node: PictureNode, isChosen: boolean): HTMLElement {
  return make(
    "button",
    {
      type: "button",
      class: `node${node.unused ? " unused" : ""}`,
      colour: node.unused ? "unused" : node.colour,
      tabindex: -1,
      title: `${node.label}\n${node.id}`,
      "data-id": node.id,
      "data-type": node.type,
      "aria-label": descriptionOf(node),
      "aria-pressed": String(isChosen),
    },
    make("bdi", { class: "label" }, node.label),
    make("small", {}, noteOf(node)),
  );
}

/** Draws the edges between the boxes of each card, in the places that the style gives them. */
export function drawEdges(drawing: HTMLElement): void {
  const boxes = [...drawing.querySelectorAll<HTMLElement>(".node")];
  const places = new Map(boxes.map((box) => [box.dataset["id"], { card: box.closest(".card"), box }]));
  const cards = [...drawing.querySelectorAll<SVGSVGElement>(".card svg")].map((svg) => {
    const origin = svg.getBoundingClientRect();
    const paths = picture.edges.flatMap((edge) => {
      const [from, to] = [places.get(edge.from), places.get(edge.to)];
      return from && to && from.card === svg.parentElement ? [drawEdge(edge, from.box, to.box, origin)] : [];
    });
    return { svg, paths };
  });
  // All places are read before the first change, which would make the browser compute them again.
  for (const { svg, paths } of cards) svg.replaceChildren(...paths);
}

/** Draws a line from the user to what it uses. Within a column, it is an arc outside of the column. */
function drawEdge({ from, to }: Edge, user: HTMLElement, used: HTMLElement, origin: DOMRect): SVGElement {
  const [a, b] = [user.getBoundingClientRect(), used.getBoundingClientRect()];
  const [y1, y2] = [a, b].map(({ top, height }) => top + height / 2 - origin.top) as [number, number];
  const isArc = a.left === b.left;
  const isRightward = isArc ? a.left > origin.left + origin.width / 2 : a.left < b.left;
  const x1 = (isRightward ? a.right : a.left) - origin.left;
  const x2 = (isRightward === isArc ? b.right : b.left) - origin.left;
  const bend = (isRightward ? 1 : -1) * (isArc ? Math.min(24, 8 + Math.abs(y2 - y1) / 8) : Math.abs(x2 - x1) / 2);
  return makeSvg("path", {
    class: "edge",
    colour: nodeOf(from)?.colour ?? "",
    "data-from": from,
    "data-to": to,
    d: `M${x1},${y1}C${x1 + bend},${y1},${isArc ? x2 + bend : x2 - bend},${y2},${x2},${y2}`,
  });
}

/** Returns the short note in a node's box. */
function noteOf({ type, one, unused, users }: PictureNode): string {
  return unused ? "unused" : type === "scripts" ? `used by ${users.length}` : one;
}

/** Describes a node to a screen reader. */
function descriptionOf({ one, label, unused, uses, users }: PictureNode): string {
  const count = (links: readonly Link[], word: string) => (links.length > 0 ? `, ${word} ${links.length}` : "");
  return `${one} ${label}${unused ? ", unused" : count(uses, "uses") + count(users, "used by")}`;
}

/** Shows all that is known of the chosen node, or how to choose one. */
export function drawDetails(node: PictureNode | undefined): HTMLElement[] {
  if (!node) {
    return [
      make("p", {}, "Choose a box to see where it is used."),
      make("p", {}, "Arrow keys move between boxes, Enter chooses one, Escape clears the choice."),
    ];
  }
  const facts = [[node.one, node.id], ...(node.logicalName ? [["in Pulumi", node.logicalName]] : [])];
  return [
    make("h2", {}, make("bdi", {}, node.label)),
    ...facts.map(([term = "", fact = ""]) => make("p", {}, `${term} `, make("code", {}, fact))),
    ...(node.unused ? [make("p", { class: "warning" }, "Nothing uses it.")] : []),
    ...drawLinks("Used by", node.users),
    ...drawLinks("Uses", node.uses),
  ];
}

/** Lists what a node uses or is used by, with the paths that refer to it. */
function drawLinks(title: string, links: readonly Link[]): HTMLElement[] {
  const items = links.map(({ node, paths }) =>
    make("li", {}, linkTo(node), ...paths.map((path) => make("code", {}, path))),
  );
  return items.length === 0 ? [] : [make("h3", {}, `${title} ${items.length}`), make("ul", {}, ...items)];
}

function linkTo({ id, one, colour, label }: PictureNode): HTMLElement {
  const attributes = { type: "button", class: "link", colour, "data-id": id };
  return make("button", attributes, make("small", {}, one), make("bdi", {}, label));
}
