import type { RequestError } from "got";
import { regionUrls, settings } from "../config";
import { CeligoError, invalidResponseCode } from "../errors";
import { isObject, isTooDeep, parseJson } from "../json";
import { shorten } from "../text";
import type { Call, ResolvedOptions } from "./http";
import { ProxyError } from "./proxy";
import { attemptsNote, HeldBack, isRepeatable, judge, rateLimitedCode, statusOf } from "./retry";
import { SchemaMismatch } from "./validate";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Turns what a request threw into an error without the token, which got keeps among its options.
 *
 * @param failures How many attempts of the request failed.
 */
export function explainFailure(call: Call, thrown: unknown, options: ResolvedOptions, failures = 0): CeligoError {
  const { token, baseUrl, addressSource, requestTimeout, maxResponseBytes } = options;
  const clean = (text: string) => (token ? text.replace(patternOf(token.value), "[token]") : text);
  const error = thrown as Partial<RequestError>;
  const status = statusOf(error);
  const note = attemptsNote(failures);
  const base = {
    subject: `could not ${call.attempt}`,
    operation: call.operation,
    status,
    ...judge(call.method, thrown),
  };
  if (error.cause instanceof HeldBack && error.cause.failure) {
    const { failure } = error.cause;
    const reason = `${failure.sharedCause} (another request, a moment ago)`;
    const outcomeUnknown = failures > 0 && isRepeatable(call.method) && call.method !== "GET";
    const { hint, cause } = failure;
    const { subject, operation } = base;
    return new CeligoError({ ...failure, subject, operation, reason, hint, outcomeUnknown, cause });
  }
  if (error.code === rateLimitedCode) {
    const reason = String(error.message);
    return new CeligoError({ ...base, reason, hint: tooMany, status: 429, code: rateLimitedCode });
  }
  if (error.response && status !== undefined) {
    const { body, headers } = error.response;
    const words = readServerError(status, clean(String(body ?? "")), clean(headers.location ?? ""));
    const reason = `${words.reason}${note}`;
    const hint = hintFor(status, { tokenSource: token?.source, baseUrl, addressSource }, headers, call.operation);
    const sharedCause = isAboutAll(status, words.code, call.operation) ? words.reason : undefined;
    return new CeligoError({ ...base, ...words, reason, hint, retryAfter: retryAfterOf(headers), sharedCause });
  }
  const mayExist = call.method === "POST" ? "The script may exist: look for it in Celigo. " : "";
  const checkAddress = `${mayExist}${addressHint(baseUrl)}`;
  if (thrown instanceof SchemaMismatch) {
    const reason = clean(thrown.message);
    return new CeligoError({ ...base, reason, hint: checkAddress, code: invalidResponseCode, sharedCause: reason });
  }
  const message = shorten(clean(error.message || error.code || String(thrown)), 2 * maxWords);
  const cause = Object.assign(new Error(message), { code: error.code });
  if (error.name === "CancelError") {
    const reason = `the response is larger than ${maxResponseBytes} bytes`;
    return new CeligoError({ ...base, reason, hint: checkAddress, code: "response_too_large", cause });
  }
  if (error.name === "TimeoutError") {
    const sharedCause = `no response from ${baseUrl} within ${requestTimeout} s`;
    return new CeligoError({
      ...base,
      reason: `${sharedCause}${note}`,
      hint: `Check the network, or raise celigo:requestTimeout (seconds; ${settings.requestTimeout} in the environment wins).`,
      code: "ETIMEDOUT",
      cause,
      sharedCause,
    });
  }
  return new CeligoError({
    ...base,
    reason: `${cause.message}${note}`,
    hint: connectionHint(error, options),
    code: error.code,
    cause,
    sharedCause: cause.message,
  });
}

/** Tells whether a response is about the token, the address or the server, and not about what was asked. */
function isAboutAll(status: number, code: string | undefined, operation: string): boolean {
  const isNotOfApi = status === 404 && (code === undefined || withoutNotFound.has(operation));
  return status < 400 || status > 500 || [401, 403, 429].includes(status) || isNotOfApi;
}

/** Says what to check when something answers that need not be the API. */
export function addressHint(baseUrl: string): string {
  return `Check that ${baseUrl} is integrator.io's API and that no proxy answers in its place.`;
}

/** Says what to check when there is no connection: the proxy, who signs the certificate, or the address. */
function connectionHint({ cause, code }: Partial<RequestError>, { baseUrl, addressSource }: ResolvedOptions): string {
  if (cause instanceof ProxyError) {
    return cause.hint;
  }
  if (/SELF_SIGNED|ISSUER_CERT|LEAF_SIGNATURE/.test(code ?? "")) {
    const { hostname } = new URL(baseUrl);
    return `If your company's own authority signs ${hostname}'s certificate, set NODE_EXTRA_CA_CERTS to the authority's file in PEM format.`;
  }
  const from = addressSource ? `from ${addressSource}` : "celigo:region, celigo:baseUrl";
  return `Check the network and that ${baseUrl} is the right address (${from}).`;
}

/** Matches the token also where a server repeats it in a URL or in JSON, with some of its characters escaped. */
function patternOf(token: string): RegExp {
  const characters = [...token].map((character) => character.charCodeAt(0).toString(16).padStart(2, "0"));
  return new RegExp(characters.map((hex) => `(?:\\\\?\\x${hex}|%${hex})`).join(""), "gi");
}

export interface Destination {
  readonly baseUrl: string;
  /** The setting that the address comes from, in words; absent for the default address. */
  readonly addressSource?: string | undefined;
  /** The setting that the token comes from, in words. */
  readonly tokenSource: string | undefined;
}

/** Operations that the API never answers with 404. */
const withoutNotFound: ReadonlySet<unknown> = new Set(["listScripts", "createScript", "listScriptDependencies"]);
const tooMany = "The account's rate limit is shared with every other tool: run the command again later.";

export function hintFor(status: number, destination: Destination, headers: Headers, operation?: string): string {
  const { addressSource = "" } = destination;
  switch (true) {
    case status === 401:
      return hintForToken(destination);
    case status === 403:
      return "Give the token's user access to scripts in Celigo, or use another token.";
    case status === 429:
      return `${tooMany}${askToWait(headers)}`;
    case status >= 300 && status < 400:
      return `Set ${/base/i.test(addressSource) ? addressSource : "celigo:baseUrl"} to the API's own address.`;
    case status === 404 && withoutNotFound.has(operation):
      return `Check that ${destination.baseUrl}${addressSource && ` (from ${addressSource})`} is the API's own address, without a path, and that no proxy answers in its place.`;
    case status === 404:
      return "Check the id, and that the token belongs to the script's account.";
    case status === 408 || status >= 500:
      return `The server or the network is in trouble: run the command again later.${askToWait(headers)}`;
    default:
      return "Correct what Celigo names, and run the command again.";
  }
}

/** Names the settings that token and address come from, because either can be wrong. */
function hintForToken({ baseUrl, addressSource, tokenSource }: Destination): string {
  const region = Object.entries(regionUrls).find(([, url]) => url === baseUrl)?.[0];
  const about = [region && `region ${region}`, addressSource && `from ${addressSource}`].filter(Boolean).join(", ");
  const check = `check that it was created ${region ? "in that region" : "there"}, and is neither revoked nor expired.`;
  const stored = [
    ...(tokenSource?.endsWith("configuration") ? [settings.apiToken] : []),
    ...(addressSource?.endsWith("configuration")
      ? [addressSource.includes(":region ") ? settings.region : settings.baseUrl]
      : []),
  ];
  const advice =
    stored.length === 0
      ? ""
      : " If you changed it since the last pulumi up: refresh, destroy and --refresh still use the old value, which the " +
        `state keeps. Set ${stored.join(" and ")} in the environment: the environment wins in every command.`;
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

function retryAfterOf({ "retry-after": header }: Headers): number | undefined {
  const value = String(header ?? "");
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

interface ServerError {
  readonly reason: string;
  readonly code?: string;
  readonly field?: string;
}

/** How many errors of one response a message repeats. */
const maxErrors = 5;
/** How many characters a message repeats of each text from the server. */
const maxWords = 200;

/** Reads the server's words from any body that an error has: the API's two shapes, HTML, other text, nothing. */
function readServerError(status: number, text: string, location: string): ServerError {
  if (status >= 300 && status < 400 && location) {
    return {
      reason: `Celigo answered ${status} with a redirect to ${shorten(location, maxWords)}, which was not followed`,
    };
  }
  const parsed = parseJson(text);
  const body = isTooDeep(parsed) ? undefined : parsed;
  const errors = isObject(body) && Array.isArray(body["errors"]) ? body["errors"].filter(isObject) : [];
  const [first] = errors;
  if (first) {
    const { code, field } = first;
    const words = errors.slice(0, maxErrors).map(wordsOf).join("; ");
    const more = errors.length > maxErrors ? `; and ${errors.length - maxErrors} more errors` : "";
    return {
      reason: `Celigo answered ${status}: ${words}${more}`,
      ...(code === undefined ? {} : { code: shorten(String(code), maxWords) }),
      ...(field === undefined ? {} : { field: shorten(String(field), maxWords) }),
    };
  }
  if (isObject(body) && typeof body["message"] === "string") {
    return { reason: `Celigo answered ${status}: ${withoutStop(body["message"])}` };
  }
  const shown = text.trim();
  if (shown.startsWith("<")) {
    const title = /<title>([^<]{1,200})<\/title>/i.exec(shown)?.[1]?.trim();
    return { reason: `${status} and an HTML page${title ? ` titled "${title}"` : ""} instead of Celigo's JSON` };
  }
  return { reason: `Celigo answered ${status}${shown ? `: ${shorten(shown, maxWords)}` : " without a body"}` };
}

function wordsOf({ message, field }: Readonly<Record<string, unknown>>): string {
  return `${withoutStop(message ?? "no message")}${field ? ` (field ${shorten(String(field), maxWords)})` : ""}`;
}

/** Removes the full stop from the server's words, because more follows. */
function withoutStop(words: unknown): string {
  return shorten(String(words).trimEnd(), maxWords).replace(/\.$/, "");
}
