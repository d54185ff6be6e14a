import type { ScriptDependencies } from "../../../provider/api/client";
import { count, printable } from "../../../provider/text";
import { by } from "../output";
import type { NamedScript } from "../records";

/** The type of script nodes. All other types are the API's plurals, such as `flows`. */
export const scriptsType = "scripts";

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

/** One resource's use of another. */
interface GraphEdge {
  /** Id of the node that uses the other. */
  readonly from: string;
  /** Id of the node that is used. */
  readonly to: string;
  /** The paths in the user that refer to the other node; empty when Celigo names none. */
  readonly paths: readonly string[];
}

/** What uses what, in a stable order. */
export interface Graph {
  /** By type, name and id. */
  readonly nodes: readonly GraphNode[];
  /** By both ids. */
  readonly edges: readonly GraphEdge[];
}

/** Makes a graph of scripts and their dependents. A resource that uses several scripts is one node. */
export function graphOf(uses: ReadonlyMap<GraphScript, ScriptDependencies>): Graph {
  const users = [...uses].flatMap(([script, dependencies]) =>
    Object.entries(dependencies)
      .sort(by(0))
      .flatMap(([type, entries]) => entries.map((entry) => ({ script, type, entry })))
      .filter(({ entry }) => entry.id !== script.id),
  );
  const named = new Map<string, Omit<GraphNode, "unused">>();
  for (const { id, ...script } of uses.keys()) {
    named.set(id, { id, type: scriptsType, ...script });
  }
  for (const { type, entry } of users) {
    if (!named.has(entry.id)) {
      named.set(entry.id, { id: entry.id, type, name: entry.name ?? "" });
    }
  }
  const found = new Map<string, { readonly from: string; readonly to: string; readonly paths: Set<string> }>();
  const edgeOf = (from: string, to: string) =>
    entryOf(found, JSON.stringify([from, to]), () => ({ from, to, paths: new Set<string>() }));
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

/** Groups nodes by type: first the users, then the scripts. */
export function typesOf({ nodes }: Graph): (readonly [string, readonly GraphNode[]])[] {
  const groups = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    entryOf(groups, node.type, () => [] as GraphNode[]).push(node);
  }
  const isScripts = ([type]: readonly [string, unknown]) => Number(type === scriptsType);
  return [...groups].sort((one, other) => isScripts(one) - isScripts(other));
}

/** Returns the label of each node by id: the name on one line, with the id when the name is empty or not unique. */
export function labelsOf({ nodes }: Graph): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  const plain = ({ type, name }: GraphNode) => `${type} ${printable(name).trim()}`;
  for (const node of nodes) {
    counts.set(plain(node), (counts.get(plain(node)) ?? 0) + 1);
  }
  return new Map(
    nodes.map((node) => {
      const name = printable(node.name).trim();
      const isClear = name !== "" && counts.get(plain(node)) === 1;
      return [node.id, isClear ? name : `${name || "(no name)"} (${printable(node.id)})`];
    }),
  );
}

/** Returns the size of a graph, such as `25 scripts (3 unused), 40 resources, 61 edges`. */
export function summaryOf({ nodes, edges }: Graph): string {
  const scripts = nodes.filter(({ type }) => type === scriptsType);
  const unused = scripts.filter((script) => script.unused).length;
  const resources = count(nodes.length - scripts.length, "resource");
  return `${count(scripts.length, "script")} (${unused} unused), ${resources}, ${count(edges.length, "edge")}`;
}

function entryOf<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
