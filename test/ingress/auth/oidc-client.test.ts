import { describe, expect, it } from "vitest";
import { NoAnswer } from "#ingress/auth/bounded-fetch.ts";
import { OidcClient } from "#ingress/auth/oidc-client.ts";
import type { PendingSignIn } from "#src/auth/oidc/pending-sign-in.ts";
import { oidcPolicy } from "#test/support/oidc-policy.ts";

const POLICY = oidcPolicy();
const DOCUMENT = {
  issuer: POLICY.issuer,
  authorization_endpoint: "https://id.test/auth",
  token_endpoint: "https://id.test/token",
  jwks_uri: "https://id.test/keys",
};
const PAGES = { authorization: "https://id.test/auth", endSession: undefined };
const PENDING: PendingSignIn = { state: "0s", nonce: "n", verifier: "v".repeat(43), target: "/", untilS: 1e10 };

/** A client of a provider that says this of itself, as long as it answers. */
function start(document: Readonly<Record<string, unknown>> = {}) {
  const world = { nowMs: 0, answers: true, asked: 0 };
  const client = new OidcClient({
    policy: POLICY,
    clientSecret: "s",
    fetch: async () => {
      world.asked += 1;
      await Promise.resolve();
      if (!world.answers) throw new NoAnswer("id.test: down");
      return Response.json({ ...DOCUMENT, ...document });
    },
    clockMs: () => world.nowMs,
  });
  return { client, world };
}

describe("OidcClient", () => {
  it("asks the provider once for all who wait, and knows it for an hour", async () => {
    const { client, world } = start();
    expect(await Promise.all([client.pages(), client.pages()])).toEqual([PAGES, PAGES]);
    world.nowMs = 3_599_999;
    expect(client.pages()).toEqual(PAGES);
    expect(world.asked).toBe(1);
  });

  it("asks again after an hour, and none waits for that or for a provider that is down then", async () => {
    const { client, world } = start();
    await client.pages();
    world.nowMs = 3_600_000;
    world.answers = false;
    expect(client.pages()).toEqual(PAGES);
    await new Promise(setImmediate);
    expect(client.pages()).toEqual(PAGES);
    expect(world.asked).toBe(2);
    world.nowMs += 5_000;
    expect(client.pages()).toEqual(PAGES);
    expect(world.asked).toBe(3);
  });

  it("says for 5 s that a provider is down, without asking it for each request", async () => {
    const { client, world } = start();
    world.answers = false;
    expect(await client.pages()).toMatchObject({
      reason: "provider-unreachable",
      why: expect.stringContaining("down"),
    });
    world.nowMs = 4_999;
    expect(client.pages()).toMatchObject({ reason: "provider-unreachable" });
    expect(world.asked).toBe(1);
    world.nowMs = 5_000;
    world.answers = true;
    expect(await client.pages()).toEqual(PAGES);
  });

  it.each([
    { of: "names another issuer", document: { issuer: "https://evil.test" }, reason: "provider-unreachable" },
    {
      of: "has a page without TLS",
      document: { authorization_endpoint: "http://id.test/auth" },
      reason: "sign-in-failed",
    },
    { of: "has no page", document: { authorization_endpoint: undefined }, reason: "sign-in-failed" },
    { of: "has a page that is no URL", document: { authorization_endpoint: "auth" }, reason: "sign-in-failed" },
    {
      of: "has a page whose URL would fill the head of an answer",
      document: { authorization_endpoint: `https://id.test/${"a".repeat(3_000)}` },
      reason: "sign-in-failed",
    },
  ])("sends no browser to a provider that $of", async ({ document, reason }) =>
    expect(await start(document).client.pages()).toMatchObject({ reason }),
  );

  it("does not send a browser to a page for sign-out without TLS", async () =>
    expect(await start({ end_session_endpoint: "http://id.test/end" }).client.pages()).toEqual(PAGES));

  it("shows codes of 64 browsers at once, and tells others that it is busy", async () => {
    const { client, world } = start();
    await client.pages();
    const url = new URL("https://a.test/oauth2/callback?code=c&state=0s");
    const all = await Promise.all(Array.from({ length: 66 }, () => client.exchange(url, PENDING)));
    const reasons = Map.groupBy(all, (one) => ("reason" in one ? one.reason : "signed in"));
    expect(Array.from(reasons, ([reason, { length }]) => [reason, length])).toEqual([
      ["sign-in-failed", 64],
      ["access-busy", 2],
    ]);
    expect(world.asked).toBe(65);
    // And again when these are done.
    expect(await client.exchange(url, PENDING)).toMatchObject({ reason: "sign-in-failed" });
  });
});
