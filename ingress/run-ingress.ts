import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { EMPTY_ROUTES } from "#src/routing/empty-routes.ts";
import { releaseUnusedPages } from "#src/linux/release-unused-pages.ts";
import { startAdminServer } from "#src/process/admin-server.ts";
import { wallMs } from "#src/process/clock.ts";
import { createRegistry } from "#src/process/create-registry.ts";
import { createHealth } from "#src/process/health.ts";
import { createLogger } from "#src/process/log.ts";
import { openTokenFile } from "#src/process/open-token-file.ts";
import { logProblem } from "#src/process/problem-log.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { printProblems, readOptions } from "#src/process/read-options.ts";
import { onShutdown } from "#src/process/shutdown.ts";
import { openMetricsTls } from "#src/source/open-metrics-tls.ts";
import { openSource } from "#src/source/open-source.ts";
import { anyAddress } from "./any-address.ts";
import { connectionLimitLog } from "./connection-limit-log.ts";
import { defaultBackend } from "./default-backend.ts";
import { chooseIo } from "./io/choose-io.ts";
import { ingressOptions } from "./ingress-options.ts";
import { readLimits } from "./limit-options.ts";
import { openServers } from "./open-servers.ts";
import { printState } from "./print-state.ts";
import type { IngressLoop } from "./reader/ingress-loop.ts";
import { openReader } from "./reader/open-reader.ts";
import { readReadingSettings } from "./reader/reading-settings.ts";
import { registerMetrics } from "./register-metrics.ts";
import { readServingSettings } from "./server/serving-settings.ts";
import { ticketKeys } from "./server/ticket-keys.ts";
import { Certificates } from "./tls/certificates.ts";
import { registerWorkerMetrics } from "./worker-metrics.ts";
import { workerCount } from "./worker-count.ts";

/** How often the log says how many clients were closed because of a limit. */
const LIMIT_LOG_MS = 5_000;

const about = "Routes HTTP and HTTPS requests to the endpoints of Services, as the Ingresses say.";
const component = "ingress";

/** Runs the ingress until it is asked to end. Resolves with its exit code. */
export async function runIngress(argv: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(ingressOptions, argv, io, { command: "hawser ingress", about });
  if (read.kind === "exit") return read.code;
  const { values: options, given } = read;
  const reading = readReadingSettings(options);
  const stateToken = await openTokenFile("--state-token-file", options.stateTokenFile);
  const serves = readServingSettings(options);
  if (!reading.ok || !stateToken.ok || !serves.ok)
    return printProblems(io, [...reading.problems, ...stateToken.problems, ...serves.problems]);
  const { value: readSettings } = reading;
  const { value: settings, problems: warnings } = serves;
  const log = createLogger({ component, level: options.logLevel, to: io.logTo });
  for (const problem of warnings) logProblem(log, problem);
  const metrics = await openMetricsTls(options, { env: io.env, log });
  if (!metrics.ok) return printProblems(io, metrics.problems);
  const opened = await openSource(options, { component, log, env: io.env });
  if (!opened.ok) return printProblems(io, opened.problems);
  const source = opened.value;
  const registry = createRegistry(component);
  const health = createHealth(["synced", "http", "https", "default-backend"], () => {
    log.info({}, "ready");
    releaseUnusedPages(log, { collects: false });
  });
  const address = options.bindAddress ?? anyAddress(networkInterfaces());
  const byteIo = await chooseIo(options.io, { log });
  const certificates = new Certificates(wallMs(), settings.ciphers);
  const workers = workerCount(options.workers);
  const servers = openServers({
    workers,
    options,
    settings,
    given,
    env: io.env,
    certificates,
    address,
    log,
    io: byteIo,
    logTo: io.logTo,
  });
  const { figures } = servers;
  const sessions = ticketKeys(servers.tell);
  const fallback = defaultBackend(readLimits(options), byteIo);

  const logLimits = connectionLimitLog(log, () => ({
    displaced: figures.gate.displaced,
    refused: figures.gate.refused,
    slow: figures.unsent.givenUp,
    headless: figures.headless(),
  }));
  const limitTicker = setInterval(logLimits, LIMIT_LOG_MS);
  const admin = startAdminServer({
    address: options.adminAddress,
    port: options.adminPort,
    health,
    registry,
    log,
    routes: { "/state": printStateNow },
    token: stateToken.value,
    metrics: metrics.value,
  });
  let routes = EMPTY_ROUTES;
  let loop: IngressLoop | undefined;
  let isEnding = false;
  let hasListened = false;
  const tables = { count: 0, lastMs: 0 };
  registerWorkerMetrics(registry, servers);
  registerMetrics(
    registry,
    {
      ...figures,
      problemCount: () => (loop?.problemCount() ?? 0) + figures.problemCount() + warnings.length,
      leads: () => loop?.status?.leads ?? false,
      statusWrites: () => loop?.status?.writes ?? 0,
      table: () => routes,
      certificates: () => certificates.certificates,
      tables: () => tables,
      startedMs: wallMs(),
    },
    options,
  );

  const { ended } = onShutdown(io, log, {
    close: shutDown,
    deadlineMs: (options.drainDelay + options.drainTimeout + 5) * 1_000,
  });

  async function start(): Promise<void> {
    loop = await openReader({
      options,
      settings: readSettings,
      env: io.env,
      source,
      log,
      certificates: servers.certificates,
      tokenKeys: servers.tokenKeys,
      countsTogether: figures.sharedCounts.isNamed,
      allowedHeaders: settings.answers.allowedHeaders,
      tell: (update) => {
        servers.tell(update);
        sessions.heard(update);
      },
      useRoutes: (table, changes, everything) => {
        tables.count += 1;
        tables.lastMs = wallMs();
        routes = table;
        servers.useRoutes(table, changes, everything);
      },
    });
    await servers.started;
    // Only now: a request that came before the routes are known would be answered 404.
    if (isEnding) return;
    hasListened = true;
    listen();
  }

  function listen(): void {
    health.set("synced", true);
    servers.listen({
      onListening: (name, detail) => health.set(name, true, detail),
      onProblem: (name, detail) => health.set(name, false, detail),
    });
    fallback.listen({
      port: options.defaultBackendPort,
      address,
      log,
      onListening: (bound) => health.set("default-backend", true, `port ${bound}`),
      onProblem: ({ what, why }) => health.set("default-backend", false, `${what}: ${why}`),
    });
  }

  async function printStateNow() {
    await servers.refresh();
    return printState({
      table: routes,
      counters: figures.counters,
      knowsPasswords: (basic) => servers.knowsPasswords(basic),
      io: byteIo.name,
    });
  }

  /** Not ready at once, still accepting for a while (senders have to learn of it), then to the last request. */
  async function shutDown(): Promise<void> {
    isEnding = true;
    health.set("synced", false, "shutting down");
    servers.drain();
    fallback.drain();
    if (hasListened) await sleep(options.drainDelay * 1_000);
    await Promise.all([servers, fallback].map((one) => one.finish(options.drainTimeout * 1_000)));
    clearInterval(limitTicker);
    sessions.close();
    await loop?.close();
    await source.close();
    await admin.close();
  }

  await Promise.race([start(), ended]);
  return ended;
}
