import { type ListenHandle, listenWithRetry } from "#src/process/listen.ts";
import type { Logger } from "#src/process/log.ts";
import type { OptionValues } from "#src/process/option-spec.ts";
import type { ingressOptions } from "#ingress/ingress-options.ts";
import type { Certificates } from "#ingress/tls/certificates.ts";
import { lagWatch } from "./lag-watch.ts";
import type { openServing } from "./open-serving.ts";
import { REQUEST_PORTS, type RequestPort, requestPorts } from "./request-ports.ts";
import type { Servers } from "./servers.ts";

/** One server in this thread. */
export function ownServer({
  serving,
  certificates,
  address,
  options,
  log,
}: {
  readonly serving: ReturnType<typeof openServing>;
  readonly certificates: Certificates;
  readonly address: string;
  readonly options: Pick<OptionValues<typeof ingressOptions>, "httpPort" | "httpsPort">;
  readonly log: Logger;
}): Servers {
  const { engine, gate, access, rateLimits, mirror, preface } = serving;
  const takeLag = lagWatch();
  const listeners = new Map<RequestPort, ListenHandle>();
  return {
    figures: {
      counters: engine.counters,
      gate,
      headless: () => preface?.failed ?? 0,
      unsent: engine.unsent,
      health: engine.balancer.health,
      mirrored: mirror.counts,
      tokenKeys: access.remoteKeys,
      sharedCounts: rateLimits.shared,
      traffic: engine.traffic,
      series: engine.series,
      problemCount: rateLimits.problemCount,
    },
    workers: {
      serving: () => Number(listeners.size > 0),
      deaths: () => 0,
      lags: () => new Map([[1, takeLag()]]),
    },
    refresh: async () => undefined,
    certificates,
    tokenKeys: access.keySets,
    useRoutes: (table) => engine.useRoutes(table),
    tell: serving.use,
    knowsPasswords: (basic) => access.passwords.knows(basic),
    started: Promise.resolve(),
    listen({ onListening, onProblem }) {
      const ports = requestPorts(options);
      for (const name of REQUEST_PORTS)
        listeners.set(
          name,
          listenWithRetry(serving.servers[name], {
            name,
            port: ports[name],
            address,
            log,
            onListening: (bound) => onListening(name, `port ${bound}`),
            onProblem: ({ what, why }) => onProblem(name, `${what}: ${why}`),
          }),
        );
    },
    drain() {
      engine.drain();
      // A port that is not ours yet is left to the next process.
      for (const listener of listeners.values()) listener.stopTrying();
    },
    finish: (timeoutMs) => serving.finish(listeners, timeoutMs),
  };
}
