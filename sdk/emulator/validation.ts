import { readFileSync } from "node:fs";
import { join } from "node:path";
import Fastify, { type FastifySchemaValidationError, type HTTPMethods } from "fastify";
import { parse } from "yaml";
import type { OperationId } from "./records";
import { invalidQuery, type Problem, Refusal } from "./refusal";

/** Query parameters that may be empty, with no effect. All others must not be empty. */
const mayBeEmpty: ReadonlySet<string> = new Set(["include", "exclude"]);

/** Query parameters after coercion, with defaults and without empty values. */
export type Query = Readonly<Record<string, string | number>>;

/** One operation of the API's description, and its schemas for requests and responses. */
export interface Operation {
  readonly id: OperationId;
  readonly method: HTTPMethods;
  /** The path as fastify writes it: `/v1/scripts/:_id`. */
  readonly path: string;
  /** Throws a refusal for a parameter that does not match the description. */
  checkQuery(raw: Readonly<Record<string, unknown>>): Query;
  /** Throws a refusal for a body that does not match the description. */
  checkBody(body: unknown): void;
  /** Says how a response contradicts the description; `undefined` when it does not. */
  checkAnswer(status: number, body: unknown): string | undefined;
}

interface Reference {
  readonly $ref: string;
}

interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly schema: { readonly type: string; readonly default?: string | number };
}

interface Body {
  readonly content?: { readonly "application/json": { readonly schema: object } };
}

interface OperationDescription {
  readonly operationId: OperationId;
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Body | Reference>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationDescription>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

type Check = (value: unknown) => readonly FastifySchemaValidationError[];
type Compile = (schema: object) => Check;

let loading: Promise<readonly Operation[]> | undefined;

/** The ten operations of `provider/api/openapi.yaml`, read and compiled once per process. */
export function loadOperations(): Promise<readonly Operation[]> {
  loading ??= readOperations();
  return loading;
}

async function readOperations(): Promise<readonly Operation[]> {
  const text = readFileSync(join(__dirname, "../../provider/api/openapi.yaml"), "utf8");
  const description = parse(text) as Description;
  const compile = await compiler(description.components.schemas);
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => describe(description, compile, path, method, operation)),
  );
}

/** Returns fastify's own schema compiler, set not to change its input. It compiles a schema at its first use. */
async function compiler(schemas: Readonly<Record<string, object>>): Promise<Compile> {
  const host = Fastify({
    ajv: {
      customOptions: {
        coerceTypes: false,
        useDefaults: false,
        removeAdditional: false,
        allErrors: true,
        strict: false,
        formats: { objectId: /^[0-9a-f]{24}$/i },
      },
    },
  });
  for (const [name, schema] of Object.entries(schemas)) host.addSchema({ $id: name, ...absolute(schema) });
  // Fastify creates its compiler only for a route with a schema.
  host.get("/", { schema: { querystring: { type: "object" } } }, () => "");
  await host.ready();
  const compile = host.validatorCompiler;
  if (compile === undefined) throw new Error("This version of fastify has no schema compiler.");
  return (schema) => {
    let validate: ReturnType<typeof compile> | undefined;
    return (value) => {
      validate ??= compile({ schema: absolute(schema), method: "", url: "" });
      return validate(value) === true ? [] : (validate.errors ?? []);
    };
  };
}

/** Names the component schemas as fastify knows them. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll(/"#\/components\/schemas\/(\w+)"/g, '"$1#"')) as object;
}

function describe(
  description: Description,
  compile: Compile,
  path: string,
  method: string,
  { operationId, parameters = [], requestBody, responses }: OperationDescription,
): Operation {
  const queryParameters = parameters
    .map((parameter) => resolved<Parameter>(description, parameter))
    .filter((parameter) => parameter.in === "query");
  const checkQuery = compile({
    type: "object",
    properties: Object.fromEntries(queryParameters.map(({ name, schema }) => [name, schema])),
  });
  const bodySchema = requestBody?.content?.["application/json"].schema;
  const checkBody = bodySchema && compile(bodySchema);
  const checkError = compile({ $ref: "#/components/schemas/Error" });
  const answers = new Map(
    Object.entries(responses).map(([status, response]) => {
      const schema = resolved<Body>(description, response).content?.["application/json"].schema;
      return [Number(status), schema && compile(schema)];
    }),
  );
  return {
    id: operationId,
    method: method.toUpperCase() as HTTPMethods,
    path: path.replaceAll(/\{(\w+)\}/g, ":$1"),
    checkQuery(raw) {
      const query: Record<string, string | number> = {};
      for (const { name, schema } of queryParameters) {
        const isEmpty = raw[name] === "";
        if (isEmpty && !mayBeEmpty.has(name)) throw invalidQuery(`${name} must not be empty.`, name);
        const value = isEmpty ? undefined : (raw[name] ?? undefined);
        if (typeof value !== "string" && value !== undefined) throw invalidQuery(`${name} is given twice.`, name);
        const known = value ?? schema.default;
        if (known !== undefined) query[name] = schema.type === "integer" && isInteger(known) ? Number(known) : known;
      }
      const errors = checkQuery(query);
      if (errors.length > 0) {
        throw new Refusal(
          400,
          errors.map((error) => ({ ...problem(error), code: "invalid_query_params" })),
        );
      }
      return query;
    },
    checkBody(body) {
      if (checkBody === undefined) return;
      if (body === undefined) {
        throw new Refusal(400, [{ code: "missing_required_field", message: "The request needs a JSON body." }]);
      }
      const errors = checkBody(body);
      if (errors.length === 0) return;
      const onlyAbsent = errors.every(({ keyword }) => keyword === "required");
      throw new Refusal(answers.has(422) && (onlyAbsent || !answers.has(400)) ? 422 : 400, errors.map(problem));
    },
    checkAnswer(status, body) {
      const undocumentedRefusal = status >= 400 && !answers.has(status);
      if (!undocumentedRefusal && !answers.has(status)) return `status ${status} is not described`;
      const check = undocumentedRefusal ? checkError : answers.get(status);
      if (check === undefined) return body === undefined ? undefined : `status ${status} has no body`;
      const [error] = check(body);
      return error && `${error.instancePath || "the body"} ${error.message}`;
    },
  };
}

function resolved<T extends object>(description: Description, node: T | Reference): T {
  if (!("$ref" in node)) return node;
  let target: unknown = description;
  for (const key of node.$ref.split("/").slice(1)) target = (target as Readonly<Record<string, unknown>>)[key];
  return target as T;
}

function isInteger(value: string | number): boolean {
  return /^-?\d+$/.test(String(value));
}

function problem({ keyword, instancePath, params, message }: FastifySchemaValidationError): Problem {
  const parts = instancePath.split("/").slice(1);
  if (keyword === "required") parts.push(String(params.missingProperty));
  const field = parts.join(".");
  const codes: Readonly<Record<string, string>> = { required: "missing_required_field", type: "invalid_type" };
  const text = keyword === "required" ? `${field} is required.` : `${field || "The body"} ${message}.`;
  return { code: codes[keyword] ?? "invalid_value", message: text, ...(field && { field }) };
}
