import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { authorizationUrl } from "#src/auth/oidc/authorization-url.ts";
import { newSession } from "#src/auth/oidc/new-session.ts";
import { CHANCE_BYTES, MAX_PENDING, newSignIn, pendingCookie, PENDING_S } from "#src/auth/oidc/pending-sign-in.ts";
import { returnTarget } from "#src/auth/oidc/return-target.ts";
import { NONCE_BYTES, sealText, sealKey, type SealKeys, unsealText } from "#src/auth/oidc/seal-text.ts";
import { type Session, sessionCookies } from "#src/auth/oidc/session.ts";
import { endSession, setSession } from "#src/auth/oidc/set-session.ts";
import { ownCookies, type SignInRequest, signInStep } from "#src/auth/oidc/sign-in-step.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import { oidcPolicy } from "#test/support/oidc-policy.ts";

const OLD = sealKey(Buffer.alloc(32, 1));
const NEW = sealKey(Buffer.alloc(32, 2));
const KEYS: SealKeys = [OLD];
const NOW_MS = Date.UTC(2026, 10, 29);
const NONCE = Buffer.alloc(NONCE_BYTES, 7);
const CHANCE = Buffer.from(Array.from({ length: CHANCE_BYTES }, (_, index) => index));
const POLICY = oidcPolicy("claims: [{ name: groups, values: [admins] }]");
const SESSION: Session = {
  claims: { sub: "u1", groups: ["admins"] },
  untilS: NOW_MS / 1_000 + 3_600,
  tokens: {},
};

/** Cookies as a browser sends them. */
type Jar = readonly (readonly [name: string, value: string])[];

/** A request of a browser for a page of `a.test`. */
function requestFor(
  target: string,
  cookies: Jar = [],
  of: Partial<Pick<SignInRequest, "host" | "isSecure" | "method">> & {
    readonly fields?: Readonly<Record<string, string>>;
  } = {},
): SignInRequest {
  const { host = "a.test", isSecure = true, method = "GET", fields = { accept: "text/html" } } = of;
  const cookie = cookies.map((pair) => pair.join("=")).join("; ");
  const all: Readonly<Record<string, string>> = cookies.length === 0 ? fields : { ...fields, cookie };
  return {
    host,
    hostField: host,
    authority: host,
    isSecure,
    method,
    target,
    path: target.split("?", 1)[0]!,
    valuesOf: (name) => (all[name] === undefined ? [] : [all[name]]),
  };
}

function cookiesOf(session: Session, { policy = POLICY, host = "a.test", keys = KEYS } = {}): Jar {
  return sessionCookies(policy, session, { host, keys, nonce: NONCE }) ?? [];
}

function step(
  request: SignInRequest,
  { policy = POLICY, keys = KEYS, nowMs = NOW_MS }: { policy?: OidcPolicy; keys?: SealKeys; nowMs?: number } = {},
) {
  return signInStep(policy, request, { unseal: (sealed, use) => unsealText(sealed, keys, use), nowMs });
}

describe("a session", () => {
  const cookies = cookiesOf(SESSION);
  const [[name, value]] = cookies as readonly [readonly [string, string]];
  const flip = (text: string, at: number) => text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);

  it("is read of the cookie that it was written into, at any replica with the key", () =>
    expect(step(requestFor("/", cookies))).toEqual({ kind: "session", session: SESSION }));

  it.each<{ of: string; jar?: Jar; policy?: OidcPolicy; host?: string; keys?: SealKeys; nowMs?: number }>([
    { of: "without a cookie", jar: [] },
    { of: "whose first byte is another one", jar: [[name, flip(value, 12)]] },
    { of: "whose last byte is another one", jar: [[name, flip(value, value.length - 2)]] },
    { of: "that is cut", jar: [[name, value.slice(0, -4)]] },
    { of: "with a byte more", jar: [[name, `${value}AAAA`]] },
    { of: "of base64 that no writer makes", jar: [[name, `${value}=`]] },
    { of: "that is empty", jar: [[name, ""]] },
    { of: "under the name of another cookie", jar: [[`${name}-sign-in-0`, value]] },
    { of: "with __Secure-, which other hosts may write", jar: [[name.replace("__Host-", "__Secure-"), value]] },
    { of: "without prefix, which other hosts may write", jar: [[name.replace("__Host-", ""), value]] },
    { of: "that comes twice, as another host may make it", jar: [...cookies, ...cookies] },
    { of: "of another host", host: "b.test" },
    {
      of: "of another policy with the same keys and cookies",
      policy: { ...POLICY, key: "shop/other", cookie: { ...POLICY.cookie, name: name.slice(7) } },
    },
    {
      of: "of the policy of another namespace",
      policy: { ...POLICY, key: "evil/web", cookie: { ...POLICY.cookie, name: name.slice(7) } },
    },
    { of: "of another provider", policy: { ...POLICY, issuer: "https://evil.test" } },
    { of: "of another client", policy: { ...POLICY, clientId: "other" } },
    {
      of: "without claims that the policy asks for now",
      policy: { ...POLICY, claims: [{ name: "email", values: ["a"] }] },
    },
    { of: "of a key that is not there any longer", keys: [NEW] },
    { of: "that is over", nowMs: SESSION.untilS * 1_000 },
    { of: "of a sign-in under way", jar: [[name, `1.${sealText(JSON.stringify(SESSION), KEYS, "other", NONCE)}`]] },
  ])(
    "does not count $of: the browser signs in again",
    ({ jar = cookies, policy = POLICY, host = "a.test", keys = KEYS, nowMs = NOW_MS }) =>
      expect(step(requestFor("/", jar, { host }), { policy, keys, nowMs })).toEqual({ kind: "begin" }),
  );

  it("counts to its last millisecond, and not after it", () => {
    expect(step(requestFor("/", cookies), { nowMs: SESSION.untilS * 1_000 - 1 }).kind).toBe("session");
  });

  it("is read with each key while keys are replaced, and written with the first", () => {
    expect(step(requestFor("/", cookies), { keys: [NEW, OLD] }).kind).toBe("session");
    expect(cookiesOf(SESSION, { keys: [NEW, OLD] })[0]![1]).toMatch(new RegExp(`^1\\.${NEW.id}\\.`));
    expect(step(requestFor("/", cookiesOf(SESSION, { keys: [NEW, OLD] })), { keys: [OLD, NEW] }).kind).toBe("session");
  });

  it("of a domain is read at all of its hosts, and at others only there", () => {
    const policy = { ...POLICY, cookie: { ...POLICY.cookie, domain: "example.com" } };
    const jar = cookiesOf(SESSION, { policy, host: "a.example.com" });
    expect(jar[0]![0]).toMatch(/^__Secure-/);
    for (const host of ["a.example.com", "b.example.com", "example.com"])
      expect(step(requestFor("/", jar, { host }), { policy }).kind).toBe("session");
    for (const host of ["badexample.com", "example.org"])
      expect(step(requestFor("/", jar, { host }), { policy }).kind).toBe("begin");
    const other = cookiesOf(SESSION, { policy, host: "example.org" });
    expect(other[0]![0]).toMatch(/^__Host-/);
    expect(setSession(policy, other, { host: "example.org", cookies: new Map(), lifetimeS: 9 })[0]).not.toContain(
      "Domain",
    );
    expect(setSession(policy, jar, { host: "a.example.com", cookies: new Map(), lifetimeS: 9 })[0]).toContain(
      "; Domain=example.com;",
    );
  });
});

describe("a session that is too long for one cookie", () => {
  const long: Session = { ...SESSION, claims: { ...SESSION.claims, groups: ["admins", "x".repeat(6_000)] } };
  const jar = cookiesOf(long);

  it("is split, and each cookie has at most 4,096 bytes", () => {
    expect(jar).toHaveLength(3);
    for (const line of setSession(POLICY, jar, { host: "a.test", cookies: new Map(), lifetimeS: 9 }))
      expect(line.length).toBeLessThanOrEqual(4_096);
    expect(step(requestFor("/", jar))).toEqual({ kind: "session", session: long });
    expect(step(requestFor("/", jar.toReversed()))).toEqual({ kind: "session", session: long });
  });

  it.each<{ of: string; cookies: Jar }>([
    { of: "misses its first part", cookies: jar.slice(1) },
    { of: "misses a part", cookies: [jar[0]!, jar[2]!] },
    { of: "misses its last part", cookies: jar.slice(0, 2) },
    {
      of: "has two parts in each other's place",
      cookies: [jar[0]!, [jar[1]![0], jar[2]![1]], [jar[2]![0], jar[1]![1]]],
    },
    { of: "has a part of another one", cookies: [jar[0]!, [jar[1]![0], `B${jar[1]![1].slice(1)}`], jar[2]!] },
    { of: "has fewer parts by its own account", cookies: [[jar[0]![0], `1${jar[0]![1].slice(1)}`], jar[1]!, jar[2]!] },
    {
      of: "has more parts than any, by its own account",
      cookies: [[jar[0]![0], `9${jar[0]![1].slice(1)}`], jar[1]!, jar[2]!],
    },
  ])("does not count where it $of", ({ cookies }) => expect(step(requestFor("/", cookies)).kind).toBe("begin"));

  it("is not written where it takes more than four", () => {
    const claims = { sub: "u1", groups: ["x".repeat(12_000)] };
    expect(
      sessionCookies(POLICY, { ...SESSION, claims }, { host: "a.test", keys: KEYS, nonce: NONCE }),
    ).toBeUndefined();
  });

  it("ends with all of its parts, and so do those that a shorter one leaves behind", () => {
    const cookies = ownCookies(POLICY, requestFor("/", jar));
    expect(endSession(POLICY, "a.test", cookies).map((line) => line.split("=", 1)[0])).toEqual(
      jar.map(([name]) => name),
    );
    const lines = setSession(POLICY, cookiesOf(SESSION), { host: "a.test", cookies, lifetimeS: 9 });
    expect(lines.map((line) => /Max-Age=(\d+)/.exec(line)?.[1])).toEqual(["9", "0", "0"]);
  });
});

describe("a sign-in", () => {
  const begun = (target = "/cart?a=1", cookies: Jar = []) => {
    const request = requestFor(target, cookies);
    const pending = newSignIn(POLICY, { cookies: ownCookies(POLICY, request), target, chance: CHANCE, nowMs: NOW_MS });
    return { pending, cookie: pendingCookie(POLICY, pending, { host: "a.test", keys: KEYS, nonce: NONCE }) };
  };
  const { pending, cookie } = begun();
  const back = (state: string) => `/oauth2/callback?code=c&state=${state}`;

  it("asks the provider with state, nonce and the digest of a verifier that it does not see", () => {
    const url = new URL(
      authorizationUrl(POLICY, {
        endpoint: "https://id.test/auth?hint=x",
        pending,
        request: { authority: "A.test:8443" },
      }),
    );
    expect(Object.fromEntries(url.searchParams)).toEqual({
      hint: "x",
      response_type: "code",
      client_id: "web",
      redirect_uri: "https://a.test:8443/oauth2/callback",
      scope: "openid",
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: createHash("sha256").update(pending.verifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    expect(pending.verifier).toHaveLength(43);
    expect(url.href).not.toContain(pending.verifier);
    expect(cookie.join("=")).not.toContain(pending.verifier);
  });

  it("goes on where the browser comes back with its state, at any replica with the key", () =>
    expect(step(requestFor(back(pending.state), [cookie]))).toEqual({ kind: "callback", pending }));

  it.each<{
    of: string;
    target?: string;
    jar?: Jar;
    host?: string;
    nowMs?: number;
    keys?: SealKeys;
    policy?: OidcPolicy;
  }>([
    { of: "without its cookie: another one has begun it", jar: [] },
    { of: "without state", target: "/oauth2/callback?code=c" },
    { of: "with two states", target: `${back(pending.state)}&state=${pending.state}` },
    { of: "with the state of another sign-in", target: back(`0${"A".repeat(43)}`) },
    { of: "with the place of another sign-in", target: back(`1${pending.state.slice(1)}`) },
    { of: "with a place that there is none of", target: back(`9${pending.state.slice(1)}`) },
    { of: "with a name of ours in its state", target: back("../session") },
    { of: "with a cookie that was changed", jar: [[cookie[0], `${cookie[1].slice(0, -3)}AAA`]] },
    { of: "with the cookie of a session in its place", jar: [[cookie[0], cookiesOf(SESSION)[0]![1].slice(2)]] },
    { of: "at another host", host: "b.test" },
    { of: "at another policy", policy: { ...POLICY, key: "shop/other", cookie: { ...POLICY.cookie, name: "x" } } },
    { of: "after its time", nowMs: NOW_MS + PENDING_S * 1_000 },
    { of: "when its key is gone", keys: [NEW] },
  ])(
    "is refused where the browser comes back $of",
    ({ target = back(pending.state), jar = [cookie], host = "a.test", policy = POLICY, ...of }) =>
      expect(step(requestFor(target, jar, { host }), { policy, ...of })).toEqual({
        kind: "refuse",
        reason: "sign-in-stale",
      }),
  );

  it("is no fault where it comes back once more with a session, as by the button to go back", () =>
    expect(step(requestFor(back(pending.state), cookiesOf(SESSION)))).toEqual({ kind: "signed-in" }));

  it("has a place of its own for each tab, and there is a number of them", () => {
    let jar: Jar = [];
    for (let count = 0; count < MAX_PENDING + 3; count++) {
      const { cookie: added } = begun("/", jar);
      jar = [...jar.filter(([one]) => one !== added[0]), added];
    }
    expect(new Set(jar.map(([one]) => one)).size).toBe(MAX_PENDING);
  });
});

describe("what is asked without a session", () => {
  it.each<{ of: string; fields: Readonly<Record<string, string>>; method?: string; isPage: boolean }>([
    { of: "a page", fields: { accept: "text/html,*/*;q=0.8", "sec-fetch-mode": "navigate" }, isPage: true },
    { of: "a page, by an old browser", fields: { accept: "text/html,*/*;q=0.8" }, isPage: true },
    { of: "a page, only its head", fields: { accept: "text/html" }, method: "HEAD", isPage: true },
    { of: "fetch()", fields: { accept: "*/*", "sec-fetch-mode": "cors" }, isPage: false },
    { of: "fetch() for HTML", fields: { accept: "text/html", "sec-fetch-mode": "same-origin" }, isPage: false },
    { of: "an image", fields: { accept: "image/avif,*/*", "sec-fetch-mode": "no-cors" }, isPage: false },
    {
      of: "an XMLHttpRequest of an old browser",
      fields: { accept: "text/html", "x-requested-with": "XMLHttpRequest" },
      isPage: false,
    },
    { of: "JSON", fields: { accept: "application/json" }, isPage: false },
    { of: "anything, as curl does", fields: { accept: "*/*" }, isPage: false },
    { of: "a WebSocket", fields: { upgrade: "websocket", accept: "text/html" }, isPage: false },
    { of: "nothing", fields: {}, isPage: false },
    {
      of: "a form to be taken",
      fields: { accept: "text/html", "sec-fetch-mode": "navigate" },
      method: "POST",
      isPage: false,
    },
  ])("$of: redirect $isPage", ({ fields, method = "GET", isPage }) =>
    expect(step(requestFor("/", [], { fields, method }))).toEqual(
      isPage ? { kind: "begin" } : { kind: "refuse", reason: "sign-in-needed" },
    ),
  );

  it("nothing counts over plain HTTP, also not what has a session", () => {
    for (const target of ["/", "/oauth2/callback?state=x", "/oauth2/sign_out"])
      expect(step(requestFor(target, cookiesOf(SESSION), { isSecure: false }))).toEqual({
        kind: "refuse",
        reason: "https-required",
      });
  });

  it("signs out at its path, with or without a session", () =>
    expect(step(requestFor("/oauth2/sign_out"))).toEqual({ kind: "sign-out" }));
});

describe("returnTarget()", () => {
  it.each([
    { target: "/", is: "/" },
    { target: "/cart?a=1&b=%2F", is: "/cart?a=1&b=%2F" },
    { target: "//evil.test/", is: "/" },
    { target: "/\\evil.test", is: "/" },
    { target: "/a\\..\\evil.test", is: "/" },
    { target: "https://evil.test/", is: "/" },
    { target: "evil.test", is: "/" },
    { target: "javascript:alert(1)", is: "/" },
    { target: "/\tevil.test", is: "/" },
    { target: "/\r\nSet-Cookie: a=b", is: "/" },
    { target: "/a b", is: "/" },
    { target: "/é", is: "/" },
    { target: "", is: "/" },
    { target: `/${"a".repeat(2_000)}`, is: "/" },
    { target: "/oauth2/callback?code=x", is: "/" },
    { target: "/oauth2/sign_out", is: "/" },
    { target: "/oauth2/callbacks", is: "/oauth2/callbacks" },
  ])("sends for $target to $is", ({ target, is }) =>
    expect(returnTarget(target, ["/oauth2/callback", "/oauth2/sign_out"])).toBe(is),
  );

  it("never leaves the host, whatever is asked for", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary-ascii" }),
        fc.constantFrom("", "/", "//", "/\\", "/.", "/..//"),
        (rest, start) => {
          const target = returnTarget(start + rest, []);
          expect(new URL(target, "https://a.test").host).toBe("a.test");
          expect(new URL(`https://a.test${target}`).host).toBe("a.test");
        },
      ),
    );
  });
});

describe("sealText()", () => {
  it("opens for the same use and key alone, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), fc.string(), (text, use, other) => {
        const sealed = sealText(text, [NEW, OLD], use, NONCE);
        expect(unsealText(sealed, [OLD, NEW], use)).toBe(text);
        if (use !== other) expect(unsealText(sealed, [NEW], other)).toBeUndefined();
        expect(unsealText(sealed, [OLD], use)).toBeUndefined();
      }),
    );
  });

  it("has one spelling: not what means the same bytes", () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (const text of ["", "a", "ab", "abc"]) {
      const sealed = sealText(text, KEYS, "use", NONCE);
      const others = letters
        .split("")
        .map((letter) => sealed.slice(0, -1) + letter)
        .filter((one) => one !== sealed);
      expect(others.map((one) => unsealText(one, KEYS, "use"))).toEqual(others.map(() => undefined));
    }
  });

  it("opens nothing else, and never fails", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
        expect(unsealText(text, [OLD], "")).toBeUndefined();
        expect(unsealText(`${OLD.id}.${text}`, [OLD], "")).toBeUndefined();
      }),
    );
  });
});

describe("newSession()", () => {
  const signedIn = {
    claims: { sub: "u1", groups: ["a"], email: "e", exp: NOW_MS / 1_000 + 300 },
    idToken: "i",
    accessToken: "a",
    accessForS: 60,
  };

  it("keeps the claims that the policy looks at, and no token, for as long as the policy says", () =>
    expect(newSession(POLICY, signedIn, NOW_MS)).toEqual({
      claims: { sub: "u1", groups: ["a"] },
      untilS: NOW_MS / 1_000 + 8 * 3_600,
      tokens: {},
    }));

  it("ends with the tokens that endpoints get", () => {
    const id = { ...POLICY, forwardTokens: [{ token: "id", header: "X" }] } as const;
    expect(newSession(id, signedIn, NOW_MS)).toMatchObject({ untilS: NOW_MS / 1_000 + 300, tokens: { id: "i" } });
    const both = { ...POLICY, forwardTokens: [...id.forwardTokens, { token: "access", header: "Y" }] } as const;
    expect(newSession(both, signedIn, NOW_MS)).toMatchObject({ untilS: NOW_MS / 1_000 + 60, tokens: { access: "a" } });
    expect(newSession(both, { ...signedIn, accessForS: 0 }, NOW_MS)).toBeUndefined();
  });
});
