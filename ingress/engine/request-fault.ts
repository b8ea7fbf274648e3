import type { BodyReader } from "./body-reader.ts";
import { expectationOf } from "./expectation-of.ts";
import type { Limits } from "./limits.ts";
import { methodIs, type RequestHead } from "./request-head.ts";
import type { ResponseReason } from "./response-reason.ts";

/**
 * Why a request that could be read, with its body as far as it came with the head, is not served, whatever its route;
 * undefined where it may be.
 */
export function requestFault(
  bytes: Buffer,
  head: RequestHead,
  body: BodyReader,
  limits: Pick<Limits, "bodyBytes">,
): ResponseReason | undefined {
  if (isBodyTooLarge(body, head.contentLength, limits)) return "request-body-too-large";
  if (methodIs(bytes, head, "CONNECT") || methodIs(bytes, head, "TRACE")) return "method-not-allowed";
  return expectationOf(bytes, head) === "unknown" ? "expectation-unknown" : undefined;
}

/** Why more of a body is not served; undefined where it may be. `bodyEnd` is -1 where its framing is broken. */
export function bodyFault(
  body: BodyReader,
  bodyEnd: number,
  limits: Pick<Limits, "bodyBytes">,
): ResponseReason | undefined {
  if (bodyEnd === -1) return "request-body-malformed";
  return isBodyTooLarge(body, -1, limits) ? "request-body-too-large" : undefined;
}

/** By its announced length, or by its chunks so far. */
function isBodyTooLarge(
  { isChunked, chunkBytes }: BodyReader,
  contentLength: number,
  { bodyBytes }: Pick<Limits, "bodyBytes">,
): boolean {
  return bodyBytes > 0 && (contentLength > bodyBytes || (isChunked && chunkBytes > bodyBytes));
}
