import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactText } from "#cli/redact-text.ts";
import { redactValue } from "#cli/redact-value.ts";
import { ReportBundle } from "#cli/report-bundle.ts";

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
    `PGPASSWORD=${S}`,
    `dbpassword: ${S}`,
    `password2=${S}`,
    `secretkey=${S}`,
    `APIToken: ${S}`,
    `{"DBPassword":"${S}"}`,
    `"auth": "${S}"`,
    `REDIS_AUTH=${S}`,
    `secret=${S}`,
    `secret: ${S}`,
    `client-key-data: ${S}`,
    `passwords:\n- ${S}\nafter: x`,
    `- a: b\n  passwords:\n  - ${S}\nafter: x`,
    `"passwords": ["${S}"]`,
    `"passwords": [\n  "${S}"\n]`,
    `"password": {"value":"${S}"}`,
    `password: first\n  ${S}`,
    `password: |\r\n  ${S}\r\nafter: x`,
    `db.password=one ${S}`,
    `export PASSWORD='a ${S}'`,
    `{"password":"${S}`,
    `{\\"password\\":\\"a \\\\\\"b ${S}\\"}`,
    `cannot read secret: password=${S}`,
    `it says password: a,${S}`,
    `x --password=a,${S}`,
    `x -password ${S}`,
    `request cookies: a=b; sid=${S}`,
    `http_cookie=a=1; sid=${S}`,
    `neighbor 192.0.2.1 password ${S}`,
    `requirepass ${S}`,
    `machine a login b password ${S}`,
    `root:${S}@tcp(db:3306)/x`,
    `amqp://u:p@${S}@h/`,
    `amqp://u:p/${S}@h/`,
    `GET /oauth2/callback?code=${S}&state=1`,
    `https://b/?sig=${S}`,
    `curl -u bob:${S} https://a`,
    `request-field X-Tenant: ${S}; answer-field X-B: a; b ${S}`,
    `https://hooks.example/services/T0/B0/AbCdEf0123456789ab${S}`,
    `AbC9.${"AbC9".repeat(10)}${S}`,
    `${"AbC9".repeat(16)}\n${S.replace("-", "")}==\n-----END RSA PRIVATE KEY-----`.replace(
      "zq9planted",
      S.replace("-", "+"),
    ),
  ])("has no secret of %j", (text) => {
    expect(redactText(text)).not.toMatch(/zq9.?planted/);
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
    "secret: shop/users",
    "cannot read the secret: not found",
    "http://192.0.2.1:8080/a and user@example.com",
    `localhost:5000/hawser@sha256:${"0123456789abcdef".repeat(4)}`,
    "a password of the peer is wrong",
    "- name: edge\n  protocol: layer2",
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
    { text: JSON.stringify({ auths: { "registry.example": { auth: S } } }, undefined, 2) },
    { text: JSON.stringify({ passwords: [S] }, undefined, 2) },
    { binaryData: { a: S } },
    { args: [`--password=a,${S}`] },
    { args: ["--token", `-${S}`] },
    { args: ["-u", `bob:${S}`] },
    { data: { PGPASSWORD: S, secretkey: S } },
    { auth: S },
    { secret: S },
    { tokens: [S] },
    { credentials: { key: S } },
    { spec: { requestHeaderModifier: { set: [{ name: "X-Tenant", value: S }], add: [{ name: "X-B", value: S }] } } },
    { responseHeaderModifier: { add: [{ name: "X-Trace-Of", value: S }] } },
    { readinessProbe: { httpGet: { httpHeaders: [{ name: "X-Probe", value: S }] } } },
    { matches: { cookies: [{ name: "branch", value: S }] } },
    { headers: { "X-Tenant": S } },
    { headers: [`X-Tenant: ${S}`] },
    { cookies: { branch: S } },
    { kind: "ConfigMap", data: { "X-Tenant": S, "Forwarded-By": S } },
    {
      settings: [
        { setting: "request-field", value: `X-Tenant: ${S}` },
        { setting: "answer-field", value: `X-A: ${S}` },
      ],
    },
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
    { secret: "shop/users", auth: { type: "basic" }, tokens: 5 },
    { requestHeaderModifier: { set: [{ name: "X-Tenant" }], remove: ["X-Powered-By"] } },
    { cors: { allowHeaders: ["X-Tenant", "Content-Type"] }, oidc: { cookie: { name: "hawser" } } },
    { kind: "ConfigMap", data: { "proxy-read-timeout": "5", Corefile: "." } },
    { parameters: [{ name: "a", value: "b" }], settings: [{ setting: "tries", value: "3" }] },
    { automountServiceAccountToken: false, clientSecretRef: { name: "a", key: "b" } },
  ])("keeps %j", (value) => {
    expect(redactValue(value)).toEqual(value);
  });
});

describe("C ReportBundle", () => {
  const key = [
    "-----BEGIN RSA PRIVATE KEY-----",
    "AbC9".repeat(16),
    S.replace("-", "+"),
    "-----END RSA PRIVATE KEY-----",
  ];
  const json = '{"msg":"ready"}';

  it.each([
    [json, ...key, json],
    [json, ...key.slice(1), json],
    ["before", ...key.slice(0, 3)],
    [json, "password: |", `  ${S}`],
    ["{", '  "passwords": [', `    "${S}"`, "  ]", "}"],
  ])("has no secret of several lines %#", (...lines) => {
    const bundle = new ReportBundle("report");
    bundle.addText("a.log", lines.join("\n"));
    const text = gunzipSync(bundle.archive()).toString();
    expect(text).toContain("REDACTED");
    expect(text).not.toMatch(/zq9.?planted/);
  });
});
