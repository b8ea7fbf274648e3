import { spells } from "#ingress/engine/ascii.ts";
import type { RequestHead } from "#ingress/engine/request-head.ts";

const COMMA = 0x2c;
const H2C = Buffer.from("h2c");

/**
 * Whether a wish to change the protocol is passed on (RFC 9110 section 7.8): of HTTP/1.1, without a body, to one protocol
 * (of several the endpoint could choose), and not to HTTP/2, which would hide its requests from us.
 */
export function wantsUpgrade(bytes: Buffer, head: RequestHead): boolean {
  const { minorVersion, connection, upgradeLine, lines } = head;
  if (minorVersion === 0 || !connection.upgrade || upgradeLine === -1) return false;
  if (head.isChunked || head.contentLength > 0) return false;
  const start = lines.valueStart[upgradeLine]!;
  const end = lines.valueEnd[upgradeLine]!;
  if (spells(bytes, start, Math.min(start + H2C.length, end), H2C)) return false;
  return end > start && !bytes.subarray(start, end).includes(COMMA);
}
