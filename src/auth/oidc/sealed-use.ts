import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";

/**
 * What a cookie is sealed for: it opens at no other policy, at no other host (for a session: of its domain, where it has one), for no
 * other provider, and not where the policy asks for other claims or tokens than were kept.
 */
export function sealedUse(kind: "session" | "state", auth: OidcPolicy, host: string): string {
  return `hawser ${kind} 1 ${host} ${ofPolicy(auth)}`;
}

/** What of a policy does not depend on the request. */
const known = new WeakMap<OidcPolicy, string>();

function ofPolicy(auth: OidcPolicy): string {
  const text = known.get(auth);
  if (text !== undefined) return text;
  const { key, issuer, clientId, scopes, forwardTokens } = auth;
  const kept = [...keptClaims(auth)].sort();
  const tokens = forwardTokens.map(({ token }) => token).sort();
  const made = JSON.stringify([key, issuer, clientId, scopes, kept, tokens]);
  known.set(auth, made);
  return made;
}

/** The names of the claims that a policy looks at; of one with dots each that it may be inside of. */
export function keptClaims(auth: PolicyClaims): ReadonlySet<string> {
  return new Set(["sub", ...namedClaims(auth).flatMap(outerNames)]);
}

/** The names of claims as a policy writes them. */
export function namedClaims({ claims, forwardClaims }: PolicyClaims): readonly string[] {
  return [...claims.map(({ name }) => name), ...forwardClaims.map(({ claim }) => claim)];
}

type PolicyClaims = Pick<OidcPolicy, "claims" | "forwardClaims">;

/** `a`, `a.b` and `a.b.c` of `a.b.c`. */
function outerNames(name: string): readonly string[] {
  const parts = name.split(".");
  return parts.map((_, index) => parts.slice(0, index + 1).join("."));
}
