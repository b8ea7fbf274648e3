import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactText } from "#cli/redact-text.ts";
import { redactValue } from "#cli/redact-value.ts";

const S = "zq9-planted";

describe("C redactText()", () => {
  it.each([
    `password: ${S}`,
    `password: one two ${S}`,
    `  - password: "a \\" ${S}"`,
    `'password': 'it''s ${S}'`,
    `{ a: b, password: ${S}, c: d }`,
    `{"password":"${S}"}`,
    `{\\"password\\":\\"x ${S}\\"}`,
    `{\\\\\\"clientSecret\\\\\\":\\\\\\"${S}\\\\\\"}`,
    `password=${S}`,
    `DB_PASSWORD=${S} make`,
    `--api-key ${S}`,
    `--api-key=${S}`,
    `https://a/?x=1&access_token=${S}&y=2`,
    `postgres://user:${S}@db/x`,
    `Authorization: Bearer ${S}`,
    `authorization: AWS4 Credential=x, Signature=${S}`,
    `Cookie: a=b; session=${S}`,
    `set-cookie: id=${S}; Path=/`,
    `password: |\n  first\n  ${S}\nafter: x`,
    `password:\n  ${S}\nafter: x`,
    `  clientSecret: >-\n    ${S}`,
    `-----BEGIN RSA PRIVATE KEY-----\n${S}`,
    `"key":"-----BEGIN EC PRIVATE KEY-----\\n${S}\\n-----END EC PRIVATE KEY-----\\n"`,
    `X-Api-Key: ${S}`,
    `eyJhbGciOiJIUzI1NiJ9.${S.replaceAll("-", "_")}.x`.replace("zq9_planted", S),
  ])("has no secret of %j", (text) => {
    expect(redactText(text)).not.toContain(S);
  });

  it.each([
    "Service shop/web has no address",
    "sessionAffinity: ClientIP",
    "secretName: shop-tls",
    "the author passed it through",
    `image: a@sha256:${"0123456789abcdef".repeat(4)}`,
    "2001:db8::1 192.0.2.1 52:54:00:12:34:56",
    "uid: 0b9f3f3c-1c8f-4d43-9a52-7c1a0f6a2a11",
    "kubectl hawser explain shop/web says why",
    "hawser_controller_assignments_total 5",
  ])("keeps %j", (text) => {
    expect(redactText(text)).toBe(text);
  });

  it("ends for every text, and what it has redacted stays so", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "=", ":", '"', "'", "\\", " ", "\n", "-", "password", "token", "{", "|"),
    });
    fc.assert(fc.property(text, (one) => void redactText(redactText(one))));
  });
});

describe("C redactText() of long texts", () => {
  it.each(["a", "eyJ-", "password", "-----BEGIN PRIVATE KEY-----", "a://", "x:\n", "\n", "'", "\\"])(
    "ends for %j repeated, without quadratic time",
    (part) => {
      redactText(part.repeat(20_000 / part.length));
    },
  );
});

describe("C redactValue()", () => {
  it.each([
    { password: S },
    { password: { value: S } },
    { clientSecret: [S, { deep: S }] },
    { env: [{ name: "ANY", value: S }] },
    { headers: [{ name: "Authorization", value: S }] },
    { headers: [{ key: "X-Api-Key", values: S }] },
    { kind: "Secret", data: { a: S }, stringData: { b: S } },
    { data: { a: S }, type: "kubernetes.io/tls" },
    { args: ["--token", S] },
    { command: ["sh", "-c", `x --token=${S}`] },
    { metadata: { annotations: { "example.com/any": S } } },
    { metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": S } } },
    { metadata: { annotations: { "nginx.ingress.kubernetes.io/server-snippet": S } } },
    { metadata: { managedFields: [{ any: S }] } },
    { message: `it failed with password=${S}` },
    { text: JSON.stringify({ inner: JSON.stringify({ password: S }) }) },
  ])("has no secret of %j", (value) => {
    expect(JSON.stringify(redactValue(value))).not.toContain(S);
  });

  it.each([
    { volumes: [{ name: "key", secret: { secretName: "heartbeat" } }] },
    { env: [{ name: "K", valueFrom: { secretKeyRef: { name: "heartbeat", key: "key" } } }] },
    { tls: [{ hosts: ["a.example"], secretName: "a-tls" }] },
    {
      metadata: { annotations: { "hawser.dev/pool": "edge", "nginx.ingress.kubernetes.io/auth-secret": "shop/users" } },
    },
    { spec: { sessionAffinity: "None", ports: [{ port: 80 }] } },
    { automountServiceAccountToken: false, clientSecretRef: { name: "a", key: "b" } },
  ])("keeps %j", (value) => {
    expect(redactValue(value)).toEqual(value);
  });
});
