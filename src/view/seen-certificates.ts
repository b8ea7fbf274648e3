import type { Ingress } from "#src/model/ingress.ts";
import type { Problem } from "#src/model/problem.ts";
import { parseTlsSecret } from "#src/model/tls-secret.ts";
import { type CertificateClaims, certificateClaims, claimedSecrets } from "#src/tls/certificate-claims.ts";
import { certificatesByHost } from "#src/tls/certificates-by-host.ts";
import { type Certificate, readCertificate } from "#src/tls/read-certificate.ts";
import { secretMissing } from "#src/tls/secret-missing.ts";
import type { RoutesInput } from "./routes-input.ts";

/** The certificates that Ingresses name, read as the ingress reads them. */
export interface SeenCertificates {
  readonly claims: CertificateClaims;
  /** What is served for hosts. */
  readonly byHost: ReadonlyMap<string, Certificate>;
  /** The default certificate; undefined: a self-signed one, or one that cannot be read. */
  readonly fallback: Certificate | undefined;
  /** What keeps the certificate of a Secret (`namespace/name`) from being served, and warnings about its chain. */
  readonly problemsOf: ReadonlyMap<string, readonly Problem[]>;
  /** Secrets that may not be read. */
  readonly unread: ReadonlySet<string>;
}

/** Reads the certificates that these Ingresses name. */
export function seeCertificates(
  ingresses: readonly Ingress[],
  { secretOf, defaultSecret }: Pick<RoutesInput, "secretOf" | "defaultSecret">,
): SeenCertificates {
  const claims = certificateClaims(ingresses);
  const usable = new Map<string, Certificate>();
  const problemsOf = new Map<string, readonly Problem[]>();
  const unread = new Set<string>();
  for (const key of new Set([...claimedSecrets(claims), ...(defaultSecret === undefined ? [] : [defaultSecret])])) {
    const object = secretOf(key);
    if (object === null) {
      unread.add(key);
      continue;
    }
    const secret = object && parseTlsSecret(object);
    const read = secret?.ok === true ? readCertificate(secret.value) : undefined;
    if (read?.ok === true) usable.set(key, read.value);
    const found =
      object === undefined ? [secretMissing(key)] : [...(secret?.problems ?? []), ...(read?.problems ?? [])];
    if (found.length > 0) problemsOf.set(key, found);
  }
  return {
    claims,
    byHost: certificatesByHost(claims, usable),
    fallback: usable.get(defaultSecret ?? ""),
    problemsOf,
    unread,
  };
}
