import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Parsed, Problem } from "#src/model/problem.ts";
import { objectAt } from "#src/model/problem-place.ts";
import type { TlsSecret } from "#src/model/tls-secret.ts";

/** A certificate that belongs to its key, ready to be served. */
export interface Certificate {
  /** `namespace/name` of its Secret. */
  readonly secretKey: string;
  /** The certificate itself first, then those that issued it. */
  readonly chainPem: string;
  readonly privateKeyPem: string;
  /** The DNS names that it is for (RFC 5280 section 4.2.1.6), in lower case. A set, because there may be very many. */
  readonly names: ReadonlySet<string>;
  /** Distinguished names for people, on one line: `CN=shop.example`. */
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly validFromMs: number;
  readonly validToMs: number;
}

/** Certificates of a Secret whose order is looked at; no real chain is as long. */
const MAX_CHAIN = 16;
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Reads what a Secret holds. The certificate of the key is found whatever the order is, and the chain is put in order
 * (RFC 8446 section 4.4.2) with a warning.
 */
export function readCertificate(secret: TlsSecret): Parsed<Certificate> {
  const key = readKey(secret);
  const certificates = readCertificates(secret);
  if (typeof key === "string") return unusable(secret, "tls.key", key);
  if (typeof certificates === "string") return unusable(secret, "tls.crt", certificates);
  const leaf = certificates.find((certificate) => belongsTo(certificate, key));
  if (leaf === undefined) return unusable(secret, "tls.key", whyNoneBelongs(certificates, key));
  if (!hasTimes(leaf)) return unusable(secret, "tls.crt", "the time that it is valid for cannot be read");
  const chain = certificates.length > MAX_CHAIN ? certificates : inOrder(leaf, certificates);
  const isInOrder = chain.every((certificate, index) => certificate === certificates[index]);
  if (chain[0] !== leaf) return unusable(secret, "tls.crt", "its own certificate is not the first of too many");
  const value: Certificate = {
    secretKey: secret.key,
    chainPem: isInOrder ? secret.certificatePem : chain.map(String).join(""),
    privateKeyPem: secret.privateKeyPem,
    names: namesOf(leaf),
    subject: printName(leaf.subject),
    issuer: printName(leaf.issuer),
    validFromMs: leaf.validFromDate.getTime(),
    validToMs: leaf.validToDate.getTime(),
  };
  return { ok: true, value, problems: isInOrder ? [] : [wrongOrder(secret)] };
}

function readKey({ privateKeyPem }: TlsSecret): KeyObject | string {
  try {
    return createPrivateKey(privateKeyPem);
  } catch (error) {
    return `its key cannot be read (${messageOf(error)})`;
  }
}

function readCertificates({ certificatePem }: TlsSecret): readonly X509Certificate[] | string {
  try {
    const certificates = (certificatePem.match(PEM_CERTIFICATE) ?? []).map((pem) => new X509Certificate(pem));
    return certificates.length === 0 ? "it has no certificate" : certificates;
  } catch (error) {
    return `a certificate in it cannot be read (${messageOf(error)})`;
  }
}

/** OpenSSL throws for some keys of another type than the certificate's. */
function belongsTo(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key);
  } catch {
    return false;
  }
}

function whyNoneBelongs([first]: readonly X509Certificate[], key: KeyObject): string {
  const [of, and] = [first && keyTypeOf(first), key.asymmetricKeyType].map((type) => type?.toUpperCase());
  const types = of === and ? "" : `: the certificate is for a key of type ${of}, and the key is of type ${and}`;
  return `its certificate and its key do not belong together${types}`;
}

/** OpenSSL throws for keys of a kind that it does not know. */
function keyTypeOf(certificate: X509Certificate): string | undefined {
  try {
    return certificate.publicKey.asymmetricKeyType;
  } catch {
    return "unknown";
  }
}

/** Of a time that is none Node says so in the text alone: the Date may be any, or invalid. */
function hasTimes({ validFrom, validFromDate, validTo, validToDate }: X509Certificate): boolean {
  const isBad = [validFrom, validTo].includes("Bad time value");
  return !isBad && ![validFromDate, validToDate].some((date) => Number.isNaN(date.getTime()));
}

/** The certificate, then the one that issued it, and so on; certificates that do not belong to the chain come last. */
function inOrder(leaf: X509Certificate, certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  const left = new Set(certificates);
  const chain: X509Certificate[] = [];
  for (let next: X509Certificate | undefined = leaf; next !== undefined;) {
    const current: X509Certificate = next;
    chain.push(current);
    left.delete(current);
    next = [...left].find((candidate) => current.checkIssued(candidate));
  }
  return [...chain, ...left];
}

/** Characters of a distinguished name that are kept: it is for people. */
const MAX_NAME = 256;

/** Node gives a line for each part, and undefined for a name without any. */
function printName(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ", ").slice(0, MAX_NAME);
}

function namesOf({ subjectAltName = "" }: X509Certificate): ReadonlySet<string> {
  const names = subjectAltName.matchAll(/(?:^|, )DNS:([^,"\s]+)/g);
  return new Set(Array.from(names, ([, name = ""]) => name.toLowerCase()));
}

/** The entry of a Secret that a Problem is about. */
type SecretPart = "tls.crt" | "tls.key";

function unusable({ key }: TlsSecret, part: SecretPart, why: string): Parsed<never> {
  return { ok: false, problems: [secretUnusable(key, part, why)] };
}

/** The Problem of a Secret whose certificate cannot be served. */
export function secretUnusable(secretKey: string, part: SecretPart, why: string): Problem {
  return {
    code: "SECRET_UNUSABLE",
    at: objectAt("Secret", secretKey, part),
    what: "Cannot serve its certificate",
    why,
    fix: "Store a certificate with its own key. Until then the last usable certificate is served, or the default one",
    severity: "error",
  };
}

function wrongOrder({ key }: TlsSecret): Problem {
  return {
    code: "SECRET_CHAIN_ORDER",
    at: objectAt("Secret", key, "tls.crt"),
    what: "Put the certificates of the chain in another order",
    why: "the certificate of the key has to be the first, and each other one has to have issued the one before it",
    fix: "Store the chain in this order: other programs may refuse it",
    severity: "warning",
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
