import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { BlockList } from "node:net";
import type { Registry } from "prom-client";
import type { Health } from "./health.ts";
import { isBearer, type ReadToken } from "./open-token-file.ts";
import { boundAdminConnections } from "./admin-connections.ts";
import { closeServer } from "./close-server.ts";
import { listenWithRetry } from "./listen.ts";
import type { Logger } from "./log.ts";
import type { MetricsServer } from "./metrics-server.ts";
import { printMetrics } from "./print-metrics.ts";
import { sendSlices, type SlicedAnswer } from "./send-slices.ts";
import { pathOf, plain, refusedMethod, sendShortAnswer, type ShortAnswer } from "./short-answer.ts";

/** Scrapes and probes are short: a client that takes longer for a request, or is silent for longer, is closed. */
const SILENCE_MS = 5_000;
/** How often the server looks for silent clients; the runtime's own 30 s would let them stay for that long. */
const LOOK_EVERY_MS = 1_000;

export interface AdminServerOptions {
  /** 0 to 65535; 0 lets the kernel choose. */
  readonly port: number;
  readonly address: string;
  readonly health: Health;
  readonly registry: Registry;
  readonly log: Logger;
  /** Further paths, such as `/state`: answered only to clients on this host, because they show more than figures. */
  readonly routes?: Readonly<Record<string, () => ShortAnswer | Promise<ShortAnswer>>> | undefined;
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

type Answer = ShortAnswer | SlicedAnswer;

type Routes = ReadonlyMap<string, () => Answer | Promise<Answer>>;

/**
 * Serves `/healthz` (the program runs), `/readyz` (200, or 503 until every condition holds; the body lists them) and
 * `/metrics` (Prometheus text), unless `metrics` serves that. GET and HEAD only. A port that is in use is tried again and does not stop the program.
 * However many connections strangers hold open, probes get through. Further paths are for this host, and for clients with the token.
 */
export function startAdminServer(options: AdminServerOptions): AdminServer {
  const { port, address, log, metrics, registry, silenceMs = SILENCE_MS } = options;
  void metrics?.start(registry);
  const routesFor = chooseRoutes(options);
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const routes = await routesFor(request);
    const answered = routes === undefined ? UNAUTHORIZED : await answer(request, routes);
    if ("slices" in answered) await sendSlices(request, response, answered, silenceMs);
    else sendShortAnswer(request, response, answered);
  }
  const server = createServer(
    {
      headersTimeout: silenceMs,
      requestTimeout: silenceMs,
      keepAliveTimeout: silenceMs,
      connectionsCheckingInterval: Math.min(LOOK_EVERY_MS, silenceMs),
    },
    (request, response) => {
      void respond(request, response).catch((error: unknown) => {
        // The client went away, or took nothing.
        if (response.headersSent) return log.debug({ err: error, path: request.url }, "an answer ended early");
        log.error({ err: error, path: request.url }, "cannot answer on the admin port");
        sendShortAnswer(request, response, plain("internal error\n", 500));
      });
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
      await Promise.all([closeServer(server, handle), metrics?.close()]);
    },
  };
}

const UNAUTHORIZED = plain("unauthorized\n", 401);

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

function sharedRoutes({ health, registry, metrics }: AdminServerOptions): Routes {
  const routes = new Map<string, () => Answer | Promise<Answer>>([
    ["/healthz", () => plain("ok\n")],
    ["/readyz", () => plain(health.report(), health.ready() ? 200 : 503)],
  ]);
  if (metrics === undefined)
    routes.set("/metrics", () => ({ contentType: registry.contentType, slices: printMetrics(registry) }));
  return routes;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

/** Whether a client is on this host, which includes `kubectl port-forward`. */
function isFromThisHost({ socket: { remoteAddress = "", remoteFamily } }: IncomingMessage): boolean {
  return loopback.check(remoteAddress, remoteFamily === "IPv6" ? "ipv6" : "ipv4");
}

async function answer(request: IncomingMessage, routes: Routes): Promise<Answer> {
  const refused = refusedMethod(request);
  if (refused !== undefined) return refused;
  const route = routes.get(pathOf(request));
  if (route === undefined) return plain(`not found; try ${[...routes.keys()].join(", ")}\n`, 404);
  return route();
}
