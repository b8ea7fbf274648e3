import type { ClaimRule } from "#src/model/policies/claim-rule.ts";
import { claimTexts } from "./claim-value.ts";
import type { VerifiedClaims } from "./verified-claims.ts";

/** Whether each rule is met: the claim, or an element of it, is one of the values. */
export function meetsClaimRules(claims: VerifiedClaims, rules: readonly ClaimRule[]): boolean {
  return rules.every(({ name, values }) => claimTexts(claims, name).some((text) => values.includes(text)));
}

/** Whether a token was given each of these scopes (RFC 8693 section 4.2, and `scp` as some issuers have it). */
export function hasScopes(claims: VerifiedClaims, scopes: readonly string[]): boolean {
  if (scopes.length === 0) return true;
  const given = new Set(
    ["scope", "scp"].flatMap((name) => claimTexts(claims, name)).flatMap((text) => text.split(" ")),
  );
  return scopes.every((scope) => given.has(scope));
}
