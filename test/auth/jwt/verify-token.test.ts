import { beforeAll, describe, expect, it } from "vitest";
import { keySet } from "#src/auth/jwt/key-set.ts";
import { readTokenHead } from "#src/auth/jwt/token-head.ts";
import { verifyToken } from "#src/auth/jwt/verify-token.ts";
import { type JwksSource, readJwksSource } from "#src/model/policies/jwks-source.ts";
import type { JwtProvider } from "#src/model/policies/jwt-policy.ts";
import { fieldOf } from "#test/support/field-of.ts";
import { jwksOf, signedByHmac, testKey, type TestKey, unsigned } from "#test/support/test-issuer.ts";

const NOW_SECONDS = 1_800_000_000;
const SKEW = 60;
const CLAIMS = { iss: "https://id.test", aud: "shop", sub: "ann", exp: NOW_SECONDS + 300 };

let keys: Readonly<Record<"es" | "rs" | "ps" | "ed" | "twinA" | "twinB" | "stranger" | "nameless", TestKey>>;
beforeAll(async () => {
  const [es, rs, ps, ed, twinA, twinB, stranger, nameless] = await Promise.all([
    testKey("es", "ES256"),
    testKey("rs", "RS256"),
    testKey("ps", "PS384"),
    testKey("ed", "EdDSA"),
    testKey("twin", "ES256"),
    testKey("twin", "ES256"),
    testKey("es", "ES256"),
    testKey(undefined, "ES256"),
  ]);
  keys = { es, rs, ps, ed, twinA, twinB, stranger, nameless };
});

function providerOf(more: Partial<JwtProvider> = {}): JwtProvider {
  const jwks: JwksSource = { kind: "inline", keys: [] };
  const algorithms = ["RS256", "PS384", "ES256", "EdDSA"] as const;
  return { issuer: "https://id.test", audiences: ["shop", "till"], jwks, algorithms, ...more };
}

/** The keys as a policy has them. */
function setOf(...of: readonly TestKey[]) {
  const source = readJwksSource(fieldOf({ inline: jwksOf(...of) }).field);
  return keySet(source?.kind === "inline" ? source.keys : []);
}

/** `verified`, `no-key`, or what is wrong. */
async function verdictOn(token: string, more: Partial<JwtProvider> = {}, nowSeconds = NOW_SECONDS) {
  const { es, rs, ps, ed, twinA, twinB } = keys;
  const set = setOf(es, rs, ps, ed, twinA, twinB);
  const found = await verifyToken(token, {
    provider: providerOf(more),
    keys: set,
    skewSeconds: SKEW,
    nowMs: nowSeconds * 1_000,
  });
  return found.kind === "invalid" ? found.fault : found.kind;
}

type Case = [name: string, token: () => string | Promise<string>, verdict: string, more?: Partial<JwtProvider>];

describe("verifyToken()", () => {
  it.each<Case>([
    ["ES256", () => keys.es.sign(CLAIMS), "verified"],
    ["RS256", () => keys.rs.sign(CLAIMS), "verified"],
    ["PS384", () => keys.ps.sign(CLAIMS), "verified"],
    ["EdDSA", () => keys.ed.sign(CLAIMS), "verified"],
    ["one of several audiences", () => keys.es.sign({ ...CLAIMS, aud: ["other", "till"] }), "verified"],
    ["no audience is asked for", () => keys.es.sign({ ...CLAIMS, aud: [] }), "verified", { audiences: [] }],
    ["the first of two keys with one id", () => keys.twinA.sign(CLAIMS), "verified"],
    ["the second of two keys with one id", () => keys.twinB.sign(CLAIMS), "verified"],
    ["alg none without signature", () => unsigned(CLAIMS), "algorithm"],
    ["alg none with the id of a key", () => `${unsigned(CLAIMS, { kid: "es" })}AAAA`, "algorithm"],
    ["HS256 by the public key as a secret", () => signedByHmac(CLAIMS, { kid: "rs" }, keys.rs.pem), "algorithm"],
    ["an algorithm that the policy leaves out", () => keys.es.sign(CLAIMS), "algorithm", { algorithms: ["RS256"] }],
    ["RS256 in the head for a key of PS384", () => keys.rs.sign(CLAIMS, { kid: "ps" }), "no-key"],
    ["an unknown key", () => keys.es.sign(CLAIMS, { kid: "made-up" }), "no-key"],
    ["another key under a known id", () => keys.stranger.sign(CLAIMS), "signature"],
    ["neither of two keys with one id", () => keys.stranger.sign(CLAIMS, { kid: "twin" }), "signature"],
    ["no key id, and none of the keys fits", () => keys.nameless.sign(CLAIMS), "signature"],
    ["the key in its own head", () => keys.stranger.sign(CLAIMS, { jwk: keys.stranger.jwk, kid: "es" }), "signature"],
    ["a key that its head points to", () => keys.stranger.sign(CLAIMS, { jku: "http://evil.test/" }), "signature"],
    [
      "a critical parameter that is not known",
      () => keys.es.sign(CLAIMS, { crit: ["x-odd"], "x-odd": 1 }),
      "malformed",
    ],
    ["another issuer", () => keys.es.sign({ ...CLAIMS, iss: "https://id.test/" }), "issuer"],
    ["another audience", () => keys.es.sign({ ...CLAIMS, aud: "shopping" }), "audience"],
    ["no audience", () => keys.es.sign({ ...CLAIMS, aud: [] }), "audience"],
    ["no end", () => keys.es.sign({ iss: CLAIMS.iss, aud: "shop" }), "endless"],
    ["an end that is a text", () => keys.es.sign({ ...CLAIMS, exp: "tomorrow" as unknown as number }), "malformed"],
    ["text that is not a token", () => "abc", "malformed"],
    ["a changed claim", async () => changed(await keys.es.sign(CLAIMS)), "signature"],
  ])("%s", async (_name, token, verdict, more) => {
    expect(await verdictOn(await token(), more)).toBe(verdict);
  });

  it.each([
    ["exp", NOW_SECONDS - SKEW + 1, "verified"],
    ["exp", NOW_SECONDS - SKEW, "expired"],
    ["nbf", NOW_SECONDS + SKEW, "verified"],
    ["nbf", NOW_SECONDS + SKEW + 1, "early"],
  ])("takes %s at %i as %s", async (name, seconds, verdict) => {
    expect(await verdictOn(await keys.es.sign({ ...CLAIMS, [name]: seconds }))).toBe(verdict);
  });

  it("says until when a token counts, with the skew", async () => {
    const of = { provider: providerOf(), keys: setOf(keys.es), skewSeconds: SKEW, nowMs: NOW_SECONDS * 1_000 };
    const found = await verifyToken(await keys.es.sign(CLAIMS), of);
    expect(found).toEqual({ kind: "verified", claims: CLAIMS, untilMs: (CLAIMS.exp + SKEW) * 1_000 });
  });
});

/** The token with another subject under the same signature. */
function changed(token: string): string {
  const [head, , signature] = token.split(".");
  return `${head}.${Buffer.from(JSON.stringify({ ...CLAIMS, sub: "bob" })).toString("base64url")}.${signature}`;
}

describe("readTokenHead()", () => {
  const head = Buffer.from('{"alg":"ES256","kid":"a"}').toString("base64url");
  const body = Buffer.from('{"iss":"i"}').toString("base64url");
  it.each<[string, string, boolean]>([
    ["a signed token", `${head}.${body}.AAAA`, true],
    ["no signature", `${head}.${body}.`, false],
    ["five parts, which is an encrypted one", `${head}.a.b.c.d`, false],
    ["base64 with padding", `${head}=.${body}.AAAA`, false],
    ["base64 of other letters", `${head}.${body}+/.AAAA`, false],
    ["no JSON", `AAAA.${body}.AAAA`, false],
    ["JSON that is no map", `${Buffer.from("[]").toString("base64url")}.${body}.AAAA`, false],
    [
      "a key id that is a number",
      `${Buffer.from('{"alg":"ES256","kid":1}').toString("base64url")}.${body}.AAAA`,
      false,
    ],
    ["no issuer", `${head}.${Buffer.from("{}").toString("base64url")}.AAAA`, false],
    ["more than 16,384 letters", `${head}.${body}.${"A".repeat(16_384)}`, false],
  ])("of %s", (_name, token, isRead) => {
    expect(readTokenHead(token) !== undefined).toBe(isRead);
  });
});
