/** What a hook must return. `page`: an array as long as the first page that it is given. `any`: Celigo states nothing. */
type HookReturn = "page" | "array" | "object" | "record" | "boolean" | "any";

/** A point at which Celigo calls a function of a script. */
export interface HookPoint {
  /** The properties of `options` that hold a page: an array with an element for each record. */
  readonly pages: readonly string[];
  readonly returns: HookReturn;
  /** What Celigo expects, to follow "must return". */
  readonly expected: string;
}

/** Returns the hook point of a function that is given no page. */
function point(returns: HookReturn, expected: string): HookPoint {
  return { pages: [], returns, expected };
}

/** Returns the hook point of a function that returns an element for each one of its first page. */
function pageOf(first: string, ...others: readonly string[]): HookPoint {
  return { pages: [first, ...others], returns: "page", expected: `an array as long as options.${first}` };
}

/** Celigo's hook points, as the stubs of its script editor and its help pages state them. Their types are in `sdk/hooks.ts`. */
export const hookPoints: Readonly<Record<string, HookPoint>> = {
  preSavePage: {
    pages: ["data", "errors"],
    returns: "object",
    expected: "an object with data, errors, abort and newErrorsAndRetryData",
  },
  preMap: pageOf("data"),
  postMap: pageOf("postMapData", "preMapData"),
  postSubmit: pageOf("responseData", "preMapData", "postMapData"),
  postAggregate: point("any", "nothing"),
  postResponseMap: pageOf("postResponseMapData", "responseData"),
  filter: point("boolean", "true or false"),
  input_filter: point("boolean", "true or false"),
  transform: point("record", "the transformed record"),
  branching: point("array", "an array of branch indices"),
  handleRequest: point("object", "an object with statusCode, headers and body"),
  contentBasedFlowRouter: point("object", "an object with _flowId and _exportId"),
  formInit: point("object", "a form"),
  preSave: point("any", "the resource to save"),
  step: point("any", "nothing"),
};

/** Returns the hook point of a name; `undefined` when Celigo has none. */
export function hookPointOf(name: string): HookPoint | undefined {
  return Object.hasOwn(hookPoints, name) ? hookPoints[name] : undefined;
}
