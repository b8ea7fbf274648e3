import { beforeAll, describe, expect, it } from "vitest";
import { JwtStep } from "#ingress/auth/jwt-step.ts";
import { KeySets } from "#ingress/auth/key-sets.ts";
import { RemoteKeys } from "#ingress/auth/remote-keys.ts";
import type { AccessRequest } from "#ingress/engine/access-control.ts";
import { keySet } from "#src/auth/jwt/key-set.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { JwtPolicy } from "#src/model/policies/jwt-policy.ts";
import { jwtPolicyOf } from "#test/support/jwt-proxy.ts";
import { jwksOf, testKey, type TestKey } from "#test/support/test-issuer.ts";

const NOW_SECONDS = 1_800_000_000;
const CLAIMS = { iss: "id", sub: "ann", exp: NOW_SECONDS + 300 };
let key: TestKey;
let token: string;
beforeAll(async () => {
  key = await testKey("a");
  token = await key.sign(CLAIMS);
});

const authOf = (jwt: JwtPolicy): AuthPolicy => ({
  namespace: "shop",
  basic: undefined,
  external: undefined,
  jwt,
  satisfy: "all",
  sources: undefined,
});
const requestWith = (text: string) =>
  ({
    host: "a.com",
    valuesOf: (name: string) => (name === "authorization" ? [`Bearer ${text}`] : []),
  }) as unknown as AccessRequest;
const BEFORE = { claims: undefined, mayWait: true };
const NO_FETCH = new RemoteKeys({ fetch: () => Promise.resolve({ kind: "failed", why: "" }), clockMs: () => 0 });

/** A step whose keys are in a Secret, which the test changes, on a clock that the test moves. */
function start(more: object = {}) {
  const state = { nowMs: NOW_SECONDS * 1_000 };
  const sets = new KeySets(NO_FETCH);
  const use = (...keys: readonly TestKey[]) =>
    sets.useObjects(new Map([["Secret shop/keys jwks", keySet(jwtPolicyKeys(jwksOf(...keys)))]]));
  use(key);
  const step = new JwtStep(sets, () => state.nowMs);
  const policy = jwtPolicyOf({ issuer: "id", jwks: { secretRef: { name: "keys" } }, ...more });
  return {
    state,
    sets,
    use,
    decide: (text: string, before = BEFORE) => step.decide(authOf(policy), requestWith(text), before),
  };
}

function jwtPolicyKeys(inline: string) {
  const [provider] = jwtPolicyOf({ issuer: "id", jwks: { inline } }).providers;
  return provider?.jwks.kind === "inline" ? provider.jwks.keys : [];
}

describe("JwtStep", () => {
  it("verifies a token once, and hands its claims on", async () => {
    const { decide } = start();
    const waited = decide(token);
    expect(waited).toBeInstanceOf(Promise);
    expect(await waited).toMatchObject({ kind: "pass", claims: CLAIMS });
    expect(decide(token)).toMatchObject({ kind: "pass", claims: CLAIMS });
  });

  it("lets in a known token where there is no place to wait, and no other", async () => {
    const { decide } = start();
    await decide(token);
    const busy = { ...BEFORE, mayWait: false };
    expect(decide(token, busy)).toMatchObject({ kind: "pass" });
    expect(decide(await key.sign({ ...CLAIMS, sub: "bob" }), busy)).toMatchObject({ cause: { reason: "access-busy" } });
  });

  it.each([
    ["a millisecond before its end", 299_999 + 60_000, false],
    ["at its end, with the skew", 300_000 + 60_000, true],
  ])("looks at a known token again %s", async (_name, afterMs, isAgain) => {
    const { decide, state } = start();
    await decide(token);
    state.nowMs += afterMs;
    const found = decide(token);
    expect(found instanceof Promise).toBe(isAgain);
    expect((await found).kind).toBe(isAgain ? "answer" : "pass");
  });

  it.each([
    ["that of its Secret are others", "use", 401],
    ["that the Secret is gone", "gone", 503],
  ])("knows no token any more after %s", async (_name, change, status) => {
    const { decide, use, sets } = start();
    await decide(token);
    if (change === "use") use(await testKey("b"));
    else sets.useObjects(new Map());
    expect(await decide(token)).toMatchObject({ kind: "answer", status });
  });

  it("keeps what a token has come to for one policy alone", async () => {
    const { sets } = start();
    const step = new JwtStep(sets, () => NOW_SECONDS * 1_000);
    const of = (more: object) => authOf(jwtPolicyOf({ issuer: "id", jwks: { secretRef: { name: "keys" } }, ...more }));
    const [open, closed] = [of({}), of({ audiences: ["till"] })];
    expect(await step.decide(open, requestWith(token), BEFORE)).toMatchObject({ kind: "pass" });
    expect(await step.decide(closed, requestWith(token), BEFORE)).toMatchObject({ kind: "answer", status: 401 });
  });
});
