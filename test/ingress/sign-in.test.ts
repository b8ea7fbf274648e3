import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createSecureContext } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { AuthGate } from "#ingress/auth/auth-gate.ts";
import { OidcClients } from "#ingress/auth/oidc-clients.ts";
import type { SignInFailure } from "#ingress/auth/oidc-client.ts";
import { OidcStep } from "#ingress/auth/oidc-step.ts";
import { hostResolver } from "#ingress/names/host-resolver.ts";
import { sealKey, type SealKeys } from "#src/auth/oidc/seal-text.ts";
import type { OidcPolicy } from "#src/model/policies/oidc-policy.ts";
import type { PathSettings } from "#src/model/policies/policy-slots.ts";
import { Browser } from "#test/support/browser.ts";
import { engineTlsServer } from "#test/support/engine-tls-server.ts";
import { ask, listen, startProxy } from "#test/support/ingress-proxy.ts";
import { ingressOf } from "#test/support/ingress-objects.ts";
import { issueCertificate } from "#test/support/issue-certificate.ts";
import { readOidc } from "#test/support/oidc-policy.ts";
import { signingKey, startProvider, type TestProvider } from "#test/support/start-provider.ts";

const DAY_MS = 86_400_000;
const times = { fromMs: Date.now() - DAY_MS, toMs: Date.now() + DAY_MS } as const;
const authority = issueCertificate({ ...times, keyType: "ec", commonName: "authority", isAuthority: true });
const leaf = (name: string) =>
  issueCertificate({ ...times, keyType: "ec", commonName: name, issuer: authority, names: [name, `*.${name}`] });
const certificates = { "a.test": leaf("a.test"), "id.test": leaf("id.test") };
const [OLD, NEW] = [sealKey(Buffer.alloc(32, 1)), sealKey(Buffer.alloc(32, 2))];
const SECRET = "very secret";
const CALLBACKS = ["https://a.test/oauth2/callback", "https://b.a.test/oauth2/callback"];

/** An endpoint that says what it was asked. */
async function startEcho() {
  const server = createServer((request: IncomingMessage, response) => {
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const lookup = hostResolver({
  resolve: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
  isReachable: () => true,
  clockMs: () => performance.now(),
});

/** A replica of the ingress: routes, engine, access and both ports; nothing of it is shared with another but its settings. */
async function startReplica(
  endpointPort: number,
  policy: OidcPolicy,
  { isReachable = () => true }: { isReachable?: (address: string) => boolean } = {},
) {
  const failures: SignInFailure[] = [];
  const step = new OidcStep({
    clients: new OidcClients({ lookup, isReachable, clockMs: () => performance.now() }),
    chance: (bytes) => crypto.getRandomValues(Buffer.alloc(bytes)),
    wallMs: Date.now,
    onFailure: (_policy, failure) => failures.push(failure),
  });
  const useKeys = (sessionKeys: SealKeys | undefined, clientSecret = SECRET) =>
    step.useSecrets({
      sessionKeys: new Map(sessionKeys === undefined ? [] : [["shop/web", sessionKeys]]),
      clientSecrets: new Map([["shop/web", clientSecret]]),
      authorities: new Map([["shop/ca", authority.certificatePem]]),
    });
  useKeys([OLD]);
  const settings: PathSettings = { oidc: policy };
  const ingress = ingressOf(
    "web",
    { "a.test": { "/": "s" }, "b.a.test": { "/": "s" } },
    { settings, isRestricted: true, tls: [{ hosts: ["a.test", "b.a.test"], secretName: undefined }] },
  );
  const open = ingressOf("open", { "a.test": { "/open": "s" } });
  const proxy = await startProxy(
    { s: [endpointPort] },
    { ingresses: [ingress, open], access: new AuthGate([step]), headerNames: "any" },
  );
  const { certificatePem: cert, privateKeyPem: key } = certificates["a.test"];
  const context = createSecureContext({ cert, key });
  const server = engineTlsServer(proxy.engine, {
    contextOf: () => context,
    fallback: { cert, key },
  });
  return {
    port: await listen(server),
    plainPort: proxy.port,
    failures,
    useKeys,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Replica = Awaited<ReturnType<typeof startReplica>>;

function policyFor(issuer: string, more = ""): OidcPolicy {
  const { policy, problems } = readOidc(`
issuer: ${issuer}
clientId: web
clientSecretRef: { name: web }
sessionKeysSecretRef: { name: web }
caSecretRef: { name: ca }
scopes: [email, groups]
forwardClaims: [{ claim: sub, header: X-User }, { claim: email, header: X-Email }, { claim: groups, header: X-Groups }]
${more}`);
  if (policy === undefined) throw new Error(JSON.stringify(problems));
  return policy;
}

const providerOptions = {
  certificate: certificates["id.test"],
  host: "id.test",
  clientId: "web",
  clientSecret: SECRET,
  redirectUris: CALLBACKS,
  afterLogout: ["https://a.test/open"],
};

describe("sign-in by OpenID Connect, with two replicas and a real provider", () => {
  let provider: TestProvider;
  let endpoint: Awaited<ReturnType<typeof startEcho>>;

  beforeAll(async () => {
    // What the provider says of its settings, which are those of a test.
    for (const level of ["info", "warn"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
    provider = await startProvider(providerOptions);
    endpoint = await startEcho();
  });
  afterAll(async () => {
    await endpoint[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  /** Two replicas of which `next` says which one gets each request of a browser. */
  async function startPair(more = "", next: (replicas: readonly Replica[]) => Replica = alternate()) {
    provider.user = { id: "alice", claims: { email: "alice@a.test", groups: ["admins", "ops"] } };
    const policy = policyFor(provider.issuer, more);
    const replicas = [await startReplica(endpoint.port, policy), await startReplica(endpoint.port, policy)] as const;
    return {
      replicas,
      policy,
      browser: () =>
        new Browser({
          ca: authority.certificatePem,
          portOf: (host, port) => (host === "id.test" ? port : next(replicas).port),
        }),
      async [Symbol.asyncDispose]() {
        for (const replica of replicas) await replica[Symbol.asyncDispose]();
      },
    };
  }

  it("is begun at one replica and ended at the other; both read the session, and the endpoint gets its claims", async () => {
    await using pair = await startPair();
    const browser = pair.browser();
    const page = await browser.visit("https://a.test/cart?a=1");
    expect(page.status).toBe(200);
    expect(page.url).toBe("https://a.test/cart?a=1");
    expect(page.way.map((url) => new URL(url).host + new URL(url).pathname.replace(/(?<=\/)[\w-]{20,}/, "ID"))).toEqual(
      [
        "a.test/cart",
        `id.test:${provider.port}/auth`,
        `id.test:${provider.port}/interaction/ID`,
        `id.test:${provider.port}/auth/ID`,
        "a.test/oauth2/callback",
        "a.test/cart",
      ],
    );
    const { url, headers } = JSON.parse(page.body);
    expect(url).toBe("/cart?a=1");
    expect(headers).toMatchObject({ "x-user": "alice", "x-email": "alice@a.test", "x-groups": "admins,ops" });
    expect(headers.cookie).toBeUndefined();
    expect(browser.cookiesFor("a.test").map(({ name }) => name)).toEqual([
      expect.stringMatching(/^__Host-hawser-[0-9a-f]{8}$/),
    ]);
    for (let count = 0; count < 2; count++) expect((await browser.visit("https://a.test/")).way).toHaveLength(1);
  });

  it("gives the endpoint what the policy says, and nothing that a client says in its place", async () => {
    await using pair = await startPair(
      "forwardTokens: [{ token: access, header: Authorization }, { token: id, header: X-Id-Token }]",
    );
    const browser = pair.browser();
    await browser.visit("https://a.test/");
    browser.put("a.test", "mine", "1");
    const forged = {
      "x-user": "root",
      x_user: "root",
      "X.User": "root",
      authorization: "Basic eDp5",
      "x-id-token": "forged",
    };
    const { body } = await browser.visit("https://a.test/", { headers: { accept: "text/html", ...forged } });
    const { headers } = JSON.parse(body);
    expect(body).not.toMatch(/root|forged|eDp5/);
    expect(headers).toMatchObject({ "x-user": "alice", cookie: "mine=1" });
    expect(headers.authorization).toMatch(/^Bearer \S{20,}$/);
    expect(headers["x-id-token"]).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it("answers 401 to scripts and images without a session, and does not ask the provider", async () => {
    await using pair = await startPair();
    const browser = pair.browser();
    for (const headers of [{ accept: "*/*", "sec-fetch-mode": "cors" }, { accept: "application/json" }]) {
      const { status, headers: fields } = await browser.visit("https://a.test/api", { headers });
      expect({ status, cookies: fields["set-cookie"] }).toEqual({ status: 401, cookies: undefined });
    }
    await browser.visit("https://a.test/");
    expect((await browser.visit("https://a.test/api", { headers: { accept: "*/*" } })).status).toBe(200);
  });

  it("sends plain requests to HTTPS", async () => {
    await using pair = await startPair();
    const answer = await ask(
      pair.replicas[0].plainPort,
      "GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 308 [\s\S]*\r\nLocation: https:\/\/a\.test\/x\r\n/);
  });

  it("keeps out who does not have the claims that the policy asks for", async () => {
    await using pair = await startPair("claims: [{ name: groups, values: [admins] }]");
    const browser = pair.browser();
    provider.user = { id: "bob", claims: { groups: ["users"] } };
    expect(await browser.visit("https://a.test/")).toMatchObject({ status: 403, url: "https://a.test/" });
    const other = pair.browser();
    provider.user = { id: "carol", claims: { groups: ["users", "admins"] } };
    expect(await other.visit("https://a.test/")).toMatchObject({ status: 200 });
  });

  it("keeps out whom the provider does not let in, and lets the next try begin anew", async () => {
    await using pair = await startPair();
    const browser = pair.browser();
    provider.user = undefined;
    const denied = await browser.visit("https://a.test/");
    expect(denied).toMatchObject({ status: 403 });
    expect(new URL(denied.url).pathname).toBe("/oauth2/callback");
    expect(browser.cookiesFor("a.test")).toEqual([]);
    provider.user = { id: "alice", claims: {} };
    expect((await browser.visit("https://a.test/")).status).toBe(200);
  });

  /** The URL that the provider sends a browser back with. */
  async function backOf(browser: Browser): Promise<string> {
    let { headers } = await browser.visit("https://a.test/", { follows: false });
    while (headers.location !== undefined && !headers.location.startsWith("https://a.test/"))
      ({ headers } = await browser.visit(new URL(headers.location, provider.issuer).href, { follows: false }));
    return headers.location!;
  }

  it("takes a code once, from the browser that has begun, and with the answer that the provider gave", async () => {
    await using pair = await startPair();
    const [browser, victim] = [pair.browser(), pair.browser()];
    const url = await backOf(browser);
    // Another browser is given it, as in CSRF of a sign-in.
    expect((await victim.visit(url)).status).toBe(400);
    expect(victim.cookiesFor("a.test")).toEqual([]);
    // One that has begun a sign-in of its own.
    await victim.visit("https://a.test/", { follows: false });
    expect((await victim.visit(url)).status).toBe(400);
    expect(new URL(url).searchParams.get("iss")).toBe(provider.issuer);
    const kept = browser.cookiesFor("a.test");
    const restore = () => kept.forEach(({ name, value }) => browser.put("a.test", name, value));
    for (const change of [
      { of: "another provider (mix-up)", name: "iss", value: "https://evil.test" },
      { of: "a code that there is not", name: "code", value: "stolen" },
    ]) {
      const changed = new URL(url);
      changed.searchParams.set(change.name, change.value);
      expect({ ...change, status: (await browser.visit(changed.href)).status }).toEqual({ ...change, status: 502 });
      restore();
    }
    const without = new URL(url);
    without.searchParams.delete("iss");
    expect((await browser.visit(without.href)).status).toBe(502);
    restore();
    expect((await browser.visit(url)).status).toBe(200);
    // Once more, as by a reload: there is a session.
    expect(await browser.visit(url)).toMatchObject({ status: 200, url: "https://a.test/" });
    browser.forget(() => true);
    restore();
    expect((await browser.visit(url)).status).toBe(502);
  });

  it("goes back to a path of the host that was asked, whatever is asked for", async () => {
    await using pair = await startPair();
    for (const target of ["//evil.test/x", "/\\evil.test", "/%2f%2fevil.test", "/oauth2/callback"]) {
      const browser = pair.browser();
      const { url } = await browser.visit(`https://a.test${target}`).catch(() => ({ url: "https://a.test/" }));
      expect(new URL(url).host).toBe("a.test");
    }
  });

  it("signs out here and at the provider, and goes to the page that the policy names", async () => {
    await using pair = await startPair("afterLogout: /open");
    const browser = pair.browser();
    await browser.visit("https://a.test/");
    expect(browser.cookiesFor("a.test")).toHaveLength(1);
    const page = await browser.visit("https://a.test/oauth2/sign_out", { follows: false });
    expect(browser.cookiesFor("a.test")).toEqual([]);
    const end = new URL(page.headers.location!);
    expect(end.href).toMatch(new RegExp(`^${provider.issuer}/session/end\\?`));
    expect(Object.fromEntries(end.searchParams)).toEqual({
      client_id: "web",
      post_logout_redirect_uri: "https://a.test/open",
    });
    expect((await browser.visit(end.href)).status).toBe(200);
    expect((await browser.visit("https://a.test/api", { headers: { accept: "*/*" } })).status).toBe(401);
  });

  it("counts at the host where it was, unless the policy names a domain", async () => {
    await using pair = await startPair();
    const browser = pair.browser();
    await browser.visit("https://a.test/");
    for (const { name, value } of browser.cookiesFor("a.test")) browser.put("b.a.test", name, value);
    const api = { headers: { accept: "*/*" } };
    expect((await browser.visit("https://b.a.test/", api)).status).toBe(401);
    await using wide = await startPair("cookie: { domain: a.test, name: shop }");
    const other = wide.browser();
    await other.visit("https://b.a.test/");
    expect((await other.visit("https://a.test/", api)).status).toBe(200);
  });

  it("goes on while keys are replaced one replica after the other, and ends with the last key", async () => {
    await using pair = await startPair();
    const browser = pair.browser();
    const api = { headers: { accept: "*/*" } };
    const statuses = async () => [
      (await browser.visit("https://a.test/", api)).status,
      (await browser.visit("https://a.test/", api)).status,
    ];
    const [first, second] = pair.replicas;
    await browser.visit("https://a.test/");
    first.useKeys([OLD, NEW]);
    second.useKeys([OLD, NEW]);
    first.useKeys([NEW, OLD]);
    expect(await statuses()).toEqual([200, 200]);
    browser.forget(() => true);
    await browser.visit("https://a.test/");
    expect(await statuses()).toEqual([200, 200]);
    second.useKeys([NEW, OLD]);
    browser.forget(() => true);
    await browser.visit("https://a.test/");
    for (const replica of pair.replicas) replica.useKeys([NEW]);
    expect(await statuses()).toEqual([200, 200]);
    for (const replica of pair.replicas) replica.useKeys([OLD]);
    expect(await statuses()).toEqual([401, 401]);
    first.useKeys(undefined);
    second.useKeys(undefined);
    expect(await statuses()).toEqual([503, 503]);
  });

  it("says that the provider cannot be reached, lets who has a session go on, and works when it is back", async () => {
    const other = await startProvider(providerOptions);
    const policy = policyFor(other.issuer);
    await using replica = await startReplica(endpoint.port, policy);
    const open = () =>
      new Browser({ ca: authority.certificatePem, portOf: (host, port) => (host === "id.test" ? port : replica.port) });
    const browser = open();
    expect((await browser.visit("https://a.test/")).status).toBe(200);
    await other[Symbol.asyncDispose]();
    expect((await browser.visit("https://a.test/")).status).toBe(200);
    // A replica that has not seen it yet.
    await using late = await startReplica(endpoint.port, policy);
    const stranger = new Browser({
      ca: authority.certificatePem,
      portOf: (host, port) => (host === "id.test" ? port : late.port),
    });
    expect((await stranger.visit("https://a.test/")).status).toBe(503);
    expect(late.failures.map(({ reason }) => reason)).toEqual(["provider-unreachable"]);
    await using again = await startProvider({ ...providerOptions, port: other.port });
    expect(again.issuer).toBe(other.issuer);
    expect((await open().visit("https://a.test/")).status).toBe(200);
  });

  it.each([
    {
      of: "its address may not be asked",
      options: { isReachable: () => false },
      secret: SECRET,
      ca: "ca",
      status: 503,
    },
    {
      of: "its certificate is of no authority that is trusted",
      options: {},
      secret: SECRET,
      ca: undefined,
      status: 503,
    },
    { of: "it does not take the secret", options: {}, secret: "wrong", ca: "ca", status: 502 },
  ])("answers $status where $of", async ({ options, secret, ca, status }) => {
    provider.user = { id: "alice", claims: {} };
    const policy = {
      ...policyFor(
        provider.issuer.replace("id.test", ca === "ca" && "isReachable" in options ? "127.0.0.1" : "id.test"),
      ),
      caSecret: ca,
    };
    await using replica = await startReplica(endpoint.port, policy, options);
    replica.useKeys([OLD], secret);
    const browser = new Browser({
      ca: authority.certificatePem,
      portOf: (host, port) => (host === "id.test" ? port : replica.port),
    });
    expect((await browser.visit("https://a.test/")).status).toBe(status);
    expect(replica.failures).toHaveLength(1);
  });

  it("works with endpoints that the policy names, and with a public client", async () => {
    await using other = await startProvider({ ...providerOptions, clientSecret: undefined });
    const { issuer } = other;
    const endpoints = `endpoints: { authorization: ${issuer}/auth, token: ${issuer}/token, jwks: ${issuer}/jwks, userinfo: ${issuer}/me }`;
    const policy = { ...policyFor(issuer, endpoints), clientSecret: undefined };
    await using replica = await startReplica(endpoint.port, policy);
    const browser = new Browser({
      ca: authority.certificatePem,
      portOf: (host, port) => (host === "id.test" ? port : replica.port),
    });
    const { status, body } = await browser.visit("https://a.test/");
    expect({ status, user: JSON.parse(body).headers["x-email"] }).toEqual({ status: 200, user: "alice@a.test" });
    expect(other.asked).not.toContain("/.well-known/openid-configuration");
    // Without a page of the provider for it, and without one of ours.
    expect(await browser.visit("https://a.test/oauth2/sign_out")).toMatchObject({ status: 200, body: "200 OK\n" });
  });

  it("takes no ID token that another key has signed, whoever sends it", async () => {
    provider.user = { id: "alice", claims: {} };
    await using other = await startProvider({ ...providerOptions, key: signingKey() });
    const { issuer } = provider;
    const endpoints = `endpoints: { authorization: ${issuer}/auth, token: ${issuer}/token, jwks: ${other.issuer}/jwks }`;
    await using replica = await startReplica(endpoint.port, policyFor(issuer, endpoints));
    const browser = new Browser({
      ca: authority.certificatePem,
      portOf: (host, port) => (host === "id.test" ? port : replica.port),
    });
    expect((await browser.visit("https://a.test/")).status).toBe(502);
    expect(other.asked).toContain("/jwks");
    expect(replica.failures.map(({ reason }) => reason)).toEqual(["sign-in-failed"]);
  });
});

/** One replica after the other. */
function alternate(): (replicas: readonly Replica[]) => Replica {
  let count = 0;
  return (replicas) => replicas[count++ % replicas.length]!;
}
