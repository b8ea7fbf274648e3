import type { HashedRequest } from "#ingress/engine/endpoints/hash-of-request.ts";
import { DEFAULT_LIMITS } from "#ingress/engine/limits.ts";
import { readRequestHead } from "#ingress/engine/h1/read-request-head.ts";
import { RequestHead } from "#ingress/engine/request-head.ts";
import { pathText } from "#ingress/engine/request-route.ts";
import { RequestTexts } from "#ingress/engine/request-texts.ts";

/** A request with this target and these header lines, as the engine sees it. */
export function hashedRequest(target = "/", lines: readonly string[] = []): HashedRequest {
  const bytes = Buffer.from(["GET " + target + " HTTP/1.1", "Host: a.com", ...lines, "", ""].join("\r\n"), "latin1");
  const head = new RequestHead(DEFAULT_LIMITS);
  if (readRequestHead(bytes, 0, bytes.length, head) <= 0) throw new Error(`not a request: ${target}`);
  return {
    bytes,
    head,
    texts: new RequestTexts(bytes, head, () => 0),
    path: pathText(bytes, head),
    clientAddress: "198.51.100.7",
    isSecure: false,
  };
}
