/** What every drawing of a graph shows: Mermaid, DOT, the page and its list. */
export interface Picture {
  /** First the resources that use scripts, then the scripts. */
  readonly groups: readonly Group[];
  readonly edges: readonly Edge[];
}

/** All nodes of a type. */
interface Group {
  /** The API's plural, such as `flows`. */
  readonly type: string;
  /** The singular, such as `flow`, safe to print. */
  readonly one: string;
  /** The end of the style's variable `--colour-…`. */
  readonly colour: string;
  readonly nodes: readonly GroupedNode[];
}

/** A script, or a resource that uses one. Its texts are safe to print. */
interface GroupedNode {
  readonly id: string;
  readonly label: string;
  readonly logicalName?: string | undefined;
  readonly unused?: boolean | undefined;
}

/** One resource's use of another. */
export interface Edge {
  /** Id of the node that uses the other. */
  readonly from: string;
  /** Id of the node that is used. */
  readonly to: string;
  /** The paths in the user that refer to the other node; empty when Celigo names none. */
  readonly paths: readonly string[];
}

/** A node with what its group has in common and all that it is linked to, in the order of the picture. */
export interface PictureNode extends GroupedNode, Omit<Group, "nodes"> {
  readonly uses: readonly Link[];
  readonly users: readonly Link[];
}

/** The other end of an edge. */
export interface Link {
  readonly node: PictureNode;
  readonly paths: readonly string[];
}

/** Lists the nodes of a picture, group by group. */
export function nodesOf({ groups, edges }: Picture): PictureNode[] {
  const nodes = groups.flatMap(({ nodes, ...group }) =>
    nodes.map((node) => ({ ...group, ...node, uses: [] as Link[], users: [] as Link[] })),
  );
  const found = new Map(nodes.map((node) => [node.id, node]));
  const rank = new Map(nodes.map(({ id }, index) => [id, index]));
  const inOrder = (one: Link, other: Link) => (rank.get(one.node.id) ?? 0) - (rank.get(other.node.id) ?? 0);
  for (const { from, to, paths } of edges) {
    const [user, used] = [found.get(from), found.get(to)];
    if (user && used) {
      user.uses.push({ node: used, paths });
      used.users.push({ node: user, paths });
    }
  }
  for (const { uses, users } of nodes) {
    uses.sort(inOrder);
    users.sort(inOrder);
  }
  return nodes;
}
