import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { parse, stringify } from "yaml";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { sealKey } from "#src/auth/oidc/seal-text.ts";
import type { KubeObject } from "#src/model/object.ts";
import { read } from "#test/docs/page.ts";
import type { Browser } from "#test/support/browser.ts";
import { eventually } from "#test/support/eventually.ts";
import { CLIENT_SECRET, type Echo, HOST, NAMESPACE, type Replica, SignInWorld } from "./sign-in-world.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const PAGE = `https://${HOST}/cart?a=1`;
const POLICIES = `/apis/hawser.dev/v1alpha1/namespaces/${NAMESPACE}/httppolicies`;
const SECRET = `/api/v1/namespaces/${NAMESPACE}/secrets/shop-sign-in`;
const [, keycloak = ""] = read("docs/sign-in.md").split("\n## With Keycloak\n");
const [, newKeys = ""] = read("docs/sign-in.md").split("\n## New session keys\n");
const [createSecret = "", examplePolicy = ""] = blocksOf(keycloak);
const [rotation = ""] = blocksOf(newKeys);
/** What a script asks, which is never sent to the provider. */
const SCRIPT = { headers: { accept: "*/*" } } as const;

/** The blocks of code of a text, each without its fences. */
function blocksOf(text: string): readonly string[] {
  return [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, body = ""]) => body);
}

interface Policy extends KubeObject {
  readonly spec: { readonly oidc: Readonly<Record<string, unknown>> };
}

describe.skipIf(reason !== undefined)("H sign-in by an HTTPPolicy, on a real API server, without a sidecar", () => {
  let world: SignInWorld;
  let policy: Policy;
  beforeAll(async () => {
    for (const level of ["info", "warn"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
    world = await SignInWorld.start({
      clientId: "shop",
      redirectUris: [`https://${HOST}/oauth2/callback`],
      afterLogout: [`https://${HOST}/bye`],
    });
    world.provider.user = alice("customer");
    const backend = { service: { name: "web", port: { number: 8080 } } };
    const ingress = (name: string, path: string) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name, namespace: NAMESPACE },
      spec: {
        ingressClassName: "nginx",
        tls: [{ hosts: [HOST], secretName: HOST }],
        rules: [{ host: HOST, http: { paths: [{ path, pathType: "Prefix", backend }] } }],
      },
    });
    await world.apply([ingress("shop", "/"), ingress("bye", "/bye")].map((one) => stringify(one)).join("---\n"));
    await world.kubectl(`-n ${NAMESPACE} create secret generic authorities --from-file ca.crt`);
    // As docs/sign-in.md shows it, but for where the provider is.
    const written = parse(examplePolicy) as Policy;
    const oidc = { ...written.spec.oidc, issuer: world.provider.issuer, caSecretRef: { name: "authorities" } };
    policy = { ...written, spec: { ...written.spec, oidc } };
    await Promise.all([world.startIngress("first"), world.startIngress("second")]);
  }, 120_000);
  afterEach(async () => {
    await world.cluster.api.request({ method: "DELETE", path: POLICIES });
    await world.cluster.api.request({ method: "DELETE", path: SECRET });
    world.provider.user = alice("customer");
    await everywhere(async (visit) => expect(await visit()).toMatchObject({ status: 200, way: [PAGE] }));
  });
  afterAll(async () => world?.[Symbol.asyncDispose]());

  const alice = (role: string) => ({
    id: "alice",
    claims: { email: "alice@example.org", preferred_username: "alice.smith", realm_access: { roles: [role] } },
  });

  async function makeSecret(): Promise<void> {
    const { code, stderr } = await world.shell(createSecret.replace("SECRET", CLIENT_SECRET));
    expect([code, stderr]).toEqual([0, ""]);
  }

  async function apply(oidc: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await world.apply(stringify({ ...policy, spec: { ...policy.spec, oidc: { ...policy.spec.oidc, ...oidc } } }));
  }

  /** Of the condition Accepted: status, reason and message. */
  async function accepted(): Promise<readonly unknown[]> {
    const { status } = await world.cluster.api.must<{ status?: { conditions?: Readonly<Record<string, unknown>>[] } }>({
      path: `${POLICIES}/sign-in`,
    });
    const condition = status?.conditions?.find(({ type }) => type === "Accepted");
    return ["status", "reason", "message"].map((name) => condition?.[name]);
  }

  /** Resolves when a check holds at both replicas. `visit` asks one of them for the page; by default as a new browser. */
  async function everywhere(
    check: (visit: (of?: Parameters<Browser["visit"]>[1]) => ReturnType<Browser["visit"]>) => Promise<void>,
  ): Promise<void> {
    for (const replica of ["first", "second"] as const)
      await vi.waitFor(async () => check(async (of) => world.browser(() => replica).visit(PAGE, of)), eventually);
  }

  /** A browser that asks the replicas in turns, and what it was answered; `at` says where to begin. */
  function inTurns(): Browser {
    let asked = 0;
    return world.browser(() => ((asked += 1) % 2 === 1 ? "first" : "second"));
  }

  /** Signs in; both replicas know the browser afterwards. */
  async function signIn(): Promise<Browser> {
    let browser = inTurns();
    await vi.waitFor(async () => {
      browser = inTurns();
      expect(await browser.visit(PAGE)).toMatchObject({ status: 200, url: PAGE });
    }, eventually);
    return browser;
  }

  /** What both replicas answer a browser that does not follow. */
  async function statusesFor(browser: Browser): Promise<readonly number[]> {
    return [(await browser.visit(PAGE, SCRIPT)).status, (await browser.visit(PAGE, SCRIPT)).status];
  }

  it("signs in through one replica, is known by the other, and the endpoint gets the claims and nothing else", async () => {
    await makeSecret();
    await apply();
    await everywhere(async (visit) => expect((await visit(SCRIPT)).status).toBe(401));
    await vi.waitFor(async () => expect((await accepted()).slice(0, 2)).toEqual(["True", "Accepted"]), eventually);
    // The whole of the sign-in goes through the first replica.
    let replica: Replica = "first";
    const browser = world.browser(() => replica);
    const page = await browser.visit(PAGE);
    expect(page).toMatchObject({ status: 200, url: PAGE });
    expect(new Set(page.way.map((url) => new URL(url).origin))).toEqual(
      new Set([`https://${HOST}`, world.provider.issuer]),
    );
    const asked = world.provider.asked.length;
    replica = "second";
    const forged = { ...SCRIPT.headers, "x-user": "root", "x-email": "root@example.org" };
    const { status, body } = await browser.visit(PAGE, { headers: forged });
    const { headers } = JSON.parse(body) as Echo;
    expect([status, headers["x-user"], headers["x-email"]]).toEqual([200, "alice.smith", "alice@example.org"]);
    expect(headers.cookie).toBeUndefined();
    expect(world.provider.asked).toHaveLength(asked);
    // Signed out by the second, also at the first.
    const bye = await browser.visit(`https://${HOST}/oauth2/sign_out`, { follows: false });
    expect(new URL(bye.headers.location ?? "").searchParams.get("post_logout_redirect_uri")).toBe(
      `https://${HOST}/bye`,
    );
    replica = "first";
    expect((await browser.visit(PAGE, SCRIPT)).status).toBe(401);
    expect((await browser.visit(`https://${HOST}/bye`)).status).toBe(200);
  });

  it("lets in only who has the claims that the policy asks for", async () => {
    world.provider.user = alice("guest");
    await makeSecret();
    await apply();
    await everywhere(async (visit) => expect((await visit()).status).toBe(403));
    world.provider.user = alice("staff");
    await everywhere(async (visit) => expect((await visit()).status).toBe(200));
  });

  it("goes on while the keys are rotated by the commands of docs/sign-in.md, and ends with the old key", async () => {
    await makeSecret();
    await apply();
    const [define = "", old = "", made = "", both = "", swapped = "", alone = ""] = rotation.trim().split("\n");
    const run = async (...lines: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await world.shell([define, ...lines].join("\n"));
      expect([code, stderr]).toEqual([0, ""]);
      return stdout;
    };
    const browser = await signIn();
    await run(old, made, `printf "OLD='%s'\nNEW='%s'" "$OLD" "$NEW" > keys`, both);
    expect(await statusesFor(browser)).toEqual([200, 200]);
    const newKey = sealKey(Buffer.from((await run(". ./keys", 'printf %s "$NEW"')).trim(), "base64"));
    await run(". ./keys", swapped);
    // Meanwhile one replica may seal with the new key, and the other with the old one: both open both.
    let later = await signIn();
    await vi.waitFor(async () => {
      later = await signIn();
      const [cookie, ...others] = later.cookiesFor(HOST);
      expect([cookie?.value.split(".").slice(0, 2), others]).toEqual([["1", newKey.id], []]);
    }, eventually);
    expect(await statusesFor(browser)).toEqual([200, 200]);
    await run(". ./keys", alone);
    await vi.waitFor(async () => expect(await statusesFor(browser)).toEqual([401, 401]), eventually);
    expect(await statusesFor(later)).toEqual([200, 200]);
  });

  it("closes the paths without its Secret, which explain names, and counts the sessions on when it is back", async () => {
    await makeSecret();
    await apply();
    const browser = await signIn();
    const kept = await world.cluster.api.must<KubeObject>({ path: SECRET });
    expect((await world.hawser("explain", PAGE)).stdout).toMatch(/^\? {4}access .*sign/m);
    await world.cluster.api.must({ method: "DELETE", path: SECRET });
    await vi.waitFor(async () => expect(await statusesFor(browser)).toEqual([503, 503]), eventually);
    expect((await browser.visit(`https://${HOST}/bye`)).status).toBe(200);
    const { code, stdout } = await world.hawser("explain", PAGE);
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/^GET .* answered 503 \(closed-secret\)$/m);
    expect(stdout).toMatch(/access .* Secret "shop\/shop-sign-in": .* it does not exist/);
    const { resourceVersion: _, uid: __, ...metadata } = kept.metadata;
    await world.apply(
      stringify({ ...kept, apiVersion: "v1", kind: "Secret", metadata: { ...metadata, managedFields: null } }),
    );
    await vi.waitFor(async () => expect(await statusesFor(browser)).toEqual([200, 200]), eventually);
  });

  it("closes the paths where the policy cannot be read, and opens them where it is deleted", async () => {
    await makeSecret();
    await apply();
    const browser = await signIn();
    await apply({ sameSite: "Lax" });
    await vi.waitFor(async () => expect(await statusesFor(browser)).toEqual([503, 503]), eventually);
    await vi.waitFor(async () => expect((await accepted()).slice(0, 2)).toEqual(["False", "Invalid"]), eventually);
    expect((await accepted())[2]).toMatch(/sameSite/);
    expect((await world.hawser("explain", PAGE)).stdout).toMatch(/answered 503 \(closed-policy\)/);
    expect((await browser.visit(`https://${HOST}/bye`)).status).toBe(200);
    await world.kubectl(`-n ${NAMESPACE} delete httppolicy sign-in`);
    await everywhere(async (visit) => expect(await visit(SCRIPT)).toMatchObject({ status: 200, way: [PAGE] }));
  });
});
