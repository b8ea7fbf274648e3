import type { Ingress } from "#src/model/ingress.ts";
import { allTerms } from "#src/model/path-terms.ts";
import type { JwksUrl } from "#src/model/policies/jwks-source.ts";
import type { JwtPolicy } from "#src/model/policies/jwt-policy.ts";
import { type KeyObject, keyObjectOf, keyObjectText } from "./found-key-sets.ts";
import { authoritiesOf, keyUriName } from "./key-uri.ts";

/** Who names the URI of a key set. */
export interface FollowedUri {
  /** As it is written. */
  readonly uri: string;
  readonly url: JwksUrl;
  /** The object with the authorities of its server; undefined: those of the system. */
  readonly authorities?: KeyObject | undefined;
  /** HTTPPolicies (`namespace/name`). */
  readonly policies: readonly string[];
}

/** An object with keys, and who names it. */
interface NamedKeyObject extends KeyObject {
  /** HTTPPolicies (`namespace/name`). */
  readonly policies: readonly string[];
}

/** Where the keys are that tokens are verified with. */
export interface JwksClaims {
  /** By `keyUriName`. */
  readonly uris: ReadonlyMap<string, FollowedUri>;
  /** Each once. */
  readonly objects: readonly NamedKeyObject[];
}

/** Which keys the policies of the paths of Ingresses name. */
export function jwksClaims(ingresses: Iterable<Ingress>): JwksClaims {
  const uris = new Map<string, Omit<FollowedUri, "policies"> & { readonly policies: Set<string> }>();
  const objects = new Map<string, KeyObject & { readonly policies: Set<string> }>();
  for (const { key, providers, namespace } of policiesOf(ingresses)) {
    for (const { jwks } of providers) {
      const object = keyObjectOf(jwks, namespace);
      if (object !== undefined) addPolicy(objects, keyObjectText(object), { ...object, policies: new Set() }, key);
      if (jwks.kind !== "uri") continue;
      const { uri, url } = jwks;
      const first = { uri, url, authorities: authoritiesOf(jwks, namespace), policies: new Set<string>() };
      addPolicy(uris, keyUriName(jwks, namespace), first, key);
    }
  }
  return {
    uris: new Map(Array.from(uris, ([uri, claim]) => [uri, withList(claim)])),
    objects: Array.from(objects.values(), withList),
  };
}

function addPolicy<Claim extends { readonly policies: Set<string> }>(
  claims: Map<string, Claim>,
  name: string,
  first: Claim,
  policy: string,
): void {
  const claim = claims.get(name) ?? first;
  claim.policies.add(policy);
  claims.set(name, claim);
}

function withList<Claim extends { readonly policies: ReadonlySet<string> }>(claim: Claim) {
  return { ...claim, policies: [...claim.policies] };
}

function policiesOf(ingresses: Iterable<Ingress>): Iterable<JwtPolicy & { readonly namespace: string }> {
  const policies = new Map<JwtPolicy, string>();
  for (const ingress of ingresses) {
    for (const { settings, isClosed } of allTerms(ingress))
      if (settings.jwt !== undefined && !isClosed) policies.set(settings.jwt, ingress.namespace);
  }
  return Array.from(policies, ([policy, namespace]) => ({ ...policy, namespace }));
}
