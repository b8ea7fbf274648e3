import { CONNECTION_KEYS, type ConnectionSettings } from "#src/model/ingress-nginx/connection-settings.ts";
import { flagOf } from "#src/process/option-spec.ts";
import type { Limits } from "./engine/limits.ts";
import type { GivenOptions } from "./given-options.ts";

/** The limits that the options say, with what a ConfigMap of ingress-nginx says where no option was given. `engines`: that share what one program may keep. */
export function limitsWith(
  limits: Limits,
  said: ConnectionSettings,
  { given, engines }: Pick<GivenOptions, "given"> & { readonly engines: number },
): Limits {
  const flags = new Set(Array.from(given, flagOf));
  const of = (name: keyof ConnectionSettings) =>
    CONNECTION_KEYS[name].flags.some((flag) => flags.has(flag)) ? undefined : said[name];
  const idle = of("idlePerEndpoint");
  const keepAliveMs = of("keepAliveMs");
  const { connectionLife, endpointConnectionLife } = limits;
  return {
    ...limits,
    headMs: of("headMs") ?? limits.headMs,
    bodyGapMs: of("bodyGapMs") ?? limits.bodyGapMs,
    keepAliveMs: keepAliveMs || limits.keepAliveMs,
    connectionLife: {
      ...connectionLife,
      // As in nginx a time of 0 goes before any count: an option for the count bounds it, and one is within.
      requests: keepAliveMs === 0 ? 1 : (atLeastOne(of("requests")) ?? connectionLife.requests),
    },
    endpointIdleMs: of("endpointIdleMs") ?? limits.endpointIdleMs,
    endpointConnectionLife: {
      requests: atLeastOne(of("endpointRequests")) ?? endpointConnectionLife.requests,
      ms: atLeastOne(of("endpointMs")) ?? endpointConnectionLife.ms,
    },
    idleConnectionsPerEndpoint: idle === undefined ? limits.idleConnectionsPerEndpoint : Math.ceil(idle / engines),
  };
}

/** For nginx 0 is the least, and not any number: the first request is the last one, too. */
function atLeastOne(count: number | undefined): number | undefined {
  return count === undefined ? undefined : Math.max(1, count);
}
