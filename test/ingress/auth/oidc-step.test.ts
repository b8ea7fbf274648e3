import { describe, expect, it } from "vitest";
import type { OidcClient, ProviderPages, SignInFailure } from "#ingress/auth/oidc-client.ts";
import { OidcStep } from "#ingress/auth/oidc-step.ts";
import type { AccessRequest } from "#ingress/engine/access-control.ts";
import type { SignedIn } from "#src/auth/oidc/new-session.ts";
import { sealKey } from "#src/auth/oidc/seal-text.ts";
import type { VerifiedClaims } from "#src/auth/verified-claims.ts";
import type { AuthPolicy } from "#src/filters/auth-policy.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { oidcPolicy } from "#test/support/oidc-policy.ts";

const PAGES: ProviderPages = { authorization: "https://id.test/auth", endSession: "https://id.test/end" };
const DOWN: SignInFailure = { reason: "provider-unreachable", why: "down" };
const ALICE: SignedIn = { claims: { sub: "alice" }, idToken: "i", accessToken: "a", accessForS: 60 };
const BEFORE = { claims: undefined, mayWait: true };

interface Client {
  readonly pages?: ProviderPages | SignInFailure | Promise<ProviderPages | SignInFailure>;
  readonly signedIn?: SignedIn | SignInFailure;
}

function start({ pages = PAGES, signedIn = ALICE }: Client = {}, policy: OidcPolicy = oidcPolicy()) {
  const failures: SignInFailure[] = [];
  const client = { pages: () => pages, exchange: () => Promise.resolve(signedIn) } as unknown as OidcClient;
  let count = 0;
  const step = new OidcStep({
    clients: { clientOf: () => client },
    chance: (bytes) => Buffer.alloc(bytes, count++),
    wallMs: () => 1_000_000,
    onFailure: (_policy, failure) => failures.push(failure),
  });
  step.useSecrets({
    sessionKeys: new Map([["shop/web", [sealKey(Buffer.alloc(32, 1))]]]),
    clientSecrets: new Map([["shop/web", "s"]]),
    authorities: new Map(),
  });
  const auth: AuthPolicy = {
    namespace: "shop",
    basic: undefined,
    external: undefined,
    oidc: policy,
    satisfy: "all",
    sources: undefined,
  };
  return {
    step,
    failures,
    decide: (
      target: string,
      cookie = "",
      { mayWait = true, hostField = "a.test", claims = undefined as VerifiedClaims | undefined } = {},
    ) => step.decide(auth, requestFor(target, cookie, hostField), { claims, mayWait }),
  };
}

function requestFor(target: string, cookie: string, hostField: string): AccessRequest {
  const fields: Readonly<Record<string, string>> = { accept: "text/html", ...(cookie !== "" && { cookie }) };
  return {
    host: hostField,
    hostField,
    authority: hostField,
    isSecure: true,
    method: "GET",
    target,
    path: target.split("?", 1)[0]!,
    valuesOf: (name: string) => (fields[name] === undefined ? [] : [fields[name]]),
  } as unknown as AccessRequest;
}

/** The cookies and the state of a sign-in that is begun by a request for `/`. */
async function begin(of: ReturnType<typeof start>, hostField = "a.test") {
  const begun = await of.decide("/", "", { hostField });
  if (begun.kind !== "answer") throw new Error("it was let in");
  const { location = "", fields = [] } = begun.cause;
  const cookie = fields.flatMap(([name, value]) => (name === "Set-Cookie" ? value.split(";", 1) : [])).join("; ");
  return { location, cookie, back: `/oauth2/callback?code=c&state=${new URL(location).searchParams.get("state")}` };
}

describe("OidcStep", () => {
  it("lets requests pass that no policy asks of", () => {
    const { step } = start();
    const auth = {
      namespace: "shop",
      basic: undefined,
      external: undefined,
      satisfy: "all",
      sources: undefined,
    } as const;
    expect(step.decide(auth, requestFor("/", "", "a.test"), BEFORE)).toMatchObject({ kind: "pass", grant: undefined });
  });

  it("lets a request with a token come in without a session where the policy says so, and jwt has verified it", () => {
    const claims = { sub: "robot" };
    expect(start().decide("/", "", { claims })).toMatchObject({ status: 302 });
    const accepting = start({}, oidcPolicy("acceptTokens: true\nforwardClaims: [{ claim: sub, header: X-User }]"));
    const passed = accepting.decide("/", "a=b", { claims });
    // Nor can it say whose session it has.
    const grant = { removes: new Set(["cookie", "x-user"]), requestLines: Buffer.from("Cookie: a=b\r\n") };
    expect(passed).toMatchObject({ kind: "pass", grant });
    expect(accepting.decide("/")).toMatchObject({ status: 302 });
  });

  it("answers at once where the provider is known, and keeps no answer in a cache", () => {
    const answer = start().decide("/cart");
    expect(answer).not.toBeInstanceOf(Promise);
    expect(answer).toMatchObject({
      status: 302,
      cause: {
        fields: [
          ["Cache-Control", "no-store"],
          ["Set-Cookie", expect.anything()],
        ],
      },
    });
  });

  it.each([
    { of: "the way to a provider that is not known yet", target: "/", pages: Promise.resolve(PAGES) },
    { of: "the way back from it", target: undefined, pages: PAGES },
  ])("answers 503 where $of takes a wait, and too many wait already", async ({ target, pages }) => {
    const started = start({ pages });
    const { back, cookie } = await begin(started);
    expect(started.decide(target ?? back, cookie, { mayWait: false })).toMatchObject({
      status: 503,
      cause: { reason: "access-busy" },
    });
  });

  it("answers without a fault for a host that no URL can have", async () => {
    const started = start();
    const { back, cookie } = await begin(started, "a%zz");
    expect(await started.decide(back, cookie, { hostField: "a%zz" })).toMatchObject({
      cause: { reason: "sign-in-stale" },
    });
  });

  it("goes on with the claims of the session, which later steps see", async () => {
    const started = start();
    const { back, cookie } = await begin(started);
    const answer = await started.decide(back, cookie);
    expect(answer).toMatchObject({ status: 302, cause: { location: "https://a.test/" } });
    const lines = answer.kind === "answer" ? (answer.cause.fields ?? []).map(([, value]) => value) : [];
    const session = lines.find((line) => line.startsWith("__Host-") && !line.includes("sign-in"))!;
    expect(session).toMatch(/; Path=\/; Max-Age=28800; Secure; HttpOnly; SameSite=Lax$/);
    expect(lines.find((line) => line.includes("sign-in"))).toContain("=; Path=/; Max-Age=0;");
    expect(started.decide("/", `a=b; ${session.split(";", 1)[0]}; c=d`)).toMatchObject({
      kind: "pass",
      claims: { sub: "alice" },
    });
  });

  it("says so where a session does not fit into cookies", async () => {
    const signedIn = { ...ALICE, claims: { sub: "alice", groups: "x".repeat(20_000) } };
    const started = start({ signedIn }, oidcPolicy("forwardClaims: [{ claim: groups, header: X-Groups }]"));
    const { back, cookie } = await begin(started);
    expect(await started.decide(back, cookie)).toMatchObject({ status: 500, cause: { reason: "session-too-large" } });
  });

  it("says so where the tokens for endpoints have ended when they come: a browser would go back and forth", async () => {
    const signedIn = { ...ALICE, accessForS: 0 };
    const started = start({ signedIn }, oidcPolicy("forwardTokens: [{ token: access, header: Authorization }]"));
    const { back, cookie } = await begin(started);
    expect(await started.decide(back, cookie)).toMatchObject({ status: 502, cause: { reason: "sign-in-failed" } });
    expect(started.failures).toHaveLength(1);
  });

  it.each([
    {
      of: "here and at the provider",
      pages: PAGES,
      more: "",
      status: 302,
      location: "https://id.test/end?client_id=web",
    },
    {
      of: "with a page to come back to",
      pages: PAGES,
      more: "afterLogout: /bye",
      status: 302,
      location: "https://id.test/end?client_id=web&post_logout_redirect_uri=https%3A%2F%2Fa.test%2Fbye",
    },
    {
      of: "here, where the provider has no page for it",
      pages: { ...PAGES, endSession: undefined },
      more: "afterLogout: /bye",
      status: 302,
      location: "https://a.test/bye",
    },
    {
      of: "here, where there is no page for it at all",
      pages: { ...PAGES, endSession: undefined },
      more: "",
      status: 200,
      location: undefined,
    },
    { of: "here, while the provider cannot be reached", pages: DOWN, more: "", status: 200, location: undefined },
  ])("signs out $of", ({ pages, more, status, location }) => {
    const answer = start({ pages }, oidcPolicy(more)).decide("/oauth2/sign_out");
    expect(answer).toMatchObject({
      status,
      cause: { fields: [expect.anything(), ["Set-Cookie", expect.stringContaining("Max-Age=0")]] },
    });
    expect("cause" in answer ? answer.cause.location : "").toBe(location);
  });
});
