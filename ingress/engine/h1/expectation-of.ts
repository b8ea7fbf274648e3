import { spells } from "#ingress/engine/ascii.ts";
import type { RequestHead } from "#ingress/engine/request-head.ts";

const CONTINUE = Buffer.from("100-continue");

/** The interim answer that a client waits for which has announced its body by `Expect: 100-continue`. */
export const CONTINUE_ANSWER = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");

/**
 * What a request expects before it sends its body (RFC 9110 section 10.1.1): `continue`, something unknown, or nothing, as
 * HTTP/1.0 never does.
 */
export function expectationOf(bytes: Buffer, head: RequestHead): "none" | "continue" | "unknown" {
  const { expectLine, minorVersion, lines } = head;
  if (expectLine === -1 || minorVersion === 0) return "none";
  const isKnown = spells(bytes, lines.valueStart[expectLine]!, lines.valueEnd[expectLine]!, CONTINUE);
  return isKnown ? "continue" : "unknown";
}
