import type { ConnectionLife } from "./is-spent.ts";

/** What bounds a request, a connection and the proxy. Times are gaps between bytes unless said otherwise. */
export interface Limits {
  /** Request and response heads; beyond: 431, or 502 for a response. */
  readonly headBytes: number;
  /** Method, target and version; beyond: 414. */
  readonly requestLineBytes: number;
  /** From the first byte of a head to its end, absolute: the bound for slow senders; beyond: 408. */
  readonly headMs: number;
  /** Between requests of a connection. */
  readonly keepAliveMs: number;
  readonly connectionLife: ConnectionLife;
  /** Between two reads of a request body, or until a slow reader takes more. */
  readonly clientGapMs: number;
  /** Between two reads of a request body, where it is not as long as the gap above. */
  readonly bodyGapMs: number | undefined;
  readonly connectMs: number;
  /** Until it is known whether a request may come in; beyond: 503. */
  readonly accessMs: number;
  /** Between two reads from an endpoint; beyond: 504. */
  readonly endpointGapMs: number;
  readonly tunnelIdleMs: number;
  /** How long the rest of a refused request is read and dropped, so that the answer is not lost to a reset. */
  readonly lingerMs: number;
  /** Endpoints tried for one request, as long as none of them can have answered it. */
  readonly tries: number;
  readonly endpointIdleMs: number;
  readonly idleConnectionsPerEndpoint: number;
  readonly endpointConnectionLife: ConnectionLife;
  /** Request bodies; beyond: 413. 0: no bound. */
  readonly bodyBytes: number;
  /** Request bodies that come slower than this are refused with 408 after a grace of some seconds; 0: at any rate. */
  readonly bodyBytesPerSecond: number;
  /** For the whole of a request body, absolute; 0: without end. */
  readonly bodyMs: number;
  /** Memory that waits for slow clients, all together; beyond, the slowest are given up. */
  readonly unsentBytes: number;
  /**
   * How long an idle connection rests before it serves the first request of a client. Longer needs more connections where
   * each request has a connection of its own: with 10 ms measured 260 instead of 64 at 3,000 requests a second, for the same CPU.
   */
  readonly settleMs: number;
  readonly connections: number;
  /** Of one client address; 0: no bound of its own. */
  readonly connectionsPerAddress: number;
}

/** As ingress-nginx where it has the same limit, tighter for heads. */
export const DEFAULT_LIMITS: Limits = {
  headBytes: 32_768,
  requestLineBytes: 8_192,
  headMs: 30_000,
  keepAliveMs: 75_000,
  connectionLife: { requests: 0, ms: 0 },
  clientGapMs: 60_000,
  bodyGapMs: undefined,
  connectMs: 5_000,
  accessMs: 30_000,
  endpointGapMs: 60_000,
  tunnelIdleMs: 3_600_000,
  lingerMs: 2_000,
  tries: 3,
  endpointIdleMs: 60_000,
  idleConnectionsPerEndpoint: 320,
  endpointConnectionLife: { requests: 0, ms: 0 },
  bodyBytes: 0,
  bodyBytesPerSecond: 240,
  bodyMs: 21_600_000,
  unsentBytes: 134_217_728,
  settleMs: 10,
  connections: 16_384,
  connectionsPerAddress: 8_192,
};

/**
 * How long the end of the program waits for a request that may be on its way on a connection that has just been made or has just served,
 * because HTTP/1.1 cannot tell the client that it would come too late.
 */
export const LAST_REQUEST_MS = 1_000;
/** Header fields in one head; one more: 431. Trailers of a request; one more: 400. Fixed, because the tables that hold them are. */
export const MAX_FIELDS = 100;
/** Bytes of chunk extensions in one body (Node's CVE-2024-22019 had no such bound). */
export const MAX_CHUNK_EXTENSION_BYTES = 4_096;
/** Bytes of a trailer section. */
export const MAX_TRAILER_BYTES = 8_192;
/** Interim (1xx) answers before a final one. */
export const MAX_INTERIM_ANSWERS = 16;
