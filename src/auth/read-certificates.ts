import { X509Certificate } from "node:crypto";

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The text itself, if it has certificates in PEM and OpenSSL can read all of them; undefined otherwise. */
export function readCertificates(pem: string): string | undefined {
  const all = pem.match(PEM_CERTIFICATE) ?? [];
  try {
    return all.length > 0 && all.every((one) => new X509Certificate(one).subject !== undefined) ? pem : undefined;
  } catch {
    return undefined;
  }
}
