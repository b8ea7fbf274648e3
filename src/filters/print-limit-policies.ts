import { PERIOD_SECONDS, type RateLimitPolicy } from "#src/model/policies/rate-limit-policy.ts";

type ShownLimit = Pick<RateLimitPolicy, "requests" | "per" | "headerFields">;

/** The value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10 section 3) for the limits that are to be shown; undefined: there are none. */
export function printLimitPolicies(limits: readonly ShownLimit[]): string | undefined {
  const shown = limits.filter(({ headerFields }) => headerFields);
  // Limits that count otherwise may have the same numbers; a list has a name once.
  const items = new Set(shown.map((limit) => `${nameOf(limit)};q=${limit.requests};w=${PERIOD_SECONDS[limit.per]}`));
  return items.size === 0 ? undefined : [...items].join(", ");
}

/** The value of `RateLimit` (section 4) for a request that has to wait so long for each of these limits; undefined: none of them is to be shown. */
export function printLimitWaits(
  waits: readonly { readonly policy: ShownLimit; readonly waitMs: number }[],
): string | undefined {
  const shown = waits.filter(({ policy, waitMs }) => policy.headerFields && waitMs > 0);
  const longest = new Map<string, number>();
  for (const { policy, waitMs } of shown) {
    const name = nameOf(policy);
    longest.set(name, Math.max(longest.get(name) ?? 1, Math.ceil(waitMs / 1_000)));
  }
  return longest.size === 0
    ? undefined
    : Array.from(longest, ([name, seconds]) => `${name};r=0;t=${seconds}`).join(", ");
}

/** A name without anything that a policy's writer chose: `"100-per-minute"`. */
function nameOf({ requests, per }: ShownLimit): string {
  return `"${requests}-per-${per}"`;
}
