import { isBackend } from "#src/model/ingress-path.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";
import type { MergedHost, PathClaim } from "./merge-host.ts";

/** A path that both sign-in and another rule would have. */
export interface SignInConflict {
  /** The path of the sign-in. */
  readonly signIn: PathClaim;
  /** Which field of the policy says the path. */
  readonly field: "callbackPath" | "logoutPath";
  readonly other: PathClaim;
  /** The requests are those of sign-in, which the other rule served otherwise; if not, the other rule has them, and sign-in does not work. */
  readonly isTaken: boolean;
}

/**
 * Adds the paths that browsers come back to from a provider, and sign out at, for each policy of a host. What is written goes
 * before them: a path of this text is never taken from an Ingress that does not ask for the same sign-in.
 */
export function addSignInPaths(merged: MergedHost): MergedHost {
  const signIns = signInsOf(merged);
  if (signIns.size === 0) return merged;
  const { prefixes } = merged;
  const exact = new Map(merged.exact);
  const signInConflicts: SignInConflict[] = [];
  for (const claim of signIns.values()) {
    for (const field of ["callbackPath", "logoutPath"] as const) {
      const signIn = ownClaim(claim, field);
      const same = exact.get(signIn.path);
      if (same === undefined) exact.set(signIn.path, signIn);
      const other = same ?? longest(prefixes, signIn.path);
      if (other === undefined) continue;
      const isSame = policyOf(other) === policyOf(signIn);
      // What is around the path and has the same sign-in would not serve it either; what is written so is said.
      if (isSame && same === undefined) continue;
      signInConflicts.push({ signIn, field, other, isTaken: same === undefined || isSame });
    }
  }
  return { ...merged, exact, signIns: [...signIns.values()], signInConflicts };
}

/** The first claim whose requests need a sign-in, for each policy. Most hosts have none: nothing is copied to find that. */
function signInsOf({ exact, prefixes, patterns, fallback }: MergedHost): ReadonlyMap<string, PathClaim> {
  const found = new Map<string, PathClaim>();
  const look = (claim: PathClaim): void => {
    const key = policyOf(claim);
    if (key !== undefined && isBackend(claim.target) && !found.has(key)) found.set(key, claim);
  };
  for (const claim of exact.values()) look(claim);
  for (const claim of prefixes) look(claim);
  for (const claim of patterns) look(claim);
  if (fallback !== undefined) look(fallback);
  return found;
}

function policyOf({ settings }: PathClaim): string | undefined {
  return settings.oidc?.key;
}

/** The claim on one of the paths: with the sign-in and what else is said of who may come in, but without another way to show who one is. */
function ownClaim(claim: PathClaim, field: SignInConflict["field"]): PathClaim {
  const { authType: _type, authUrl: _url, jwt: _jwt, rewrite: _rewrite, ...settings }: PathSettings = claim.settings;
  const path = (settings.oidc as OidcPolicy)[field];
  return { ...claim, settings, path, pathType: "Exact" };
}

/** The longest of these that has a path, unless it has all paths: that is what whole hosts are served by. */
function longest(prefixes: readonly PathClaim[], path: string): PathClaim | undefined {
  let found: PathClaim | undefined;
  for (const claim of prefixes) {
    const isLonger = claim.path.length > (found?.path.length ?? 1);
    if (isLonger && covers(claim, path)) found = claim;
  }
  return found;
}

function covers({ path: prefix, pathType }: PathClaim, path: string): boolean {
  if (pathType !== "Prefix") return path.startsWith(prefix);
  const whole = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
  return path === whole || path.startsWith(`${whole}/`);
}
