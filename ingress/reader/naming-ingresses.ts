import { isDeepStrictEqual } from "node:util";
import { passwordClaims } from "#src/auth/find-password-lists.ts";
import { jwksClaims } from "#src/auth/jwt/jwks-claims.ts";
import { oidcSecretClaims } from "#src/auth/oidc/find-oidc-secrets.ts";
import { configMapClaims } from "#src/model/config-map-claims.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { certificateSecretClaims } from "#src/tls/find-certificate-secrets.ts";

/** An Ingress as it is now; undefined: there is none, or it is not ours. */
interface Latest {
  readonly key: string;
  readonly after: Ingress | undefined;
}

/**
 * The Ingresses that name Secrets, ConfigMaps or keys for something else than their own certificates: mostly few of all, so that what is made
 * of these is made of few again.
 */
export class NamingIngresses {
  readonly #all = new Map<string, { readonly ingress: Ingress; readonly names: Names }>();

  /** These Ingresses. */
  all(): readonly Ingress[] {
    return Array.from(this.#all.values(), ({ ingress }) => ingress);
  }

  /** Takes Ingresses in the place of what they were. False: each names what it named before, for the same; then all that was made of it stays. */
  update(changes: readonly Latest[]): boolean {
    let isNew = false;
    for (const { key, after } of changes) {
      const before = this.#all.get(key);
      if (before?.ingress === after) continue;
      const names = after && namesOf(after);
      if (after === undefined || names === undefined) this.#all.delete(key);
      else this.#all.set(key, { ingress: after, names });
      isNew ||= !isDeepStrictEqual(before?.names, names);
    }
    return isNew;
  }
}

type Names = Readonly<Record<string, unknown>>;

/** What an Ingress names, for what; undefined: nothing. */
function namesOf(ingress: Ingress): Names | undefined {
  const one = [ingress];
  const passwords = passwordClaims(one).map(withoutIngresses);
  const ofEndpoints = certificateSecretClaims(one).map(withoutIngresses);
  const ofSignIns = oidcSecretClaims(one).map(withoutIngresses);
  const keys = jwksClaims(one);
  const configMaps = configMapClaims(one);
  const lists = [passwords, ofEndpoints, ofSignIns, keys.objects];
  const sets = [keys.uris, configMaps.ofAnswers, configMaps.ofQuestions];
  const hasAny = lists.some(({ length }) => length > 0) || sets.some(({ size }) => size > 0);
  return hasAny ? { passwords, ofEndpoints, ofSignIns, keys, configMaps } : undefined;
}

function withoutIngresses(claim: { readonly ingresses: readonly Ingress[] }): unknown {
  return { ...claim, ingresses: [] };
}
