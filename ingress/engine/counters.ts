import { addTo, BucketCounts, takeAll } from "./bucket-counts.ts";
import { REASON_LIST, type ResponseReason } from "./response-reason.ts";

/** The reasons that are an endpoint's: counted for each attempt, so also where another endpoint answered in the end. */
export const ENDPOINT_FAILURES = [
  "connect-failed",
  "connect-timeout",
  "answer-timeout",
  "endpoint-closed",
  "stream-refused",
  "unreachable",
  "endpoint-silent",
  "endpoint-untrusted",
  "endpoint-tls-failed",
  "answer-malformed",
  "answer-length-unclear",
  "answer-head-too-large",
  "answer-body-malformed",
] as const satisfies readonly ResponseReason[];

export type EndpointFailure = (typeof ENDPOINT_FAILURES)[number];

/** Whether a failure is the sign of a dead node, not of a program that restarts or misbehaves. */
export function isSignOfDeath(failure: EndpointFailure): boolean {
  return failure === "connect-timeout" || failure === "unreachable" || failure === "endpoint-silent";
}

/** How a connection that is not read ends: `passed`, or why it was refused or broken off. */
export const PASSTHROUGH_RESULTS = [
  "passed",
  "blocked",
  "address-denied",
  "address-not-allowed",
  "rate-limited",
  "connections-limited",
  "closed-restriction",
  "closed-unsupported",
  "closed-unreadable",
  "closed-policy",
  "no-service",
  "no-endpoint",
  "connect-failed",
  "connect-timeout",
  "unreachable",
  "endpoint-closed",
  "answer-timeout",
  "client-gone",
  "client-slow",
  "shut-down",
] as const satisfies readonly ("passed" | ResponseReason)[];

export type PassthroughResult = (typeof PASSTHROUGH_RESULTS)[number];

/** Upper bounds of histograms of durations, in seconds. */
export const DURATION_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** What was counted in some time. */
export interface TakenCounts extends Pick<
  Counters,
  | "requests"
  | "reasons"
  | "endpointFailures"
  | "passthroughs"
  | "connections"
  | "abusiveConnections"
  | "retries"
  | "retriesDenied"
> {
  readonly durations: Pick<BucketCounts, "counts" | "sum">;
}

/** What the engine counts: numbers in arrays, read when metrics are asked for. No text and no object for a request. */
export class Counters {
  /** By first digit of the status; 6 is for all from 600 on, which mean nothing in HTTP but do occur. */
  readonly requests = new Float64Array(7);
  /** By index in REASON_LIST: requests that ended for this reason. */
  readonly reasons = new Float64Array(REASON_LIST.length);
  /** By index in ENDPOINT_FAILURES. */
  readonly endpointFailures = new Float64Array(ENDPOINT_FAILURES.length);
  /** By index in PASSTHROUGH_RESULTS: connections that were not read. */
  readonly passthroughs = new Float64Array(PASSTHROUGH_RESULTS.length);
  /** In seconds. */
  readonly durations = new BucketCounts(DURATION_BOUNDS);
  connections = 0;
  /** By HTTP/2, ended with ENHANCE_YOUR_CALM (RFC 9113 section 7). */
  abusiveConnections = 0;
  retries = 0;
  /** Requests that were not sent again, because too many to their backend were. */
  retriesDenied = 0;
  openConnections = 0;
  openEndpointConnections = 0;

  /** What was counted so far; from now on it is counted from 0 again. What is open stays. */
  take(): TakenCounts {
    const { connections, abusiveConnections, retries, retriesDenied } = this;
    this.connections = this.abusiveConnections = this.retries = this.retriesDenied = 0;
    return {
      requests: takeAll(this.requests),
      reasons: takeAll(this.reasons),
      endpointFailures: takeAll(this.endpointFailures),
      passthroughs: takeAll(this.passthroughs),
      durations: this.durations.take(),
      connections,
      abusiveConnections,
      retries,
      retriesDenied,
    };
  }

  /** Adds what was counted elsewhere. */
  add(taken: TakenCounts): void {
    addTo(this.requests, taken.requests);
    addTo(this.reasons, taken.reasons);
    addTo(this.endpointFailures, taken.endpointFailures);
    addTo(this.passthroughs, taken.passthroughs);
    this.durations.add(taken.durations);
    this.connections += taken.connections;
    this.abusiveConnections += taken.abusiveConnections;
    this.retries += taken.retries;
    this.retriesDenied += taken.retriesDenied;
  }

  /** Counts a request that has ended, with the reason where it was not answered by an endpoint to its end. */
  countRequest(status: number, durationMs: number, reason?: ResponseReason): void {
    if (reason !== undefined) this.reasons[REASON_LIST.indexOf(reason)]! += 1;
    this.requests[Math.min(Math.trunc(status / 100), 6)]! += 1;
    this.durations.observe(durationMs / 1_000);
  }

  /** Counts a connection that was not read, and has ended. */
  countPassthrough(result: PassthroughResult): void {
    this.passthroughs[PASSTHROUGH_RESULTS.indexOf(result)]! += 1;
  }

  /** Counts an exchange that failed on the endpoint's side. */
  countEndpointFailure(failure: EndpointFailure): void {
    this.endpointFailures[ENDPOINT_FAILURES.indexOf(failure)]! += 1;
  }
}
