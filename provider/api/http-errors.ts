import type { RequestError } from "got";
import { regionUrls, settings } from "../config";
import { CeligoError } from "../errors";
import { isObject, parseJson } from "../json";
import type { Call, ResolvedOptions } from "./http";
import { type Attempts, attemptsNote, judge, statusOf } from "./retry";

/** The code of a request that was not sent, because it was to be sent at once and a 429 held it back. */
export const pausedCode = "paused";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Turns what got threw, which holds the token among its options, into an error that can be shown. */
export function explainFailure(call: Call, thrown: unknown, options: ResolvedOptions): CeligoError {
  const { token, baseUrl, addressSource, requestTimeout, maxResponseBytes } = options;
  const clean = (text: string) => (token ? text.replace(patternOf(token.value), "[token]") : text);
  const error = thrown as Partial<RequestError>;
  const status = statusOf(error);
  const checkAddress = `Check that ${baseUrl} is integrator.io's API and that no proxy answers in its place.`;
  const base = {
    subject: `could not ${call.attempt}`,
    operation: call.operation,
    status,
    ...judge(call.method, thrown),
  };
  if (error.code === pausedCode) {
    return new CeligoError({
      ...base,
      reason: String(error.message),
      hint: tooMany,
      status: 429,
      code: pausedCode,
      transient: true,
    });
  }
  if (error.response && status !== undefined) {
    const { body, headers } = error.response;
    const words = readServerError(status, clean(String(body ?? "")), clean(headers.location ?? ""));
    const reason = `${words.reason}${attemptsOf(thrown)}`;
    const hint = hintFor(status, { tokenSource: token?.source, baseUrl, addressSource }, headers, call.operation);
    return new CeligoError({ ...base, ...words, reason, hint, retryAfter: retryAfterOf(headers) });
  }
  if (thrown instanceof SyntaxError) {
    return new CeligoError({
      ...base,
      reason: "the answer is not JSON",
      hint: checkAddress,
    });
  }
  const cause = Object.assign(new Error(clean(error.message || error.code || String(thrown))), { code: error.code });
  if (error.name === "CancelError") {
    const reason = `the answer is larger than ${maxResponseBytes} bytes`;
    return new CeligoError({ ...base, reason, hint: checkAddress, code: "answer_too_large", cause });
  }
  if (error.name === "TimeoutError") {
    return new CeligoError({
      ...base,
      reason: `no answer from ${baseUrl} within ${requestTimeout} s${attemptsOf(thrown)}`,
      hint: "Check the network, or raise celigo:requestTimeout (seconds).",
      code: "ETIMEDOUT",
      cause,
    });
  }
  return new CeligoError({
    ...base,
    reason: `${cause.message}${attemptsOf(thrown)}`,
    hint: `Check the network and that ${baseUrl} is the right address (celigo:region, celigo:baseUrl).`,
    code: error.code,
    cause,
  });
}

/** Matches the token also where a server repeats it in a URL or in JSON, with some of its characters escaped. */
function patternOf(token: string): RegExp {
  const characters = [...token].map((character) => character.charCodeAt(0).toString(16).padStart(2, "0"));
  return new RegExp(characters.map((hex) => `(?:\\\\?\\x${hex}|%${hex})`).join(""), "gi");
}

function attemptsOf(thrown: unknown): string {
  const context = (thrown as Partial<RequestError>).options?.context as { attempts?: Attempts } | undefined;
  return attemptsNote(context?.attempts?.failures ?? 0);
}

/** Where a request went, and who said so. */
export interface Destination {
  readonly baseUrl: string;
  /** Where the address was found, in words; by default it is the default. */
  readonly addressSource?: string | undefined;
  /** Where the token was found, in words. */
  readonly tokenSource: string | undefined;
}

/** Operations whose answer is never 404, as the API has it. */
const withoutNotFound: ReadonlySet<unknown> = new Set(["listScripts", "createScript", "listScriptDependencies"]);
const tooMany = "The account's rate limit is shared with every other tool: run the command again later.";

/** Says what to do about an answer of the given status. */
export function hintFor(status: number, destination: Destination, headers: Headers, operation?: string): string {
  switch (true) {
    case status === 401:
      return hintForToken(destination);
    case status === 403:
      return "Give the token's user access to scripts in Celigo, or use another token.";
    case status === 429:
      return `${tooMany}${askToWait(headers)}`;
    case status >= 300 && status < 400:
      return "Set celigo:baseUrl to the API's own address.";
    case status === 404 && withoutNotFound.has(operation):
      return "Check that celigo:baseUrl is the API's own address, without a path, and that no proxy answers in its place.";
    case status === 404:
      return "Check the id, and that the token is one of the account that the script is in.";
    case status === 408 || status >= 500:
      return `The fault is on the server's side or in between: run the command again later.${askToWait(headers)}`;
    default:
      return "Correct what Celigo names, and run the command again.";
  }
}

/** Names where the token and the address are from: each of them can be the one that is wrong. */
function hintForToken({ baseUrl, addressSource, tokenSource }: Destination): string {
  const region = Object.entries(regionUrls).find(([, url]) => url === baseUrl)?.[0];
  const about = [region && `region ${region}`, addressSource && `from ${addressSource}`].filter(Boolean).join(", ");
  const check = `check that it was made ${region ? "in that region" : "there"}, and is neither revoked nor expired.`;
  const stored = [
    ...(tokenSource?.endsWith("configuration") ? [settings.apiToken] : []),
    ...(addressSource?.endsWith("configuration")
      ? [addressSource.includes(":region ") ? settings.region : settings.baseUrl]
      : []),
  ];
  const advice =
    stored.length === 0
      ? ""
      : " If you have changed it since the last pulumi up: pulumi refresh and destroy, and --refresh, send the one of " +
        `that up, which the state keeps. ${stored.join(" and ")} in the environment ${stored.length > 1 ? "win" : "wins"} in every command.`;
  return `The token from ${tokenSource} was sent to ${baseUrl}${about ? ` (${about})` : ""}: ${check}${advice}`;
}

function askToWait({ "retry-after": header }: Headers): string {
  const value = String(header ?? "");
  const date = new Date(value);
  if (/^\d+$/.test(value)) {
    return ` The server asks to wait ${value} s.`;
  }
  return Number.isNaN(date.getTime()) ? "" : ` The server asks to wait until ${date.toUTCString()}.`;
}

/** Returns for how many milliseconds the server asks to wait, if it does. */
function retryAfterOf({ "retry-after": header }: Headers): number | undefined {
  const value = String(header ?? "");
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** Reads the server's words from any of the bodies that an error has: the API's two shapes, HTML, other text, nothing. */
function readServerError(
  status: number,
  text: string,
  location: string,
): { reason: string; code?: string; field?: string } {
  if (status >= 300 && status < 400 && location) {
    return { reason: `Celigo answered ${status} with a redirect to ${location}, which was not followed` };
  }
  const body = parseJson(text);
  const errors = isObject(body) && Array.isArray(body["errors"]) ? body["errors"].filter(isObject) : [];
  const [first] = errors;
  if (first) {
    const words = errors.map(
      ({ message, field }) => `${withoutStop(message ?? "no message")}${field ? ` (field ${field})` : ""}`,
    );
    return {
      reason: `Celigo answered ${status}: ${words.join("; ")}`,
      ...(first["code"] === undefined ? {} : { code: String(first["code"]) }),
      ...(first["field"] === undefined ? {} : { field: String(first["field"]) }),
    };
  }
  if (isObject(body) && typeof body["message"] === "string") {
    return { reason: `Celigo answered ${status}: ${withoutStop(body["message"])}` };
  }
  if (/^\s*</.test(text)) {
    const title = /<title>([^<]{1,200})<\/title>/i.exec(text)?.[1]?.trim();
    return { reason: `${status} and an HTML page${title ? ` titled "${title}"` : ""} instead of Celigo's JSON` };
  }
  return { reason: `Celigo answered ${status}${text.trim() ? `: ${text.trim().slice(0, 200)}` : " without a body"}` };
}

/** Takes the full stop from the server's words, since more follows. */
function withoutStop(words: unknown): string {
  return String(words).trimEnd().replace(/\.$/, "");
}
