import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";

/**
 * What a cookie is sealed for: it opens at no other policy, at no other host (for a session: of its domain, where it has one), for no
 * other provider, and not where the policy asks for other claims or tokens than were kept.
 */
export function sealedUse(kind: "session" | "state", auth: OidcPolicy, host: string): string {
  const { key, issuer, clientId, scopes, forwardTokens } = auth;
  const kept = [...keptClaims(auth)].sort();
  const tokens = forwardTokens.map(({ token }) => token).sort();
  return JSON.stringify([`hawser ${kind} 1`, key, host, issuer, clientId, scopes, kept, tokens]);
}

/** The names of the claims that a policy looks at; of one with dots each that it may be inside of. */
export function keptClaims({
  claims,
  forwardClaims,
}: Pick<OidcPolicy, "claims" | "forwardClaims">): ReadonlySet<string> {
  const names = [...claims.map(({ name }) => name), ...forwardClaims.map(({ claim }) => claim)];
  return new Set(["sub", ...names.flatMap(outerNames)]);
}

/** `a`, `a.b` and `a.b.c` of `a.b.c`. */
function outerNames(name: string): readonly string[] {
  const parts = name.split(".");
  return parts.map((_, index) => parts.slice(0, index + 1).join("."));
}
