import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import type { VerifiedClaims } from "#src/auth/verified-claims.ts";
import { claimValue } from "#src/auth/claim-value.ts";
import { keptClaims, namedClaims } from "./sealed-use.ts";
import type { Session } from "./session.ts";

/** What the provider has said of a client that signed in; its ID token is verified. */
export interface SignedIn {
  /** Of the ID token and, where it was asked, of the provider's answer about the user. */
  readonly claims: VerifiedClaims;
  readonly idToken: string;
  readonly accessToken: string;
  /** For how many seconds the access token counts; undefined: the provider has not said. */
  readonly accessForS: number | undefined;
}

/**
 * The session of a client that has signed in: it has the claims that the policy looks at, and ends with the tokens that endpoints
 * get. Undefined where these have ended already.
 */
export function newSession(
  auth: OidcPolicy,
  { claims, idToken, accessToken, accessForS }: SignedIn,
  nowMs: number,
): Session | undefined {
  const nowS = Math.floor(nowMs / 1_000);
  const wanted = new Set(auth.forwardTokens.map(({ token }) => token));
  const ends = [
    nowS + Math.floor(auth.cookie.lifetimeMs / 1_000),
    ...(wanted.has("id") && typeof claims["exp"] === "number" ? [Math.floor(claims["exp"])] : []),
    ...(wanted.has("access") && accessForS !== undefined ? [nowS + Math.floor(accessForS)] : []),
  ];
  const untilS = Math.min(...ends);
  if (untilS <= nowS) return undefined;
  const kept = keptClaims(auth);
  return {
    claims: Object.fromEntries(Object.entries(claims).filter(([name]) => kept.has(name))),
    untilS,
    tokens: { ...(wanted.has("id") && { id: idToken }), ...(wanted.has("access") && { access: accessToken }) },
  };
}

/** Whether the ID token lacks a claim that the policy looks at: many providers say more where they are asked about the user. */
export function lacksClaims(auth: OidcPolicy, claims: VerifiedClaims): boolean {
  return namedClaims(auth).some((name) => claimValue(claims, name) === undefined);
}
