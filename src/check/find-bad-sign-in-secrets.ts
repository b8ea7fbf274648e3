import {
  findOidcSecrets,
  type OidcSecretClaim,
  oidcSecretClaims,
  secretsOf,
} from "#src/auth/oidc/find-oidc-secrets.ts";
import { complain, quote } from "#src/model/field.ts";
import { allTerms } from "#src/model/path-terms.ts";
import type { Problem } from "#src/model/problem.ts";
import type { CheckedSet } from "./checked-set.ts";
import { fieldAt } from "./field-at.ts";

/** Under which field of `oidc` a policy names a Secret. */
const FIELDS: Readonly<Record<OidcSecretClaim["kind"], string>> = {
  sessionKeys: "sessionKeysSecretRef",
  clientSecrets: "clientSecretRef",
  authorities: "caSecretRef",
};

/**
 * Secrets for sign-in that cannot be used; and, as warnings at the policies that name them, those that are not among the objects,
 * because they may come from elsewhere. Where there is no Service at all, the set is a part of something larger.
 */
export function findBadSignInSecrets(set: CheckedSet): readonly Problem[] {
  const claims = oidcSecretClaims(set.ingresses);
  const { problems } = findOidcSecrets(claims, (key) => set.objectOf("Secret", key) ?? null);
  if (set.services.length === 0) return problems;
  const missing: Problem[] = [];
  const said = new Set<string>();
  for (const claim of claims.filter(({ secret }) => set.objectOf("Secret", secret) === undefined))
    for (const { policy, at } of policiesOf(claim)) {
      const place = `${at}.${FIELDS[claim.kind]}.name`;
      if (said.has(`${policy} ${place}`)) continue;
      said.add(`${policy} ${place}`);
      complain(fieldAt(set.rootOf("HTTPPolicy", policy, missing), place), "OIDC_SECRET_UNUSABLE", {
        what: `Cannot find Secret ${quote(claim.secret)}`,
        why: "it does not exist here, and the paths of the policy are closed without it",
        fix: "Add the Secret, or fix its name",
        severity: "warning",
      });
    }
  return [...problems, ...missing];
}

/** The policies that name a Secret so for the sign-in of paths, and where they say it. */
function policiesOf({
  ingresses,
  kind,
  secret,
}: OidcSecretClaim): readonly { readonly policy: string; readonly at: string }[] {
  const applied = ingresses.flatMap(allTerms).flatMap((terms) => terms.applied ?? []);
  return applied.flatMap(({ policy, part }) => {
    const { oidc } = part.values;
    return oidc !== undefined && secretsOf(oidc)[kind] === secret ? [{ policy, at: part.at }] : [];
  });
}
