import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { oauth2ProxyFile, whyNoOauth2Proxy } from "#lab/oauth2-proxy/build-oauth2-proxy.ts";
import { read } from "#test/docs/page.ts";
import type { Browser } from "#test/support/browser.ts";
import { eventually } from "#test/support/eventually.ts";
import type { RunningCli } from "#test/cli/run-cli.ts";
import { ADDRESSES, CLIENT_SECRET, type Echo, HOST, type Replica, serviceText, SignInWorld } from "./sign-in-world.ts";

const reason = whyNoCluster() ?? whyNoOauth2Proxy();
if (reason !== undefined) console.log(`skipped, no Kubernetes with oauth2-proxy can be had here: ${reason}`);

const PAGE = `https://${HOST}/cart?a=1`;
const PORT = 4180;
const COOKIE = "_oauth2_proxy";
/** The Ingresses of docs/companions.md. */
const [, section = ""] = read("docs/companions.md").split("\n## oauth2-proxy\n");
const [, ingresses = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(section) ?? [];

describe.skipIf(reason !== undefined)("H sign-in by oauth2-proxy, as its documentation says for ingress-nginx", () => {
  let world: SignInWorld;
  let companion: RunningCli;
  let ingress: RunningCli;
  beforeAll(async () => {
    for (const level of ["info", "warn"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
    world = await SignInWorld.start({
      clientId: "shop",
      redirectUris: [`https://${HOST}/oauth2/callback`],
      canRefresh: true,
    });
    world.provider.user = { id: "alice", claims: { email: "alice@example.org", email_verified: true } };
    await world.apply(serviceText("oauth2-proxy", ADDRESSES.companion, PORT));
    await world.apply(ingresses);
    const env = { NODE_EXTRA_CA_CERTS: join(world.directory, "ca.crt") };
    [companion, ingress] = await Promise.all([startOauth2Proxy(), world.startIngress("first", env)]);
    await world.startIngress("second", env);
  }, 120_000);
  afterAll(async () => world?.[Symbol.asyncDispose]());

  async function startOauth2Proxy(): Promise<RunningCli> {
    const options = {
      "http-address": `${ADDRESSES.companion}:${PORT}`,
      "reverse-proxy": "true",
      "set-xauthrequest": "true",
      upstream: "static://202",
      provider: "oidc",
      "oidc-issuer-url": world.provider.issuer,
      "provider-ca-file": join(world.directory, "ca.crt"),
      "client-id": "shop",
      "client-secret": CLIENT_SECRET,
      "redirect-url": `https://${HOST}/oauth2/callback`,
      scope: "openid email offline_access",
      "code-challenge-method": "S256",
      "email-domain": "*",
      "cookie-secret": "0123456789abcdef0123456789abcdef",
      "cookie-refresh": "1s",
      "skip-provider-button": "true",
    };
    const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    return world.startProgram([oauth2ProxyFile(), ...words], /OAuthProxy configured/);
  }

  /** Signs in through one replica. */
  async function signIn(replica: () => Replica = () => "first"): Promise<Browser> {
    const browser = world.browser(replica);
    await vi.waitFor(
      async () => expect(await browser.visit(PAGE)).toMatchObject({ status: 200, url: PAGE }),
      eventually,
    );
    return browser;
  }

  const heldBy = (browser: Browser) => browser.cookiesFor(HOST).find(({ name }) => name === COOKIE)?.value;

  it("redirects to the provider and back to the page, which comes with the user at the endpoint", async () => {
    await signIn();
    const browser = world.browser(() => "first");
    const page = await browser.visit(PAGE);
    expect(page).toMatchObject({ status: 200, url: PAGE });
    const way = page.way.map((url) => new URL(url)).filter(({ host }) => host === HOST);
    expect(way.map(({ pathname }) => pathname)).toEqual(["/cart", "/oauth2/start", "/oauth2/callback", "/cart"]);
    expect(way[1]?.searchParams.get("rd")).toBe("/cart?a=1");
    const { url, headers } = JSON.parse(page.body) as Echo;
    expect(url).toBe("/cart?a=1");
    expect(headers).toMatchObject({ "x-auth-request-user": "alice", "x-auth-request-email": "alice@example.org" });
  });

  it("lets no field of a client in the place of what oauth2-proxy says of it", async () => {
    const browser = await signIn();
    const forged = {
      accept: "*/*",
      "x-auth-request-user": "root",
      "X-Auth-Request-Email": "root@example.org",
      // That oauth2-proxy does not say.
      "X-Auth-Request-Groups": "admins",
      X_Auth_Request_User: "root",
    };
    const { status, body } = await browser.visit(PAGE, { headers: forged });
    expect(status).toBe(200);
    const { headers } = JSON.parse(body) as Echo;
    expect(headers).toMatchObject({ "x-auth-request-user": "alice", "x-auth-request-email": "alice@example.org" });
    expect(JSON.stringify(headers)).not.toMatch(/root|admins/);
    const stranger = world.browser(() => "second");
    expect((await stranger.visit(PAGE, { headers: forged, follows: false })).status).toBe(302);
  });

  it("brings the cookies that oauth2-proxy refreshes to the client, through any replica", async () => {
    let replica: Replica = "first";
    const browser = await signIn(() => replica);
    const first = heldBy(browser);
    expect(first).toMatch(/./);
    replica = "second";
    await vi.waitFor(async () => {
      const page = await browser.visit(PAGE, { follows: false });
      expect([page.status, page.headers["set-cookie"]?.map((line) => line.split("=", 1)[0])]).toEqual([200, [COOKIE]]);
    }, eventually);
    expect(heldBy(browser)).not.toBe(first);
    expect((await browser.visit(PAGE, { follows: false })).status).toBe(200);
  });

  it("signs out at the host itself", async () => {
    const browser = await signIn();
    const out = await browser.visit(`https://${HOST}/oauth2/sign_out`, { follows: false });
    expect([out.status, heldBy(browser)]).toEqual([302, undefined]);
    const page = await browser.visit(PAGE, { follows: false });
    expect([page.status, new URL(page.headers.location ?? "").pathname]).toEqual([302, "/oauth2/start"]);
  });

  it("lets none in while oauth2-proxy is away, says so, and goes on when it is back", async () => {
    const browser = await signIn();
    companion.child.kill("SIGKILL");
    await companion.ended;
    await vi.waitFor(async () => expect((await browser.visit(PAGE, { follows: false })).status).toBe(500), eventually);
    await ingress.says(/"why":"it answered 502","msg":"service of auth-url failed"/);
    expect((await world.hawser("explain", PAGE)).stdout).toMatch(/^\? +access .*the service is asked/m);
    companion = await startOauth2Proxy();
    await vi.waitFor(async () => expect((await browser.visit(PAGE, { follows: false })).status).toBe(200), eventually);
  });
});
