import { hash } from "node:crypto";
import { claimValue } from "#src/auth/claim-value.ts";
import { cookiePairs } from "#src/auth/cookie-pairs.ts";
import { pairValues } from "#src/auth/pair-values.ts";
import { queryText } from "#src/auth/query-text.ts";
import type { VerifiedClaims } from "#src/auth/verified-claims.ts";
import type { RateLimitKeyPart } from "#src/model/policies/rate-limit-key.ts";
import { PERIOD_SECONDS, type RateLimitPolicy } from "#src/model/policies/rate-limit-policy.ts";
import type { BucketUse } from "./keyed-buckets.ts";
import { exactLimit, type RateLimit } from "./leaky-bucket.ts";

/** A limit of a policy. */
export interface KeyedLimit {
  readonly policy: RateLimitPolicy;
  readonly limit: RateLimit;
}

/** Limits that are asked together: a request counts for all of them, or for none. */
export interface KeyedLimits {
  /** Whose memory is used for them. */
  readonly namespace: string;
  readonly limits: readonly KeyedLimit[];
}

/** What keys of limits look at. */
export interface LimitedRequest {
  readonly clientAddress: string;
  /** Normalised. */
  readonly path: string;
  /** Path and query. */
  readonly target: string;
  /** The values of a header field (its name in lower case), one character for each byte. */
  valuesOf(name: string): readonly string[];
  /** What a token says that was verified; undefined: there was none. */
  readonly claims?: VerifiedClaims | undefined;
}

/** What a policy says, as it is counted. */
export function keyedLimit(policy: RateLimitPolicy): KeyedLimit {
  const { requests, per, burst } = policy;
  return { policy, limit: exactLimit(requests, PERIOD_SECONDS[per], burst) };
}

/** The buckets that a request is counted in. */
export function bucketUses(limits: readonly KeyedLimit[], request: LimitedRequest): readonly BucketUse[] {
  return limits.map(({ policy, limit }) => {
    const values = policy.key.map((part) => valueOf(part, request));
    return { bucket: hash("sha256", JSON.stringify([policy.zone, ...values]), "base64url"), limit };
  });
}

/**
 * What a request has in a part of a key. Null where it has nothing: all such requests count together, so that a limit cannot be
 * evaded by leaving a value out. So do those that have it several times, because an endpoint could read another one of them.
 */
function valueOf(part: RateLimitKeyPart, request: LimitedRequest): string | null {
  if (part.type === "Claim") return claimText(request.claims, part.name);
  const [value = "", ...more] = valuesOf(part, request);
  return value === "" || more.length > 0 ? null : value;
}

function valuesOf(
  part: Exclude<RateLimitKeyPart, { readonly type: "Claim" }>,
  request: LimitedRequest,
): readonly string[] {
  switch (part.type) {
    case "ClientAddress":
      return [request.clientAddress];
    case "Path":
      return [request.path];
    case "Cookie":
      return pairValues(cookiePairs(request.valuesOf("cookie")), part.name);
    case "Query":
      return new URLSearchParams(queryText(request.target)).getAll(part.name);
    default:
      return request.valuesOf(part.name).map((value) => value.trim().replaceAll(/[ \t]+/g, " "));
  }
}

function claimText(claims: VerifiedClaims | undefined, name: string): string | null {
  const value = claims === undefined ? undefined : claimValue(claims, name);
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}
