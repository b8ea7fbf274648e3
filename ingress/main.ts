import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { releaseStartPages } from "#src/linux/start-pages.ts";
import { type Parsed, printProblem } from "#src/model/problem.ts";
import { startAdminServer } from "#src/process/admin-server.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { createHealth } from "#src/process/health.ts";
import { type ListenHandle, listenWithRetry } from "#src/process/listen.ts";
import { createLogger } from "#src/process/log.ts";
import { createRegistry } from "#src/process/metrics.ts";
import { EXIT_USAGE, optionsOrExit } from "#src/process/options.ts";
import { onShutdown } from "#src/process/shutdown.ts";
import { sourceOrExit } from "#src/source/source-or-exit.ts";
import { Engine } from "./engine/engine.ts";
import { netConnect } from "./io/net.ts";
import { plainServer, secureServer } from "./io/servers.ts";
import { type IngressLoop, startIngressLoop } from "./ingress-loop.ts";
import { registerIngressMetrics } from "./metrics.ts";
import { ingressOptions } from "./ingress-options.ts";
import { printState } from "./print-state.ts";
import { readPublishSettings } from "./status/publish-settings.ts";
import { Certificates } from "./tls/certificates.ts";

/** How often deadlines are looked at: the exactness of all time limits. */
const TICK_MS = 100;
/** How often a shutdown looks whether requests are still under way. */
const DRAIN_LOOK_MS = 20;

/** Access log lines that wait at most to be read by whoever reads our output. */
const MAX_UNREAD_LOG_BYTES = 4_194_304;

const about = "Routes HTTP and HTTPS requests to the endpoints of Services, as the Ingresses say.";
const options = optionsOrExit(ingressOptions, { command: "hawser ingress", about });
const publish = orExit(readPublishSettings(options));
const component = "ingress";
const log = createLogger({ component, level: options.logLevel });
const registry = createRegistry(component);
const health = createHealth(["synced", "http", "https", "default-backend"], () => {
  log.info({}, "ready");
  releaseStartPages(log);
});
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === "IPv6"));
const address = options.bindAddress ?? (hasIpv6 ? "::" : "0.0.0.0");
const source = await sourceOrExit(options, { component, log });
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
const servers = [
  { name: "http", server: http, port: options.httpPort },
  { name: "https", server: https, port: options.httpsPort },
  { name: "default-backend", server: notFound, port: options.defaultBackendPort },
];
let listeners: readonly ListenHandle[] = [];
let loop: IngressLoop | undefined;
let isEnding = false;
registerIngressMetrics(registry, {
  counters: engine.counters,
  health: engine.balancer.health,
  problemCount: () => loop?.problemCount() ?? 0,
  leads: () => loop?.status?.leads ?? false,
  statusWrites: () => loop?.status?.writes ?? 0,
});

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
  publish,
  useRoutes: (table) => engine.useRoutes(table),
});
// Only now: a request that came before the routes are known would be told that its page does not exist.
if (!isEnding) start();

function start(): void {
  health.set("synced", true);
  listeners = servers.map(({ server, ...listener }) =>
    listenWithRetry(server, {
      ...listener,
      address,
      log,
      onListening: (bound) => health.set(listener.name, true, `port ${bound}`),
      onProblem: ({ what, why }) => health.set(listener.name, false, `${what}: ${why}`),
    }),
  );
}

/** Lines are dropped while whoever reads our output is far behind: requests go on. */
function writeAccessLog(lines: Buffer): void {
  if (process.stdout.writableLength < MAX_UNREAD_LOG_BYTES) process.stdout.write(lines);
}

/** Not ready at once, still accepting for a while (whoever sends requests here has to learn of it), then to the last request. */
async function shutDown(): Promise<void> {
  isEnding = true;
  health.set("synced", false, "shutting down");
  engine.drain();
  // A port that is not ours yet is for whoever comes after us.
  for (const listener of listeners) listener.stopTrying();
  if (listeners.length > 0) await sleep(options.drainDelay * 1_000);
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

/** The value, or the program's end with what is wrong with its options. */
function orExit<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  for (const problem of parsed.problems) process.stderr.write(`${printProblem(problem)}\n`);
  return process.exit(EXIT_USAGE);
}
