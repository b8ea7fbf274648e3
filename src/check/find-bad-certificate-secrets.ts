import { CLIENT_CERTIFICATES } from "#src/model/annotations/client-certificates.ts";
import { ENDPOINT_TLS } from "#src/model/annotations/endpoint-tls.ts";
import { servedField } from "#src/model/annotations/served-field.ts";
import { complain, quote } from "#src/model/field.ts";
import type { Problem } from "#src/model/problem.ts";
import { certificateSecretClaims, findCertificateSecrets } from "#src/tls/find-certificate-secrets.ts";
import type { CheckedSet } from "./checked-set.ts";

/**
 * Secrets for TLS to endpoints, and for client certificates, that cannot be used, or that are not among the objects: as warnings, because they may come from
 * elsewhere. Where there is no Service at all, the set is a part of something larger, and nothing is reported as missing.
 */
export function findBadCertificateSecrets(set: CheckedSet): readonly Problem[] {
  const claims = certificateSecretClaims(set.ingresses);
  const { problems } = findCertificateSecrets(claims, (key) => set.objectOf("Secret", key) ?? null);
  if (set.services.length === 0) return problems;
  const missing: Problem[] = [];
  for (const { secret, ingresses } of claims) {
    if (set.objectOf("Secret", secret) !== undefined) continue;
    for (const { key, settings } of ingresses) {
      const isOfEndpoints = settings.proxySslSecret === secret;
      const record = isOfEndpoints ? ENDPOINT_TLS.proxySslSecret : CLIENT_CERTIFICATES.authTlsSecret;
      const field = servedField(set.rootOf("Ingress", key, missing), record);
      if (field === undefined) continue;
      complain(field, "INGRESS_TLS_SECRET_UNUSABLE", {
        what: `Cannot find Secret ${quote(secret)}`,
        why: "it does not exist here, and the paths of this Ingress are closed without it",
        fix: "Add the Secret, or fix its name",
        severity: "warning",
      });
    }
  }
  return [...problems, ...missing];
}
