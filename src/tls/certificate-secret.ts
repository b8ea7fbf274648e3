import { createPrivateKey, X509Certificate } from "node:crypto";
import { isUnset } from "#src/model/field.ts";
import { keyOf, type KubeObject, rootField } from "#src/model/object.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { type SecretKey, secretValue } from "#src/model/secret-value.ts";
import { readPem } from "#src/model/tls-secret.ts";

/** What a Secret (v1) has for TLS with others: a certificate to show, authorities to verify by, or both. */
export interface CertificateSecret {
  readonly pair: { readonly certificatePem: string; readonly privateKeyPem: string } | undefined;
  readonly authoritiesPem: string | undefined;
  /** Lists of what the authorities have revoked, each for itself: OpenSSL reads one of a text. None: nothing is known to be revoked. */
  readonly revocationPems?: readonly string[];
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const PEM_REVOCATIONS = /-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----/g;

/** Reads `tls.crt` and `tls.key`, both or none, and `ca.crt` with `ca.crl`, if there is one. `needsAuthorities`: one without these cannot be used. */
export function parseCertificateSecret(object: KubeObject, needsAuthorities: boolean): Parsed<CertificateSecret> {
  const root = rootField(object);
  const { problems } = root;
  const has = (name: SecretKey): boolean => !isUnset(secretValue(root, name).field);
  const hasPair = has("tls.crt") || has("tls.key");
  const certificatePem = hasPair ? readPem(root, "tls.crt", "CERTIFICATE") : undefined;
  const privateKeyPem = hasPair ? readPem(root, "tls.key", "(?:RSA |EC )?PRIVATE KEY") : undefined;
  const authoritiesPem = has("ca.crt") ? readPem(root, "ca.crt", "CERTIFICATE") : undefined;
  // Without authorities nothing is verified.
  const hasRevocations = authoritiesPem !== undefined && has("ca.crl");
  const revocations = hasRevocations ? readPem(root, "ca.crl", "X509 CRL") : undefined;
  const pair =
    certificatePem === undefined || privateKeyPem === undefined ? undefined : { certificatePem, privateKeyPem };
  if (problems.length > 0) return { ok: false, problems };
  const revocationPems = revocations === undefined ? undefined : (revocations.match(PEM_REVOCATIONS) ?? []);
  const value = { pair, authoritiesPem, ...(revocationPems && { revocationPems }) };
  const isWhole = revocations === undefined || revocations.split("-----BEGIN ").length - 1 === revocationPems?.length;
  const why = isWhole
    ? whyUnusable(value, needsAuthorities)
    : "it has more under ca.crl than lists of revoked certificates";
  if (why !== undefined) return { ok: false, problems: [tlsSecretUnusable(keyOf(object.metadata), why)] };
  return { ok: true, value, problems };
}

function whyUnusable(
  { pair, authoritiesPem, revocationPems = [] }: CertificateSecret,
  needsAuthorities: boolean,
): string | undefined {
  if (authoritiesPem === undefined && needsAuthorities) return "it has no ca.crt, by which certificates are verified";
  if (authoritiesPem === undefined && pair === undefined) return "it has neither ca.crt nor tls.crt";
  if (!revocationPems.every(isSequence)) return "what it has under ca.crl is not a list of revoked certificates";
  try {
    const authorities = (authoritiesPem?.match(PEM_CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
    if (authoritiesPem !== undefined && authorities.length === 0) return "it has no certificate under ca.crt";
    if (pair === undefined) return undefined;
    const belongs = new X509Certificate(pair.certificatePem).checkPrivateKey(createPrivateKey(pair.privateKeyPem));
    return belongs ? undefined : "its certificate and its key do not belong together";
  } catch {
    return "OpenSSL cannot read a certificate or the key in it";
  }
}

/** Whether a PEM text has one whole sequence (X.690 section 8.9), as a list of revoked certificates is; the rest of it OpenSSL reads. */
function isSequence(pem: string): boolean {
  const bytes = Buffer.from(pem.replaceAll(/-----[^-]*-----/g, ""), "base64");
  const [tag, length = 0] = bytes;
  const count = length < 0x80 ? 0 : length - 0x80;
  if (tag !== 0x30 || count > 4 || bytes.length < 2 + count) return false;
  return bytes.length === 2 + count + (count === 0 ? length : bytes.readUIntBE(2, count));
}

/** The Problem of a Secret that closes the paths of Ingresses. */
export function tlsSecretUnusable(key: string, why: string): Problem {
  return {
    code: "INGRESS_TLS_SECRET_UNUSABLE",
    at: objectAt("Secret", key),
    what: "Closed the paths of the Ingresses that name it for TLS",
    why,
    fix: "Store a certificate with its key (tls.crt, tls.key), the authorities (ca.crt), or both",
    severity: "error",
  };
}
