import { describe, expect, it, vi } from "vitest";
import { findCertificateFaults } from "#src/tls/find-certificate-faults.ts";
import { readCertificate } from "#src/tls/read-certificate.ts";
import { issueCertificate, type IssueOptions } from "#test/support/issue-certificate.ts";

const DAY_MS = 86_400_000;
const fromMs = Date.parse("2026-01-01T00:00:00Z");
const toMs = Date.parse("2026-12-31T00:00:00Z");
const nowMs = Date.parse("2026-06-01T00:00:00Z");

function issue(options: Partial<IssueOptions>) {
  return issueCertificate({ commonName: "leaf", keyType: "ec", names: ["a.com", "*.b.com"], fromMs, toMs, ...options });
}

const root = issue({ commonName: "root", keyType: "rsa", names: [] });
const middle = issue({ commonName: "middle", names: [], issuer: root });
const leaf = issue({ issuer: middle });
const rsa = issue({ keyType: "rsa" });
const other = issue({ commonName: "other" });

/** A certificate whose bytes are others: nothing of it was signed like that. */
function changed(certificatePem: string, change: (der: Buffer) => void): string {
  const der = Buffer.from(certificatePem.replaceAll(/-----[^-]*-----/g, ""), "base64");
  change(der);
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
}

/** Its key is on a curve that nobody knows: the object identifier of prime256v1, with another end. */
const unknownCurve = changed(leaf.certificatePem, (der) => {
  const at = der.indexOf(Buffer.from("06082a8648ce3d030107", "hex"));
  expect(at).toBeGreaterThan(0);
  der[at + 9] = 0x7f;
});

/** The certificate of `leaf` where a time is no time: the first is that of its begin, the second that of its end. */
function withoutTime(which: 0 | 1): string {
  return changed(leaf.certificatePem, (der) => {
    const begin = der.indexOf(Buffer.from("170d", "hex"));
    der.write("XX", which === 0 ? begin + 2 : der.indexOf(Buffer.from("170d", "hex"), begin + 1) + 2);
  });
}

function read(
  certificates: readonly { readonly certificatePem: string }[],
  { privateKeyPem }: { readonly privateKeyPem: string },
) {
  const certificatePem = certificates.map((one) => one.certificatePem).join("");
  return readCertificate({ key: "default/cert", certificatePem, privateKeyPem });
}

const codesOf = ({ problems }: ReturnType<typeof read>) => problems.map(({ code }) => code);

describe("readCertificate()", () => {
  it.each([
    { name: "an EC certificate", parsed: read([leaf], leaf) },
    { name: "an RSA certificate", parsed: read([rsa], rsa) },
    { name: "a chain", parsed: read([leaf, middle, root], leaf) },
    { name: "a chain without its root", parsed: read([leaf, middle], leaf) },
    { name: "a certificate with one that does not belong to it", parsed: read([leaf, other], leaf) },
  ])("I-T10 I8 reads $name", ({ parsed }) => {
    expect(codesOf(parsed)).toEqual([]);
    expect(parsed.ok && parsed.value.names).toEqual(new Set(["a.com", "*.b.com"]));
    expect(parsed.ok && [parsed.value.validFromMs, parsed.value.validToMs]).toEqual([fromMs, toMs]);
  });

  it.each([
    {
      name: "RSA certificate with an EC key",
      parsed: read([rsa], leaf),
      why: "a key of type RSA, and the key is of type EC",
    },
    {
      name: "EC certificate with an RSA key",
      parsed: read([leaf], rsa),
      why: "a key of type EC, and the key is of type RSA",
    },
    {
      name: "certificate for a key of a kind that OpenSSL does not know",
      parsed: read([{ certificatePem: unknownCurve }], other),
      why: "a key of type UNKNOWN, and the key is of type EC",
    },
    {
      name: "certificate whose begin cannot be read",
      parsed: read([{ certificatePem: withoutTime(0) }], leaf),
      why: "the time that it is valid for cannot be read",
    },
    {
      name: "certificate whose end cannot be read",
      parsed: read([{ certificatePem: withoutTime(1) }], leaf),
      why: "the time that it is valid for cannot be read",
    },
    { name: "EC certificate with another EC key", parsed: read([leaf], other), why: "do not belong together" },
    {
      name: "chain without the certificate of the key",
      parsed: read([middle, root], leaf),
      why: "do not belong together",
    },
    {
      name: "broken certificate",
      parsed: read([{ certificatePem: leaf.certificatePem.replace(/\n.*\n/, "\nAAAA\n") }], leaf),
      why: "cannot be read",
    },
    {
      name: "broken key",
      parsed: read([leaf], { privateKeyPem: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" }),
      why: "its key cannot be read",
    },
    { name: "no certificate", parsed: read([], leaf), why: "it has no certificate" },
  ])("I8 refuses $name, and says why", ({ parsed, why }) => {
    expect(parsed.ok).toBe(false);
    expect(codesOf(parsed)).toEqual(["SECRET_UNUSABLE"]);
    expect(parsed.problems[0]?.why).toContain(why);
  });

  it.each([
    { name: "root first", order: [root, middle, leaf] },
    { name: "the issuers swapped", order: [leaf, root, middle] },
    { name: "another certificate first", order: [other, leaf, middle, root] },
  ])("I-T10 I8 puts a chain in order that has $name", ({ order }) => {
    const parsed = read(order, leaf);
    expect(codesOf(parsed)).toEqual(["SECRET_CHAIN_ORDER"]);
    const expected = [leaf, middle, root, ...(order.includes(other) ? [other] : [])];
    expect(parsed.ok && parsed.value.chainPem).toBe(expected.map((one) => one.certificatePem).join(""));
  });

  it("I8 refuses no chain for its length, and looks at the order of short ones alone", () => {
    const many = Array.from({ length: 40 }, () => other);
    expect(codesOf(read([leaf, ...many], leaf))).toEqual([]);
    expect(codesOf(read([...many, leaf], leaf))).toEqual(["SECRET_UNUSABLE"]);
  });
});

describe("findCertificateFaults()", () => {
  const parsed = read([leaf], leaf);
  const certificate = parsed.ok ? parsed.value : undefined;
  const faults = (hosts: readonly string[], atMs: number) =>
    findCertificateFaults(certificate!, hosts, atMs).map(({ code, what }) => `${code} ${what}`);

  it.each([
    { name: "is valid", atMs: nowMs, codes: [] },
    { name: "is not valid yet", atMs: fromMs - 1, codes: ["SECRET_NOT_YET_VALID"] },
    { name: "has 10 days left", atMs: toMs - 10 * DAY_MS, codes: [] },
    { name: "has less than 10 days left", atMs: toMs - 10 * DAY_MS + 1, codes: ["SECRET_EXPIRES_SOON"] },
    { name: "has expired", atMs: toMs, codes: ["SECRET_EXPIRED"] },
  ])("I-T11 I8 a certificate that $name", ({ atMs, codes }) => {
    expect(faults(["a.com"], atMs).map((text) => text.split(" ")[0])).toEqual(codes);
  });

  it.each([
    { name: "two days of six", atMs: toMs - 2 * DAY_MS, codes: [] },
    { name: "a day of six", atMs: toMs - DAY_MS, codes: [] },
    { name: "less than a day of six", atMs: toMs - DAY_MS + 1, codes: ["SECRET_EXPIRES_SOON"] },
  ])("I8 a certificate that is valid for a short time and has $name left", ({ atMs, codes }) => {
    const short = { ...certificate!, validFromMs: toMs - 6 * DAY_MS };
    expect(findCertificateFaults(short, ["a.com"], atMs).map(({ code }) => code)).toEqual(codes);
  });

  it("I8 asks at most twice for each host, however many names a certificate has", () => {
    const names = new Set(Array.from({ length: 10_000 }, (_, index) => `${index}.example.com`));
    const has = vi.spyOn(names, "has");
    const hosts = Array.from({ length: 1_000 }, (_, index) => `${index}.example.org`);
    expect(findCertificateFaults({ ...certificate!, names }, hosts, nowMs)).toHaveLength(1);
    expect(has).toHaveBeenCalledTimes(2 * hosts.length);
  });

  it("I-T8 I8 names the hosts that a certificate is not for", () => {
    expect(faults(["a.com", "x.b.com", "*.b.com", ""], nowMs)).toEqual([]);
    expect(faults(["b.com", "x.y.b.com", "*.a.com", "c.com", "d.com"], nowMs)).toEqual([
      "SECRET_HOST_NOT_COVERED Clients refuse this certificate for *.a.com, b.com, c.com and 2 more",
    ]);
  });
});
