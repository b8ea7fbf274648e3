import type { Ingress } from "#src/model/ingress.ts";
import type { KubeObject } from "#src/model/object.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { clientCertificatesOf } from "#src/routing/ingress/client-certificates-of.ts";
import { type CertificateSecret, parseCertificateSecret, tlsSecretUnusable } from "./certificate-secret.ts";

/** A Secret that Ingresses name for TLS with their endpoints or clients, by what it has to have. */
export interface CertificateSecretClaim {
  /** `namespace/name`. */
  readonly secret: string;
  readonly needsAuthorities: boolean;
  readonly ingresses: readonly Ingress[];
}

/** What is wrong with a Secret, for an Ingress whose paths are closed because of it. */
interface CertificateSecretFault {
  readonly ingress: Ingress;
  readonly problem: Problem;
}

export interface FoundCertificateSecrets {
  /** By `namespace/name`; none for a Secret that is missing or cannot be read. The value of one that stays is the same. */
  readonly secrets: ReadonlyMap<string, CertificateSecret>;
  readonly faults: readonly CertificateSecretFault[];
  /** What is wrong with the Secrets, each once. */
  readonly problems: readonly Problem[];
}

/** Which Secrets Ingresses name for TLS with their endpoints or clients. */
export function certificateSecretClaims(ingresses: Iterable<Ingress>): readonly CertificateSecretClaim[] {
  const claims = new Map<string, CertificateSecretClaim & { readonly ingresses: Ingress[] }>();
  for (const ingress of ingresses) {
    for (const { secret, needsAuthorities } of namedBy(ingress)) {
      const key = `${needsAuthorities} ${secret}`;
      const claim = claims.get(key) ?? { secret, needsAuthorities, ingresses: [] };
      claim.ingresses.push(ingress);
      claims.set(key, claim);
    }
  }
  return [...claims.values()];
}

/** For its endpoints, and for its clients. */
function namedBy(ingress: Ingress): readonly Pick<CertificateSecretClaim, "secret" | "needsAuthorities">[] {
  if (ingress.closed !== undefined) return [];
  const { proxySslSecret, proxySslVerify: needsAuthorities = false } = ingress.settings;
  const ofClients = clientCertificatesOf(ingress);
  return [
    ...(proxySslSecret === undefined ? [] : [{ secret: proxySslSecret, needsAuthorities }]),
    ...(ofClients === undefined ? [] : [{ secret: ofClients.secret, needsAuthorities: true }]),
  ];
}

/** Reads the Secrets that are claimed. `secretOf` gives undefined for one that is not there, and null where that is unknown. */
export function findCertificateSecrets(
  claims: readonly CertificateSecretClaim[],
  secretOf: (key: string) => KubeObject | undefined | null,
): FoundCertificateSecrets {
  const secrets = new Map<string, CertificateSecret>();
  const faults: CertificateSecretFault[] = [];
  const problems: Problem[] = [];
  for (const { secret: key, needsAuthorities, ingresses } of claims) {
    const object = secretOf(key);
    if (object === null) continue;
    const parsed = object === undefined ? missing(key) : parseOnce(object, needsAuthorities);
    problems.push(...parsed.problems);
    if (parsed.ok) secrets.set(key, parsed.value);
    const [problem] = parsed.problems;
    if (problem !== undefined) faults.push(...ingresses.map((ingress) => ({ ingress, problem })));
  }
  return { secrets, faults, problems };
}

function missing(key: string): Parsed<CertificateSecret> {
  return { ok: false, problems: [tlsSecretUnusable(key, "it does not exist")] };
}

const PARSED = new WeakMap<KubeObject, Map<boolean, Parsed<CertificateSecret>>>();

/** Reads a Secret once for each version of it. */
function parseOnce(secret: KubeObject, needsAuthorities: boolean): Parsed<CertificateSecret> {
  const known = PARSED.get(secret) ?? new Map<boolean, Parsed<CertificateSecret>>();
  PARSED.set(secret, known);
  const parsed = known.get(needsAuthorities) ?? parseCertificateSecret(secret, needsAuthorities);
  known.set(needsAuthorities, parsed);
  return parsed;
}
