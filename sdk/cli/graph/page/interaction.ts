/**
 * The part of the page's script that listens. What is searched for, chosen and hidden stands in the address, after the
 * `#`, so that it can be sent to somebody: `#q=orders`, `#node=5f…`, `#hide=imports,exports`.
 */
export const interaction = String.raw`
const data = JSON.parse(document.getElementById("data").textContent);
const kinds = new Map(data.types.map((kind) => [kind.type, kind]));
const kindOf = (node) => kinds.get(node.type);
const nodesById = new Map(data.nodes.map((node) => [node.id, node]));
const [uses, usedBy] = ["from", "to"].map((end) => {
  const edges = new Map(data.nodes.map(({ id }) => [id, []]));
  for (const edge of data.edges) edges.get(edge[end]).push(edge);
  return edges;
});
/** What a search looks at, in lower case: with the paths, a hook finds all that call one there. */
const texts = new Map(data.nodes.map(({ id, type, label, logicalName = "", unused }) => {
  const paths = uses.get(id).flatMap((edge) => edge.paths);
  return [id, [label, id, kinds.get(type).one, logicalName, unused ? "unused" : "", ...paths].join("\n").toLowerCase()];
}));

const [tools, search, legend, status, drawingElement, details] =
  ["tools", "search", "legend", "status", "drawing", "details"].map((id) => document.getElementById(id));
const state = { query: "", node: undefined, hidden: new Set() };
let places = new Map();
let pointed;

const neighboursOf = (id) => [...uses.get(id).map(({ to }) => to), ...usedBy.get(id).map(({ from }) => from)];
const elementOf = (id) => drawingElement.querySelector('[data-id="' + CSS.escape(id) + '"]');

function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  state.query = asked.get("q") ?? "";
  state.node = nodesById.has(asked.get("node")) ? asked.get("node") : undefined;
  state.hidden = new Set((asked.get("hide") ?? "").split(",").filter((type) => kinds.has(type)));
  search.value = state.query;
}

function writeAddress() {
  const { query, node, hidden } = state;
  const said = new URLSearchParams({ ...(query && { q: query }), ...(node && { node }), ...(hidden.size && { hide: [...hidden] }) });
  history.replaceState(null, "", "#" + said);
}

/** Draws what the search finds, and what that is linked to. */
function draw() {
  const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = data.nodes.filter(({ id }) => words.every((word) => texts.get(id).includes(word)));
  const shown = new Set(found.flatMap(({ id }) => [id, ...neighboursOf(id)]));
  if (state.node) for (const id of [state.node, ...neighboursOf(state.node)]) shown.add(id);
  const nodes = data.nodes.filter(({ id, type }) => shown.has(id) && (!state.hidden.has(type) || id === state.node));
  const ids = new Set(nodes.map(({ id }) => id));
  const edges = data.edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
  details.replaceChildren(...drawDetails(nodesById.get(state.node)));
  document.body.classList.toggle("chosen", Boolean(state.node));
  const graph = drawGraph(nodes, edges, drawingElement.clientWidth);
  places = graph.places;
  drawingElement.replaceChildren(...(nodes.length > 0 ? graph.drawn : [make("p", {}, "There is nothing to show.")]));
  if (words.length > 0) for (const { id } of found) elementOf(id)?.classList.add("found");
  const more = nodes.length > found.length ? ", " + nodes.length + " shown with what they are linked to" : "";
  status.textContent = words.length > 0 ? found.length + " found" + more : "";
  const first = state.node ?? nodes[0]?.id;
  if (first) elementOf(first)?.setAttribute("tabindex", "0");
  mark();
}

/** Lights up a node, its lines and what they lead to: the one that is pointed at, or else the chosen one. */
function mark() {
  const id = pointed ?? state.node;
  const lit = new Set(id ? [id, ...neighboursOf(id)] : []);
  drawingElement.classList.toggle("marked", Boolean(id));
  for (const element of drawingElement.querySelectorAll(".node")) {
    element.classList.toggle("lit", lit.has(element.dataset.id));
    element.classList.toggle("centre", element.dataset.id === id);
  }
  for (const element of drawingElement.querySelectorAll(".edge")) {
    element.classList.toggle("lit", [element.dataset.from, element.dataset.to].includes(id));
  }
}

function choose(id, { focus = true, scroll = false } = {}) {
  state.node = id;
  pointed = undefined;
  writeAddress();
  draw();
  const element = id && elementOf(id);
  if (focus) element?.focus({ preventScroll: true });
  if (scroll) element?.scrollIntoView({ block: "center" });
}

/** Returns the box that an arrow key leads to: up and down in the column, sideways to the nearest that is linked. */
function besides(id, key) {
  const here = places.get(id);
  const isVertical = key === "ArrowUp" || key === "ArrowDown";
  const column = isVertical ? here.column : key === "ArrowRight" ? 1 : 0;
  const others = [...places.values()].filter((one) => one.column === column && one !== here);
  const ahead = others.filter(({ y }) => !isVertical || (key === "ArrowDown" ? y > here.y : y < here.y));
  const linked = ahead.filter(({ node }) => neighboursOf(id).includes(node.id));
  const near = (isVertical || linked.length === 0 ? ahead : linked).sort((a, b) => Math.abs(a.y - here.y) - Math.abs(b.y - here.y));
  return here.column === column && !isVertical ? undefined : near[0]?.node.id;
}

function point(id) {
  pointed = id;
  mark();
}

const idAt = (event) => event.target.closest?.("[data-id]")?.dataset.id;

drawingElement.addEventListener("click", (event) => {
  const id = idAt(event);
  choose(id === state.node ? undefined : id);
});
drawingElement.addEventListener("pointerover", (event) => point(idAt(event)));
drawingElement.addEventListener("pointerleave", () => point(undefined));
drawingElement.addEventListener("focusin", (event) => {
  drawingElement.querySelector('.node[tabindex="0"]')?.setAttribute("tabindex", "-1");
  event.target.closest(".node")?.setAttribute("tabindex", "0");
  if (event.target.matches(":focus-visible")) point(idAt(event));
});
drawingElement.addEventListener("focusout", () => point(undefined));
drawingElement.addEventListener("keydown", (event) => {
  const id = idAt(event);
  if (!id || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === " ") choose(id === state.node ? undefined : id);
  else if (event.key.startsWith("Arrow")) elementOf(besides(id, event.key) ?? id).focus();
  else return;
  event.preventDefault();
});
details.addEventListener("click", (event) => {
  const id = idAt(event);
  if (id) choose(id, { scroll: true });
});
search.addEventListener("input", () => {
  state.query = search.value;
  writeAddress();
  draw();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.node) choose(undefined, { focus: false });
  else if (event.key === "/" && event.target !== search) {
    event.preventDefault();
    search.focus();
  }
});
addEventListener("hashchange", () => start());
let width = 0;
new ResizeObserver(() => {
  if (width && width !== drawingElement.clientWidth) draw();
  width = drawingElement.clientWidth;
}).observe(drawingElement);

for (const { type, count, colour } of data.types) {
  const button = make("button", { type: "button", class: "kind colour-" + colour, "data-type": type });
  button.append(make("bdi", {}, type), make("b", {}, String(count)));
  button.addEventListener("click", () => {
    if (!state.hidden.delete(type)) state.hidden.add(type);
    writeAddress();
    start();
  });
  legend.append(button);
}
const unused = data.nodes.filter((node) => node.unused).length;
if (unused > 0) {
  const button = make("button", { type: "button", class: "kind unused" }, make("span", {}, "unused"), make("b", {}, String(unused)));
  button.addEventListener("click", () => {
    search.value = state.query = state.query === "unused" ? "" : "unused";
    writeAddress();
    draw();
  });
  legend.append(button);
}

function start() {
  readAddress();
  for (const button of legend.querySelectorAll("[data-type]")) {
    button.setAttribute("aria-pressed", String(!state.hidden.has(button.dataset.type)));
  }
  draw();
}

tools.hidden = false;
document.getElementById("list").open = false;
start();
if (state.node) elementOf(state.node)?.scrollIntoView({ block: "center" });
`;
