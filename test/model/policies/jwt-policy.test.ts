import { describe, expect, it } from "vitest";
import { readJwtPolicy } from "#src/model/policies/jwt-policy.ts";
import { fieldOf } from "#test/support/field-of.ts";

const KEY = { kty: "OKP", crv: "Ed25519", x: "AAAA", kid: "a" };
const INLINE = JSON.stringify({ keys: [KEY] });
const LEAST = { issuer: "https://id.test", jwks: { uri: "https://id.test/keys" } };
const PROVIDER = { issuer: "https://other.test", jwks: { inline: INLINE } };

const read = (value: unknown) => {
  const { field, found } = fieldOf(value);
  return { policy: readJwtPolicy(field), found: found() };
};

describe("readJwtPolicy()", () => {
  it("needs an issuer and its keys, and takes signed tokens of Authorization: Bearer alone", () => {
    const { policy, found } = read(LEAST);
    expect(found).toEqual([]);
    expect(policy).toMatchObject({
      providers: [
        {
          issuer: "https://id.test",
          audiences: [],
          jwks: { kind: "uri", url: { scheme: "https", host: "id.test", port: 443, target: "/keys" } },
        },
      ],
      places: { headers: [{ name: "authorization", prefix: "bearer " }], cookies: [], params: [] },
      isOptional: false,
      clockSkewSeconds: 60,
      claims: [],
      scopes: [],
      forwardClaims: [],
      forwardsToken: true,
    });
    expect(policy?.providers[0]?.algorithms.filter((name) => /^(?:HS|none)/i.test(name))).toEqual([]);
  });

  it("reads all that can be written", () => {
    const { policy, found } = read({
      providers: [
        { ...PROVIDER, audiences: ["shop"], algorithms: ["ES256"] },
        { issuer: "b", jwks: { secretRef: { name: "keys", key: "b.json" } } },
        { issuer: "c", jwks: { configMapRef: { name: "keys" } } },
        { issuer: "d", jwks: { uri: "https://d.test/", caSecretRef: { name: "ca" } } },
        { issuer: "e", jwks: { uri: "https://e.test/", caConfigMapRef: { name: "ca", key: "e.pem" } } },
      ],
      extractFrom: {
        headers: [{ name: "X-Token" }, { name: "Authorization", valuePrefix: "Token " }],
        cookies: ["session"],
      },
      clockSkewSeconds: 0,
      claims: [{ name: "groups", values: ["admins"] }],
      scopes: ["read:cart"],
      forwardClaims: [{ claim: "sub", header: "X-User" }],
      forwardToken: false,
    });
    expect(found).toEqual([]);
    expect(policy).toEqual({
      key: "shop/p",
      providers: [
        {
          issuer: "https://other.test",
          audiences: ["shop"],
          algorithms: ["ES256"],
          jwks: { kind: "inline", keys: [KEY] },
        },
        expect.objectContaining({ jwks: { kind: "Secret", name: "keys", key: "b.json" } }),
        expect.objectContaining({ jwks: { kind: "ConfigMap", name: "keys", key: "jwks" } }),
        ...[
          { kind: "Secret", name: "ca", key: "ca.crt" },
          { kind: "ConfigMap", name: "ca", key: "e.pem" },
        ].map((authorities) => expect.objectContaining({ jwks: expect.objectContaining({ authorities }) })),
      ],
      places: {
        headers: [
          { name: "x-token", prefix: "" },
          { name: "authorization", prefix: "token " },
        ],
        cookies: ["session"],
        params: [],
      },
      isOptional: false,
      clockSkewSeconds: 0,
      claims: [{ name: "groups", values: ["admins"] }],
      scopes: ["read:cart"],
      forwardClaims: [{ claim: "sub", header: "X-User" }],
      forwardsToken: false,
    });
  });

  it.each<[string, unknown, string]>([
    ["a text", "on", "FIELD_WRONG_TYPE jwt"],
    ["no issuer", { jwks: LEAST.jwks }, "FIELD_MISSING jwt.issuer"],
    ["an issuer that is empty", { ...LEAST, issuer: "" }, "FIELD_INVALID jwt.issuer"],
    ["no keys", { issuer: "a" }, "FIELD_MISSING jwt.jwks"],
    ["keys of nowhere", { issuer: "a", jwks: {} }, "FIELD_INVALID jwt.jwks"],
    ["keys of two places", { issuer: "a", jwks: { ...LEAST.jwks, inline: INLINE } }, "FIELD_INVALID jwt.jwks"],
    ["a key that is not known", { ...LEAST, audience: ["a"] }, "CONFIG_UNKNOWN_KEY jwt.audience"],
    ["an empty list of audiences", { ...LEAST, audiences: [] }, "FIELD_INVALID jwt.audiences"],
    ["an audience that is a number", { ...LEAST, audiences: [1] }, "FIELD_WRONG_TYPE jwt.audiences[0]"],
    ["algorithm none", { ...LEAST, algorithms: ["none"] }, "FIELD_INVALID jwt.algorithms"],
    ["an algorithm with a shared secret", { ...LEAST, algorithms: ["HS256"] }, "FIELD_INVALID jwt.algorithms"],
    ["no algorithm", { ...LEAST, algorithms: [] }, "FIELD_INVALID jwt.algorithms"],
    ["a skew of an hour", { ...LEAST, clockSkewSeconds: 3600 }, "FIELD_INVALID jwt.clockSkewSeconds"],
    [
      "authorities of two places",
      { ...LEAST, jwks: { ...LEAST.jwks, caSecretRef: { name: "a" }, caConfigMapRef: { name: "a" } } },
      "FIELD_INVALID jwt.jwks.caConfigMapRef",
    ],
    [
      "authorities for http",
      { ...LEAST, jwks: { uri: "http://a.test/", caSecretRef: { name: "a" } } },
      "FIELD_INVALID jwt.jwks.caSecretRef",
    ],
    [
      "authorities for keys that are there",
      { ...LEAST, jwks: { inline: INLINE, caSecretRef: { name: "a" } } },
      "FIELD_INVALID jwt.jwks.caSecretRef",
    ],
    ["ftp", { ...LEAST, jwks: { uri: "ftp://a.test/" } }, "FIELD_INVALID jwt.jwks.uri"],
    ["loopback", { ...LEAST, jwks: { uri: "http://127.0.0.1/" } }, "FIELD_INVALID jwt.jwks.uri"],
    ["link-local", { ...LEAST, jwks: { uri: "http://169.254.169.254/" } }, "FIELD_INVALID jwt.jwks.uri"],
    ["a variable", { ...LEAST, jwks: { uri: "http://$host/" } }, "FIELD_INVALID jwt.jwks.uri"],
    ["a variable in the path", { ...LEAST, jwks: { uri: "http://a.test/$host" } }, "FIELD_INVALID jwt.jwks.uri"],
    ["inline text that is not JSON", { ...LEAST, jwks: { inline: "{" } }, "FIELD_INVALID jwt.jwks.inline"],
    [
      "no usable key",
      { ...LEAST, jwks: { inline: '{"keys":[{"kty":"oct","k":"AAAA"}]}' } },
      "FIELD_INVALID jwt.jwks.inline",
    ],
    [
      "a Secret of another namespace",
      { ...LEAST, jwks: { secretRef: { name: "other/keys" } } },
      "FIELD_INVALID jwt.jwks.secretRef.name",
    ],
    ["a reference without name", { ...LEAST, jwks: { secretRef: {} } }, "FIELD_MISSING jwt.jwks.secretRef.name"],
    ["no place for tokens", { ...LEAST, extractFrom: {} }, "FIELD_INVALID jwt.extractFrom"],
    [
      "a cookie field",
      { ...LEAST, extractFrom: { headers: [{ name: "Cookie" }] } },
      "FIELD_INVALID jwt.extractFrom.headers[0].name",
    ],
    [
      "a field that clients cannot send",
      { ...LEAST, extractFrom: { headers: [{ name: "X-Forwarded-User" }] } },
      "FIELD_INVALID jwt.extractFrom.headers[0].name",
    ],
    ["a rule without values", { ...LEAST, claims: [{ name: "sub" }] }, "FIELD_MISSING jwt.claims[0].values"],
    ["a scope with a quotation mark", { ...LEAST, scopes: ['a"'] }, "FIELD_INVALID jwt.scopes"],
    [
      "optional with rules",
      { ...LEAST, optional: true, claims: [{ name: "sub", values: ["a"] }] },
      "FIELD_INVALID jwt.optional",
    ],
    ["optional that is a text", { ...LEAST, optional: "true" }, "FIELD_WRONG_TYPE jwt.optional"],
    [
      "a token of the query that is not forwarded",
      { ...LEAST, extractFrom: { params: ["t"] }, forwardToken: false },
      "FIELD_INVALID jwt.forwardToken",
    ],
    [
      "a field of Hawser's own for a claim",
      { ...LEAST, forwardClaims: [{ claim: "sub", header: "X-Real-IP" }] },
      "FIELD_INVALID jwt.forwardClaims[0].header",
    ],
    ["no providers", { providers: [] }, "FIELD_INVALID jwt.providers"],
    ["an issuer beside providers", { issuer: "a", providers: [PROVIDER] }, "FIELD_INVALID jwt.issuer"],
    ["two providers of one issuer", { providers: [PROVIDER, PROVIDER] }, "FIELD_DUPLICATE jwt.providers[1]"],
    ["a provider that cannot be read", { providers: [PROVIDER, {}] }, "FIELD_MISSING jwt.providers[1].issuer"],
  ])("refuses %s", (_name, value, expected) => {
    const { policy, found } = read(value);
    expect(policy).toBeUndefined();
    expect(found).toContain(expected);
  });

  it.each([
    { of: "Hawser's", names: ["Forwarded", "X-Original-URL", "Ssl-Client-Verify", "X-Hawser-User", "Via"] },
    { of: "messages", names: ["Server", "Content-Length", "Host"] },
    { of: "clients and proxies", names: ["Cookie", "Proxy-Authorization"] },
  ])("writes no claim into a field of $of", ({ names }) => {
    for (const header of names)
      expect(read({ ...LEAST, forwardClaims: [{ claim: "sub", header }] }).found).toEqual([
        "FIELD_INVALID jwt.forwardClaims[0].header",
      ]);
  });

  it.each([
    ["a public exponent of 40 bits", { kty: "RSA", n: "A".repeat(342), e: "AAAAAAA" }],
    ["a modulus of more than 8,192 bits", { kty: "RSA", n: "A".repeat(1_367), e: "AQAB" }],
    ["a key for encryption", { ...KEY, use: "enc" }],
    ["a key for signing alone", { ...KEY, key_ops: ["sign"] }],
    ["a shared secret", { kty: "oct", k: "AAAA" }],
    ["a type that is not known", { kty: "toString" }],
    ["a key without its point", { kty: "EC", crv: "P-256", x: "AAAA" }],
    ["no map", "AAAA"],
  ])("leaves out %s", (_name, key) => {
    const { policy } = read({ issuer: "a", jwks: { inline: JSON.stringify({ keys: [key, KEY] }) } });
    expect(policy?.providers[0]?.jwks).toEqual({ kind: "inline", keys: [KEY] });
  });

  it("keeps no private part of a key", () => {
    const { policy } = read({ issuer: "a", jwks: { inline: JSON.stringify({ keys: [{ ...KEY, d: "secret" }] }) } });
    expect(JSON.stringify(policy)).not.toContain("secret");
  });
});
