import { codeOf } from "./subjects";

/** What is asked for each script: a method, or `uses` for a GET of what uses it. */
type Kind = "POST" | "GET" | "PUT" | "DELETE" | "uses";

/** Sends one request for each script, several at a time, and nothing else: the floor of all that follows. */
async function send(kind: Kind, count: number, version: number, lanes: number): Promise<void> {
  const method = kind === "uses" ? "GET" : kind;
  const { CELIGO_BASE_URL: url, CELIGO_API_TOKEN: token } = process.env;
  const ask = async (address: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(address, { ...init, headers });
    if (!response.ok) throw new Error(`${init.method ?? "GET"} ${address}: ${response.status}`);
    return response;
  };
  const ids: string[] = [];
  let page: string | undefined = method === "POST" ? undefined : `${url}/v1/scripts?include=name`;
  while (page !== undefined) {
    const response: Response = await ask(page);
    ids.push(...((await response.json()) as { _id: string }[]).map(({ _id }) => _id));
    page = /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
  }
  const queue = Array.from({ length: count }, (_, index) => index);
  const worker = async () => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
      const body = JSON.stringify({ name: `script-${index}`, content: codeOf(index, version) });
      const address = `${url}/v1/scripts${method === "POST" ? "" : `/${ids[index]}`}${kind === "uses" ? "/dependencies" : ""}`;
      await (await ask(address, { method, ...(method.startsWith("P") ? { body } : {}) })).text();
    }
  };
  await Promise.all(Array.from({ length: lanes }, worker));
}

const [, , kind = "GET", count, version, lanes = "10", accounts = "1"] = process.argv;
for (let account = 0; account < Number(accounts); account++) {
  void send(kind as Kind, Number(count), Number(version), Number(lanes));
}
