import { once } from "node:events";
import type { Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, createServer, type TLSSocket } from "node:tls";
import { Engine, type EngineOptions } from "#ingress/engine/engine.ts";
import { ConnectionGate } from "#ingress/io/connection-gate.ts";
import type { Io } from "#ingress/io/io.ts";
import type { SecureServerOptions } from "#ingress/io/servers.ts";
import { Certificates } from "#ingress/tls/certificates.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { buildRoutes } from "#src/routing/ingress/build-routes.ts";
import { routingSnapshot } from "#src/routing/ingress/routing-snapshot.ts";
import { engineTlsServer } from "./engine-tls-server.ts";
import { ingressOf, serviceOf, slicesOf } from "./ingress-objects.ts";
import { issueCertificate } from "./issue-certificate.ts";
import { listen } from "./ingress-proxy.ts";

const TICK_MS = 10;

/** An Ingress whose host `pass.com` is passed on to the Service `p`. */
export function passingIngress(more: Partial<Ingress> = {}, host = "pass.com"): Ingress {
  return ingressOf("pass", { [host]: { "/": "p" } }, { settings: { sslPassthrough: true }, ...more });
}

/** Serves `own.com` by the Service `s` and passes `pass.com` on to `p`, by the port for TLS of an engine. */
export async function startPassing(
  services: Readonly<Record<string, readonly number[]>>,
  io: Io,
  {
    ingresses = [passingIngress(), ingressOf("own", { "own.com": { "/": "s" } })],
    engine: engineOptions = {},
    server: serverOptions = {},
  }: {
    readonly ingresses?: readonly Ingress[];
    readonly engine?: Partial<EngineOptions>;
    readonly server?: Partial<SecureServerOptions>;
  } = {},
) {
  const certificates = new Certificates(Date.now());
  const lines: Buffer[] = [];
  const engine = new Engine({
    connect: io.connect,
    clockMs: () => performance.now(),
    wallMs: Date.now,
    writeAccessLog: (some) => void lines.push(some),
    ...engineOptions,
  });
  const route = (endpoints: typeof services, present = ingresses): void => {
    const slices = Object.entries(endpoints).flatMap(([name, ports]) => slicesOf(name, ports));
    const names = Object.keys(endpoints).map(serviceOf);
    engine.useRoutes(buildRoutes(routingSnapshot({ ingresses: present, services: names, slices })));
  };
  route(services);
  const gate = new ConnectionGate(engine.limits);
  const server = engineTlsServer(
    engine,
    {
      gate,
      contextOf: (name) => certificates.contextOf(name),
      fallback: certificates.fallback,
      passing: { isOn: () => engine.passesTls, acceptFor: (name) => engine.acceptUnread(name) },
      ...serverOptions,
    },
    io,
  );
  const timer = setInterval(() => engine.tick(), TICK_MS);
  return {
    engine,
    gate,
    route,
    port: await listen(server),
    /** The lines of the access log so far. */
    log(): readonly Record<string, unknown>[] {
      engine.accessLog?.flush();
      return Buffer.concat(lines)
        .toString()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      engine.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const nowMs = Date.now();

/** A server with a certificate of its own, for this name; `serve` gets each connection after its handshake. */
export async function startTlsEndpoint(commonName: string, serve: (socket: TLSSocket) => void) {
  const issued = issueCertificate({
    commonName,
    names: [commonName],
    keyType: "ec",
    fromMs: nowMs - 60_000,
    toMs: nowMs + 3_600_000,
  });
  const sockets = new Set<Socket>();
  const server = createServer({ cert: issued.certificatePem, key: issued.privateKeyPem }, (socket) => {
    socket.on("error", () => undefined);
    serve(socket);
  });
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("tlsClientError", () => undefined);
  return {
    port: await listen(server),
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A client of TLS on loopback, after its handshake. */
export async function openTls(options: ConnectionOptions): Promise<TLSSocket & Disposable> {
  const socket = connectTls({ host: "127.0.0.1", rejectUnauthorized: false, ...options });
  await once(socket, "secureConnect");
  socket.on("error", () => undefined);
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.destroy() });
}

/** The name in the certificate that a client gets, which then ends as it should: the other side may not have its part of the handshake yet. */
export async function certificateName(options: ConnectionOptions): Promise<string> {
  using socket = await openTls(options);
  const name = String(socket.getPeerCertificate().subject.CN);
  socket.resume().end();
  await once(socket, "close");
  return name;
}
