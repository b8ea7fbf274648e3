import { hostname, networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { releaseUnusedPages } from "#src/linux/release-unused-pages.ts";
import { readUnacknowledged } from "#src/linux/unacknowledged.ts";
import { startAdminServer } from "#src/process/admin-server.ts";
import { hostOf } from "#src/routing/host.ts";
import { clientCertificatesFor } from "#src/routing/route.ts";
import { readNamespacedName } from "#src/model/read-namespaced-name.ts";
import { readSelectorOption } from "#src/model/read-selector-option.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import { openTokenFile } from "#src/process/open-token-file.ts";
import { createHealth } from "#src/process/health.ts";
import { type ListenHandle, listenWithRetry } from "#src/process/listen.ts";
import { createLogger } from "#src/process/log.ts";
import { standardLogOutput } from "#src/process/log-output.ts";
import { createRegistry } from "#src/process/create-registry.ts";
import { logProblem } from "#src/process/problem-log.ts";
import type { ProgramIo } from "#src/process/program-io.ts";
import { printProblems, readOptions } from "#src/process/read-options.ts";
import { onShutdown } from "#src/process/shutdown.ts";
import { openMetricsTls } from "#src/source/open-metrics-tls.ts";
import { openSource } from "#src/source/open-source.ts";
import { readAccessLogOptions } from "./access-log-options.ts";
import { resolverByTtl } from "./names/resolve-by-ttl.ts";
import { hostResolver, systemLookup } from "./names/host-resolver.ts";
import { reachableAddresses } from "./names/reachable-address.ts";
import { anyAddress } from "./any-address.ts";
import { openAccess } from "./auth/open-access.ts";
import { Engine } from "./engine/engine.ts";
import { connectionLimitLog } from "./connection-limit-log.ts";
import { readLimits } from "./limit-options.ts";
import { openRateLimits } from "./limits/open-rate-limits.ts";
import { readStoreSettings } from "./limits/store-options.ts";
import { readCipherSuites } from "./tls/read-cipher-suites.ts";
import { netConnect } from "./io/net.ts";
import { ProxyPreface } from "./io/proxy-preface.ts";
import { readProxySettings } from "./proxy-options.ts";
import { ConnectionGate } from "./io/connection-gate.ts";
import { type Accept, plainServer, secureServer } from "./io/servers.ts";
import { withSetHeaders } from "#src/filters/answer-fields.ts";
import { type IngressLoop, startIngressLoop } from "./reader/ingress-loop.ts";
import { registerIngressMetrics } from "./metrics.ts";
import { hostAddresses } from "./host-addresses.ts";
import { readAnswerSettings } from "./answer-options.ts";
import { registerNginxMetrics } from "./nginx-metrics.ts";
import { registerTrafficMetrics } from "./traffic-metrics.ts";
import { ingressOptions } from "./ingress-options.ts";
import { ownEndpoints } from "./own-endpoints.ts";
import { printState } from "./print-state.ts";
import { ProgramInUse } from "./program-in-use.ts";
import { readPublishSettings } from "./status/publish-settings.ts";
import { MirrorSender } from "./mirror/mirror-sender.ts";
import { Certificates } from "./tls/certificates.ts";
import { ClientAuthorities } from "./tls/client-authorities.ts";
import { EndpointTargets } from "./tls/endpoint-targets.ts";

/** How often deadlines are looked at: the exactness of all time limits. */
const TICK_MS = 100;
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
  const published = readPublishSettings(options);
  const defaultSecret = readNamespacedName("--default-ssl-certificate", options.defaultSslCertificate);
  const defaultBackendService = readNamespacedName("--default-backend-service", options.defaultBackendService);
  const nginxConfigMap = readNamespacedName("--nginx-config-map", options.nginxConfigMap);
  const namespaceSelector = readSelectorOption("--watch-namespace-selector", options.watchNamespaceSelector);
  const stateToken = await openTokenFile("--state-token-file", options.stateTokenFile);
  const accessLog = readAccessLogOptions(options);
  const ciphers = readCipherSuites("--tls-ciphers", options.tlsCiphers);
  const answers = readAnswerSettings(options);
  const limitStore = readStoreSettings(options);
  const proxies = readProxySettings(options);
  if (
    !published.ok ||
    !defaultSecret.ok ||
    !defaultBackendService.ok ||
    !nginxConfigMap.ok ||
    !namespaceSelector.ok ||
    !stateToken.ok ||
    !ciphers.ok ||
    !accessLog.ok ||
    !answers.ok ||
    !limitStore.ok ||
    !proxies.ok
  )
    return printProblems(io, [
      ...published.problems,
      ...defaultSecret.problems,
      ...defaultBackendService.problems,
      ...stateToken.problems,
      ...nginxConfigMap.problems,
      ...namespaceSelector.problems,
      ...ciphers.problems,
      ...accessLog.problems,
      ...answers.problems,
      ...limitStore.problems,
      ...proxies.problems,
    ]);
  const publish = published.value;
  const answerSettings = answers.value;
  const defaultSecretKey = defaultSecret.value;
  const defaultService = defaultBackendService.value;
  const { value: nginxConfigKey } = nginxConfigMap;
  const { value: selectedNamespaces } = namespaceSelector;
  const log = createLogger({ component, level: options.logLevel, to: io.logTo });
  for (const problem of proxies.problems) logProblem(log, problem);
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
  const certificates = new Certificates(wallMs(), ciphers.value);
  const isOfThisNode = hostAddresses(networkInterfaces, monotonicMs);
  const { forQuestions, forRequests } = reachableAddresses({ env: io.env, isOfThisNode });
  const resolverOf = (isReachable: (address: string) => boolean) =>
    hostResolver({ resolve: systemLookup, isReachable, clockMs: monotonicMs });
  const mirror = new MirrorSender({ lookup: resolverOf(forRequests), isReachable: forRequests });
  const rateLimits = openRateLimits({
    store: limitStore.value,
    timeoutMs: options.rateLimitStoreTimeout,
    log,
    clockMs: monotonicMs,
  });
  const access = openAccess({ log, lookup: resolverOf(forQuestions), isReachable: forQuestions, rateLimits });
  const endpointSecurity = new EndpointTargets();
  const clientAuthorities = new ClientAuthorities(wallMs, ciphers.value);
  const engine = new Engine({
    connect: netConnect,
    access: access.gate,
    endpointSecurity,
    mirror,
    readUnacknowledged,
    clockMs: monotonicMs,
    wallMs,
    limits: readLimits(options),
    redirectsToHttps: options.sslRedirect,
    headerNames: options.requestHeaderNames,
    trustedProxies: proxies.value.forwarded,
    compressions: answerSettings.compressions,
    answerFields: answerSettings.fields,
    keyedBuckets: rateLimits.buckets,
    writeAccessLog: options.accessLog ? writeAccessLog : undefined,
    accessLog: accessLog.value,
    countsSeries: options.nginxMetrics,
    traceContext: options.traceContext,
  });
  const program = new ProgramInUse(engine, { ...options, accessLog: accessLog.value, flags: argv });
  /** Has no routes, and so answers 404. */
  const defaultBackend = new Engine({ connect: netConnect, clockMs: monotonicMs, wallMs, limits: readLimits(options) });
  const gate = new ConnectionGate(engine.limits);
  const accept: Accept = (connection) => engine.accept(connection);
  const preface = proxies.value.preface && new ProxyPreface(proxies.value.preface);
  const headless = (): number => preface?.failed ?? 0;

  const http = plainServer({ accept, gate, preface });
  const https = secureServer({
    accept,
    gate,
    preface,
    answerPlainHttp: (clientAddress) => engine.answerPlainHttp(clientAddress),
    contextOf: (serverName) => certificates.contextOf(serverName),
    verificationOf: (serverName) => {
      const host = hostOf(serverName);
      const policy = host === undefined ? undefined : clientCertificatesFor(engine.routes, host);
      return policy && clientAuthorities.verificationFor(policy, host!, certificates.pairOf(host!));
    },
    rejects: (serverName) => program.rejects(serverName),
    onTrustChange: (forgetSessions) => clientAuthorities.onChange(forgetSessions),
    fallback: certificates.fallback,
    ciphers: ciphers.value,
    onFallbackChange: (use) => certificates.onFallbackChange(use),
    onHandshakeFailure: (err) => log.debug({ err }, "handshake failed"),
  });
  const notFound = plainServer({
    accept: (connection) => defaultBackend.accept(connection),
    gate: new ConnectionGate(defaultBackend.limits),
  });

  const logLimits = connectionLimitLog(log, () => ({
    displaced: gate.displaced,
    refused: gate.refused,
    slow: engine.unsent.givenUp,
    headless: headless(),
  }));
  const limitTicker = setInterval(logLimits, LIMIT_LOG_MS);
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
    routes: { "/state": () => printState(engine, access.passwords) },
    token: stateToken.value,
    metrics: metrics.value,
  });
  const servers = [
    { name: "http", server: http, port: options.httpPort },
    { name: "https", server: https, port: options.httpsPort },
    { name: "default-backend", server: notFound, port: options.defaultBackendPort },
  ];
  let listeners: readonly ListenHandle[] = [];
  let loop: IngressLoop | undefined;
  let isEnding = false;
  const tables = { count: 0, lastMs: 0 };
  const startedMs = wallMs();
  registerIngressMetrics(registry, {
    counters: engine.counters,
    gate,
    headless,
    unsent: engine.unsent,
    health: engine.balancer.health,
    mirrored: mirror.counts,
    tokenKeys: access.remoteKeys,
    sharedCounts: rateLimits.shared,
    problemCount: () => (loop?.problemCount() ?? 0) + rateLimits.problemCount() + proxies.problems.length,
    leads: () => loop?.status?.leads ?? false,
    statusWrites: () => loop?.status?.writes ?? 0,
  });

  const ofTables = { table: () => engine.routes, certificates: () => certificates.certificates };
  registerTrafficMetrics(registry, { traffic: engine.traffic, ...ofTables });
  if (engine.series !== undefined)
    registerNginxMetrics(registry, {
      ...ofTables,
      series: engine.series,
      counters: engine.counters,
      leads: () => loop?.status?.leads ?? false,
      tables: () => tables,
      startedMs,
      constant: {
        controller_class: options.controllerClass,
        controller_namespace: options.namespace,
        controller_pod: hostname(),
      },
    });

  const { ended } = onShutdown(io, log, {
    close: shutDown,
    deadlineMs: (options.drainDelay + options.drainTimeout + 5) * 1_000,
  });

  async function start(): Promise<void> {
    loop = await startIngressLoop({
      source,
      scope: {
        className: options.ingressClass,
        controller: options.controllerClass,
        namespace: options.watchNamespace,
        // In a folder no other controller serves.
        withoutClass: options.watchIngressWithoutClass || options.manifests !== undefined,
      },
      namespaceSelector: selectedNamespaces,
      isOwnEndpoint: ownEndpoints({
        address: options.bindAddress,
        ports: new Set([options.httpPort, options.httpsPort]),
        interfaces: networkInterfaces,
        nowMs: monotonicMs,
      }),
      compat: options.compat,
      countsTogether: rateLimits.shared.isNamed,
      certificates,
      defaultSecret: defaultSecretKey,
      defaultService,
      nodeName: options.node,
      externalNames: options.disableSvcExternalName
        ? undefined
        : { resolve: resolverByTtl(), isReachable: forRequests },
      log,
      publish,
      tokenKeys: access.keySets,
      usePasswords: (lists) => access.passwords.useLists(lists),
      useOidcSecrets: (secrets) => access.signIn.useSecrets(secrets),
      useCertificateSecrets: (secrets) => {
        endpointSecurity.useSecrets(secrets);
        clientAuthorities.useSecrets(secrets);
      },
      allowedHeaders: answerSettings.allowedHeaders,
      useHeaders: ({ ofAnswers, ofQuestions }) => {
        engine.setHeaders = ofAnswers;
        access.services.useHeaders(ofQuestions);
      },
      nginxConfig:
        nginxConfigKey === undefined
          ? undefined
          : {
              key: nginxConfigKey,
              flags: new Set(argv),
              useHeaders: ({ ofAnswers, ofRequests }) => {
                engine.answerFields = withSetHeaders(answerSettings.fields, ofAnswers);
                engine.requestHeaders = ofRequests;
              },
              useBlocked: (blocked) => (engine.blocked = blocked),
              useProgram: (settings) => program.use(settings),
            },
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
    defaultBackend.drain();
    // A port that is not ours yet is left to the next process.
    for (const listener of listeners) listener.stopTrying();
    if (listeners.length > 0) await sleep(options.drainDelay * 1_000);
    for (const listener of listeners) listener.close();
    const endMs = monotonicMs() + options.drainTimeout * 1_000;
    while (engine.closeIdle() + defaultBackend.closeIdle() > 0 && monotonicMs() < endMs) await sleep(DRAIN_LOOK_MS);
    engine.close();
    defaultBackend.close();
    rateLimits.shared.close();
    await access.close();
    clearInterval(ticker);
    clearInterval(limitTicker);
    await loop?.close();
    await source.close();
    await admin.close();
  }

  await Promise.race([start(), ended]);
  return ended;
}
