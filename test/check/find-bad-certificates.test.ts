import { describe, expect, it } from "vitest";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { found } from "./found.ts";

const DAY_MS = 86_400_000;
const issue = (toMs: number) =>
  issueCertificate({ commonName: "x", keyType: "ec", names: ["a.test"], fromMs: 0, toMs });
const block = (pem: string) => pem.trim().replaceAll(/^/gm, "    ");
const secret = (cert: string, key: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: cert }\ntype: kubernetes.io/tls\nstringData:\n  tls.crt: |\n${block(cert)}\n  tls.key: |\n${block(key)}`;

describe("O8 a Problem of a certificate names its line", () => {
  const [good, expired] = [issue(Date.now() + 1_000 * DAY_MS), issue(DAY_MS)];

  it("nothing of one that is well", () => {
    expect(found(secret(good.certificatePem, good.privateKeyPem))).toEqual([]);
  });

  it("of the certificate", () => {
    expect(found(secret(expired.certificatePem, expired.privateKeyPem))).toEqual(["warning SECRET_EXPIRED f.yaml:6"]);
  });

  it("of a certificate that cannot be read", () => {
    const broken = good.certificatePem.replace(/\n.*\n/, "\nAAAA\n");
    expect(found(secret(broken, good.privateKeyPem))).toEqual(["error SECRET_UNUSABLE f.yaml:6"]);
  });

  it("of the key that belongs to another one", () => {
    const line = 7 + good.certificatePem.trim().split("\n").length;
    expect(found(secret(good.certificatePem, expired.privateKeyPem))).toEqual([`error SECRET_UNUSABLE f.yaml:${line}`]);
  });
});
