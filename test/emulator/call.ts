/** A script as the API sends it. */
export interface Script {
  readonly _id: string;
  readonly name?: string;
  readonly description?: string;
  readonly content?: string;
  readonly lastModified: string;
  readonly createdAt: string;
  readonly deletedAt?: string;
  readonly __hash: string;
}

/** A response, with its body as text and as JSON. */
export interface Reply<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body;
}

/** One request over real HTTP; a string is sent as it is. */
export async function call<Body = Script>(
  { url }: { readonly url: string },
  method: string,
  path: string,
  body?: unknown,
  token = "emulator-token",
): Promise<Reply<Body>> {
  const answer = await fetch(path.startsWith("http") ? path : url + path, {
    method,
    headers: {
      ...(token !== "" && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json: unknown = answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
  return { status: answer.status, headers: answer.headers, text, body: json as Body };
}

/** The API's error envelope. */
export interface Errors {
  readonly errors: readonly { readonly code: string; readonly message: string; readonly field?: string }[];
}
