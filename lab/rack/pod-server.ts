// The program in a lab pod: HTTP, a TCP banner with echo, and a UDP echo, each on both families.
// Usage: node lab/rack/pod-server.ts --name web-1 [--http 8080]... [--tcp 7000]... [--udp 7001]... [--page HEADING]
import { createSocket } from "node:dgram";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    name: { type: "string", default: "pod" },
    http: { type: "string", multiple: true, default: [] },
    tcp: { type: "string", multiple: true, default: [] },
    udp: { type: "string", multiple: true, default: [] },
    page: { type: "string" },
  },
});
const { name, page } = values;

/** Headers a proxy adds or changes: repeated in the answer so that a test sees what arrived. */
const shownHeaders = [
  "host",
  "x-forwarded-for",
  "x-forwarded-proto",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-real-ip",
  "x-request-id",
  "x-original-uri",
  "x-forwarded-prefix",
  "forwarded",
  "via",
];

function clientOf(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:/, "");
}

function facts(request: IncomingMessage): [string, string][] {
  const headers = shownHeaders.flatMap((header): [string, string][] => {
    const value = request.headers[header];
    return value === undefined ? [] : [[header, String(value)]];
  });
  return [
    ["pod", name],
    ["method", request.method ?? ""],
    ["path", request.url ?? ""],
    ["client", clientOf(request.socket.remoteAddress)],
    ...headers,
  ];
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function htmlPage(heading: string, rows: readonly [string, string][]): string {
  const cells = rows.map(([key, value]) => `<dt>${escapeHtml(key)}</dt><dd>${escapeHtml(value)}</dd>`).join("");
  const title = escapeHtml(heading);
  return `<!doctype html><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><dl>${cells}</dl>\n`;
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const rows = facts(request);
  const isHtml = page !== undefined;
  const body = isHtml ? htmlPage(page, rows) : rows.map(([key, value]) => `${key}: ${value}\n`).join("");
  response.writeHead(200, {
    "content-type": isHtml ? "text/html; charset=utf-8" : "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "x-pod": name,
  });
  response.end(body);
  request.resume();
}

function greet(socket: Socket): void {
  socket.on("error", () => {});
  socket.setNoDelay(true);
  socket.write(`${name} ${clientOf(socket.remoteAddress)}\n`);
  socket.pipe(socket);
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, "::", () => resolve());
  });
}

/**
 * What the kernel keeps for this process while it gets no CPU (as far as net.core.rmem_max allows): with its default, 500 datagrams
 * a second fill it in half a second, and those that are dropped then would look as if the network had lost them.
 */
const RECEIVE_BUFFER_BYTES = 1 << 20;

function echoing(type: "udp4" | "udp6", port: number): Promise<void> {
  const socket = createSocket({ type, ipv6Only: type === "udp6", recvBufferSize: RECEIVE_BUFFER_BYTES });
  socket.on("message", (message, from) => {
    const answer = Buffer.concat([message, Buffer.from(` ${name} ${from.address}`)]);
    // A reply that cannot be sent is a lost one: its client sees it.
    socket.send(answer, from.port, from.address, () => {});
  });
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.bind(port, () => resolve());
  });
}

await Promise.all([
  ...values.http.map((port) => listening(createHttpServer(serve), Number(port))),
  ...values.tcp.map((port) => listening(createTcpServer(greet), Number(port))),
  ...values.udp.flatMap((port) => [echoing("udp4", Number(port)), echoing("udp6", Number(port))]),
]);
console.log("ready");
process.on("SIGTERM", () => process.exit(0));
