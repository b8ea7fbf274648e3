import type { SetRequestHeaders } from "#src/auth/parse-request-headers.ts";
import { sameHeaderName } from "#src/auth/same-header-name.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { RuleFilters } from "#src/filters/rule-filters.ts";
import { expectationOf } from "./h1/expectation-of.ts";
import type { Limits } from "./limits.ts";
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
  /** Trailers with these names (`sameHeaderName`) do not pass: the rule, or what holds for all requests, writes or removes such fields. */
  readonly ofRule: ReadonlySet<string> | undefined;
  readonly ofAll: readonly string[] | undefined;
}

/** What holds where no rule does. */
export const ANY_BODY: BodyRule = { maxBytes: 0, forbidsTrailers: false, ofRule: undefined, ofAll: undefined };

/**
 * Why what has come of a body is not served; undefined where it may be. `bodyEnd` is -1 where its framing is broken,
 * `contentLength` where no length was announced.
 */
export function bodyFault(
  body: RequestBody,
  { bodyEnd, contentLength }: { readonly bodyEnd: number; readonly contentLength: number },
  rule: BodyRule,
): ResponseReason | undefined {
  const { isChunked, chunkBytes, hasTrailers } = body;
  if (bodyEnd === -1 || (hasTrailers && refusesTrailers(rule, body.trailerNames))) return "request-body-malformed";
  const { maxBytes } = rule;
  const isTooLarge = maxBytes > 0 && (contentLength > maxBytes || (isChunked && chunkBytes > maxBytes));
  return isTooLarge ? "request-body-too-large" : undefined;
}

function refusesTrailers({ forbidsTrailers, ofRule, ofAll }: BodyRule, names: readonly string[]): boolean {
  if (forbidsTrailers) return true;
  if (ofRule === undefined && ofAll === undefined) return false;
  return names.map(sameHeaderName).some((name) => ofRule?.has(name) === true || ofAll?.includes(name) === true);
}

/** What the rule of a request says of its body, and what holds for all: the size, and fields of requests. */
export function bodyRule(
  filters: RuleFilters | undefined,
  { limits, requestHeaders }: { readonly limits: Limits; readonly requestHeaders: SetRequestHeaders | undefined },
): BodyRule {
  const auth = filters?.auth;
  return {
    maxBytes: filters?.bodyBytes ?? limits.bodyBytes,
    forbidsTrailers: auth !== undefined && writesFields(auth),
    ofRule: filters?.requestFields?.removes,
    ofAll: requestHeaders?.removes,
  };
}

/** Whether fields of ours go to endpoints that a trailer could be taken for. */
function writesFields({ external, jwt, oidc }: AuthPolicy): boolean {
  const ours = [external?.responseHeaders, jwt?.forwardClaims, oidc?.forwardClaims, oidc?.forwardTokens];
  return ours.some((fields) => fields !== undefined && fields.length > 0);
}
