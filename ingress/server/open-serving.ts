import { networkInterfaces } from "node:os";
import { withSetHeaders } from "#src/filters/answer-fields.ts";
import { readUnacknowledged } from "#src/linux/unacknowledged.ts";
import { monotonicMs, wallMs } from "#src/process/clock.ts";
import type { Logger } from "#src/process/log.ts";
import type { OptionValues } from "#src/process/option-spec.ts";
import { openAccess } from "#ingress/auth/open-access.ts";
import { Engine } from "#ingress/engine/engine.ts";
import { hostAddresses } from "#ingress/host-addresses.ts";
import type { ingressOptions } from "#ingress/ingress-options.ts";
import { ConnectionGate } from "#ingress/io/connection-gate.ts";
import type { Io } from "#ingress/io/io.ts";
import { ProxyPreface } from "#ingress/io/proxy-preface.ts";
import { readLimits } from "#ingress/limit-options.ts";
import { openRateLimits } from "#ingress/limits/open-rate-limits.ts";
import { MirrorSender } from "#ingress/mirror/mirror-sender.ts";
import { hostResolver, systemLookup } from "#ingress/names/host-resolver.ts";
import { reachableAddresses } from "#ingress/names/reachable-address.ts";
import { ProgramInUse } from "#ingress/program-in-use.ts";
import type { Certificates } from "#ingress/tls/certificates.ts";
import { ClientAuthorities } from "#ingress/tls/client-authorities.ts";
import { EndpointTargets } from "#ingress/tls/endpoint-targets.ts";
import { requestServers } from "./request-servers.ts";
import type { ServingSettings } from "./serving-settings.ts";
import type { ServingUpdate } from "./serving-update.ts";

/** How often deadlines are looked at: the exactness of all time limits. */
const TICK_MS = 100;

export interface OpenServingOptions {
  readonly options: OptionValues<typeof ingressOptions>;
  readonly settings: ServingSettings;
  /** As they were given. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly certificates: Pick<Certificates, "fallback" | "contextOf" | "pairOf" | "onFallbackChange">;
  readonly log: Logger;
  readonly io: Io;
  /** Takes whole lines of the access log, in a buffer that is its own from then on. */
  readonly writeAccessLog: (lines: Buffer) => void;
}

/** Opens what serves requests. Its servers do not listen yet, and it has no routes. */
export function openServing({
  options,
  settings,
  argv,
  env,
  certificates,
  log,
  io,
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
  });
  const access = openAccess({ log, lookup: resolverOf(forQuestions), isReachable: forQuestions, rateLimits });
  const endpointSecurity = new EndpointTargets();
  const clientAuthorities = new ClientAuthorities(wallMs, ciphers);
  const engine = new Engine({
    connect: io.connect,
    access: access.gate,
    endpointSecurity,
    mirror,
    readUnacknowledged,
    clockMs: monotonicMs,
    wallMs,
    limits: readLimits(options),
    redirectsToHttps: options.sslRedirect,
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
  const program = new ProgramInUse(engine, { ...options, accessLog, flags: argv });
  const gate = new ConnectionGate(engine.limits);
  const preface = proxies.preface && new ProxyPreface(proxies.preface);
  const servers = requestServers({
    engine,
    gate,
    preface,
    certificates,
    clientAuthorities,
    program,
    ciphers,
    isHttp2On: options.http2,
    log,
    io,
  });
  const ticker = setInterval(() => engine.tick(), TICK_MS);

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
    }
  }

  return {
    engine,
    access,
    rateLimits,
    mirror,
    gate,
    /** Connections of trusted proxies that did not begin with a header of the PROXY protocol. */
    headless: (): number => preface?.failed ?? 0,
    servers,
    use,
    /** Closes everything, whatever is under way. */
    async close(): Promise<void> {
      engine.close();
      rateLimits.shared.close();
      await access.close();
      clearInterval(ticker);
    },
  };
}
