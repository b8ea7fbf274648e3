import type { HashedRequest } from "#ingress/engine/endpoints/hash-of-request.ts";
import { pathText } from "#ingress/engine/request-route.ts";
import { RequestTexts } from "#ingress/engine/request-texts.ts";
import { requestHeadOf } from "./request-head-of.ts";

/** A request with this target and these header lines, as the engine sees it. */
export function hashedRequest(target = "/", lines: readonly string[] = []): HashedRequest {
  const { bytes, head } = requestHeadOf([`GET ${target} HTTP/1.1`, "Host: a.com", ...lines]);
  return {
    bytes,
    head,
    texts: new RequestTexts(bytes, head, () => 0),
    path: pathText(bytes, head),
    clientAddress: "198.51.100.7",
    isSecure: false,
  };
}
