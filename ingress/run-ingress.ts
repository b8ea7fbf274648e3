import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { releaseUnusedPages } from "#src/linux/release-unused-pages.ts";
import { startAdminServer } from "#src/process/admin-server.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { createRegistry } from "#src/process/create-registry.ts";
import { createHealth } from "#src/process/health.ts";
import { type ListenHandle, listenWithRetry } from "#src/process/listen.ts";
import { createLogger } from "#src/process/log.ts";
import { standardLogOutput } from "#src/process/log-output.ts";
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
import { printState } from "./print-state.ts";
import type { IngressLoop } from "./reader/ingress-loop.ts";
import { openReader } from "./reader/open-reader.ts";
import { readReadingSettings } from "./reader/reading-settings.ts";
import { registerMetrics } from "./register-metrics.ts";
import { openServing } from "./server/open-serving.ts";
import { readServingSettings } from "./server/serving-settings.ts";
import { Certificates } from "./tls/certificates.ts";

/** How often the log says how many clients were closed because of a limit. */
const LIMIT_LOG_MS = 5_000;
/** How often a shutdown looks whether requests are still under way. */
const DRAIN_LOOK_MS = 20;

const about = "Routes HTTP and HTTPS requests to the endpoints of Services, as the Ingresses say.";
const component = "ingress";

/** Runs the ingress until it is asked to end. Resolves with its exit code. */
export async function runIngress(argv: readonly string[], io: ProgramIo): Promise<number> {
  const read = readOptions(ingressOptions, argv, io, { command: "hawser ingress", about });
  if (read.kind === "exit") return read.code;
  const options = read.values;
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
  const serving = openServing({
    options,
    settings,
    argv,
    env: io.env,
    certificates,
    log,
    io: byteIo,
    writeAccessLog,
  });
  const { engine, gate, access, rateLimits, mirror, headless } = serving;
  const fallback = defaultBackend(readLimits(options), byteIo);

  const logLimits = connectionLimitLog(log, () => ({
    displaced: gate.displaced,
    refused: gate.refused,
    slow: engine.unsent.givenUp,
    headless: headless(),
  }));
  const limitTicker = setInterval(logLimits, LIMIT_LOG_MS);
  const admin = startAdminServer({
    address: options.adminAddress,
    port: options.adminPort,
    health,
    registry,
    log,
    routes: { "/state": () => printState({ engine, passwords: access.passwords, io: byteIo.name }) },
    token: stateToken.value,
    metrics: metrics.value,
  });
  const servers = [
    { name: "http", server: serving.servers.http, port: options.httpPort },
    { name: "https", server: serving.servers.https, port: options.httpsPort },
    { name: "default-backend", server: fallback.server, port: options.defaultBackendPort },
  ];
  let listeners: readonly ListenHandle[] = [];
  let loop: IngressLoop | undefined;
  let isEnding = false;
  const tables = { count: 0, lastMs: 0 };
  registerMetrics(
    registry,
    {
      counters: engine.counters,
      gate,
      headless,
      unsent: engine.unsent,
      health: engine.balancer.health,
      mirrored: mirror.counts,
      tokenKeys: access.remoteKeys,
      sharedCounts: rateLimits.shared,
      problemCount: () => (loop?.problemCount() ?? 0) + rateLimits.problemCount() + warnings.length,
      leads: () => loop?.status?.leads ?? false,
      statusWrites: () => loop?.status?.writes ?? 0,
      traffic: engine.traffic,
      series: engine.series,
      table: () => engine.routes,
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
      argv,
      env: io.env,
      source,
      log,
      certificates,
      tokenKeys: access.keySets,
      countsTogether: rateLimits.shared.isNamed,
      allowedHeaders: settings.answers.allowedHeaders,
      tell: serving.use,
      useRoutes: (table) => {
        tables.count += 1;
        tables.lastMs = wallMs();
        engine.useRoutes(table);
      },
    });
    // Only now: a request that came before the routes are known would be answered 404.
    if (!isEnding) listen();
  }

  function listen(): void {
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

  function writeAccessLog(lines: Buffer): void {
    if (io.logTo === undefined) standardLogOutput().writeAccessLines(lines);
    else io.logTo.write(lines.toString());
  }

  /** Not ready at once, still accepting for a while (senders have to learn of it), then to the last request. */
  async function shutDown(): Promise<void> {
    isEnding = true;
    health.set("synced", false, "shutting down");
    engine.drain();
    fallback.engine.drain();
    // A port that is not ours yet is left to the next process.
    for (const listener of listeners) listener.stopTrying();
    if (listeners.length > 0) await sleep(options.drainDelay * 1_000);
    for (const listener of listeners) listener.close();
    const endMs = monotonicMs() + options.drainTimeout * 1_000;
    while (engine.closeIdle() + fallback.engine.closeIdle() > 0 && monotonicMs() < endMs) await sleep(DRAIN_LOOK_MS);
    fallback.close();
    await serving.close();
    clearInterval(limitTicker);
    await loop?.close();
    await source.close();
    await admin.close();
  }

  await Promise.race([start(), ended]);
  return ended;
}
