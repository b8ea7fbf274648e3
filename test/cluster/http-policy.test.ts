import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { type Definition, install, uninstall } from "#lab/cluster/definition.ts";
import type { KubeObject } from "#src/model/object.ts";
import { startCommand } from "#test/cli/run-cli.ts";
import { config, readManifests } from "#test/config/kustomization.ts";
import { eventually } from "#test/support/eventually.ts";
import { ask, closedPort, statusOf } from "#test/support/ingress-proxy.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const INGRESS = fileURLToPath(new URL("../../ingress/main.ts", import.meta.url));
const SYSTEM = "hawser-system";
const SHOP = "shop";
const INGRESSES = `/apis/networking.k8s.io/v1/namespaces/${SHOP}/ingresses`;
const POLICIES = `/apis/hawser.dev/v1alpha1/namespaces/${SHOP}/httppolicies`;
const definition = readManifests(join(config, "base/http-policy.yaml"))[0] as unknown as Definition;
const READ = ["list", "watch"];
/** What an ingress may do without the kind HTTPPolicy. */
const RULES = [
  { apiGroups: [""], resources: ["services"], verbs: READ },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: READ },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "ingressclasses"], verbs: READ },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["patch"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "get", "patch"] },
];
const POLICY_RULES = [
  { apiGroups: ["hawser.dev"], resources: ["httppolicies"], verbs: READ },
  { apiGroups: ["hawser.dev"], resources: ["httppolicies/status"], verbs: ["patch"] },
];
const LEASES = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "patch"] }];
/** Requests for what is open are redirected, so that no endpoint is needed. */
const OPEN = 301;

type Entry = Readonly<Record<string, unknown>>;

describe.skipIf(reason !== undefined)("HTTPPolicy on a real API server", () => {
  let directory: string;
  let cluster: Cluster;
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-policy-"));
    cluster = await Cluster.start({ directory, users: [{ name: "ingress" }, { name: "poor" }] });
    for (const name of [SYSTEM, SHOP]) await post("/api/v1/namespaces", { metadata: { name } });
    await grant("ingress", [...RULES, ...POLICY_RULES]);
    await grant("poor", RULES);
    await post("/apis/networking.k8s.io/v1/ingressclasses", {
      metadata: { name: "hawser" },
      spec: { controller: "hawser.dev/ingress" },
    });
    await install(cluster, definition);
    const backend = { service: { name: "web", port: { number: 80 } } };
    const paths = ["/api", "/"].map((path) => ({ path, pathType: "Prefix", backend }));
    await post(INGRESSES, {
      metadata: { name: "web", annotations: { "hawser.dev/permanent-redirect": "https://new.example.com" } },
      spec: { ingressClassName: "hawser", rules: [{ host: "a.com", http: { paths } }] },
    });
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await cluster.api.request({ method: "DELETE", path: POLICIES });
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  async function post(path: string, body: Entry): Promise<KubeObject> {
    return cluster.api.must<KubeObject>({ path, body });
  }

  async function grant(user: string, rules: readonly unknown[]): Promise<void> {
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }];
    await bind(rbac, "ClusterRole", "clusterroles", { user, rules, subjects });
    await bind(`${rbac}/namespaces/${SYSTEM}`, "Role", "roles", { user, rules: LEASES, subjects });
  }

  async function bind(
    base: string,
    kind: string,
    plural: string,
    of: { readonly user: string; readonly rules: readonly unknown[]; readonly subjects: readonly unknown[] },
  ): Promise<void> {
    const { user, rules, subjects } = of;
    await post(`${base}/${plural}`, { metadata: { name: user }, rules });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind, name: user };
    await post(`${base}/${plural.replace("roles", "rolebindings")}`, { metadata: { name: user }, roleRef, subjects });
  }

  async function makePolicy(name: string, spec: Entry): Promise<KubeObject> {
    return post(POLICIES, { apiVersion: "hawser.dev/v1alpha1", kind: "HTTPPolicy", metadata: { name }, spec });
  }

  async function replaceSpec(name: string, spec: Entry): Promise<void> {
    const body = [{ op: "replace", path: "/spec", value: spec }];
    await cluster.api.must({
      method: "PATCH",
      path: `${POLICIES}/${name}`,
      body,
      contentType: "application/json-patch+json",
    });
  }

  /** Of the condition Accepted: status, reason and generation. */
  async function accepted(name: string): Promise<string | undefined> {
    const { status } = await cluster.api.must<{ status?: { conditions?: readonly Entry[] } }>({
      path: `${POLICIES}/${name}`,
    });
    const condition = status?.conditions?.find(({ type }) => type === "Accepted");
    return condition && ["status", "reason", "observedGeneration"].map((name) => String(condition[name])).join(" ");
  }

  async function start(user: string) {
    const kubeconfig = join(directory, `${user}.kubeconfig`);
    cluster.writeKubeconfig(kubeconfig, { token: cluster.tokenOf(user) });
    const [http, admin] = [await closedPort(), await closedPort()];
    const ports = [`--http-port=${http}`, "--https-port=0", "--default-backend-port=0", `--admin-port=${admin}`];
    const place = ["--kubeconfig", kubeconfig, "--bind-address=127.0.0.1", "--admin-address=127.0.0.1"];
    const replica = startCommand(process.execPath, [
      INGRESS,
      ...place,
      ...ports,
      "--drain-delay=0",
      "--publish-status-address=192.0.2.1",
    ]);
    closers.push(async () => {
      replica.child.kill("SIGKILL");
      await replica.ended;
    });
    const answer = async (path: string): Promise<number> =>
      statusOf(await ask(http, `GET ${path} HTTP/1.1\r\nHost: a.com\r\nConnection: close\r\n\r\n`));
    return { ...replica, admin, answers: async () => [await answer("/api"), await answer("/")] };
  }

  it.each([
    { why: "another kind", spec: { targetRefs: [{ kind: "Pod", name: "web" }] } },
    { why: "no target", spec: { targetRefs: [] } },
    { why: "no name", spec: { targetRefs: [{ kind: "Ingress" }] } },
    { why: "a path of a Service", spec: { targetRefs: [{ kind: "Service", name: "web", path: "/" }] } },
    { why: "a host without path", spec: { targetRefs: [{ kind: "Ingress", name: "web", host: "a.com" }] } },
    { why: "a number", spec: { targetRefs: [{ kind: "Ingress", name: "web" }], settings: { "limit-rps": 5 } } },
    {
      why: "a header field with a line end",
      spec: {
        targetRefs: [{ kind: "Ingress", name: "web" }],
        requestHeaderModifier: { set: [{ name: "X-A\n", value: "a" }] },
      },
    },
  ])("E is refused with $why", async ({ spec }) => {
    const body = { apiVersion: "hawser.dev/v1alpha1", kind: "HTTPPolicy", metadata: { name: "refused" }, spec };
    expect((await cluster.api.request({ path: POLICIES, body })).status).toBe(422);
  });

  it("E is attached, and its status says so once for each change", async () => {
    const { answers, says } = await start("ingress");
    await says(/"msg":"ready"/);
    expect(await answers()).toEqual([OPEN, OPEN]);
    const target = [{ kind: "Ingress", name: "web", path: "/api" }];
    // The definition keeps what it does not know.
    await makePolicy("p", { targetRefs: target, setings: {} });
    await vi.waitFor(async () => expect(await answers()).toEqual([503, OPEN]), eventually);
    await vi.waitFor(async () => expect(await accepted("p")).toBe("False Invalid 1"), eventually);
    await replaceSpec("p", { targetRefs: target, settings: { "permanent-redirect-code": "308" } });
    await vi.waitFor(async () => expect(await answers()).toEqual([308, OPEN]), eventually);
    await vi.waitFor(async () => expect(await accepted("p")).toBe("True Accepted 2"), eventually);
    const versionOf = async () =>
      (await cluster.api.must<KubeObject>({ path: `${POLICIES}/p` })).metadata.resourceVersion;
    const version = await versionOf();
    await makePolicy("q", { targetRefs: [{ kind: "Service", name: "nobody" }] });
    await vi.waitFor(async () => expect(await accepted("q")).toBe("False TargetNotFound 1"), eventually);
    expect(await versionOf()).toBe(version);
    await cluster.api.must({ method: "DELETE", path: `${POLICIES}/p` });
    await vi.waitFor(async () => expect(await answers()).toEqual([OPEN, OPEN]), eventually);
  });

  it("E is waited for where it may not be read", async () => {
    await makePolicy("p", { targetRefs: [{ kind: "Ingress", name: "web" }], unknown: {} });
    const { says, admin, answers } = await start("poor");
    await says(/API_ACCESS_REFUSED/);
    const readyz = await ask(admin, "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(statusOf(readyz)).toBe(503);
    const body = [...RULES, ...POLICY_RULES];
    await cluster.api.must({
      method: "PATCH",
      path: "/apis/rbac.authorization.k8s.io/v1/clusterroles/poor",
      body: { rules: body },
      contentType: "application/merge-patch+json",
    });
    await says(/"msg":"ready"/);
    expect(await answers()).toEqual([503, 503]);
  }, 120_000);

  it("E says what it said when the definition is removed, until that is there again", async () => {
    await makePolicy("p", { targetRefs: [{ kind: "Ingress", name: "web" }], unknown: {} });
    const { answers, says } = await start("ingress");
    await says(/"msg":"ready"/);
    expect(await answers()).toEqual([503, 503]);
    await uninstall(cluster, definition);
    await says(/POLICY_KIND_GONE/);
    expect(await answers()).toEqual([503, 503]);
    await install(cluster, definition);
    await vi.waitFor(async () => expect(await answers()).toEqual([OPEN, OPEN]), eventually);
  }, 120_000);
});
