import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { der, derOid, derText, Tag } from "#ingress/tls/der.ts";

/** A certificate with its key, both as PEM, and what is needed to issue others. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly commonName: string;
  readonly privateKey: KeyObject;
}

export interface IssueOptions {
  readonly commonName: string;
  readonly keyType: "ec" | "rsa";
  /** Default: itself. */
  readonly issuer?: IssuedCertificate;
  readonly names?: readonly string[];
  /** It may issue others. */
  readonly isAuthority?: boolean;
  /** Milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
}

export const ALGORITHMS = {
  ec: der(Tag.Sequence, derOid("1.2.840.10045.4.3.2")),
  rsa: der(Tag.Sequence, derOid("1.2.840.113549.1.1.11"), der(0x05)),
};

/** CA: true (RFC 5280 section 4.2.1.9), critical. */
const BASIC_CONSTRAINTS = der(
  Tag.Sequence,
  derOid("2.5.29.19"),
  der(0x01, Buffer.of(0xff)),
  der(Tag.OctetString, der(Tag.Sequence, der(0x01, Buffer.of(0xff)))),
);

/** Issues a certificate (RFC 5280 section 4.1) by another one, or by itself. */
export function issueCertificate({
  commonName,
  keyType,
  issuer,
  names = [],
  isAuthority = false,
  fromMs,
  toMs,
}: IssueOptions): IssuedCertificate {
  const pair =
    keyType === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const signer = issuer?.privateKey ?? pair.privateKey;
  const algorithm = ALGORITHMS[signer.asymmetricKeyType === "rsa" ? "rsa" : "ec"];
  const altNames = der(Tag.Sequence, ...names.map((name) => derText(0x82, name)));
  const extensions = [
    ...(names.length === 0 ? [] : [der(Tag.Sequence, derOid("2.5.29.17"), der(Tag.OctetString, altNames))]),
    ...(isAuthority ? [BASIC_CONSTRAINTS] : []),
  ];
  const body = der(
    Tag.Sequence,
    der(0xa0, der(Tag.Integer, Buffer.of(2))),
    der(Tag.Integer, Buffer.of(0x01), randomBytes(16)),
    algorithm,
    nameOf(issuer?.commonName ?? commonName),
    der(Tag.Sequence, timeOf(fromMs), timeOf(toMs)),
    nameOf(commonName),
    pair.publicKey.export({ type: "spki", format: "der" }),
    ...(extensions.length === 0 ? [] : [der(0xa3, der(Tag.Sequence, ...extensions))]),
  );
  const certificate = der(
    Tag.Sequence,
    body,
    algorithm,
    der(Tag.BitString, Buffer.of(0), sign("sha256", body, signer)),
  );
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    privateKeyPem: pair.privateKey.export({ type: "pkcs8", format: "pem" }),
    commonName,
    privateKey: pair.privateKey,
  };
}

export function nameOf(commonName: string): Buffer {
  const attribute = der(Tag.Sequence, derOid("2.5.4.3"), derText(Tag.Utf8String, commonName));
  return der(Tag.Sequence, der(Tag.Set, attribute));
}

export function timeOf(ms: number): Buffer {
  return derText(
    Tag.UtcTime,
    new Date(ms)
      .toISOString()
      .replaceAll(/[-:T]|\.\d+/g, "")
      .slice(2),
  );
}
