import { readRequestHead } from "#ingress/engine/h1/read-request-head.ts";
import { DEFAULT_LIMITS } from "#ingress/engine/limits.ts";
import { RequestHead } from "#ingress/engine/request-head.ts";

/** A request of these lines as bytes, and its head as the engine reads it. Throws where they are not one head. */
export function requestHeadOf(lines: readonly string[]): { readonly bytes: Buffer; readonly head: RequestHead } {
  const bytes = Buffer.from([...lines, "", ""].join("\r\n"), "latin1");
  const head = new RequestHead(DEFAULT_LIMITS);
  if (readRequestHead(bytes, 0, bytes.length, head) !== bytes.length) throw new Error(`not a request: ${lines[0]}`);
  return { bytes, head };
}
