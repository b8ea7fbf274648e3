import type { BodyReader } from "./body-reader.ts";
import { expectationOf } from "./expectation-of.ts";
import { methodIs, type RequestHead } from "./request-head.ts";
import type { ResponseReason } from "./response-reason.ts";

/** Why a request that could be read is not served, whatever its route; undefined where it may be. */
export function requestFault(bytes: Buffer, head: RequestHead): ResponseReason | undefined {
  if (methodIs(bytes, head, "CONNECT") || methodIs(bytes, head, "TRACE")) return "method-not-allowed";
  return expectationOf(bytes, head) === "unknown" ? "expectation-unknown" : undefined;
}

/** Why more of a body is not served; undefined where it may be. `bodyEnd` is -1 where its framing is broken. */
export function bodyFault(body: BodyReader, bodyEnd: number, maxBytes: number): ResponseReason | undefined {
  if (bodyEnd === -1) return "request-body-malformed";
  return isBodyTooLarge(body, -1, maxBytes) ? "request-body-too-large" : undefined;
}

/** By its announced length (-1: none), or by its chunks so far. `maxBytes` 0: any size. */
export function isBodyTooLarge(
  { isChunked, chunkBytes }: Pick<BodyReader, "isChunked" | "chunkBytes">,
  contentLength: number,
  maxBytes: number,
): boolean {
  return maxBytes > 0 && (contentLength > maxBytes || (isChunked && chunkBytes > maxBytes));
}
