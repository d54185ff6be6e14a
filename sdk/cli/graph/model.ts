import type { ScriptDependencies } from "../../../provider/api/client";
import { singular } from "../../../provider/script/dependents";
import { count, printable } from "../../../provider/text";
import { by } from "../output";
import type { NamedScript } from "../records";
import type { Edge, Picture } from "./picture";

/** The type of script nodes. All other types are the API's plurals, such as `flows`. */
const scriptsType = "scripts";

/** The types that always have the same colour. All others share the remaining colours. */
const coloured = ["flows", "imports", "exports", "apis", "connections"];
/** How many colours the page's style has for types. */
const colours = 8;

/** A script of the graph. */
export interface GraphScript extends NamedScript {
  /** The name in the Pulumi program; only for a stack's script. */
  readonly logicalName?: string;
}

/** A script, or a resource that uses one. */
export interface GraphNode extends GraphScript {
  /** The resource type in the API's plural: `scripts`, `flows`, `imports`, … */
  readonly type: string;
  /** Whether nothing uses it; only for scripts. */
  readonly unused?: boolean;
}

/** What uses what, in a stable order. */
export interface Graph {
  /** By type, name and id. */
  readonly nodes: readonly GraphNode[];
  /** By both ids. */
  readonly edges: readonly Edge[];
}

/** Makes a graph of scripts and their dependents. A resource that uses several scripts is one node. */
export function graphOf(uses: readonly (readonly [GraphScript, ScriptDependencies])[]): Graph {
  const users = uses.flatMap(([script, dependencies]) =>
    Object.entries(dependencies)
      .sort(by(0))
      .flatMap(([type, entries]) => entries.map((entry) => ({ script, type, entry })))
      .filter(({ entry }) => entry.id !== script.id),
  );
  const named = new Map<string, Omit<GraphNode, "unused">>(
    uses.map(([{ id, ...script }]) => [id, { id, type: scriptsType, ...script }]),
  );
  for (const { type, entry } of users) {
    if (!named.has(entry.id)) {
      named.set(entry.id, { id: entry.id, type, name: entry.name ?? "" });
    }
  }
  const found = new Map<string, { readonly from: string; readonly to: string; readonly paths: Set<string> }>();
  const edgeOf = (from: string, to: string) => {
    const key = JSON.stringify([from, to]);
    const edge = found.get(key) ?? { from, to, paths: new Set<string>() };
    found.set(key, edge);
    return edge;
  };
  for (const { script, entry } of users) {
    const edge = edgeOf(entry.id, script.id);
    for (const path of entry.paths ?? []) {
      edge.paths.add(path);
    }
    // An entry also lists other resources that it refers to. Only nodes of the graph count.
    for (const to of Object.values(entry.dependencyIds ?? {}).flat()) {
      if (to !== entry.id && named.has(to)) {
        edgeOf(entry.id, to);
      }
    }
  }
  const edges = [...found.values()].map((edge) => ({ ...edge, paths: [...edge.paths].sort() }));
  const used = new Set(edges.map(({ to }) => to));
  const nodes = [...named.values()].map((node): GraphNode => {
    return node.type === scriptsType ? { ...node, unused: !used.has(node.id) } : node;
  });
  return { nodes: nodes.sort(by("type", "name", "id")), edges: edges.sort(by("from", "to")) };
}

/** Returns a graph of the scripts that nothing uses. */
export function unusedIn({ nodes }: Graph): Graph {
  return { nodes: nodes.filter(({ unused }) => unused), edges: [] };
}

/** Returns what drawings of a graph show. */
export function pictureOf({ nodes, edges }: Graph): Picture {
  const nameOf = ({ name }: GraphNode) => printable(name).trim();
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const key = `${node.type} ${nameOf(node)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  // The name on one line, with the id when the name is empty or not unique.
  const labelOf = (node: GraphNode) => {
    const name = nameOf(node);
    const isClear = name !== "" && counts.get(`${node.type} ${name}`) === 1;
    return isClear ? name : `${name || "(no name)"} (${printable(node.id)})`;
  };
  const users = new Set(nodes.map(({ type }) => type).filter((type) => type !== scriptsType));
  const groups = [...users, scriptsType].map((type, index) => ({
    type,
    one: printable(singular(type)),
    colour: type === scriptsType ? "scripts" : String(colourOf(type, index)),
    nodes: nodes
      .filter((node) => node.type === type)
      .map((node) => ({
        id: node.id,
        label: labelOf(node),
        logicalName: node.logicalName && printable(node.logicalName),
        unused: node.unused || undefined,
      })),
  }));
  return { groups: groups.filter((group) => group.nodes.length > 0), edges };
}

function colourOf(type: string, index: number): number {
  const known = coloured.indexOf(type);
  return known < 0 ? coloured.length + (index % (colours - coloured.length)) : known;
}

/** Returns the size of a graph, such as `25 scripts (3 unused), 40 resources, 61 edges`. */
export function summaryOf({ nodes, edges }: Graph): string {
  const scripts = nodes.filter(({ type }) => type === scriptsType);
  const unused = scripts.filter((script) => script.unused).length;
  const resources = count(nodes.length - scripts.length, "resource");
  return `${count(scripts.length, "script")} (${unused} unused), ${resources}, ${count(edges.length, "edge")}`;
}
