import { describe, expect, it } from "vitest";
import { codes } from "#test/model/build.ts";
import { OIDC, oidcPolicy, readOidc } from "#test/support/oidc-policy.ts";

describe("readOidcPolicy()", () => {
  it("has a default for all that is not needed", () => {
    expect(oidcPolicy()).toEqual({
      key: "shop/web",
      issuer: "https://id.test/realms/shop",
      endpoints: undefined,
      caSecret: undefined,
      clientId: "web",
      clientSecret: "web",
      clientAuth: undefined,
      scopes: ["openid"],
      callbackPath: "/oauth2/callback",
      logoutPath: "/oauth2/sign_out",
      afterLogout: undefined,
      cookie: { name: undefined, domain: undefined, sameSite: "Lax", lifetimeMs: 8 * 3_600_000 },
      sessionKeysSecret: "web",
      claims: [],
      forwardClaims: [],
      forwardTokens: [],
      acceptsTokens: false,
    });
  });

  it("reads all that can be written", () => {
    const text = `
      endpoints:
        authorization: https://id.test/auth?kc_idp_hint=x
        token: https://id.test/token
        jwks: https://id.test/keys
        userinfo: https://id.test/me
        endSession: https://id.test/end
      caSecretRef: { name: id-ca }
      clientAuth: post
      scopes: [profile, openid, email, profile]
      callbackPath: /cb
      logoutPath: /bye
      afterLogout: /
      cookie: { name: shop_1, domain: .Example.com, sameSite: None, lifetime: 1h30m }
      claims: [{ name: groups, values: [admins] }]
      forwardClaims: [{ claim: email, header: X-Email }]
      forwardTokens: [{ token: id, header: X-Id-Token }, { token: access, header: Authorization }]
      acceptTokens: true
    `.replaceAll(/^ {6}/gm, "");
    expect(oidcPolicy(text)).toMatchObject({
      endpoints: { authorization: "https://id.test/auth?kc_idp_hint=x", endSession: "https://id.test/end" },
      caSecret: "id-ca",
      acceptsTokens: true,
      clientAuth: "post",
      scopes: ["openid", "profile", "email"],
      callbackPath: "/cb",
      logoutPath: "/bye",
      afterLogout: "/",
      cookie: { name: "shop_1", domain: "example.com", sameSite: "None", lifetimeMs: 5_400_000 },
      claims: [{ name: "groups", values: ["admins"] }],
      forwardClaims: [{ claim: "email", header: "X-Email" }],
      forwardTokens: [
        { token: "id", header: "X-Id-Token" },
        { token: "access", header: "Authorization" },
      ],
    });
  });

  it.each([
    { of: "an issuer of http", text: OIDC.replace("https:", "http:"), at: "issuer" },
    { of: "an issuer with a query", text: OIDC.replace("/shop", "/shop?a=b"), at: "issuer" },
    { of: "an issuer with a name", text: OIDC.replace("id.test", "me:secret@id.test"), at: "issuer" },
    { of: "an issuer that is no URL", text: OIDC.replace("https://id.test/realms/shop", "keycloak"), at: "issuer" },
    { of: "no issuer", text: OIDC.replace(/issuer.*\n/, ""), at: "issuer" },
    { of: "no client", text: OIDC.replace(/clientId.*\n/, ""), at: "clientId" },
    { of: "no session keys", text: OIDC.replace(/sessionKeys.*\n/, ""), at: "sessionKeysSecretRef" },
    {
      of: "a Secret of another namespace",
      text: `${OIDC}caSecretRef: { name: a, namespace: b }`,
      at: "caSecretRef.namespace",
    },
    { of: "a Secret without a name", text: `${OIDC}caSecretRef: {}`, at: "caSecretRef.name" },
    { of: "a name that no Secret has", text: `${OIDC}caSecretRef: { name: a/b }`, at: "caSecretRef.name" },
    {
      of: "some endpoints",
      text: `${OIDC}endpoints: { token: https://id.test/t, jwks: https://id.test/k }`,
      at: "endpoints.authorization",
    },
    { of: "an unknown key", text: `${OIDC}scope: [email]`, at: "scope" },
    { of: "a scope with a blank", text: `${OIDC}scopes: ["profile email"]`, at: "scopes" },
    { of: "scopes as a text", text: `${OIDC}scopes: email`, at: "scopes" },
    { of: "a path without slash", text: `${OIDC}callbackPath: callback`, at: "callbackPath" },
    { of: "the path /", text: `${OIDC}callbackPath: /`, at: "callbackPath" },
    { of: "a path with dot segments", text: `${OIDC}callbackPath: /a/../b`, at: "callbackPath" },
    { of: "a path with two slashes", text: `${OIDC}callbackPath: //evil.test`, at: "callbackPath" },
    { of: "a path with a query", text: `${OIDC}callbackPath: /a?b`, at: "callbackPath" },
    { of: "a path with escapes", text: `${OIDC}callbackPath: /a%2fb`, at: "callbackPath" },
    { of: "one path for two things", text: `${OIDC}callbackPath: /a\nlogoutPath: /a`, at: "logoutPath" },
    { of: "a URL to go to after sign-out", text: `${OIDC}afterLogout: https://evil.test/`, at: "afterLogout" },
    { of: "SameSite=Strict", text: `${OIDC}cookie: { sameSite: Strict }`, at: "cookie.sameSite" },
    { of: "a cookie with a prefix of its own", text: `${OIDC}cookie: { name: "a;b" }`, at: "cookie.name" },
    { of: "a domain of one label", text: `${OIDC}cookie: { domain: com }`, at: "cookie.domain" },
    { of: "an address as domain", text: `${OIDC}cookie: { domain: 10.0.0.1 }`, at: "cookie.domain" },
    { of: "a lifetime without unit", text: `${OIDC}cookie: { lifetime: 60 }`, at: "cookie.lifetime" },
    { of: "a lifetime of a second", text: `${OIDC}cookie: { lifetime: 1s }`, at: "cookie.lifetime" },
    { of: "a lifetime of years", text: `${OIDC}cookie: { lifetime: 20000h }`, at: "cookie.lifetime" },
    {
      of: "a claim for a field of messages",
      text: `${OIDC}forwardClaims: [{ claim: sub, header: Content-Length }]`,
      at: "forwardClaims[0].header",
    },
    {
      of: "an unknown token",
      text: `${OIDC}forwardTokens: [{ token: refresh, header: X-T }]`,
      at: "forwardTokens[0].token",
    },
    {
      of: "one field for two",
      text: `${OIDC}forwardClaims: [{ claim: sub, header: X-T }]\nforwardTokens: [{ token: id, header: x-t }]`,
      at: "",
    },
    {
      of: "a way to show no secret",
      text: `${OIDC.replace(/clientSecret.*\n/, "")}clientAuth: basic`,
      at: "clientSecretRef",
    },
  ])("reads none of it where there is $of, and says so there", ({ text, at }) => {
    const { policy, problems } = readOidc(text);
    expect(policy).toBeUndefined();
    const path = at === "" ? "spec.oidc" : `spec.oidc.${at}`;
    expect(problems.map((problem) => (problem.at as { path?: string }).path)).toContain(path);
    expect(codes(problems)).toHaveLength(1);
  });
});
