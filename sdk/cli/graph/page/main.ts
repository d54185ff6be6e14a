// The page's script. The address holds the query, the chosen node and the hidden types after the `#`, so that a link
// shows the same: `#q=orders`, `#node=5f…`, `#hide=imports,exports`.
import { byId, data, isType, neighboursOf, nodeOf, typeOf, usesOf } from "./data";
import { drawCard, drawDetails, drawEdges, make } from "./drawing";
import { layOut } from "./layout";
import type { PageEdge } from "./types";

const tools = byId("tools");
const search = byId<HTMLInputElement>("search");
const legend = byId("legend");
const status = byId("status");
const drawing = byId("drawing");
const details = byId("details");

/** The text that a search compares with, in lower case. It holds the paths, so that a hook finds all that call a script there. */
const texts = new Map(
  data.nodes.map((node) => {
    const { id, label, logicalName = "" } = node;
    const paths = usesOf(id).flatMap((edge) => edge.paths);
    const parts = [label, id, typeOf(node).one, logicalName, node.unused ? "unused" : "", ...paths];
    return [id, parts.join("\n").toLowerCase()];
  }),
);

let query = "";
let chosen: string | undefined;
let hidden = new Set<string>();
let drawnEdges: readonly PageEdge[] = [];
/** The node under the mouse or the keyboard's focus. */
let pointed: string | undefined;

function boxOf(id: string): HTMLElement | null {
  return drawing.querySelector(`[data-id="${CSS.escape(id)}"]`);
}

/** Shows what the address says. */
function readAddress(): void {
  const asked = new URLSearchParams(location.hash.slice(1));
  const node = asked.get("node") ?? "";
  query = asked.get("q") ?? "";
  chosen = nodeOf(node) ? node : undefined;
  hidden = new Set((asked.get("hide") ?? "").split(",").filter(isType));
  draw();
}

/** Shows what was changed, and writes it into the address. */
function show(): void {
  const address = new URLSearchParams();
  if (query) address.set("q", query);
  if (chosen) address.set("node", chosen);
  if (hidden.size > 0) address.set("hide", [...hidden].join(","));
  history.replaceState(null, "", `#${address}`);
  draw();
}

/** Draws the nodes that the search finds, and their neighbours. */
function draw(): void {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = data.nodes.filter(({ id }) => words.every((word) => texts.get(id)?.includes(word)));
  const shown = new Set(found.flatMap(({ id }) => [id, ...neighboursOf(id)]));
  if (chosen) for (const id of [chosen, ...neighboursOf(chosen)]) shown.add(id);
  const nodes = data.nodes.filter(({ id, type }) => shown.has(id) && (!hidden.has(type) || id === chosen));
  const ids = new Set(nodes.map(({ id }) => id));
  drawnEdges = data.edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
  if (search.value !== query) search.value = query;
  for (const button of legend.querySelectorAll<HTMLElement>("[data-type]")) {
    button.setAttribute("aria-pressed", String(!hidden.has(button.dataset["type"] ?? "")));
  }
  details.replaceChildren(...drawDetails(nodeOf(chosen ?? "")));
  document.body.classList.toggle("chosen", chosen !== undefined);
  const cards = layOut(nodes, drawnEdges).map((card) => drawCard(card, chosen));
  drawing.replaceChildren(...(nodes.length > 0 ? cards : [make("p", {}, "There is nothing to show.")]));
  drawEdges(drawing, drawnEdges);
  if (words.length > 0) for (const { id } of found) boxOf(id)?.classList.add("found");
  const more = nodes.length > found.length ? `, ${nodes.length} shown with what they are linked to` : "";
  status.textContent = words.length > 0 ? `${found.length} found${more}` : "";
  const first = chosen ?? nodes[0]?.id;
  if (first) boxOf(first)?.setAttribute("tabindex", "0");
  mark();
}

/** Lights up a node with its edges and neighbours: the one that is pointed at, otherwise the chosen one. */
function mark(): void {
  const id = pointed ?? chosen;
  const lit = new Set(id ? [id, ...neighboursOf(id)] : []);
  drawing.classList.toggle("marked", id !== undefined);
  for (const element of drawing.querySelectorAll<HTMLElement>(".node")) {
    element.classList.toggle("lit", lit.has(element.dataset["id"] ?? ""));
    element.classList.toggle("centre", element.dataset["id"] === id);
  }
  for (const element of drawing.querySelectorAll<SVGElement>(".edge")) {
    element.classList.toggle("lit", [element.dataset["from"], element.dataset["to"]].includes(id));
  }
}

function point(id: string | undefined): void {
  pointed = id;
  mark();
}

function choose(id: string | undefined): HTMLElement | null {
  chosen = id;
  pointed = undefined;
  show();
  return id === undefined ? null : boxOf(id);
}

/** Chooses a node of the drawing, or clears the choice of the same one. */
function toggle(id: string | undefined): void {
  choose(id === chosen ? undefined : id)?.focus({ preventScroll: true });
}

/** Returns the box that an arrow key leads to: up and down in the column, sideways to the nearest neighbour. */
function nextTo(here: HTMLElement, key: string): HTMLElement | undefined {
  const sideOf = (box: HTMLElement) => box.closest<HTMLElement>(".column")?.dataset["side"];
  const isVertical = key === "ArrowUp" || key === "ArrowDown";
  const side = isVertical ? sideOf(here) : key === "ArrowRight" ? "right" : "left";
  const column = [...drawing.querySelectorAll<HTMLElement>(".node")].filter((box) => sideOf(box) === side);
  const at = column.indexOf(here);
  if (isVertical || at >= 0) return isVertical ? column[at + (key === "ArrowDown" ? 1 : -1)] : undefined;
  const neighbours = neighboursOf(here.dataset["id"] ?? "");
  const linked = column.filter((box) => neighbours.includes(box.dataset["id"] ?? ""));
  const topOf = (box: HTMLElement) => box.getBoundingClientRect().top;
  const distance = (box: HTMLElement) => Math.abs(topOf(box) - topOf(here));
  return (linked.length > 0 ? linked : column).sort((one, other) => distance(one) - distance(other))[0];
}

function idAt({ target }: Event): string | undefined {
  return (target as Element).closest<HTMLElement | SVGElement>("[data-id]")?.dataset["id"];
}

drawing.addEventListener("click", (event) => toggle(idAt(event)));
drawing.addEventListener("pointerover", (event) => point(idAt(event)));
drawing.addEventListener("pointerleave", () => point(undefined));
drawing.addEventListener("focusin", (event) => {
  const target = event.target as Element;
  drawing.querySelector('.node[tabindex="0"]')?.setAttribute("tabindex", "-1");
  target.closest(".node")?.setAttribute("tabindex", "0");
  if (target.matches(":focus-visible")) point(idAt(event));
});
drawing.addEventListener("focusout", () => point(undefined));
drawing.addEventListener("keydown", (event) => {
  const box = boxOf(idAt(event) ?? "");
  if (!box || event.ctrlKey || event.metaKey || event.altKey || !event.key.startsWith("Arrow")) return;
  nextTo(box, event.key)?.focus();
  event.preventDefault();
});
details.addEventListener("click", (event) => {
  const id = idAt(event);
  if (!id) return;
  const element = choose(id);
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
  drawEdges(drawing, drawnEdges);
  mark();
}).observe(drawing);

/** Adds a button to the legend. */
function addKind(look: string, name: string, count: number, press: () => void): HTMLElement {
  const attributes = { type: "button", class: `kind ${look}` };
  const button = make("button", attributes, make("bdi", {}, name), make("b", {}, String(count)));
  button.addEventListener("click", () => {
    press();
    show();
  });
  legend.append(button);
  return button;
}

for (const { type, count, colour } of data.types) {
  const button = addKind(`colour-${colour}`, type, count, () => {
    if (!hidden.delete(type)) hidden.add(type);
  });
  button.dataset["type"] = type;
}
const unused = data.nodes.filter((node) => node.unused).length;
if (unused > 0) {
  addKind("unused", "unused", unused, () => {
    query = query === "unused" ? "" : "unused";
  });
}

tools.hidden = false;
byId<HTMLDetailsElement>("list").open = false;
readAddress();
if (chosen) boxOf(chosen)?.scrollIntoView({ block: "center" });
