import type { EndpointFailure } from "./counters.ts";
import type { EndpointConnection } from "./h1/endpoint-connection.ts";
import { methodIs, type RequestHead } from "./request-head.ts";

/** RFC 9110 section 9.2.2: what may be sent twice. */
const IDEMPOTENT_METHODS = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"];

/** A request of up to this size, head and body, is kept for another endpoint until an answer begins. */
const REPLAY_BYTES = 65_536;

/** Failures of an open connection after which the endpoint may never have seen the request. */
export const REPLAYED_AFTER: readonly EndpointFailure[] = ["endpoint-closed", "unreachable", "endpoint-silent"];

/** Whether a request may be sent twice. */
export function isIdempotent(bytes: Buffer, head: RequestHead): boolean {
  return IDEMPOTENT_METHODS.some((method) => methodIs(bytes, head, method));
}

/** Adds a part of a body to the copy of the request that the connection holds; false: it is too large to be kept. */
export function keepForReplay(
  connection: Pick<EndpointConnection, "head" | "headLength">,
  bytes: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
): boolean {
  const needed = connection.headLength + end - start;
  if (needed > REPLAY_BYTES) return false;
  if (connection.head.length < needed) {
    const larger = Buffer.allocUnsafeSlow(Math.min(REPLAY_BYTES, 2 * needed));
    connection.head.copy(larger, 0, 0, connection.headLength);
    connection.head = larger;
  }
  bytes.copy(connection.head, connection.headLength, start, end);
  connection.headLength = needed;
  return true;
}
