import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { RuleFilters } from "#src/filters/rule-filters.ts";
import { expectationOf } from "./h1/expectation-of.ts";
import type { RequestBody } from "./request-body.ts";
import { methodIs, type RequestHead } from "./request-head.ts";
import type { ResponseReason } from "./response-reason.ts";

/** Why a request that could be read is not served, whatever its route; undefined where it may be. */
export function requestFault(bytes: Buffer, head: RequestHead): ResponseReason | undefined {
  if (methodIs(bytes, head, "CONNECT") || methodIs(bytes, head, "TRACE")) return "method-not-allowed";
  return expectationOf(bytes, head) === "unknown" ? "expectation-unknown" : undefined;
}

/** What a rule says of bodies. */
export interface BodyRule {
  /** 0: any size. */
  readonly maxBytes: number;
  /** Trailers do not pass: an endpoint could read one as a field that only a service may write, who lets in. */
  readonly forbidsTrailers: boolean;
}

/**
 * Why what has come of a body is not served; undefined where it may be. `bodyEnd` is -1 where its framing is broken,
 * `contentLength` where no length was announced.
 */
export function bodyFault(
  { isChunked, chunkBytes, hasTrailers }: RequestBody,
  { bodyEnd, contentLength }: { readonly bodyEnd: number; readonly contentLength: number },
  { maxBytes, forbidsTrailers }: BodyRule,
): ResponseReason | undefined {
  if (bodyEnd === -1 || (forbidsTrailers && hasTrailers)) return "request-body-malformed";
  const isTooLarge = maxBytes > 0 && (contentLength > maxBytes || (isChunked && chunkBytes > maxBytes));
  return isTooLarge ? "request-body-too-large" : undefined;
}

/** What the rule of a request says of its body. `mostBytes`: where it says nothing of the size. */
export function bodyRule(filters: RuleFilters | undefined, mostBytes: number): BodyRule {
  const auth = filters?.auth;
  return { maxBytes: filters?.bodyBytes ?? mostBytes, forbidsTrailers: auth !== undefined && writesFields(auth) };
}

/** Whether fields of ours go to endpoints that a trailer could be taken for. */
function writesFields({ external, jwt, oidc }: AuthPolicy): boolean {
  const ours = [external?.responseHeaders, jwt?.forwardClaims, oidc?.forwardClaims, oidc?.forwardTokens];
  return ours.some((fields) => fields !== undefined && fields.length > 0);
}
