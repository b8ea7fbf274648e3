import type { Ingress } from "#src/model/ingress.ts";
import { allTerms } from "#src/model/path-terms.ts";
import type { JwksUrl } from "#src/model/policies/jwks-source.ts";
import type { JwtPolicy } from "#src/model/policies/jwt-policy.ts";
import { type KeyObject, keyObjectOf, keyObjectText } from "./found-key-sets.ts";

/** Who names the URI of a key set. */
export interface FollowedUri {
  readonly url: JwksUrl;
  /** HTTPPolicies (`namespace/name`). */
  readonly policies: readonly string[];
}

/** Where the keys are that tokens are verified with. */
export interface JwksClaims {
  readonly uris: ReadonlyMap<string, FollowedUri>;
  /** Each once. */
  readonly objects: readonly KeyObject[];
}

/** Which keys the policies of the paths of Ingresses name. */
export function jwksClaims(ingresses: Iterable<Ingress>): JwksClaims {
  const uris = new Map<string, { readonly url: JwksUrl; readonly policies: string[] }>();
  const objects = new Map<string, KeyObject>();
  for (const { key, providers, namespace } of policiesOf(ingresses)) {
    for (const { jwks } of providers) {
      const object = keyObjectOf(jwks, namespace);
      if (object !== undefined) objects.set(keyObjectText(object), object);
      if (jwks.kind !== "uri") continue;
      const claim = uris.get(jwks.uri) ?? { url: jwks.url, policies: [] };
      if (!claim.policies.includes(key)) claim.policies.push(key);
      uris.set(jwks.uri, claim);
    }
  }
  return { uris, objects: [...objects.values()] };
}

function policiesOf(ingresses: Iterable<Ingress>): Iterable<JwtPolicy & { readonly namespace: string }> {
  const policies = new Map<JwtPolicy, string>();
  for (const ingress of ingresses) {
    for (const { settings, isClosed } of allTerms(ingress))
      if (settings.jwt !== undefined && !isClosed) policies.set(settings.jwt, ingress.namespace);
  }
  return Array.from(policies, ([policy, namespace]) => ({ ...policy, namespace }));
}
