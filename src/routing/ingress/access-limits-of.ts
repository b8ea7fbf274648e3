import type { AccessLimits } from "#src/filters/access-limits.ts";
import { keyedLimit, type KeyedLimits } from "#src/filters/keyed-limit.ts";
import type { RateLimitPolicy } from "#src/model/policies/rate-limit-policy.ts";
import type { PathClaim } from "./merge-host.ts";

/** The limits of a path that this replica counts alone, as soon as a request comes; undefined: none. */
export function ownLimitsOf({ ingress: { namespace }, settings }: PathClaim): KeyedLimits | undefined {
  if (settings.rateLimits === undefined) return undefined;
  const own = settings.rateLimits.filter((policy) => !policy.isShared && !isByClaim(policy));
  return own.length === 0 ? undefined : { namespace, limits: own.map(keyedLimit) };
}

/** Those that are looked at with who may come in; undefined: none. */
export function accessLimitsOf({ settings: { rateLimits } }: PathClaim): AccessLimits | undefined {
  if (rateLimits === undefined) return undefined;
  const byClaims = rateLimits.filter(isByClaim);
  const shared = rateLimits.filter((policy) => policy.isShared && !isByClaim(policy));
  if (byClaims.length + shared.length === 0) return undefined;
  return { shared: shared.map(keyedLimit), byClaims: byClaims.map(keyedLimit) };
}

function isByClaim({ key }: RateLimitPolicy): boolean {
  return key.some(({ type }) => type === "Claim");
}
