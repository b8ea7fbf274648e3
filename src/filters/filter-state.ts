import type { LimitStatus } from "#src/model/limit-status.ts";
import type { ClientCounts } from "./client-limits.ts";
import type { RequestBuckets } from "./keyed-buckets.ts";

/** What filters are given besides a rule's settings and the request: options of the program, time, and what they have counted. */
export interface FilterState {
  /** Plain requests for hosts that have a certificate are redirected to HTTPS, unless their Ingress says otherwise. */
  readonly redirectsToHttps: boolean;
  /** The port for HTTPS that clients see, which redirects to it name; undefined: 443. */
  readonly sslRedirectPort?: number | undefined;
  /** Of answers to requests beyond a limit of annotations; undefined: 503, as in nginx. */
  readonly limitStatuses?: LimitStatuses | undefined;
  /** Monotonic milliseconds, exact. */
  readonly clockMs: () => number;
  readonly clientLimits: ClientCounts;
  readonly keyedBuckets: RequestBuckets;
}

/** Of a limit of requests in a time, and of requests that are open at once. */
export interface LimitStatuses {
  readonly rate: LimitStatus;
  readonly connections: LimitStatus;
}
