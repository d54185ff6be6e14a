// The page's script. The address holds the query, the chosen node and the hidden types after the `#`, so that a link
// shows the same: `#q=orders`, `#node=5f…`, `#hide=imports,exports`.
import type { PictureNode } from "../picture";
import { around, byId, nodeOf, nodes, picture } from "./data";
import { drawCard, drawDetails, drawEdges, make } from "./drawing";
import { layOut } from "./layout";

const tools = byId("tools");
const search = byId<HTMLInputElement>("search");
const legend = byId("legend");
const status = byId("status");
const drawing = byId("drawing");
const details = byId("details");

/** The text that a search compares with, in lower case. It holds the paths, so that a hook finds all that call a script there. */
const texts = new Map(
  nodes.map((node) => {
    const { id, label, one, logicalName = "", unused, uses } = node;
    const parts = [label, id, one, logicalName, unused ? "unused" : "", ...uses.flatMap(({ paths }) => paths)];
    return [node, parts.join("\n").toLowerCase()];
  }),
);

let query = "";
let chosen: PictureNode | undefined;
let hidden = new Set<string>();
/** The node under the mouse or the keyboard's focus. */
let pointed: PictureNode | undefined;

function boxOf({ id }: PictureNode): HTMLElement | null {
  return drawing.querySelector(`[data-id="${CSS.escape(id)}"]`);
}

/** Shows what the address says. */
function readAddress(): void {
  const asked = new URLSearchParams(location.hash.slice(1));
  query = asked.get("q") ?? "";
  chosen = nodeOf(asked.get("node"));
  hidden = new Set((asked.get("hide") ?? "").split(",").filter(Boolean));
  draw();
}

/** Shows what was changed, and writes it into the address. */
function show(): void {
  const address = new URLSearchParams();
  if (query) address.set("q", query);
  if (chosen) address.set("node", chosen.id);
  if (hidden.size > 0) address.set("hide", [...hidden].join(","));
  history.replaceState(null, "", `#${address}`);
  draw();
}

/** Draws the nodes that the search finds, and their neighbours. */
function draw(): void {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = nodes.filter((node) => words.every((word) => texts.get(node)?.includes(word)));
  const near = new Set([chosen, ...found].flatMap(around));
  const shown = nodes.filter((node) => near.has(node.id) && (!hidden.has(node.type) || node === chosen));
  if (search.value !== query) search.value = query;
  for (const button of legend.querySelectorAll<HTMLElement>("[data-type]")) {
    button.setAttribute("aria-pressed", String(!hidden.has(button.dataset["type"] ?? "")));
  }
  details.replaceChildren(...drawDetails(chosen));
  document.body.classList.toggle("chosen", chosen !== undefined);
  const cards = layOut(shown, picture.edges).map((card) => drawCard(card, chosen));
  drawing.replaceChildren(...(shown.length > 0 ? cards : [make("p", {}, "There is nothing to show.")]));
  drawEdges(drawing);
  if (words.length > 0) for (const node of found) boxOf(node)?.classList.add("found");
  const more = shown.length > found.length ? `, ${shown.length} shown with what they are linked to` : "";
  status.textContent = words.length > 0 ? `${found.length} found${more}` : "";
  const first = chosen ?? shown[0];
  if (first) boxOf(first)?.setAttribute("tabindex", "0");
  mark();
}

/** Lights up a node with its edges and neighbours: the one that is pointed at, otherwise the chosen one. */
function mark(): void {
  const centre = pointed ?? chosen;
  const lit = new Set(around(centre));
  drawing.classList.toggle("marked", centre !== undefined);
  for (const element of drawing.querySelectorAll<HTMLElement>(".node")) {
    element.classList.toggle("lit", lit.has(element.dataset["id"] ?? ""));
    element.classList.toggle("centre", element.dataset["id"] === centre?.id);
  }
  for (const element of drawing.querySelectorAll<SVGElement>(".edge")) {
    element.classList.toggle("lit", [element.dataset["from"], element.dataset["to"]].includes(centre?.id));
  }
}

function point(node: PictureNode | undefined): void {
  pointed = node;
  mark();
}

function choose(node: PictureNode | undefined): HTMLElement | null {
  chosen = node;
  pointed = undefined;
  show();
  return node ? boxOf(node) : null;
}

/** Chooses a node of the drawing, or clears the choice of the same one. */
function toggle(node: PictureNode | undefined): void {
  choose(node === chosen ? undefined : node)?.focus({ preventScroll: true });
}

/** Returns the box that an arrow key leads to: up and down in the column, sideways to the nearest neighbour. */
function nextTo(here: HTMLElement, key: string): HTMLElement | undefined {
  const sideOf = (box: HTMLElement) => box.closest<HTMLElement>(".column")?.dataset["side"];
  const isVertical = key === "ArrowUp" || key === "ArrowDown";
  const side = isVertical ? sideOf(here) : key === "ArrowRight" ? "right" : "left";
  const column = [...drawing.querySelectorAll<HTMLElement>(".node")].filter((box) => sideOf(box) === side);
  const at = column.indexOf(here);
  if (isVertical || at >= 0) return isVertical ? column[at + (key === "ArrowDown" ? 1 : -1)] : undefined;
  const neighbours = around(nodeOf(here.dataset["id"]));
  const linked = column.filter((box) => neighbours.includes(box.dataset["id"] ?? ""));
  const topOf = (box: HTMLElement) => box.getBoundingClientRect().top;
  const distance = (box: HTMLElement) => Math.abs(topOf(box) - topOf(here));
  return (linked.length > 0 ? linked : column).sort((one, other) => distance(one) - distance(other))[0];
}

function nodeAt({ target }: Event): PictureNode | undefined {
  return nodeOf((target as Element).closest<HTMLElement>("[data-id]")?.dataset["id"]);
}

drawing.addEventListener("click", (event) => toggle(nodeAt(event)));
drawing.addEventListener("pointerover", (event) => point(nodeAt(event)));
drawing.addEventListener("pointerleave", () => point(undefined));
drawing.addEventListener("focusin", (event) => {
  const target = event.target as Element;
  drawing.querySelector('.node[tabindex="0"]')?.setAttribute("tabindex", "-1");
  target.closest(".node")?.setAttribute("tabindex", "0");
  if (target.matches(":focus-visible")) point(nodeAt(event));
});
drawing.addEventListener("focusout", () => point(undefined));
drawing.addEventListener("keydown", (event) => {
  const node = nodeAt(event);
  const box = node && boxOf(node);
  if (!box || event.ctrlKey || event.metaKey || event.altKey || !event.key.startsWith("Arrow")) return;
  nextTo(box, event.key)?.focus();
  event.preventDefault();
});
details.addEventListener("click", (event) => {
  const node = nodeAt(event);
  if (!node) return;
  const element = choose(node);
  element?.focus({ preventScroll: true });
  element?.scrollIntoView({ block: "center" });
});
search.addEventListener("input", () => {
  query = search.value;
  show();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen) choose(undefined);
  else if (event.key === "/" && event.target !== search) {
    event.preventDefault();
    search.focus();
  }
});
addEventListener("hashchange", readAddress);
new ResizeObserver(() => {
  drawEdges(drawing);
  mark();
}).observe(drawing);

/** Adds a button to the legend. */
function addKind(name: string, colour: string, count: number, press: () => void): HTMLElement {
  const attributes = { type: "button", class: colour === "unused" ? "kind unused" : "kind", colour };
  const button = make("button", attributes, make("bdi", {}, name), make("b", {}, String(count)));
  button.addEventListener("click", () => {
    press();
    show();
  });
  legend.append(button);
  return button;
}

for (const { type, colour, nodes } of picture.groups) {
  const button = addKind(type, colour, nodes.length, () => {
    if (!hidden.delete(type)) hidden.add(type);
  });
  button.dataset["type"] = type;
}
const unused = nodes.filter((node) => node.unused).length;
if (unused > 0) {
  addKind("unused", "unused", unused, () => {
    query = query === "unused" ? "" : "unused";
  });
}

tools.hidden = false;
byId<HTMLDetailsElement>("list").open = false;
readAddress();
if (chosen) boxOf(chosen)?.scrollIntoView({ block: "center" });
