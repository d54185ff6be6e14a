// A proxy as a process of its own: it tunnels CONNECT, forwards what is sent in the clear, and prints what it sees as lines of JSON.
import { createServer, request as forward } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** What the proxy is told on its command line. */
export interface ProxyOptions {
  /** The Basic credentials that it demands, before encoding. */
  readonly credentials?: string;
  /** The status with which it refuses every connection. */
  readonly refuse?: number;
}

/** One connection or request, as the proxy prints it. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  /** All that the client sent to the proxy, in latin1. */
  readonly bytes: string;
}

function main({ credentials, refuse }: ProxyOptions): void {
  const tell = (line: Seen | { readonly port: number }) => process.stdout.write(`${JSON.stringify(line)}\n`);
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString("base64")}`;
  const statusFor = (given: string | undefined) => refuse ?? (wanted && given !== wanted ? 407 : 200);
  const server = createServer((request, response) => {
    tell({ method: request.method ?? "", target: request.url ?? "", bytes: JSON.stringify(request.headers) });
    const { host: _, "proxy-authorization": given, ...headers } = request.headers;
    const status = statusFor(given);
    if (status !== 200) return void response.writeHead(status).end();
    const onward = forward(request.url ?? "", { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on("connect", ({ headers, method = "", url = "" }, client, head) => {
    const status = statusFor(headers["proxy-authorization"]);
    const sent: Buffer[] = [Buffer.from(JSON.stringify(headers)), head];
    const seen = () => tell({ method, target: url, bytes: Buffer.concat(sent).toString("latin1") });
    if (status !== 200) {
      seen();
      return void client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    }
    // Every name is this machine.
    const upstream = connect(Number(url.split(":").at(-1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      client.on("data", (data: Buffer) => sent.push(data));
      client.pipe(upstream).pipe(client);
    });
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
    client.on("close", seen);
  });
  server.listen(0, "127.0.0.1", () => tell({ port: (server.address() as AddressInfo).port }));
}

main(JSON.parse(process.argv[2] ?? "{}") as ProxyOptions);
