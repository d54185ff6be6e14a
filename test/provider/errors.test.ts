import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { CeligoClient } from "../../provider/api/client";
import type { TransportOptions } from "../../provider/api/http";
import { explainFailure, hintFor } from "../../provider/api/http-errors";
import { nextPage } from "../../provider/api/link";
import { readConfiguration, regionUrls } from "../../provider/config";
import {
  CeligoError,
  isNotFound,
  isOutcomeUnknown,
  isTransient,
  isUnauthorized,
  messageOf,
  SharedCauses,
} from "../../provider/errors";
import { growth } from "../growth";

/** What no output may hold; the token has characters around it that JSON and URLs escape. */
const core = "c0ffee4f9a-do-not-show";
const token = `q"${core}/+=`;
const source = "CELIGO_API_TOKEN in the environment";
const id = "0123456789abcdef01234567";
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(respond: (response: ServerResponse, path: string) => unknown): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    respond(response, request.url ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function clientFor(baseUrl: string, options: Partial<TransportOptions> = {}): CeligoClient {
  return new CeligoClient({
    ...readConfiguration(() => undefined, {}),
    baseUrl,
    token: { value: token, source },
    backoff: 1,
    ...options,
  });
}

async function failure(promise: Promise<unknown>): Promise<CeligoError> {
  const outcome: unknown = await promise.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(CeligoError);
  return outcome as CeligoError;
}

/** Everything that anybody can print of a value. */
function everythingOf(value: unknown): string {
  const shown = [
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    inspect(value, { depth: 20, showHidden: true, customInspect: false }),
    JSON.stringify(value),
    String(value),
  ];
  for (let at = value; at instanceof Error; at = at.cause) {
    const fields: Record<string, unknown> = { ...at };
    shown.push(at.message, at.stack ?? "", ...Object.values(fields).map(String), inspect(at.cause, { depth: 20 }));
  }
  return shown.join("\n");
}

function expectOneLine(text: string): void {
  expect(text).not.toMatch(/[\r\n]/);
  expect(text).toBe(text.trim());
}

const echo = `Bearer ${token}`;
const page = `<html><head><title>Denied: ${echo}</title></head><body>${echo}</body></html>`;

interface Kind {
  readonly respond: (response: ServerResponse, path: string) => unknown;
  readonly options?: Partial<TransportOptions>;
  /** The server's words, or the reason in ours. */
  readonly words: RegExp;
  /** What to do. */
  readonly hint: RegExp;
}

const send =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));

/** Every way for a request to fail; wherever the server can, it repeats the token. */
const kinds: Readonly<Record<string, Kind>> = {
  "400 with an envelope": {
    respond: send(400, {
      errors: [
        { code: `bad ${echo}`, field: `field\n${echo}`, message: `first\r\n${echo}` },
        { code: 7, message: "second" },
      ],
    }),
    words: /400: first Bearer \[token\] \(field field Bearer \[token\]\); second/,
    hint: /Correct what Celigo names/,
  },
  "401": {
    respond: send(401, { message: `Bearer Authentication Failed for ${token}` }),
    words: /401: Bearer Authentication Failed for \[token\]/,
    hint: /The token from CELIGO_API_TOKEN in the environment was sent to http:\/\/127.*neither revoked nor expired/,
  },
  "403 with plain text": {
    respond: send(403, `${"x".repeat(190)}${token}`),
    words: /403: x+\[token\]/,
    hint: /access to scripts/,
  },
  "404": {
    respond: send(404, { errors: [{ code: "not_found", message: `No script for ${token}` }] }),
    words: /No script for \[token\]/,
    hint: /Check the id/,
  },
  "408": { respond: send(408, ""), words: /408 without a body/, hint: /run the command again later/ },
  "422": {
    respond: send(422, { errors: [{ code: 422, message: "No.", field: token }] }),
    words: /422: No \(field \[token\]\)/,
    hint: /Correct what Celigo names/,
  },
  "429 for a day": {
    respond: send(429, { message: "Slow down." }, { "retry-after": "86400" }),
    words: /429: Slow down\./,
    hint: /rate limit.*asks to wait 86400 s\./,
  },
  "429 with a strange Retry-After": {
    respond: (response) => {
      response.setHeader("retry-after", new Date(Date.now() + 86_400_000).toUTCString());
      send(429, echo)(response);
    },
    words: /429: Bearer \[token\]/,
    hint: /asks to wait until \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\./,
  },
  "500 with an envelope": {
    respond: send(500, { errors: [{ message: echo }] }, { "retry-after": `${token} 1` }),
    words: /500: Bearer \[token\]/,
    hint: /run the command again later\.$/,
  },
  "501": { respond: send(501, "Not here"), words: /501: Not here/, hint: /later/ },
  "502 with HTML": {
    respond: send(502, page),
    words: /502 and an HTML page titled "Denied: Bearer \[token\]" instead of Celigo's JSON/,
    hint: /later/,
  },
  "a redirect to another host": {
    respond: send(302, echo, { location: `http://elsewhere.invalid/?t=${encodeURIComponent(token)}&u=${token}` }),
    words: /302 with a redirect to http:\/\/elsewhere\.invalid\/\?t=\[token\]&u=\[token\], which was not followed/,
    hint: /Set celigo:baseUrl/,
  },
  "a redirect without end": {
    respond: (response, path) => send(302, echo, { location: `${path}x` })(response),
    words: /302 with a redirect to .*, which was not followed/,
    hint: /Set celigo:baseUrl/,
  },
  "a response that is not JSON": {
    respond: send(200, `oops ${echo}`),
    words: /does not match the API's schema: it is not JSON/,
    hint: /Check that \S+ is integrator.io's API and that no proxy answers in its place/,
  },
  "a response of another form": {
    respond: send(200, [echo]),
    words: /does not match the API's schema: it is a list instead of an object/,
    hint: /Check that \S+ is integrator.io's API and that no proxy answers in its place/,
  },
  "a response without a body": {
    respond: send(200, ""),
    words: /does not match the API's schema: it has no body/,
    hint: /Check that \S+ is integrator.io's API and that no proxy answers in its place/,
  },
  "a response that is too large": {
    respond: send(200, echo.repeat(100)),
    options: { maxResponseBytes: 100 },
    words: /larger than 100 bytes/,
    hint: /Check that \S+ is integrator.io's API and that no proxy answers in its place/,
  },
  "a cut connection": {
    respond: (response) => response.destroy(),
    words: /(socket hang up|ECONNRESET).* \(5 attempts\)/,
    hint: /Check the network and that http:\/\/127/,
  },
  "a cut response": {
    respond: async (response) => {
      response.writeHead(200, { "content-length": 1000 }).write(echo);
      await pause(5);
      response.destroy();
    },
    words: /aborted.* \(5 attempts\)/,
    hint: /Check the network/,
  },
  "no response": {
    respond: () => {},
    options: { requestTimeout: 0.1 },
    words: /no response from http:\/\/127.* within 0\.1 s \(5 attempts\)/,
    hint: /requestTimeout/,
  },
  "a response that breaks the protocol": {
    respond: (response) => response.socket?.end(`NOT HTTP ${echo}\r\n\r\n`),
    words: /Parse Error.* \(5 attempts\)/,
    hint: /Check the network/,
  },
};

describe("every failure of a request", () => {
  for (const [name, { respond, options, words, hint }] of Object.entries(kinds)) {
    it(`is one line that says what, on which script, why and what to do: ${name}`, async () => {
      const client = clientFor(await serve(respond), options);
      const error = await failure(client.getScript(id));
      expectOneLine(error.message);
      expect(error.message).toMatch(new RegExp(`^could not read script ${id}: \\S.*[.!?] ${error.hint?.slice(0, 10)}`));
      expect(error.message).toMatch(words);
      expect(error.hint).toMatch(hint);
      expect(error.message).toMatch(/[^.]\.$|[a-z)]$/);
      expect(error.message).not.toMatch(/undefined|\[object|NaN|null/);
      expect(error).toMatchObject({ name: "CeligoError", operation: "getScriptById", __pulumiRunError: true });
      expect(everythingOf(error)).not.toContain(core);
      expect(everythingOf(client)).not.toContain(core);
    });

    it(`names the script that was to be created: ${name}`, async () => {
      const client = clientFor(await serve(respond), options);
      const error = await failure(client.createScript({ name: "Orders\r\nof today", content: "function f() {}" }));
      expectOneLine(error.message);
      expect(error.message).toContain('could not create script "Orders of today": ');
      expect(everythingOf(error)).not.toContain(core);
      expect(everythingOf(error)).not.toContain("function f");
    });
  }

  it("says so when nothing listens at the address", async () => {
    const url = await serve(() => {});
    for (const cleanup of cleanups.splice(0)) await cleanup();
    const error = await failure(clientFor(url).getScript(id));
    expect(error.message).toMatch(/ECONNREFUSED.*\(5 attempts\)\. Check the network and that http:\/\/127\S+ is/);
    expect(error.code).toBe("ECONNREFUSED");
    expect(everythingOf(error)).not.toContain(core);
  });

  it("shows neither the token nor its host's when the server's link leads to another host", async () => {
    const url = await serve((response) => {
      response.setHeader(
        "link",
        `<http://elsewhere.invalid/a/${token}?t=${token}>; rel="next"`.replaceAll('q"', "q%22"),
      );
      send(200, [{ _id: id }])(response);
    });
    const error = await failure(clientFor(url).listScripts());
    expectOneLine(error.message);
    expect(error.message).toContain("http://elsewhere.invalid/");
    expect(error.message).toContain("[token]");
    expect(everythingOf(error)).not.toContain(core);
  });

  it("says something even where the failure has no words of its own", () => {
    const call = {
      operation: "listScripts",
      attempt: "list scripts",
      method: "GET",
      path: "/",
    } as const;
    const options = { ...readConfiguration(() => undefined, {}), backoff: 1, maxResponseBytes: 1 };
    // So it is in Node when all addresses of a name refuse.
    const refused = Object.assign(new AggregateError([]), { name: "RequestError", code: "ECONNREFUSED" });
    expect(explainFailure(call, refused, options).reason).toBe("ECONNREFUSED");
    expect(explainFailure(call, "thrown text", options).reason).toBe("thrown text");
    expect(explainFailure(call, new TypeError("Invalid URL"), options).reason).toBe("Invalid URL");
  });

  it("keeps the original's words and code in its cause, and nothing else", async () => {
    const { cause } = await failure(clientFor(await serve((response) => response.destroy())).getScript(id));
    expect(cause).toBeInstanceOf(Error);
    expect(Object.getOwnPropertyNames(cause).sort()).toEqual(["code", "message", "stack"]);
    expect((cause as NodeJS.ErrnoException).code).toBe("ECONNRESET");
  });
});

describe("the server's words", () => {
  it("are cut to 200 characters, after the token is removed from them", async () => {
    for (const body of [
      `${"x".repeat(180)}${token}${"y".repeat(1_000_000)}`,
      JSON.stringify({ message: `${"x".repeat(180)}${token}${"y".repeat(1_000_000)}` }),
      JSON.stringify({ errors: [{ message: `${"x".repeat(180)}${token}${"y".repeat(1_000_000)}` }] }),
    ]) {
      const error = await failure(clientFor(await serve(send(400, body))).getScript(id));
      expect(error.reason).toMatch(/400: x{180}\[token\]y+…$/);
      expect(error.message.length).toBeLessThan(400);
      expect(everythingOf(error)).not.toContain(core.slice(0, 6));
    }
  });

  it("are those of five errors at most, with short codes and fields", async () => {
    const errors = Array.from({ length: 1000 }, (_, n) => ({
      code: "c".repeat(500),
      field: "f".repeat(500),
      message: n,
    }));
    const error = await failure(clientFor(await serve(send(422, { errors }))).getScript(id));
    expect(error.reason).toMatch(/422: 0 \(field f{199}…\); 1 .*; 4 \(field f+…\); and 995 more errors$/);
    expect([error.code?.length, error.field?.length]).toEqual([200, 200]);
  });
});

describe("text of the server is read in linear time", () => {
  const openings = ["<", '"', ";", "; a", ";a=", "<a>;rel=", " ", ",<", '<a>; rel="', "; rel  "];
  it.each(openings)("a Link header of many %j", (part) => {
    expect(growth((size) => nextPage(part.repeat(size / part.length), "http://127.0.0.1"))).toBeLessThan(80);
  });

  const bodies = ["<title>", " ", "<", "\n", "q", "\\", "%", ".", "\u0000", "[", '{"'];
  it.each(bodies)("an error's body of many %j", (part) => {
    const options = {
      ...readConfiguration(() => undefined, {}),
      token: { value: token, source },
      backoff: 1,
      maxResponseBytes: 1,
    };
    const call = { operation: "listScripts", attempt: "list", method: "GET", path: "/" } as const;
    const explain = (size: number) => {
      const response = { statusCode: 400, body: part.repeat(size / part.length), headers: {} };
      return explainFailure(call, Object.assign(new Error("x"), { name: "HTTPError", response }), options);
    };
    expect(growth(explain)).toBeLessThan(80);
  });
});

describe("a client", () => {
  it("shows no token before, during and after its requests", async () => {
    const url = await serve(async (response) => {
      await pause(20);
      send(200, { _id: id })(response);
    });
    const client = clientFor(url);
    expect(everythingOf(client)).not.toContain(core);
    const reading = client.getScript(id);
    await pause(10);
    expect(everythingOf(client)).not.toContain(core);
    expect(everythingOf(await reading)).not.toContain(core);
    expect(everythingOf(client)).not.toContain(core);
  });

  it("says how to set a token when there is none", async () => {
    const options = readConfiguration(() => undefined, { CELIGO_BASE_URL: "http://127.0.0.1:1" });
    const error = await failure(new CeligoClient(options).getScript(id));
    expect(error.message).toBe(
      `could not read script ${id}: no API token is set. Set CELIGO_API_TOKEN in the environment, ` +
        "or run: pulumi config set --secret celigo:apiToken",
    );
  });
});

describe("the hint after 401", () => {
  it.each([
    ["https://api.integrator.io", "us"],
    ["https://api.eu.integrator.io", "eu"],
  ])("names the token's source, the address %s and its region %s", (url, region) => {
    const hint = hintFor(401, { tokenSource: source, baseUrl: url }, {});
    expect(hint).toContain(`The token from ${source} was sent to ${url} (region ${region})`);
    expect(hint).toContain("created in that region");
  });

  it("names no region for another address", () => {
    const hint = hintFor(401, { tokenSource: source, baseUrl: "https://proxy.example" }, {});
    expect(hint).toContain("was sent to https://proxy.example:");
  });

  it("says where the address is from, and what to set where an older one may have been sent", () => {
    const addressSource = "celigo:region in the stack's configuration";
    const tokenSource = "CELIGO_API_TOKEN in the environment";
    const hint = hintFor(401, { tokenSource, baseUrl: regionUrls.us, addressSource }, {});
    expect(hint).toContain(`was sent to ${regionUrls.us} (region us, from ${addressSource}): check`);
    expect(hint).toMatch(/ Set CELIGO_REGION in the environment: the environment wins in every command\.$/);
    const both = {
      tokenSource: "celigo:apiToken in the stack's configuration",
      baseUrl: regionUrls.us,
      addressSource: "celigo:baseUrl in the stack's configuration",
    };
    expect(hintFor(401, both, {})).toMatch(
      / Set CELIGO_API_TOKEN and CELIGO_BASE_URL in the environment: the environment wins in every command\.$/,
    );
    expect(hintFor(401, { tokenSource, baseUrl: regionUrls.us }, {})).not.toContain("wins");
  });
});

describe("an error", () => {
  it("closes the sentence before its hint, however the server's words end", () => {
    const message = (reason: string, hint?: string) =>
      new CeligoError({ subject: "could not x", reason, hint }).message;
    expect(message("no", "Do it.")).toBe("could not x: no. Do it.");
    expect(message("no.", "Do it.")).toBe("could not x: no. Do it.");
    expect(message("why?\n", "Do it.")).toBe("could not x: why? Do it.");
    expect(message("no")).toBe("could not x: no");
    expect(message("a\n  b\r\n\r\nc\rd")).toBe("could not x: a b c d");
    expect(message("a\u2028b\u2029c\u0085d\ve\ff")).toBe("could not x: a b c d e f");
  });

  it("cannot steer a terminal", () => {
    const { message } = new CeligoError({ subject: "could not x", reason: "\u001b[31mred\u0007\u0000\u009b2J" });
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message).toContain("red");
  });

  it("is recognised by predicates", () => {
    const error = (status?: number, outcomeUnknown = false) =>
      new CeligoError({ subject: "x", reason: "y", status, outcomeUnknown, code: "of_the_api" });
    expect([404, 401, 410, undefined].map((status) => isNotFound(error(status)))).toEqual([true, false, false, false]);
    // Not the API's own form.
    expect(isNotFound(new CeligoError({ subject: "x", reason: "y", status: 404 }))).toBe(false);
    expect([401, 404, 403, undefined].map((status) => isUnauthorized(error(status)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([isOutcomeUnknown(error(500, true)), isOutcomeUnknown(error(500))]).toEqual([true, false]);
    expect([
      isTransient(new CeligoError({ subject: "x", reason: "y", transient: true })),
      isTransient(error(500)),
    ]).toEqual([true, false]);
    for (const predicate of [isNotFound, isUnauthorized, isOutcomeUnknown, isTransient]) {
      expect(predicate(Object.assign(new Error("x"), { status: 404, outcomeUnknown: true, transient: true }))).toBe(
        false,
      );
      expect(predicate(undefined)).toBe(false);
    }
  });

  it("of any kind has a message of one line", () => {
    expect(messageOf(new Error("a\nb"))).toBe("a b");
    expect(messageOf("c\r\nd ")).toBe("c d");
    expect(messageOf(undefined)).toBe("undefined");
  });
});

describe("a cause that all scripts share", () => {
  const failureOf = (subject: string, sharedCause = "Celigo answered 401: No", more = {}) =>
    new CeligoError({
      subject,
      reason: `${sharedCause} (5 attempts)`,
      hint: "Set it.",
      operation: "getScriptById",
      sharedCause,
      ...more,
    });
  const said = (...failures: CeligoError[]) => {
    const causes = new SharedCauses();
    return failures.map((one) => messageOf(causes.once(one)));
  };

  it("is said in full once, and then in one short line that names the first script", () => {
    expect(said(failureOf('could not read script "a" (1)'), failureOf('could not update script "b" (2)'))).toEqual([
      'could not read script "a" (1): Celigo answered 401: No (5 attempts). Set it.',
      'could not update script "b" (2): same cause as for script "a" (1): Celigo answered 401: No',
    ]);
    expect(said(failureOf("could not list scripts"), failureOf('could not create script "b"')).at(-1)).toBe(
      'could not create script "b": Celigo answered 401: No (the same for every script)',
    );
    const setting = { subject: "invalid configuration (x)", operation: undefined };
    expect(said(failureOf("", "it is bad", setting), failureOf("", "it is bad", setting))).toEqual([
      "invalid configuration (x): it is bad (5 attempts). Set it.",
      "invalid configuration (x): it is bad (the same for every script)",
    ]);
  });

  it("is said in full of the same script again, where the request may have been carried out, and where more is said", () => {
    const full = failureOf('could not read script "a" (1)');
    const other = failureOf('could not update script "b" (2)');
    const lost = failureOf('could not update script "b" (2)', full.sharedCause, { outcomeUnknown: true });
    const more = other.with({ reason: "it was created; could not read it back" });
    const asked = new CeligoError({
      ...other,
      cause: undefined,
      reason: `could not check what uses it: ${other.reason}`,
    });
    for (const again of [
      full,
      lost,
      more,
      asked,
      failureOf('could not update script "b" (2)', "connect ECONNREFUSED"),
    ]) {
      expect(said(full, again).at(-1)).toBe(again.message);
    }
    expect(said(full, other.about('could not delete script "c"')).at(-1)).toContain("same cause as");
  });
});
