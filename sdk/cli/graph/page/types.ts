/** What the page draws: the text of its element `#data`. */
export interface PageData {
  readonly types: readonly PageType[];
  readonly nodes: readonly PageNode[];
  readonly edges: readonly PageEdge[];
}

/** A type of nodes, as the legend shows it. */
export interface PageType {
  /** The API's plural, such as `flows`. */
  readonly type: string;
  /** The singular, such as `flow`. */
  readonly one: string;
  readonly count: number;
  /** The end of the style's class `colour-…`. */
  readonly colour: string;
}

/** A script, or a resource that uses one. */
export interface PageNode {
  readonly id: string;
  readonly type: string;
  readonly label: string;
  readonly logicalName?: string | undefined;
  readonly unused?: true | undefined;
}

/** One resource's use of another, with the paths in it that refer to the other. */
export interface PageEdge {
  readonly from: string;
  readonly to: string;
  readonly paths: readonly string[];
}
