import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { der, derOid, derText, Tag } from "./der.ts";

/** A certificate with its key, both as PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
/** No client is meant to trust it, so it need not be renewed. */
const VALID_DAYS = 3_650;
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";
/** Context tags: the version and the extensions of a certificate, a DNS name in a subject alternative name. */
const VERSION_TAG = 0xa0;
const EXTENSIONS_TAG = 0xa3;
const DNS_NAME_TAG = 0x82;
const VERSION_3 = Buffer.of(2);

/**
 * A new self-signed P-256 certificate for a DNS name (RFC 5280 section 4.1), valid from a day before the given time in
 * milliseconds since 1970. It is what clients get whose server name no Secret covers.
 */
export function selfSigned(name: string, nowMs: number): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(Tag.Sequence, derOid(ECDSA_WITH_SHA256));
  const subject = nameOf("Hawser default certificate");
  const body = der(
    Tag.Sequence,
    der(VERSION_TAG, der(Tag.Integer, VERSION_3)),
    // 16 random bytes behind a byte that keeps the number positive.
    der(Tag.Integer, Buffer.of(0x01), randomBytes(16)),
    algorithm,
    subject,
    der(Tag.Sequence, timeOf(nowMs - DAY_MS), timeOf(nowMs + VALID_DAYS * DAY_MS)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(EXTENSIONS_TAG, der(Tag.Sequence, altNameOf(name))),
  );
  const signature = der(Tag.BitString, Buffer.of(0), sign("sha256", body, privateKey));
  const certificate = der(Tag.Sequence, body, algorithm, signature);
  return { cert: pemOf(certificate), key: privateKey.export({ type: "pkcs8", format: "pem" }) };
}

function nameOf(commonName: string): Buffer {
  const attribute = der(Tag.Sequence, derOid(COMMON_NAME), derText(Tag.Utf8String, commonName));
  return der(Tag.Sequence, der(Tag.Set, attribute));
}

function altNameOf(name: string): Buffer {
  const names = der(Tag.Sequence, derText(DNS_NAME_TAG, name));
  return der(Tag.Sequence, derOid(SUBJECT_ALT_NAME), der(Tag.OctetString, names));
}

/** RFC 5280 section 4.1.2.5: two digits for the year until 2049, four from 2050. */
function timeOf(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return digits < "2050" ? derText(Tag.UtcTime, digits.slice(2)) : derText(Tag.GeneralizedTime, digits);
}

function pemOf(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
