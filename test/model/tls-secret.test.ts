import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { parseTlsSecret } from "#src/model/tls-secret.ts";
import { codes, object, valueOf } from "./build.ts";

// Built from parts, so that no scanner takes them for a key.
const pem = (label: string, body = "AAAA") => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const certificate = pem("CERTIFICATE") + pem("CERTIFICATE", "BBBB");
const base64 = (text: string) => Buffer.from(text).toString("base64");

function secret(fields: object) {
  return object(JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "tls" }, ...fields }));
}

describe("parseTlsSecret() reads", () => {
  it.each(["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"])("I-T10 a chain and a %s from data", (label) => {
    const data = { "tls.crt": base64(certificate), "tls.key": base64(pem(label)), "ca.crt": "ignored" };
    expect(valueOf(parseTlsSecret(secret({ type: "kubernetes.io/tls", data })))).toEqual({
      key: "default/tls",
      certificatePem: certificate,
      privateKeyPem: pem(label),
    });
  });

  it("I-T9 base64 with line breaks, as YAML folds it, and of type Opaque", () => {
    const folded = base64(certificate).replaceAll(/.{20}/g, "$&\n  ");
    const data = { "tls.crt": folded, "tls.key": base64(pem("PRIVATE KEY")) };
    expect(valueOf(parseTlsSecret(secret({ type: "Opaque", data }))).certificatePem).toBe(certificate);
  });

  it("stringData, which wins", () => {
    const stringData = { "tls.crt": certificate };
    const data = { "tls.crt": "!", "tls.key": base64(pem("PRIVATE KEY")) };
    expect(valueOf(parseTlsSecret(secret({ data, stringData }))).certificatePem).toBe(certificate);
  });
});

describe("parseTlsSecret() refuses", () => {
  const good = base64(pem("PRIVATE KEY"));
  it.each([
    { name: "no key", data: { "tls.crt": base64(certificate) }, code: "SECRET_KEY_MISSING" },
    { name: "PEM under data", data: { "tls.crt": certificate, "tls.key": good }, code: "SECRET_NOT_BASE64" },
    { name: "broken base64", data: { "tls.crt": "QUJD=", "tls.key": good }, code: "SECRET_NOT_BASE64" },
    { name: "a number", data: { "tls.crt": 42, "tls.key": good }, code: "SECRET_NOT_BASE64" },
    { name: "DER", data: { "tls.crt": base64("\u0030\u0082"), "tls.key": good }, code: "SECRET_NOT_PEM" },
    {
      name: "half a block",
      data: { "tls.crt": base64(certificate.slice(0, 30)), "tls.key": good },
      code: "SECRET_NOT_PEM",
    },
    {
      name: "the two exchanged",
      data: { "tls.crt": base64(certificate), "tls.key": base64(certificate) },
      code: "SECRET_NOT_PEM",
    },
    {
      name: "an encrypted key",
      data: { "tls.crt": base64(certificate), "tls.key": base64(pem("ENCRYPTED PRIVATE KEY")) },
      code: "SECRET_NOT_PEM",
    },
  ])("$name", ({ data, code }) => {
    const parsed = parseTlsSecret(secret({ data }));
    expect(parsed.ok).toBe(false);
    expect(codes(parsed.problems)).toEqual([code]);
  });

  it("without ever showing what is in it", () => {
    for (const value of ["hunter2", 42_424_242, ["hunter2"], base64("hunter2"), { hunter2: 1 }])
      for (const name of ["data", "stringData"]) {
        const { problems } = parseTlsSecret(secret({ [name]: { "tls.crt": value, "tls.key": value } }));
        expect(problems.length).toBe(2);
        expect(JSON.stringify(problems)).not.toMatch(/hunter2|42424242|aHVudGVyMg/);
      }
  });
});
