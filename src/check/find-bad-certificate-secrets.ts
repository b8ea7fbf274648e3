import type { ServedAnnotation } from "#src/model/annotations/annotation-record.ts";
import { CLIENT_CERTIFICATES } from "#src/model/annotations/client-certificates.ts";
import { ENDPOINT_TLS } from "#src/model/annotations/endpoint-tls.ts";
import type { Ingress } from "#src/model/ingress.ts";
import { allTerms } from "#src/model/path-terms.ts";
import type { Problem } from "#src/model/problem.ts";
import { clientCertificatesOf } from "#src/routing/ingress/client-certificates-of.ts";
import { certificateSecretClaims, findCertificateSecrets } from "#src/tls/find-certificate-secrets.ts";
import type { CheckedSet } from "./checked-set.ts";
import { missingSecrets } from "./missing-secrets.ts";

/** Secrets for TLS to endpoints, and for client certificates, that cannot be used, or that are not among the objects. */
export function findBadCertificateSecrets(set: CheckedSet): readonly Problem[] {
  const claims = certificateSecretClaims(set.ingresses);
  const { problems } = findCertificateSecrets(claims, (key) => set.objectOf("Secret", key) ?? null);
  return [...problems, ...missingSecrets(set, claims, { code: "INGRESS_TLS_SECRET_UNUSABLE", annotationsOf })];
}

function annotationsOf(ingress: Ingress, secret: string): readonly ServedAnnotation<string>[] {
  const found: ServedAnnotation<string>[] = [];
  if (allTerms(ingress).some(({ settings }) => settings.proxySslSecret === secret))
    found.push(ENDPOINT_TLS.proxySslSecret);
  if (clientCertificatesOf(ingress)?.secret === secret) found.push(CLIENT_CERTIFICATES.authTlsSecret);
  return found;
}
