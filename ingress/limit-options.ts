import type { OptionSpecs, OptionValues } from "#src/process/option-spec.ts";
import { connectionOptions, readConnectionLimits } from "./connection-options.ts";
import { HEADER_NAMES } from "./engine/h1/forwarded-request.ts";
import { DEFAULT_LIMITS, type Limits } from "./engine/limits.ts";
import { SECONDS_OPTION } from "./seconds-option.ts";

const KIB = 1_024;
const MIB = 1_048_576;
/** The head of an answer is put together in one buffer of 64 KiB, with the lines that we and the Ingress add. */
const MAX_HEAD_KIB = 56;

/** The options that bound requests and connections. */
export const limitOptions = {
  maxHeadKib: {
    kind: "number",
    min: 4,
    max: MAX_HEAD_KIB,
    default: DEFAULT_LIMITS.headBytes / KIB,
    help: "Largest head of a request (beyond: 431) or of an endpoint's answer (beyond: 502), in KiB",
  },
  maxRequestLineKib: {
    kind: "number",
    min: 1,
    max: 64,
    default: DEFAULT_LIMITS.requestLineBytes / KIB,
    help: "Longest request line, in KiB (beyond: 414)",
  },
  headTimeout: {
    ...SECONDS_OPTION,
    default: DEFAULT_LIMITS.headMs / 1_000,
    help: "Seconds a client may take to send a request head (beyond: 408)",
  },
  idleTimeout: {
    ...SECONDS_OPTION,
    default: DEFAULT_LIMITS.keepAliveMs / 1_000,
    help: "Seconds a client connection may be idle between requests",
  },
  clientTimeout: {
    ...SECONDS_OPTION,
    default: DEFAULT_LIMITS.clientGapMs / 1_000,
    help: "Seconds without progress after which a client that sends a body or reads an answer is given up",
  },
  clientBodyTimeout: {
    ...SECONDS_OPTION,
    help: "Seconds between two parts of a request body (default: as --client-timeout)",
  },
  maxBodyMib: {
    kind: "number",
    min: 0,
    max: 1_048_576,
    default: DEFAULT_LIMITS.bodyBytes / MIB,
    help: "Largest request body, in MiB (beyond: 413), where an Ingress has no proxy-body-size. 0: no bound",
  },
  minBodyRate: {
    kind: "number",
    min: 0,
    max: MIB,
    default: DEFAULT_LIMITS.bodyBytesPerSecond,
    help: "Least bytes per second of a request body, after its first 10 seconds (below: 408). 0: no bound",
  },
  bodyTimeout: {
    kind: "number",
    min: 0,
    max: 604_800,
    default: DEFAULT_LIMITS.bodyMs / 1_000,
    help: "Seconds that a whole request body may take (beyond: 408). 0: no bound",
  },
  connectTimeout: {
    ...SECONDS_OPTION,
    default: DEFAULT_LIMITS.connectMs / 1_000,
    help: "Seconds to wait for a connection to an endpoint (beyond: another endpoint, or 504)",
  },
  endpointTimeout: {
    ...SECONDS_OPTION,
    default: DEFAULT_LIMITS.endpointGapMs / 1_000,
    help: "Seconds an endpoint may send nothing while it answers (beyond: 504)",
  },
  tunnelTimeout: {
    ...SECONDS_OPTION,
    default: DEFAULT_LIMITS.tunnelIdleMs / 1_000,
    help: "Seconds a WebSocket or another changed protocol may be silent",
  },
  ...connectionOptions,
  maxConnections: {
    kind: "number",
    min: 1,
    max: 1_048_576,
    default: DEFAULT_LIMITS.connections,
    help: "Client connections at once. Beyond, the longest idle one is closed for a new one",
  },
  maxConnectionsPerAddress: {
    kind: "number",
    min: 0,
    max: 1_048_576,
    default: DEFAULT_LIMITS.connectionsPerAddress,
    help: "Client connections at once from one address. Beyond, the longest idle one of that address is closed. 0: no bound",
  },
  maxUnsentMib: {
    kind: "number",
    min: 8,
    max: 65_536,
    default: DEFAULT_LIMITS.unsentBytes / MIB,
    help: "Memory for answers that clients have not read and requests they have not finished, in MiB. Beyond, the slowest are closed",
  },
  requestHeaderNames: {
    kind: "string",
    choices: HEADER_NAMES,
    default: "plain",
    help: "Names of request headers that are forwarded: of letters, digits and hyphens (plain), also with underscores, or any. Names that an endpoint could read as one of Hawser's own are never forwarded",
  },
  limitStatus: {
    kind: "number",
    min: 400,
    max: 599,
    default: 503,
    help: "Status of answers to requests beyond limit-rps, limit-rpm or limit-connections of their Ingress",
  },
  sslRejectHandshake: {
    kind: "boolean",
    default: false,
    help: "Give no TLS handshake to clients whose server name no rule has (default: they get the default certificate)",
  },
  tlsCiphers: {
    kind: "string",
    placeholder: "LIST",
    help: "TLS cipher suites to offer, in OpenSSL's form (default: those of TLS 1.3, and ECDHE with AEAD of TLS 1.2)",
  },
} as const satisfies OptionSpecs;

/** The limits of the engine that the options say. */
export function readLimits(options: OptionValues<typeof limitOptions>): Partial<Limits> {
  return {
    headBytes: options.maxHeadKib * KIB,
    requestLineBytes: Math.min(options.maxRequestLineKib, options.maxHeadKib) * KIB,
    headMs: options.headTimeout * 1_000,
    keepAliveMs: options.idleTimeout * 1_000,
    clientGapMs: options.clientTimeout * 1_000,
    bodyGapMs: options.clientBodyTimeout && options.clientBodyTimeout * 1_000,
    bodyBytes: options.maxBodyMib * MIB,
    bodyBytesPerSecond: options.minBodyRate,
    bodyMs: options.bodyTimeout * 1_000,
    connectMs: options.connectTimeout * 1_000,
    endpointGapMs: options.endpointTimeout * 1_000,
    tunnelIdleMs: options.tunnelTimeout * 1_000,
    connections: options.maxConnections,
    connectionsPerAddress: options.maxConnectionsPerAddress,
    unsentBytes: options.maxUnsentMib * MIB,
    ...readConnectionLimits(options),
  };
}
