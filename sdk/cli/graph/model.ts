import type { ScriptDependencies } from "../../../provider/api/client";
import { count, printable } from "../../../provider/text";
import { byCodeUnit } from "../output";
import type { NamedScript } from "../records";

/** The type of the nodes that are scripts; all others have the API's plural for theirs, such as `flows`. */
export const scriptsType = "scripts";

/** A script to be shown. */
export interface GraphScript extends NamedScript {
  /** The name in the Pulumi program; only of a stack's script. */
  readonly logicalName?: string;
}

/** A script, or a resource that uses one. */
export interface GraphNode extends GraphScript {
  /** The resource type in the API's plural: `scripts`, `flows`, `imports`, … */
  readonly type: string;
  /** Whether nothing uses it; only of scripts. */
  readonly unused?: boolean;
}

/** One resource's use of another. */
export interface GraphEdge {
  /** Id of the node that uses the other. */
  readonly from: string;
  /** Id of the node that is used. */
  readonly to: string;
  /** Where the one refers to the other, as Celigo says it; empty where it does not say. */
  readonly paths: readonly string[];
}

/** What uses what, in an order that depends on nothing but the content. */
export interface Graph {
  /** By type, name and id. */
  readonly nodes: readonly GraphNode[];
  /** By both ids. */
  readonly edges: readonly GraphEdge[];
}

/** Makes a graph of scripts, and what uses each of them; a resource that uses several is one node. */
export function graphOf(uses: ReadonlyMap<GraphScript, ScriptDependencies>): Graph {
  const users = [...uses].flatMap(([script, dependencies]) =>
    Object.entries(dependencies)
      .sort(([one], [other]) => byCodeUnit(one, other))
      .flatMap(([type, entries]) => entries.map((entry) => ({ script, type, entry })))
      .filter(({ entry }) => entry.id !== script.id),
  );
  const named = new Map<string, Omit<GraphNode, "unused">>();
  for (const script of uses.keys()) {
    named.set(script.id, { ...script, type: scriptsType });
  }
  for (const { type, entry } of users) {
    if (!named.has(entry.id)) {
      named.set(entry.id, { id: entry.id, name: entry.name ?? "", type });
    }
  }
  const paths = new Map<string, Map<string, Set<string>>>();
  const pathsOf = (from: string, to: string) => entryOf(entryOf(paths, from, newMap), to, newSet);
  for (const { script, entry } of users) {
    for (const path of entry.paths ?? []) {
      pathsOf(entry.id, script.id).add(path);
    }
    // An entry says in the same breath what else the resource refers to; only what is shown anyway matters.
    const others = Object.values(entry.dependencyIds ?? {}).flat();
    for (const to of [script.id, ...others.filter((id) => id !== entry.id && named.has(id))]) {
      pathsOf(entry.id, to);
    }
  }
  const edges = [...paths].flatMap(([from, targets]) =>
    [...targets].map(([to, places]) => ({ from, to, paths: [...places].sort(byCodeUnit) })),
  );
  const used = new Set(edges.map(({ to }) => to));
  const nodes = [...named.values()].map(
    (node): GraphNode => ({
      id: node.id,
      type: node.type,
      name: node.name,
      ...(node.logicalName === undefined ? {} : { logicalName: node.logicalName }),
      ...(node.type === scriptsType ? { unused: !used.has(node.id) } : {}),
    }),
  );
  return { nodes: nodes.sort(byName), edges: edges.sort(byEnds) };
}

/** Leaves the scripts that nothing uses. */
export function unusedIn({ nodes }: Graph): Graph {
  return { nodes: nodes.filter(({ unused }) => unused), edges: [] };
}

/** Groups nodes by their type, the scripts last: what uses them comes first. */
export function typesOf({ nodes }: Graph): (readonly [string, readonly GraphNode[]])[] {
  const groups = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    entryOf(groups, node.type, () => [] as GraphNode[]).push(node);
  }
  const isScripts = ([type]: readonly [string, unknown]) => Number(type === scriptsType);
  return [...groups].sort((one, other) => isScripts(one) - isScripts(other));
}

/** Returns by id what a picture calls each node: the name on one line, with the id where that alone does not tell. */
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

/** Says how much a graph holds, such as `25 scripts (3 unused), 40 resources, 61 edges`. */
export function summaryOf({ nodes, edges }: Graph): string {
  const scripts = nodes.filter(({ type }) => type === scriptsType);
  const unused = scripts.filter((script) => script.unused).length;
  const resources = count(nodes.length - scripts.length, "resource");
  return `${count(scripts.length, "script")} (${unused} unused), ${resources}, ${count(edges.length, "edge")}`;
}

function byName(one: GraphNode, other: GraphNode): number {
  return byCodeUnit(one.type, other.type) || byCodeUnit(one.name, other.name) || byCodeUnit(one.id, other.id);
}

function byEnds(one: GraphEdge, other: GraphEdge): number {
  return byCodeUnit(one.from, other.from) || byCodeUnit(one.to, other.to);
}

function entryOf<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function newMap(): Map<string, Set<string>> {
  return new Map();
}

function newSet(): Set<string> {
  return new Set();
}
