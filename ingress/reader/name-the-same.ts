import { isDeepStrictEqual } from "node:util";
import { passwordClaims } from "#src/auth/find-password-lists.ts";
import { jwksClaims } from "#src/auth/jwt/jwks-claims.ts";
import { oidcSecretClaims } from "#src/auth/oidc/find-oidc-secrets.ts";
import { configMapClaims } from "#src/model/config-map-claims.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { certificateClaims } from "#src/tls/certificate-claims.ts";
import { certificateSecretClaims } from "#src/tls/find-certificate-secrets.ts";

/**
 * Whether Ingresses of ours name after a change the Secrets, ConfigMaps and keys that they named before it, each for the same: then
 * all that was made of these stays. By index the same Ingress, undefined where it is not ours.
 */
export function nameTheSame(
  before: readonly (Ingress | undefined)[],
  after: readonly (Ingress | undefined)[],
): boolean {
  return after.every((ingress, index) => {
    const former = before[index];
    return former === ingress || isDeepStrictEqual(named(former), named(ingress));
  });
}

/** What an Ingress names, for what. */
function named(ingress: Ingress | undefined): unknown {
  const one = ingress === undefined ? [] : [ingress];
  const { namedBy, ...certificates } = certificateClaims(one);
  return {
    certificates,
    secrets: [...namedBy.keys()],
    // Of several Ingresses that name a certificate for a host the oldest goes first.
    createdMs: namedBy.size === 0 ? 0 : ingress?.createdMs,
    passwords: passwordClaims(one).map(withoutIngresses),
    ofEndpoints: certificateSecretClaims(one).map(withoutIngresses),
    ofSignIns: oidcSecretClaims(one).map(withoutIngresses),
    keys: jwksClaims(one),
    configMaps: configMapClaims(one),
  };
}

function withoutIngresses(claim: { readonly ingresses: readonly Ingress[] }): unknown {
  return { ...claim, ingresses: [] };
}
