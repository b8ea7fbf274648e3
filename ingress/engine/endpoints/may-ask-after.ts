import type { NextEndpoint } from "#src/filters/next-endpoint.ts";
import type { NextCause } from "#src/model/annotations/proxy-next-upstream.ts";
import type { EndpointFailure } from "#ingress/engine/counters.ts";
import type { EndpointStream } from "#ingress/engine/endpoint-stream.ts";
import { methodIs, type RequestHead } from "#ingress/engine/request-head.ts";

/** RFC 9110 section 9.2.2: what may be sent twice. */
const IDEMPOTENT_METHODS = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"];

/** RFC 9110 section 9.2.1: what changes nothing at the endpoint. */
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** Failures of an open connection after which the endpoint may never have seen the request. */
const REPLAYED_AFTER: readonly EndpointFailure[] = [
  "endpoint-closed",
  "stream-refused",
  "unreachable",
  "endpoint-silent",
];

/** nginx counts all methods but these as such that may be sent twice. */
const NON_IDEMPOTENT = ["POST", "LOCK", "PATCH"];

const CAUSES: Readonly<Record<EndpointFailure, NextCause>> = {
  "connect-failed": "error",
  unreachable: "error",
  "endpoint-closed": "error",
  "stream-refused": "error",
  "endpoint-untrusted": "error",
  "endpoint-tls-failed": "error",
  "connect-timeout": "timeout",
  "endpoint-silent": "timeout",
  "answer-timeout": "timeout",
  "answer-malformed": "invalid_header",
  "answer-length-unclear": "invalid_header",
  "answer-head-too-large": "invalid_header",
  "answer-body-malformed": "invalid_header",
};

/** Whether a request that an endpoint may have seen can be sent to another one. */
export function mayRepeat(bytes: Buffer, head: RequestHead, next: NextEndpoint | undefined): boolean {
  if (next?.after === undefined) return IDEMPOTENT_METHODS.some((method) => methodIs(bytes, head, method));
  return next.after.has("non_idempotent") || !NON_IDEMPOTENT.some((method) => methodIs(bytes, head, method));
}

/** Whether a request may be sent again that an endpoint has begun with. */
export function isSafe(bytes: Buffer, head: RequestHead): boolean {
  return SAFE_METHODS.some((method) => methodIs(bytes, head, method));
}

/** What came of one try of a request. */
interface FailedTry {
  readonly failure: EndpointFailure;
  /** The connection was open: the endpoint may have seen the request. */
  readonly wasSent: boolean;
  /** Bytes of an answer have come. */
  readonly hasReceived: boolean;
}

/** Whether another endpoint may be asked after a failure. Whether the request can be sent again is for the caller to know. */
export function mayAskAfter(
  { failure, wasSent, hasReceived }: FailedTry,
  after: ReadonlySet<NextCause> | undefined,
): boolean {
  if (after !== undefined) return after.has(CAUSES[failure]);
  return !wasSent || (REPLAYED_AFTER.includes(failure) && !hasReceived);
}

/** Whether another endpoint may be asked after an answer with this status. */
export function mayAskAfterStatus(next: NextEndpoint | undefined, status: number): boolean {
  return next?.after?.has(`http_${status}` as NextCause) === true;
}

/** Whether the endpoint had closed an old connection before it saw the request. */
export function isStale(
  failure: EndpointFailure,
  { isReused, hasReceived }: Pick<EndpointStream, "isReused" | "hasReceived">,
): boolean {
  return (failure === "endpoint-closed" || failure === "stream-refused") && isReused && !hasReceived;
}
