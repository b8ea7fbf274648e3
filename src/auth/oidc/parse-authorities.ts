import { readCertificates } from "#src/auth/read-certificates.ts";
import { complain } from "#src/model/field.ts";
import { type KubeObject, rootField } from "#src/model/object.ts";
import type { Parsed } from "#src/model/problem.ts";
import { secretValue } from "#src/model/secret-value.ts";
import { readPem } from "#src/model/tls-secret.ts";

/** Reads the key `ca.crt` of a Secret (v1): the authorities that issued the certificate of a provider, in PEM. */
export function parseAuthorities(object: KubeObject): Parsed<string> {
  const root = rootField(object);
  const pem = readPem(root, "ca.crt", "CERTIFICATE");
  if (pem === undefined) return { ok: false, problems: root.problems };
  if (readCertificates(pem) !== undefined) return { ok: true, value: pem, problems: root.problems };
  complain(secretValue(root, "ca.crt").field, "OIDC_SECRET_UNUSABLE", {
    what: "Cannot verify the provider by this Secret",
    why: "OpenSSL cannot read a certificate in it",
    fix: "Store the certificates of the authorities of the provider",
  });
  return { ok: false, problems: root.problems };
}
