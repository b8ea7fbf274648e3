import type { Problem } from "#src/model/problem.ts";
import { certificateClaims, hostsBySecret } from "#src/tls/certificate-claims.ts";
import { findCertificateFaults } from "#src/tls/find-certificate-faults.ts";
import { readCertificate } from "#src/tls/read-certificate.ts";
import type { CheckedSet } from "./checked-set.ts";

/** Secrets whose certificate cannot be served, or that clients refuse. `nowMs` is in milliseconds since 1970. */
export function findBadCertificates({ secrets, ingresses }: CheckedSet, nowMs: number): readonly Problem[] {
  const hosts = hostsBySecret(certificateClaims(ingresses));
  return [...secrets].flatMap(([key, secret]) => {
    const parsed = secret && readCertificate(secret);
    if (parsed === undefined || !parsed.ok) return parsed?.problems ?? [];
    return [...parsed.problems, ...findCertificateFaults(parsed.value, hosts.get(key) ?? [], nowMs)];
  });
}
