import type { Certificate } from "#src/tls/read-certificate.ts";
import type { CertificateUpdate } from "#ingress/server/serving-update.ts";
import type { Certificates } from "#ingress/tls/certificates.ts";
import type { KeyPair } from "#ingress/tls/self-signed.ts";

/** What takes certificates here and tells them to what serves elsewhere: those alone that a host has, and the default. */
export function toldCertificates(
  certificates: Certificates,
  tell: (update: CertificateUpdate) => void,
): Pick<Certificates, "use"> {
  const pairs = new WeakMap<Certificate, KeyPair>();
  const pairOf = (certificate: Certificate): KeyPair => {
    const pair = pairs.get(certificate) ?? { cert: certificate.chainPem, key: certificate.privateKeyPem };
    pairs.set(certificate, pair);
    return pair;
  };
  certificates.onFallbackChange((pair) => tell({ kind: "default-certificate", pair }));
  return {
    use(what) {
      const problems = certificates.use(what);
      const served = [...certificates.certificates];
      tell({
        kind: "certificates",
        secretOfHost: new Map(served.map(([host, { secretKey }]) => [host, secretKey])),
        pairs: new Map(served.map(([, certificate]) => [certificate.secretKey, pairOf(certificate)])),
      });
      return problems;
    },
  };
}
