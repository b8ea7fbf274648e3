import { REASON_LIST, type ResponseReason } from "./response-reason.ts";

/** The reasons that are an endpoint's: counted for each attempt, so also where another endpoint answered in the end. */
export const ENDPOINT_FAILURES = [
  "connect-failed",
  "connect-timeout",
  "answer-timeout",
  "endpoint-closed",
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

/** Upper bounds of the duration histogram in milliseconds; the last bucket is for all above. */
export const DURATION_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

/** What the engine counts: numbers in arrays, read when metrics are asked for. No text and no object for a request. */
export class Counters {
  /** By first digit of the status; 6 is for all from 600 on, which mean nothing in HTTP but do occur. */
  readonly requests = new Float64Array(7);
  /** By index in REASON_LIST: requests that ended for this reason. */
  readonly reasons = new Float64Array(REASON_LIST.length);
  /** By index in ENDPOINT_FAILURES. */
  readonly endpointFailures = new Float64Array(ENDPOINT_FAILURES.length);
  /** By index in DURATION_BOUNDS_MS, not cumulative; one more at the end. */
  readonly durations = new Float64Array(DURATION_BOUNDS_MS.length + 1);
  durationSumMs = 0;
  connections = 0;
  retries = 0;
  openConnections = 0;
  openEndpointConnections = 0;

  /** Counts a request that has ended, with the reason where it was not answered by an endpoint to its end. */
  countRequest(status: number, durationMs: number, reason?: ResponseReason): void {
    if (reason !== undefined) this.reasons[REASON_LIST.indexOf(reason)]! += 1;
    this.requests[Math.min(Math.trunc(status / 100), 6)]! += 1;
    this.durationSumMs += durationMs;
    let bucket = 0;
    while (bucket < DURATION_BOUNDS_MS.length && durationMs > DURATION_BOUNDS_MS[bucket]!) bucket++;
    this.durations[bucket]! += 1;
  }

  /** Counts an exchange that failed on the endpoint's side. */
  countEndpointFailure(failure: EndpointFailure): void {
    this.endpointFailures[ENDPOINT_FAILURES.indexOf(failure)]! += 1;
  }
}
