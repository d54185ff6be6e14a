/** An error of one record, as Celigo reports it. */
export interface HookError {
  /** A short code to filter by, such as `invalid_sku`. */
  readonly code: string;
  /** What went wrong, for the person who works on the error. */
  readonly message: string;
  /** Where the error comes from, such as `application`. */
  readonly source?: string;
  /** The key of the record in `retryData`. */
  readonly retryDataKey?: string;
}

/** A record of unknown shape. For a known one give its type, such as `PreMap<Order>`, and for rows of CSV `PreMap<string[]>`. */
export type HookRecord = Record<string, unknown>;

/** Custom settings that the running resource can see, by level. */
export type HookSettings = Readonly<Record<string, unknown>>;

/** What every hook of a flow is given. */
export interface FlowHookOptions {
  /** The id of the flow that is running. */
  readonly _flowId: string;
  /** The id of the integration that has the flow. */
  readonly _integrationId: string;
  /** The id of the connection of the step. */
  readonly _connectionId: string;
  /** The custom settings that the step can see. */
  readonly settings: HookSettings;
  /** Whether this is a preview or a test run. */
  readonly testMode?: boolean;
  /** The job that is running. */
  readonly job?: Readonly<Record<string, unknown>>;
}

/** What the hooks of an import are given. */
export interface ImportHookOptions extends FlowHookOptions {
  /** The id of the import. */
  readonly _importId: string;
}

/** What Celigo does with the record at the same index; `{}` skips it. */
export interface HookResult {
  /** The record to go on with. */
  data?: object;
  /** Errors to report for the record, which then stops here. */
  errors?: HookError[];
}

/** How an application responded to one record. */
export interface HookResponse {
  /** The status: 200 is a success, 422 a data error, 403 means that the connection is offline. */
  statusCode: number;
  /** The errors of the record. */
  errors?: HookError[];
  /** Whether the record was filtered out. */
  ignored?: boolean;
  /** The id in the target application (imports). */
  id?: string;
  /** The whole response (imports). */
  _json?: unknown;
  /** The records of the response (lookups). */
  data?: unknown[];
  /** Where the record is in the target application. */
  dataURI?: string;
}

/**
 * The options of a hook, for a function declaration: the form in which Celigo finds functions by name.
 *
 * @example
 * ```ts
 * import type { OptionsOf, PreMap, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function preMap({ data }: OptionsOf<PreMap>): ResultOf<PreMap> {
 *   return data.map((record) => ({ data: record }));
 * }
 * ```
 */
export type OptionsOf<Hook extends (options: never) => unknown> = Parameters<Hook>[0];

/**
 * What a hook returns.
 *
 * @example
 * ```ts
 * import type { Filter, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function filter(): ResultOf<Filter> {
 *   return true;
 * }
 * ```
 */
export type ResultOf<Hook extends (options: never) => unknown> = ReturnType<Hook>;

/**
 * Runs on each page of an export.
 *
 * @example
 * ```ts
 * import type { OptionsOf, PreSavePage, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function preSavePage({ data, errors }: OptionsOf<PreSavePage>): ResultOf<PreSavePage> {
 *   return { data: data.filter(({ sku }) => sku !== ""), errors, abort: false, newErrorsAndRetryData: [] };
 * }
 * ```
 */
export type PreSavePage<Row = HookRecord> = (
  options: FlowHookOptions &
    Pick<FilterOptions, "pageIndex" | "lastExportDateTime" | "currentExportDateTime"> & {
      readonly data: Row[];
      readonly errors: HookError[];
      readonly retryData?: Readonly<Record<string, { data: Row; stage?: string; traceKey?: string }>>;
      /** Metadata of the source file of each record (file exports). */
      readonly files?: readonly Readonly<Record<string, unknown>>[];
      readonly _exportId: string;
    },
) => {
  data: object[];
  errors?: HookError[];
  /** Stops the export after this page. */
  abort?: boolean;
  newErrorsAndRetryData?: { retryData: unknown; errors: HookError[] }[];
};

/**
 * Runs on each page before an import maps it, and returns an element for each record of `data`.
 *
 * @example
 * ```ts
 * import type { OptionsOf, PreMap, ResultOf } from "pulumi-celigo/hooks";
 *
 * interface Order {
 *   total: number;
 * }
 *
 * export function preMap({ data }: OptionsOf<PreMap<Order>>): ResultOf<PreMap> {
 *   return data.map((order) => (order.total > 0 ? { data: order } : {}));
 * }
 * ```
 */
export type PreMap<Row = HookRecord> = (options: ImportHookOptions & { readonly data: Row[] }) => HookResult[];

/**
 * Runs on each page after an import has mapped it, and returns an element for each record of `postMapData`.
 *
 * @example
 * ```ts
 * import type { OptionsOf, PostMap, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function postMap({ postMapData }: OptionsOf<PostMap>): ResultOf<PostMap> {
 *   return postMapData.map((record) => ({ data: { ...record, source: "celigo" } }));
 * }
 * ```
 */
export type PostMap<Row = HookRecord> = (
  options: ImportHookOptions & { readonly preMapData: HookRecord[]; readonly postMapData: Row[] },
) => HookResult[];

/**
 * Runs on each page after an import has sent it, and returns an element for each response of `responseData`.
 *
 * @example
 * ```ts
 * import type { OptionsOf, PostSubmit, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function postSubmit({ responseData }: OptionsOf<PostSubmit>): ResultOf<PostSubmit> {
 *   return responseData.map((response) => {
 *     const isDuplicate = response.errors?.some(({ code }) => code === "DUP_ENTITY");
 *     return isDuplicate ? { statusCode: 200, ignored: true } : response;
 *   });
 * }
 * ```
 */
export type PostSubmit = (
  options: ImportHookOptions & {
    readonly preMapData: HookRecord[];
    readonly postMapData: HookRecord[];
    readonly responseData: HookResponse[];
  },
) => HookResponse[];

/**
 * Runs after an import has written an aggregated file.
 *
 * @example
 * ```ts
 * import type { OptionsOf, PostAggregate } from "pulumi-celigo/hooks";
 *
 * export function postAggregate({ postAggregateData }: OptionsOf<PostAggregate>): void {
 *   if (!postAggregateData.success) {
 *     throw new Error(postAggregateData.message);
 *   }
 * }
 * ```
 */
export type PostAggregate = (
  options: ImportHookOptions & {
    readonly postAggregateData: {
      readonly success: boolean;
      readonly _json: unknown;
      readonly code?: string;
      readonly message?: string;
      readonly source?: string;
    };
  },
) => void;

/**
 * Runs on each page after a step's response mapping, and returns a record for each one of `postResponseMapData`.
 *
 * @example
 * ```ts
 * import type { OptionsOf, PostResponseMap, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function postResponseMap(options: OptionsOf<PostResponseMap>): ResultOf<PostResponseMap> {
 *   return options.postResponseMapData.map((record, index) => {
 *     return { ...record, targetId: options.responseData[index]?.id };
 *   });
 * }
 * ```
 */
export type PostResponseMap<Row = HookRecord> = (
  options: FlowHookOptions & {
    readonly postResponseMapData: Row[];
    readonly responseData: HookResponse[];
    readonly oneToMany?: boolean;
    readonly pathToMany?: string;
    readonly _exportId?: string;
    readonly _importId?: string;
  },
) => object[];

/** What filters are given. */
export interface FilterOptions<Row = HookRecord> extends Pick<FlowHookOptions, "settings" | "testMode"> {
  /** The record to decide on. */
  readonly record: Row;
  /** The number of the page, from 0. */
  readonly pageIndex: number;
  /** When the export ran last, in ISO 8601 (delta exports). */
  readonly lastExportDateTime?: string;
  /** When this run of the export began, in ISO 8601 (delta exports). */
  readonly currentExportDateTime?: string;
}

/**
 * Decides whether a step's output goes on.
 *
 * @example
 * ```ts
 * import type { Filter, OptionsOf, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function filter({ record }: OptionsOf<Filter<{ status: string }>>): ResultOf<Filter> {
 *   return record.status === "open";
 * }
 * ```
 */
export type Filter<Row = HookRecord> = (options: FilterOptions<Row>) => boolean;

/**
 * Decides whether a step processes a record.
 *
 * @example
 * ```ts
 * import type { InputFilter, OptionsOf, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function input_filter({ record }: OptionsOf<InputFilter>): ResultOf<InputFilter> {
 *   return record.sku !== undefined;
 * }
 * ```
 */
export type InputFilter<Row = HookRecord> = (options: FilterOptions<Row>) => boolean;

/**
 * Changes one record, and returns it.
 *
 * @example
 * ```ts
 * import type { OptionsOf, ResultOf, Transform } from "pulumi-celigo/hooks";
 *
 * export function transform({ record }: OptionsOf<Transform<{ email: string }>>): ResultOf<Transform> {
 *   return { ...record, email: record.email.toLowerCase() };
 * }
 * ```
 */
export type Transform<Row = HookRecord> = (
  options: Pick<FilterOptions<Row>, "record" | "settings" | "testMode">,
) => object;

/**
 * Chooses the branches that a record goes to, by their index from 0.
 *
 * @example
 * ```ts
 * import type { Branching, OptionsOf, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function branching({ record }: OptionsOf<Branching<{ total: number }>>): ResultOf<Branching> {
 *   return record.total > 10_000 ? [1] : [0];
 * }
 * ```
 */
export type Branching<Row = HookRecord> = (options: Pick<FilterOptions<Row>, "record" | "settings">) => number[];

/**
 * Responds to an HTTP request that Celigo receives.
 *
 * @example
 * ```ts
 * import type { HandleRequest, OptionsOf, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function handleRequest({ method, body }: OptionsOf<HandleRequest>): ResultOf<HandleRequest> {
 *   return method === "POST" ? { statusCode: 200, body } : { statusCode: 405 };
 * }
 * ```
 */
export type HandleRequest = (options: {
  /** In capitals. */
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly queryString: Readonly<Record<string, string>>;
  /** The parsed body, where it can be parsed. */
  readonly body?: unknown;
  readonly rawBody: string;
}) => { statusCode: number; headers?: Record<string, string>; body?: unknown };

/**
 * Chooses the flow for a message of a trading partner.
 *
 * @example
 * ```ts
 * import type { ContentBasedFlowRouter, OptionsOf, ResultOf } from "pulumi-celigo/hooks";
 *
 * type Router = ContentBasedFlowRouter;
 *
 * const orders = { _flowId: "5f1f1f1f1f1f1f1f1f1f1f1f", _exportId: "5f2f2f2f2f2f2f2f2f2f2f2f" };
 * const others = { _flowId: "5f3f3f3f3f3f3f3f3f3f3f3f", _exportId: "5f4f4f4f4f4f4f4f4f4f4f4f" };
 *
 * export function contentBasedFlowRouter({ rawMessageBody }: OptionsOf<Router>): ResultOf<Router> {
 *   return rawMessageBody.includes("ST*850*") ? orders : others;
 * }
 * ```
 */
export type ContentBasedFlowRouter = (options: {
  readonly httpHeaders: Readonly<Record<string, string>>;
  readonly mimeHeaders: Readonly<Record<string, string>>;
  /** The decrypted message. */
  readonly rawMessageBody: string;
}) => { _flowId: string; _exportId: string };

/** A resource of integrator.io, as its API returns it. */
export type HookResource = Readonly<Record<string, unknown>>;

/**
 * Builds the form of a resource's settings.
 *
 * @example
 * ```ts
 * import type { FormInit, OptionsOf, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function formInit({ resource, sandbox }: OptionsOf<FormInit>): ResultOf<FormInit> {
 *   const form = resource.settingsForm as { form: object };
 *   return { ...form.form, title: sandbox ? "Sandbox" : "Production" };
 * }
 * ```
 */
export type FormInit = (options: {
  readonly resource: HookResource;
  readonly parentResource?: HookResource;
  readonly grandparentResource?: HookResource;
  readonly license?: HookResource;
  readonly parentLicense?: HookResource;
  readonly sandbox: boolean;
}) => object;

/**
 * Runs before a resource of an integration app is saved.
 *
 * @example
 * ```ts
 * import type { OptionsOf, PreSave, ResultOf } from "pulumi-celigo/hooks";
 *
 * export function preSave({ newResource }: OptionsOf<PreSave>): ResultOf<PreSave> {
 *   return { ...newResource, disabled: false };
 * }
 * ```
 */
export type PreSave = (options: {
  readonly newResource: HookResource;
  readonly oldResource?: HookResource;
  readonly sandbox?: boolean;
}) => object;

/**
 * Runs at a step of an installation.
 *
 * @example
 * ```ts
 * import type { OptionsOf, Step } from "pulumi-celigo/hooks";
 *
 * export function step({ formSubmission }: OptionsOf<Step>): void {
 *   if (!formSubmission?.accountId) {
 *     throw new Error("Enter the account's id.");
 *   }
 * }
 * ```
 */
export type Step = (options: {
  readonly formSubmission?: Readonly<Record<string, unknown>>;
  readonly _connectionId?: string;
  readonly resource: HookResource;
  readonly license?: HookResource;
}) => unknown;
