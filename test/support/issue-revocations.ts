import { sign, X509Certificate } from "node:crypto";
import { der, Tag } from "#ingress/tls/der.ts";
import { ALGORITHMS, type IssuedCertificate, nameOf, timeOf } from "./issue-certificate.ts";

/** The list of certificates that an authority has revoked (RFC 5280 section 5.1), as PEM. Times in milliseconds since 1970. */
export function issueRevocations(
  authority: IssuedCertificate,
  revoked: readonly IssuedCertificate[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): string {
  const algorithm = ALGORITHMS[authority.privateKey.asymmetricKeyType === "rsa" ? "rsa" : "ec"];
  const entries = revoked.map(({ certificatePem }) => {
    const serial = Buffer.from(new X509Certificate(certificatePem).serialNumber, "hex");
    return der(Tag.Sequence, der(Tag.Integer, serial), timeOf(fromMs));
  });
  const body = der(
    Tag.Sequence,
    der(Tag.Integer, Buffer.of(1)),
    algorithm,
    nameOf(authority.commonName),
    timeOf(fromMs),
    timeOf(toMs),
    ...(entries.length === 0 ? [] : [der(Tag.Sequence, ...entries)]),
  );
  const signature = der(Tag.BitString, Buffer.of(0), sign("sha256", body, authority.privateKey));
  const lines =
    der(Tag.Sequence, body, algorithm, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN X509 CRL-----\n${lines.join("\n")}\n-----END X509 CRL-----\n`;
}
