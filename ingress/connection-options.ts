import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { DEFAULT_LIMITS, type Limits } from "./engine/limits.ts";
import { HANDSHAKE_MS } from "./io/servers.ts";
import { SECONDS_OPTION } from "./seconds-option.ts";

const MAX_COUNT = 1_000_000_000;
const age = { kind: "number", min: 0, max: 31_536_000 } as const;
const count = { kind: "number", min: 0, max: MAX_COUNT } as const;

/** The options about how long connections live, of clients and to endpoints. */
export const connectionOptions = {
  handshakeTimeout: {
    ...SECONDS_OPTION,
    default: HANDSHAKE_MS / 1_000,
    help: "Seconds a client may take for its TLS handshake",
  },
  lingerTimeout: {
    ...SECONDS_OPTION,
    default: DEFAULT_LIMITS.lingerMs / 1_000,
    help: "Seconds for which the rest of a refused request is read and dropped, so that its answer is not lost",
  },
  maxRequestsPerConnection: {
    ...count,
    default: DEFAULT_LIMITS.connectionLife.requests,
    help: "Requests of a client connection, which ends after them. 0: no bound",
  },
  maxConnectionAge: {
    ...age,
    default: DEFAULT_LIMITS.connectionLife.ms / 1_000,
    help: "Seconds after which a client connection ends with its next request. 0: no bound",
  },
  endpointIdleTimeout: {
    ...SECONDS_OPTION,
    default: DEFAULT_LIMITS.endpointIdleMs / 1_000,
    help: "Seconds that an idle connection to an endpoint is kept",
  },
  maxIdlePerEndpoint: {
    kind: "number",
    min: 0,
    max: 65_536,
    default: DEFAULT_LIMITS.idleConnectionsPerEndpoint,
    help: "Idle connections by HTTP/1.1 that are kept to one endpoint. 0: none, each request has its own",
  },
  maxRequestsPerEndpointConnection: {
    ...count,
    default: DEFAULT_LIMITS.endpointConnectionLife.requests,
    help: "Requests of a connection to an endpoint, which ends after them. 0: no bound",
  },
  maxEndpointConnectionAge: {
    ...age,
    default: DEFAULT_LIMITS.endpointConnectionLife.ms / 1_000,
    help: "Seconds after which a connection to an endpoint ends with its next request. 0: no bound",
  },
} as const satisfies OptionSpecs;

/** What the options say of the engine's connections. */
export function readConnectionLimits(options: OptionValues<typeof connectionOptions>): Partial<Limits> {
  return {
    lingerMs: options.lingerTimeout * 1_000,
    connectionLife: { requests: options.maxRequestsPerConnection, ms: options.maxConnectionAge * 1_000 },
    endpointIdleMs: options.endpointIdleTimeout * 1_000,
    idleConnectionsPerEndpoint: options.maxIdlePerEndpoint,
    endpointConnectionLife: {
      requests: options.maxRequestsPerEndpointConnection,
      ms: options.maxEndpointConnectionAge * 1_000,
    },
  };
}
