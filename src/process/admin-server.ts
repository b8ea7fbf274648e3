import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { BlockList } from "node:net";
import type { Registry } from "prom-client";
import type { Health } from "./health.ts";
import { isBearer, type ReadToken } from "./open-token-file.ts";
import { boundAdminConnections } from "./admin-connections.ts";
import { listenWithRetry } from "./listen.ts";
import type { Logger } from "./log.ts";
import type { MetricsServer } from "./metrics-server.ts";

/** Scrapes and probes are short: a client that takes longer for a request, or is silent for longer, is closed. */
const SILENCE_MS = 5_000;
/** How often the server looks for silent clients; the runtime's own 30 s would let them stay for that long. */
const LOOK_EVERY_MS = 1_000;

/** What an extra path answers. */
interface AdminAnswer {
  readonly contentType: string;
  readonly body: string;
  /** 200 by default. */
  readonly status?: number;
}

export interface AdminServerOptions {
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
  readonly address: string;
  readonly health: Health;
  readonly registry: Registry;
  readonly log: Logger;
  /** Further paths, such as `/state`: answered only to clients on this host, because they show more than figures. */
  readonly routes?: Readonly<Record<string, () => AdminAnswer | Promise<AdminAnswer>>> | undefined;
  /** With it these paths are answered to other clients, too, if they show it; without it they are not there for others. */
  readonly token?: ReadToken | undefined;
  /** Serves the metrics elsewhere, so that this server has no `/metrics`; it starts and ends with this one. */
  readonly metrics?: MetricsServer | undefined;
  /** How long a client may be silent; 5 seconds by default. */
  readonly silenceMs?: number | undefined;
}

export interface AdminServer {
  /** The port the server has; before it listens, the one that was asked for. */
  readonly port: number;
  /** Resolves with the port once the server listens. */
  readonly listening: Promise<number>;
  close(): Promise<void>;
}

type Routes = ReadonlyMap<string, () => AdminAnswer | Promise<AdminAnswer>>;

/**
 * Serves `/healthz` (the program runs), `/readyz` (200, or 503 until every condition holds; the body lists them) and
 * `/metrics` (Prometheus text), unless `metrics` serves that. GET and HEAD only. A port that is in use is tried again and does not stop the program.
 * However many connections strangers hold open, probes get through. Further paths are for this host, and for clients with the token.
 */
export function startAdminServer(options: AdminServerOptions): AdminServer {
  const { port, address, log, metrics, registry, silenceMs = SILENCE_MS } = options;
  void metrics?.start(registry);
  const routesFor = chooseRoutes(options);
  const server = createServer(
    {
      headersTimeout: silenceMs,
      requestTimeout: silenceMs,
      keepAliveTimeout: silenceMs,
      connectionsCheckingInterval: Math.min(LOOK_EVERY_MS, silenceMs),
    },
    (request, response) => {
      void routesFor(request)
        .then(async (routes) => (routes === undefined ? UNAUTHORIZED : answer(request, routes)))
        .catch((error: unknown) => {
          log.error({ err: error, path: request.url }, "cannot answer on the admin port");
          return { ...plain("internal error\n"), status: 500 };
        })
        .then((answered) => send(request, response, answered));
    },
  );
  boundAdminConnections(server);
  const bound = Promise.withResolvers<number>();
  const handle = listenWithRetry(server, { port, address, log, name: "admin", onListening: bound.resolve });
  return {
    get port() {
      return handle.port;
    },
    listening: bound.promise,
    async close() {
      const closed = server.listening ? new Promise<void>((resolve) => server.once("close", resolve)) : undefined;
      handle.close();
      server.closeAllConnections();
      await Promise.all([closed, metrics?.close()]);
    },
  };
}

const UNAUTHORIZED: AdminAnswer = { contentType: "text/plain; charset=utf-8", body: "unauthorized\n", status: 401 };

/** The paths that there are for a request; undefined: it asks for one that it has to show the token for. */
function chooseRoutes(options: AdminServerOptions): (request: IncomingMessage) => Promise<Routes | undefined> {
  const { token, log } = options;
  const shared = sharedRoutes(options);
  const own = new Map([...Object.entries(options.routes ?? {}), ...shared]);
  return async (request) => {
    if (isFromThisHost(request)) return own;
    const path = pathOf(request);
    if (token === undefined || shared.has(path) || !own.has(path)) return shared;
    const wanted = await token().catch((error: unknown) => {
      log.error({ err: error, path }, "cannot read the token");
      return "";
    });
    return isBearer(request.headers.authorization, wanted) ? own : undefined;
  };
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return url.split("?", 1)[0] ?? "/";
}

function sharedRoutes({ health, registry, metrics }: AdminServerOptions): Routes {
  const routes = new Map<string, () => AdminAnswer | Promise<AdminAnswer>>([
    ["/healthz", () => plain("ok\n")],
    ["/readyz", () => ({ ...plain(health.report()), status: health.ready() ? 200 : 503 })],
  ]);
  if (metrics === undefined)
    routes.set("/metrics", async () => ({ contentType: registry.contentType, body: await registry.metrics() }));
  return routes;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

/** Whether a client is on this host, which includes `kubectl port-forward`. */
function isFromThisHost({ socket: { remoteAddress = "", remoteFamily } }: IncomingMessage): boolean {
  return loopback.check(remoteAddress, remoteFamily === "IPv6" ? "ipv6" : "ipv4");
}

async function answer(request: IncomingMessage, routes: Routes): Promise<AdminAnswer> {
  const { method } = request;
  if (method !== "GET" && method !== "HEAD") return { ...plain("only GET and HEAD\n"), status: 405 };
  const route = routes.get(pathOf(request));
  if (route === undefined) return { ...plain(`not found; try ${[...routes.keys()].join(", ")}\n`), status: 404 };
  return route();
}

function send(
  { method }: IncomingMessage,
  response: ServerResponse,
  { status = 200, contentType, body }: AdminAnswer,
): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
  response.end(method === "HEAD" ? undefined : body);
}

function plain(body: string): AdminAnswer {
  return { contentType: "text/plain; charset=utf-8", body };
}
