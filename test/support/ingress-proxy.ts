import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import type { Compression } from "#src/filters/compression.ts";
import type { AnswerFields } from "#src/filters/answer-fields.ts";
import type { KeyedBuckets } from "#src/filters/keyed-buckets.ts";
import type { Ingress } from "#src/model/ingress.ts";
import type { AccessControl } from "#ingress/engine/access-control.ts";
import type { EndpointSecurity } from "#ingress/engine/endpoints/endpoint-security.ts";
import { Engine } from "#ingress/engine/engine.ts";
import type { Mirror } from "#ingress/engine/mirror.ts";
import type { HeaderNames } from "#ingress/engine/h1/forwarded-request.ts";
import type { Limits } from "#ingress/engine/limits.ts";
import type { Connection } from "#ingress/io/connection.ts";
import type { Io } from "#ingress/io/io.ts";
import type { TrustedProxies } from "#ingress/engine/trusted-client.ts";
import type { ProxyPreface } from "#ingress/io/proxy-preface.ts";
import { ConnectionGate } from "#ingress/io/connection-gate.ts";
import { ingressOf, serviceOf, slicesOf } from "./ingress-objects.ts";
import { defaultIo } from "./test-io.ts";

/** The engine on a loopback port, routing `a.com` (or the given Ingresses) to Services on loopback ports. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  readonly engine: Engine;
  readonly gate: ConnectionGate;
  /** Makes these ports the endpoints of each Service. */
  setEndpoints(services: Readonly<Record<string, readonly number[]>>): void;
}

export interface ProxyOptions {
  readonly ingresses?: readonly Ingress[];
  readonly limits?: Partial<Limits>;
  readonly headerNames?: HeaderNames;
  readonly access?: AccessControl;
  readonly countsSeries?: boolean;
  readonly endpointSecurity?: EndpointSecurity;
  readonly compressions?: readonly Compression[];
  readonly answerFields?: AnswerFields;
  readonly mirror?: Mirror;
  readonly keyedBuckets?: KeyedBuckets;
  readonly trustedProxies?: TrustedProxies;
  readonly preface?: ProxyPreface;
  /** That of the program by default. */
  readonly io?: Io;
  readonly isPlainHttp2On?: boolean;
}

const TICK_MS = 10;

/** Starts a proxy; the Service of the default Ingress is called `s`. */
export async function startProxy(
  services: Readonly<Record<string, readonly number[]>>,
  {
    ingresses = [ingressOf("i", { "a.com": { "/": "s" } })],
    limits = {},
    headerNames = "plain",
    access,
    countsSeries = false,
    endpointSecurity,
    compressions = [],
    answerFields,
    mirror,
    keyedBuckets,
    trustedProxies,
    preface,
    io = defaultIo,
    isPlainHttp2On = false,
  }: ProxyOptions = {},
): Promise<Proxy> {
  const engine = new Engine({
    connect: io.connect,
    clockMs: () => performance.now(),
    wallMs: Date.now,
    limits,
    headerNames,
    compressions,
    ...(answerFields && { answerFields }),
    countsSeries,
    ...(access && { access }),
    ...(endpointSecurity && { endpointSecurity }),
    ...(mirror && { mirror }),
    ...(keyedBuckets && { keyedBuckets }),
    trustedProxies,
    isPlainHttp2On,
  });
  const setEndpoints: Proxy["setEndpoints"] = (endpoints) => {
    const slices = Object.entries(endpoints).flatMap(([name, ports]) => slicesOf(name, ports));
    engine.useRoutes(
      buildRoutes(routingSnapshot({ ingresses, services: Object.keys(endpoints).map(serviceOf), slices })),
    );
  };
  setEndpoints(services);
  const gate = new ConnectionGate(engine.limits);
  const accept = (connection: Connection) => engine.accept(connection);
  const server = io.plainServer({ accept, gate, preface }, engine.buffers);
  const timer = setInterval(() => engine.tick(), TICK_MS);
  return {
    port: await listen(server),
    engine,
    gate,
    setEndpoints,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      engine.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server of raw bytes: what it is asked, and a script for each connection. */
export interface TestEndpoint extends AsyncDisposable {
  readonly port: number;
  /** All bytes received, as Latin-1. */
  received(): string;
  readonly connections: Socket[];
}

/** Starts an endpoint; the handler gets each piece of input of each connection. */
export async function startEndpoint(
  onData: (socket: Socket, text: string) => void,
  onConnection: (socket: Socket) => void = () => undefined,
): Promise<TestEndpoint> {
  let received = "";
  const connections: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    connections.push(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      received += data.toString("latin1");
      onData(socket, data.toString("latin1"));
    });
    onConnection(socket);
  });
  return {
    port: await listen(server),
    received: () => received,
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers each request head with 200 and this body. */
export function answering(body: string): (socket: Socket, text: string) => void {
  return (socket, text) => {
    for (let count = text.split("\r\n\r\n").length - 1; count > 0; count--) socket.write(okWith(body));
  };
}

/** A whole answer of status 200. */
export function okWith(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A client connection that collects what comes. */
export interface Client extends Disposable {
  readonly socket: Socket;
  send(text: string): void;
  /** All that came so far, as Latin-1. */
  text(): string;
  /** Resolves with all that came when it satisfies the condition; rejects when the connection ends before. */
  until(condition: (text: string) => boolean): Promise<string>;
  /** Resolves with all that came when the connection has ended, and whether that was a reset. */
  ended(): Promise<{ readonly text: string; readonly wasReset: boolean }>;
}

/** Opens a client connection to a loopback port, from another address of loopback where one is given. */
export function openClient(port: number, localAddress = "127.0.0.1"): Client {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true, localAddress });
  let text = "";
  let wasReset = false;
  const closed = Promise.withResolvers<undefined>();
  const waiters = new Set<() => void>();
  socket.on("data", (data) => {
    text += data.toString("latin1");
    for (const check of waiters) check();
  });
  socket.on("error", () => (wasReset = true));
  socket.on("close", () => closed.resolve(undefined));
  return {
    socket,
    send: (bytes) => void socket.write(Buffer.from(bytes, "latin1")),
    text: () => text,
    async until(condition) {
      const met = Promise.withResolvers<undefined>();
      const check = () => condition(text) && met.resolve(undefined);
      waiters.add(check);
      check();
      const outcome = await Promise.race([met.promise, closed.promise.then(() => "closed")]);
      waiters.delete(check);
      if (outcome === "closed" && !condition(text)) throw new Error(`the connection ended after: ${text}`);
      return text;
    },
    async ended() {
      await closed.promise;
      return { text, wasReset };
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Sends bytes on a new connection and returns all that comes until the other side ends. */
export async function ask(port: number, bytes: string, localAddress?: string): Promise<string> {
  using client = openClient(port, localAddress);
  client.send(bytes);
  return (await client.ended()).text;
}

/** The status code of an answer; 0 for none. */
export function statusOf(text: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Below what Linux gives to sockets that ask for any port: other tests, which run at the same time, cannot get it meanwhile. */
const UNASKED_PORTS = { from: 20_000, to: 32_000 };

/** A port of loopback on which nothing listens. */
export async function closedPort(): Promise<number> {
  const { from, to } = UNASKED_PORTS;
  for (;;) {
    const port = from + Math.floor(Math.random() * (to - from));
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** A condition for `until`: the figure has been the same 20 times in a row. */
export function standsStill(figure: () => number): () => boolean {
  let last = Number.NaN;
  let times = 0;
  return () => {
    const now = figure();
    times = now === last ? times + 1 : 0;
    last = now;
    return times === 20;
  };
}
