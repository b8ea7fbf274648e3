import { describe, expect, it } from "vitest";
import { parseCertificateSecret } from "#src/tls/certificate-secret.ts";
import { object } from "#test/model/build.ts";
import { issueRevocations } from "#test/support/issue-revocations.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";

const usual = { keyType: "ec", fromMs: 0, toMs: 2_000_000_000_000 } as const;
const [one, other] = [issueCertificate({ ...usual, commonName: "a" }), issueCertificate({ ...usual, commonName: "b" })];
const pair = { "tls.crt": one.certificatePem, "tls.key": one.privateKeyPem };
const authorities = { "ca.crt": other.certificatePem };
const broken = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
const brokenList = broken.replaceAll("CERTIFICATE", "X509 CRL");

function parse(stringData: Readonly<Record<string, string>>, needsAuthorities = false) {
  const manifest = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData };
  return parseCertificateSecret(object(JSON.stringify(manifest)), needsAuthorities);
}

describe("parseCertificateSecret()", () => {
  it.each([
    { name: "a certificate with its key", data: pair, is: [true, false] },
    { name: "authorities", data: authorities, is: [false, true] },
    { name: "both", data: { ...pair, ...authorities }, is: [true, true] },
  ])("reads $name", ({ data, is }) => {
    const parsed = parse(data);
    expect(parsed.problems).toEqual([]);
    expect(parsed.ok && [parsed.value.pair !== undefined, parsed.value.authoritiesPem !== undefined]).toEqual(is);
  });

  it("reads each of several lists under ca.crl, because OpenSSL reads one of a text", () => {
    const lists = [one, other].map((authority) => issueRevocations(authority, [], usual));
    const parsed = parse({ ...authorities, "ca.crl": lists.join("") });
    expect(parsed.ok && parsed.value.revocationPems?.map((pem) => `${pem}\n`)).toEqual(lists);
  });

  it.each([
    { name: "a list under ca.crl that is no PEM", data: { ...authorities, "ca.crl": "text" }, why: /PEM/ },
    { name: "a list under ca.crl that is none", data: { ...authorities, "ca.crl": brokenList }, why: /not a list/ },
    {
      name: "a certificate after a list under ca.crl",
      data: { ...authorities, "ca.crl": issueRevocations(other, [], usual) + other.certificatePem },
      why: /more under ca\.crl/,
    },
    { name: "nothing", data: {}, why: /neither/ },
    { name: "no authorities, where they are needed", data: pair, needs: true, why: /ca\.crt/ },
    { name: "a certificate without a key", data: { "tls.crt": one.certificatePem }, why: /none/ },
    { name: "the key of another certificate", data: { ...pair, "tls.key": other.privateKeyPem }, why: /together/ },
    { name: "authorities that are not PEM", data: { "ca.crt": "text" }, why: /PEM/ },
    { name: "authorities that are no certificates", data: { "ca.crt": broken }, why: /OpenSSL/ },
    { name: "a second authority that is not one", data: { "ca.crt": other.certificatePem + broken }, why: /OpenSSL/ },
  ])("refuses $name, without a word of what is in it", ({ data, needs = false, why }) => {
    const parsed = parse(data, needs);
    expect(parsed.ok).toBe(false);
    expect(parsed.problems[0]?.why).toMatch(why);
    expect(JSON.stringify(parsed.problems)).not.toMatch(/BEGIN PRIVATE|QUJD/);
  });
});
