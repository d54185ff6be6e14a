/** Names the type under which the engine knows our scripts. */
export const scriptType = "pulumi-nodejs:dynamic/celigo:Script";

/** A resource as `pulumi stack export` shows it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly custom: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly initErrors?: readonly string[];
  readonly protect?: boolean;
  readonly [field: string]: unknown;
}

/** What `pulumi stack export` prints. */
export interface StackState {
  readonly version: number;
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly { readonly type: string; readonly resource: StateResource }[];
    readonly [field: string]: unknown;
  };
}

/** Lists the resources of a state that have a type, by default our scripts. */
export function resourcesOf(state: StackState, type: string = scriptType): StateResource[] {
  return (state.deployment.resources ?? []).filter((resource) => resource.type === type);
}

/** Returns how many bytes of JSON each resource of a type takes in a state, by default our scripts, by URN. */
export function stateBytes(state: StackState, type: string = scriptType): Map<string, number> {
  const sizes = resourcesOf(state, type).map((resource) => {
    const frames = (resource["stackTrace"] ?? []) as readonly { readonly sourcePosition?: string }[];
    // A frame that only these tests have.
    const stackTrace = frames.filter(({ sourcePosition }) => !sourcePosition?.includes("compile-cache.cjs"));
    const text = JSON.stringify(resource["stackTrace"] ? { ...resource, stackTrace } : resource);
    return [resource.urn, Buffer.byteLength(text)] as const;
  });
  return new Map(sizes);
}
