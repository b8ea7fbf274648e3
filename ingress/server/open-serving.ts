import { networkInterfaces } from "node:os";
import { withSetHeaders } from "#src/filters/answer-fields.ts";
import type { ClientCounts } from "#src/filters/client-limits.ts";
import type { RequestBuckets } from "#src/filters/keyed-buckets.ts";
import { readUnacknowledged } from "#src/linux/unacknowledged.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import type { ListenHandle } from "#src/process/listen.ts";
import type { Logger } from "#src/process/log.ts";
import { openAccess } from "#ingress/auth/open-access.ts";
import { Engine } from "#ingress/engine/engine.ts";
import { DEFAULT_LIMITS, type Limits } from "#ingress/engine/limits.ts";
import type { GivenOptions } from "#ingress/given-options.ts";
import { hostAddresses } from "#ingress/host-addresses.ts";
import { ConnectionGate, type GatePlaces } from "#ingress/io/connection-gate.ts";
import type { Io } from "#ingress/io/io.ts";
import { ProxyPreface } from "#ingress/io/proxy-preface.ts";
import { readLimits } from "#ingress/limit-options.ts";
import { openRateLimits } from "#ingress/limits/open-rate-limits.ts";
import { MirrorSender } from "#ingress/mirror/mirror-sender.ts";
import { hostResolver, systemLookup } from "#ingress/names/host-resolver.ts";
import { reachableAddresses } from "#ingress/names/reachable-address.ts";
import { ProgramInUse } from "#ingress/program-in-use.ts";
import type { HostCertificates } from "#ingress/tls/host-certificates.ts";
import { ClientAuthorities, type SharedVerdicts } from "#ingress/tls/client-authorities.ts";
import { EndpointTargets } from "#ingress/tls/endpoint-targets.ts";
import type { RequestPort } from "./request-ports.ts";
import { requestServers } from "./request-servers.ts";
import { runEngine } from "./run-engine.ts";
import { stopAccepting } from "./stop-accepting.ts";
import type { ServingSettings } from "./serving-settings.ts";
import type { ServingUpdate } from "./serving-update.ts";

/** What several that serve together have in common, and how many they are. */
interface SharedServing {
  readonly servers: number;
  readonly keyedBuckets: RequestBuckets;
  readonly clientLimits: ClientCounts;
  readonly gatePlaces: GatePlaces;
  readonly verdicts: SharedVerdicts;
}

export interface OpenServingOptions extends GivenOptions {
  readonly settings: ServingSettings;
  readonly certificates: HostCertificates;
  readonly log: Logger;
  readonly io: Io;
  /** Undefined: it serves alone. */
  readonly shared?: SharedServing | undefined;
  /** Takes whole lines of the access log, in a buffer that is its own from then on. */
  readonly writeAccessLog: (lines: Buffer) => void;
}

/** Opens what serves requests. Its servers do not listen yet, and it has no routes. */
export function openServing({
  options,
  settings,
  given,
  env,
  certificates,
  log,
  io,
  shared,
  writeAccessLog,
}: OpenServingOptions) {
  const { answers, proxies, accessLog, ciphers } = settings;
  const isOfThisNode = hostAddresses(networkInterfaces, monotonicMs);
  const { forQuestions, forRequests } = reachableAddresses({ env, isOfThisNode });
  const resolverOf = (isReachable: (address: string) => boolean) =>
    hostResolver({ resolve: systemLookup, isReachable, clockMs: monotonicMs });
  const mirror = new MirrorSender({ lookup: resolverOf(forRequests), isReachable: forRequests });
  const rateLimits = openRateLimits({
    store: settings.limitStore,
    timeoutMs: options.rateLimitStoreTimeout,
    log,
    clockMs: monotonicMs,
    buckets: shared?.keyedBuckets,
  });
  const access = openAccess({ log, lookup: resolverOf(forQuestions), isReachable: forQuestions, rateLimits });
  const endpointSecurity = new EndpointTargets();
  const clientAuthorities = new ClientAuthorities(wallMs, ciphers, shared?.verdicts);
  const engine = new Engine({
    connect: io.connect,
    access: access.gate,
    endpointSecurity,
    mirror,
    readUnacknowledged,
    clockMs: monotonicMs,
    wallMs,
    limits: dividedLimits(readLimits(options), shared?.servers ?? 1),
    clientLimits: shared?.clientLimits,
    engines: shared?.servers ?? 1,
    redirectsToHttps: options.sslRedirect,
    sslRedirectPort: options.sslRedirectPort,
    headerNames: options.requestHeaderNames,
    trustedProxies: proxies.forwarded,
    compressions: answers.compressions,
    answerFields: answers.fields,
    keyedBuckets: rateLimits.buckets,
    writeAccessLog: options.accessLog ? writeAccessLog : undefined,
    accessLog,
    countsSeries: options.nginxMetrics,
    traceContext: options.traceContext,
    isPlainHttp2On: options.http2Cleartext,
  });
  const program = new ProgramInUse(engine, { ...options, accessLog, given, engines: shared?.servers ?? 1 });
  const gate = new ConnectionGate(engine.limits, monotonicMs, shared?.gatePlaces);
  const preface = proxies.preface && new ProxyPreface(proxies.preface);
  let useTicketKeys: (keys: Buffer) => void = () => undefined;
  const onTicketKeys = (use: typeof useTicketKeys): void => void (useTicketKeys = use);
  const servers = requestServers({
    engine,
    gate,
    preface,
    certificates,
    clientAuthorities,
    program,
    ciphers,
    isHttp2On: options.http2,
    handshakeMs: options.handshakeTimeout * 1_000,
    onTicketKeys,
    log,
    io,
  });
  const running = runEngine(engine);

  function use(update: ServingUpdate): void {
    switch (update.kind) {
      case "passwords":
        return access.passwords.useLists(update.lists);
      case "sign-in":
        return access.signIn.useSecrets(update.secrets);
      case "certificate-secrets":
        endpointSecurity.useSecrets(update.secrets);
        return clientAuthorities.useSecrets(update.secrets);
      case "headers":
        engine.setHeaders = update.headers.ofAnswers;
        return access.services.useHeaders(update.headers.ofQuestions);
      case "headers-of-all":
        engine.answerFields = withSetHeaders(answers.fields, update.headers.ofAnswers);
        engine.requestHeaders = update.headers.ofRequests;
        return undefined;
      case "blocked":
        engine.blocked = update.blocked;
        return undefined;
      case "program":
        return program.use(update.settings);
      case "token-keys":
        return access.keySets.useObjects(update.sets);
      case "token-uris":
        return access.keySets.follow(update.uris);
      case "ticket-keys":
        return useTicketKeys(Buffer.from(update.keys));
    }
  }

  return {
    engine,
    access,
    rateLimits,
    mirror,
    gate,
    /** Undefined: no header of the PROXY protocol is expected. */
    preface,
    servers,
    use,
    /** Stops accepting, waits for requests that are under way at most so long, and closes everything. */
    async finish(listeners: ReadonlyMap<RequestPort, ListenHandle>, timeoutMs: number): Promise<void> {
      const accepting = Array.from(listeners, ([name, listener]) => ({ server: servers[name], listener }));
      const leftMs = await stopAccepting(accepting, { timeoutMs, accepted: () => gate.arrived });
      await running.finish(leftMs, () => gate.size + (preface?.waiting ?? 0));
      rateLimits.shared.close();
      await access.close();
    },
  };
}

/** What one of several may use of what all together may. */
function dividedLimits(limits: Partial<Limits>, servers: number): Partial<Limits> {
  const { unsentBytes, idleConnectionsPerEndpoint: idle } = { ...DEFAULT_LIMITS, ...limits };
  return {
    ...limits,
    unsentBytes: Math.ceil(unsentBytes / servers),
    idleConnectionsPerEndpoint: Math.ceil(idle / servers),
  };
}
