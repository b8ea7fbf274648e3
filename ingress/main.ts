import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { startAdminServer } from "#src/process/admin-server.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { createHealth } from "#src/process/health.ts";
import { listenWithRetry } from "#src/process/listen.ts";
import { createLogger, logLevels } from "#src/process/log.ts";
import { createRegistry } from "#src/process/metrics.ts";
import type { OptionSpecs } from "#src/process/option-spec.ts";
import { optionsOrExit } from "#src/process/options.ts";
import { onShutdown } from "#src/process/shutdown.ts";
import { sourceOptions, sourceOrExit } from "#src/source/open.ts";
import { Engine } from "./engine/engine.ts";
import { netConnect } from "./io/net.ts";
import { plainServer, secureServer } from "./io/servers.ts";
import { type IngressLoop, startIngressLoop } from "./loop.ts";
import { registerIngressMetrics } from "./metrics.ts";
import { printState } from "./state.ts";
import { Certificates } from "./tls/certificates.ts";

/** How often deadlines are looked at: the exactness of all time limits. */
const TICK_MS = 100;
/** How often a shutdown looks whether requests are still under way. */
const DRAIN_LOOK_MS = 20;

/** Access log lines that wait at most to be read by whoever reads our output. */
const MAX_UNREAD_LOG_BYTES = 4_194_304;

const port = { kind: "number", min: 0, max: 65_535 } as const;
const specs = {
  ...sourceOptions,
  httpPort: { ...port, default: 80, help: "Port for HTTP" },
  httpsPort: { ...port, default: 443, help: "Port for HTTPS" },
  defaultBackendPort: { ...port, default: 8181, help: "Port that answers 404 to everything" },
  adminAddress: { kind: "string", default: "0.0.0.0", help: "Address of /healthz, /readyz, /metrics and /state" },
  adminPort: { ...port, default: 10_254, help: "Port of /healthz, /readyz, /metrics and /state" },
  bindAddress: {
    kind: "string",
    help: "Address of the ports for requests; by default all of IPv4, and of IPv6 where the host has it",
  },
  ingressClass: { kind: "string", default: "hawser", help: "Name of the IngressClass that is served" },
  watchIngressWithoutClass: {
    kind: "boolean",
    default: false,
    help: "Serve Ingresses without a class where no class is the default; those of a folder always are",
  },
  sslRedirect: {
    kind: "boolean",
    default: false,
    help: "Send plain requests on to HTTPS (308) for hosts with a tls entry, unless the Ingress has ssl-redirect",
  },
  accessLog: { kind: "boolean", default: false, help: "Write a JSON line to stdout for each answered request" },
  drainDelay: { kind: "number", default: 1, min: 0, max: 3_600, help: "Seconds to go on accepting after SIGTERM" },
  drainTimeout: { kind: "number", default: 20, min: 0, max: 3_600, help: "Seconds that requests may take to end then" },
  logLevel: { kind: "string", default: "info", choices: logLevels, help: "Least level that is logged" },
} as const satisfies OptionSpecs;

const about = "Routes HTTP and HTTPS requests to the endpoints of Services, as the Ingresses say.";
const options = optionsOrExit(specs, { command: "hawser ingress", about });
const component = "ingress";
const log = createLogger({ component, level: options.logLevel });
const registry = createRegistry(component);
const health = createHealth(["synced", "http", "https", "default-backend"], () => log.info({}, "ready"));
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === "IPv6"));
const address = options.bindAddress ?? (hasIpv6 ? "::" : "0.0.0.0");
const source = sourceOrExit(options, {
  component,
  log,
  scopes: { Secret: { fieldSelector: "type=kubernetes.io/tls" } },
});
const certificates = new Certificates(wallMs());
const engine = new Engine({
  connect: netConnect,
  clockMs: monotonicMs,
  wallMs,
  redirectsToHttps: options.sslRedirect,
  writeAccessLog: options.accessLog ? writeAccessLog : undefined,
});
/** Has no routes, and so answers 404. */
const defaultBackend = new Engine({ connect: netConnect, clockMs: monotonicMs, wallMs });
const { connections: maxConnections } = engine.limits;

const http = plainServer((connection) => engine.accept(connection), maxConnections);
const https = secureServer({
  accept: (connection) => engine.accept(connection),
  maxConnections,
  contextOf: (serverName) => certificates.contextOf(serverName),
  fallback: certificates.fallback,
  onHandshakeFailure: (err) => log.debug({ err }, "handshake failed"),
});
const notFound = plainServer((connection) => defaultBackend.accept(connection), maxConnections);

const ticker = setInterval(() => {
  engine.tick();
  defaultBackend.tick();
}, TICK_MS);
const admin = startAdminServer({
  address: options.adminAddress,
  port: options.adminPort,
  health,
  registry,
  log,
  routes: { "/state": () => printState(engine) },
});
const listeners = [
  { name: "http", server: http, port: options.httpPort },
  { name: "https", server: https, port: options.httpsPort },
  { name: "default-backend", server: notFound, port: options.defaultBackendPort },
].map(({ server, ...listener }) =>
  listenWithRetry(server, {
    ...listener,
    address,
    log,
    onListening: (bound) => health.set(listener.name, true, `port ${bound}`),
    onProblem: ({ what, why }) => health.set(listener.name, false, `${what}: ${why}`),
  }),
);

let loop: IngressLoop | undefined;
registerIngressMetrics(registry, engine.counters, () => loop?.problemCount() ?? 0);

onShutdown(log, shutDown, { deadlineMs: (options.drainDelay + options.drainTimeout + 5) * 1_000 });
loop = await startIngressLoop({
  source,
  scope: {
    className: options.ingressClass,
    // In a folder nobody else serves.
    withoutClass: options.watchIngressWithoutClass || options.manifests !== undefined,
  },
  certificates,
  log,
  useRoutes: (table) => engine.useRoutes(table),
});
health.set("synced", true);

/** Lines are dropped while whoever reads our output is far behind: requests go on. */
function writeAccessLog(lines: Buffer): void {
  if (process.stdout.writableLength < MAX_UNREAD_LOG_BYTES) process.stdout.write(lines);
}

/** Not ready at once, still accepting for a while (whoever sends requests here has to learn of it), then to the last request. */
async function shutDown(): Promise<void> {
  health.set("synced", false, "shutting down");
  engine.drain();
  await sleep(options.drainDelay * 1_000);
  for (const listener of listeners) listener.close();
  const endMs = monotonicMs() + options.drainTimeout * 1_000;
  while (engine.closeIdle() > 0 && monotonicMs() < endMs) await sleep(DRAIN_LOOK_MS);
  engine.close();
  defaultBackend.close();
  clearInterval(ticker);
  await loop?.close();
  await source.close();
  await admin.close();
}
