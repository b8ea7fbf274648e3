import type { Ingress } from "#src/model/ingress.ts";
import { parseOnce } from "#src/model/parse-once.ts";
import { allTerms } from "#src/model/path-terms.ts";
import {
  readClaims,
  type SecretClaim,
  secretClaims,
  type SecretFaults,
  type SecretOf,
} from "#src/model/secret-claims.ts";
import { clientCertificatesOf } from "#src/routing/ingress/client-certificates-of.ts";
import { type CertificateSecret, parseCertificateSecret, tlsSecretUnusable } from "./certificate-secret.ts";

/** A Secret for TLS, by what it has to have. */
interface NamedCertificates {
  /** `namespace/name`. */
  readonly secret: string;
  readonly needsAuthorities: boolean;
}

/** A Secret that Ingresses name for TLS with their endpoints or clients. */
export type CertificateSecretClaim = SecretClaim<NamedCertificates>;

export interface FoundCertificateSecrets extends SecretFaults {
  /** By `namespace/name`; none for a Secret that is missing or cannot be read. The value of one that stays is the same. */
  readonly secrets: ReadonlyMap<string, CertificateSecret>;
}

/** Which Secrets Ingresses name for TLS with their endpoints or clients. */
export function certificateSecretClaims(ingresses: Iterable<Ingress>): readonly CertificateSecretClaim[] {
  return secretClaims(ingresses, namedBy, ({ secret, needsAuthorities }) => `${needsAuthorities} ${secret}`);
}

/** For its endpoints, unless it is closed, and for its clients. */
function namedBy(ingress: Ingress): readonly NamedCertificates[] {
  const terms = ingress.closed === undefined ? allTerms(ingress) : [];
  const ofEndpoints = terms.flatMap(({ settings }) => {
    const { proxySslSecret: secret, proxySslVerify: needsAuthorities = false } = settings;
    return secret === undefined ? [] : [{ secret, needsAuthorities }];
  });
  const ofClients = clientCertificatesOf(ingress);
  return [...ofEndpoints, ...(ofClients === undefined ? [] : [{ secret: ofClients.secret, needsAuthorities: true }])];
}

const readSecret = parseOnce(parseCertificateSecret);

/** Reads the Secrets that are claimed. */
export function findCertificateSecrets(
  claims: readonly CertificateSecretClaim[],
  secretOf: SecretOf,
): FoundCertificateSecrets {
  const secrets = new Map<string, CertificateSecret>();
  const found = readClaims<NamedCertificates, CertificateSecret>(claims, secretOf, {
    read: (object, { needsAuthorities }) => readSecret(object, needsAuthorities),
    missing: (key) => tlsSecretUnusable(key, "it does not exist"),
    take: ({ secret }, value) => secrets.set(secret, value),
  });
  return { secrets, ...found };
}
