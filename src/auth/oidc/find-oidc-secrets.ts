import type { Ingress } from "#src/model/ingress.ts";
import { parseOnce } from "#src/model/parse-once.ts";
import { allTerms } from "#src/model/path-terms.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import {
  readClaims,
  type SecretClaim,
  secretClaims,
  type SecretFaults,
  type SecretOf,
} from "#src/model/secret-claims.ts";
import { parseAuthorities } from "./parse-authorities.ts";
import { parseClientSecret } from "./parse-client-secret.ts";
import { parseSessionKeys } from "./parse-session-keys.ts";
import type { SealKeys } from "./seal-text.ts";

/** The Secrets of policies, by `namespace/name`; none for one that is missing or cannot be read. */
export interface OidcSecrets {
  readonly sessionKeys: ReadonlyMap<string, SealKeys>;
  readonly clientSecrets: ReadonlyMap<string, string>;
  /** Certificates in PEM. */
  readonly authorities: ReadonlyMap<string, string>;
}

/** A Secret by what it is named for. */
interface NamedForSignIn {
  readonly secret: string;
  readonly kind: keyof OidcSecrets;
}

/** A Secret that the policies of Ingresses name for sign-in. */
export type OidcSecretClaim = SecretClaim<NamedForSignIn>;

export interface FoundOidcSecrets extends SecretFaults {
  readonly secrets: OidcSecrets;
}

/** Secrets of a sign-in, by `namespace/name`. */
export function secretsOf(policy: OidcPolicy): {
  readonly sessionKeys: string;
  readonly clientSecrets: string | undefined;
  readonly authorities: string | undefined;
} {
  const namespace = policy.key.slice(0, policy.key.indexOf("/"));
  const keyOf = (name: string | undefined) => (name === undefined ? undefined : `${namespace}/${name}`);
  const { sessionKeysSecret, clientSecret, caSecret } = policy;
  return {
    sessionKeys: `${namespace}/${sessionKeysSecret}`,
    clientSecrets: keyOf(clientSecret),
    authorities: keyOf(caSecret),
  };
}

/** Which Secrets the policies of Ingresses name for sign-in. */
export function oidcSecretClaims(ingresses: Iterable<Ingress>): readonly OidcSecretClaim[] {
  return secretClaims(ingresses, namedBy, ({ secret, kind }) => `${kind} ${secret}`);
}

function namedBy(ingress: Ingress): readonly NamedForSignIn[] {
  return allTerms(ingress).flatMap(({ settings, isClosed }) => {
    if (settings.oidc === undefined || isClosed) return [];
    const { sessionKeys, clientSecrets, authorities } = secretsOf(settings.oidc);
    return [
      { secret: sessionKeys, kind: "sessionKeys" as const },
      ...(clientSecrets === undefined ? [] : [{ secret: clientSecrets, kind: "clientSecrets" as const }]),
      ...(authorities === undefined ? [] : [{ secret: authorities, kind: "authorities" as const }]),
    ];
  });
}

const readKeys = parseOnce<void, Parsed<SealKeys>>(parseSessionKeys);
const readClientSecret = parseOnce<void, Parsed<string>>(parseClientSecret);
const readAuthorities = parseOnce<void, Parsed<string>>(parseAuthorities);

/** Reads the Secrets that are claimed. The value of one that stays is the same. */
export function findOidcSecrets(claims: readonly OidcSecretClaim[], secretOf: SecretOf): FoundOidcSecrets {
  const sessionKeys = new Map<string, SealKeys>();
  const clientSecrets = new Map<string, string>();
  const authorities = new Map<string, string>();
  const of = (kind: keyof OidcSecrets) => claims.filter((claim) => claim.kind === kind);
  const found = [
    readClaims<NamedForSignIn, SealKeys>(of("sessionKeys"), secretOf, {
      read: (object) => readKeys(object),
      missing,
      take: ({ secret }, keys) => sessionKeys.set(secret, keys),
    }),
    readClaims<NamedForSignIn, string>(of("clientSecrets"), secretOf, {
      read: (object) => readClientSecret(object),
      missing,
      take: ({ secret }, text) => clientSecrets.set(secret, text),
    }),
    readClaims<NamedForSignIn, string>(of("authorities"), secretOf, {
      read: (object) => readAuthorities(object),
      missing,
      take: ({ secret }, pem) => authorities.set(secret, pem),
    }),
  ];
  return {
    secrets: { sessionKeys, clientSecrets, authorities },
    faults: found.flatMap(({ faults }) => faults),
    problems: distinct(found.flatMap(({ problems }) => problems)),
  };
}

/** One Secret may be named for several things, and be missing for each. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function missing(key: string): Problem {
  const [namespace, name] = key.split("/");
  return {
    code: "OIDC_SECRET_UNUSABLE",
    at: objectAt("Secret", key),
    what: "Closed the paths of the HTTPPolicies that name it for sign-in",
    why: "it does not exist",
    fix: `Make it with: kubectl --namespace ${namespace} create secret generic ${name} --from-literal client-secret=SECRET --from-literal session-keys=$(openssl rand -base64 32)`,
    severity: "error",
  };
}
