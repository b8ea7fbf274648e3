import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { selfSigned } from "#ingress/tls/self-signed.ts";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { type Definition, install } from "#lab/cluster/definition.ts";
import { type AuditEvent, prepareAudit, readAudit } from "#lab/install/audit.ts";
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
const CLOSED = "closed";
const USER = "ingress";
const SERVICES = `/api/v1/namespaces/${SYSTEM}/services`;
const INGRESSES = `/apis/networking.k8s.io/v1/namespaces/${SHOP}/ingresses`;
const CLASSES = "/apis/networking.k8s.io/v1/ingressclasses";
const SECRETS = `/api/v1/namespaces/${SHOP}/secrets`;

/** What an ingress may do: no more than it does (see the last test). */
const CLUSTER_RULES = [
  { apiGroups: [""], resources: ["services"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["nodes"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["namespaces"], verbs: ["list", "watch"] },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "ingressclasses"], verbs: ["list", "watch"] },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["patch"] },
  { apiGroups: ["hawser.dev"], resources: ["httppolicies"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create", "get", "patch"] },
];
const SECRET_RULES = [{ apiGroups: [""], resources: ["secrets"], verbs: ["list", "watch"] }];
const LEASE_RULES = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "patch"] }];

/** An Event (v1), as far as it is looked at. */
interface EventObject {
  readonly type: string;
  readonly reason: string;
  readonly count: number;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

type Entry = Readonly<Record<string, unknown>>;

describe.skipIf(reason !== undefined)("the ingress on a real API server", () => {
  let directory: string;
  let auditFile: string;
  let cluster: Cluster;
  let kubeconfig: string;
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-ingress-"));
    const { file, flags: apiServerFlags } = prepareAudit({ users: [USER] }, directory);
    auditFile = file;
    cluster = await Cluster.start({ directory, users: [{ name: USER }], apiServerFlags });
    kubeconfig = join(directory, "ingress.kubeconfig");
    cluster.writeKubeconfig(kubeconfig, { token: cluster.tokenOf(USER) });
    for (const name of [SYSTEM, SHOP, CLOSED]) await post("/api/v1/namespaces", { metadata: { name } });
    await grant("ClusterRole", CLUSTER_RULES);
    await install(cluster, readManifests(join(config, "base/http-policy.yaml"))[0] as unknown as Definition);
    await grant("Role", LEASE_RULES, SYSTEM);
    await grant("Role", SECRET_RULES, SHOP);
    await post(CLASSES, { metadata: { name: "hawser" }, spec: { controller: "hawser.dev/ingress" } });
    await post(CLASSES, { metadata: { name: "edge" }, spec: { controller: "hawser.dev/ingress" } });
    await post(CLASSES, { metadata: { name: "nginx" }, spec: { controller: "k8s.io/ingress-nginx" } });
    await post(SERVICES, {
      metadata: { name: "hawser-ingress" },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
    });
    await publish("192.0.2.1");
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await cluster.api.must({ method: "DELETE", path: INGRESSES });
    await cluster.api.must({ method: "DELETE", path: SECRETS });
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  async function post(path: string, body: Entry): Promise<KubeObject> {
    return cluster.api.must<KubeObject>({ path, body });
  }

  async function patch(path: string, body: Entry): Promise<KubeObject> {
    return cluster.api.must({ method: "PATCH", path, body, contentType: "application/merge-patch+json" });
  }

  async function grant(kind: "ClusterRole" | "Role", rules: readonly unknown[], namespace = ""): Promise<void> {
    const base = `/apis/rbac.authorization.k8s.io/v1${namespace === "" ? "" : `/namespaces/${namespace}`}`;
    const [roles, bindings] = kind === "Role" ? ["roles", "rolebindings"] : ["clusterroles", "clusterrolebindings"];
    await post(`${base}/${roles}`, { metadata: { name: "ingress" }, rules });
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind, name: "ingress" };
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: USER }];
    await post(`${base}/${bindings}`, { metadata: { name: "ingress" }, roleRef, subjects });
  }

  /** Makes an address the one of the Service in front of the ingress. */
  async function publish(ip: string): Promise<void> {
    await patch(`${SERVICES}/hawser-ingress/status`, { status: { loadBalancer: { ingress: [{ ip }] } } });
  }

  async function makeIngress(name: string, more: Entry = {}, metadata: Entry = {}): Promise<KubeObject> {
    const backend = { service: { name: "web", port: { number: 80 } } };
    const rules = [{ host: `${name}.com`, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }];
    return post(INGRESSES, { metadata: { name, ...metadata }, spec: { ingressClassName: "hawser", rules, ...more } });
  }

  async function addressesOf(name: string): Promise<readonly string[]> {
    const { status } = await cluster.api.must<{ status: { loadBalancer: { ingress?: { ip: string }[] } } }>({
      path: `${INGRESSES}/${name}`,
    });
    return (status.loadBalancer.ingress ?? []).map(({ ip }) => ip);
  }

  async function versionOf(name: string): Promise<string | undefined> {
    return (await cluster.api.must<KubeObject>({ path: `${INGRESSES}/${name}` })).metadata.resourceVersion;
  }

  const untilAddresses = (name: string, ...ips: readonly string[]): Promise<void> =>
    vi.waitFor(async () => expect(await addressesOf(name)).toEqual(ips), eventually);

  /** Starts a replica; resolves when it is ready. */
  async function run(...options: readonly string[]) {
    const [http, https, admin] = [await closedPort(), await closedPort(), await closedPort()];
    const ports = [`--http-port=${http}`, `--https-port=${https}`, "--default-backend-port=0", `--admin-port=${admin}`];
    const place = ["--kubeconfig", kubeconfig, "--bind-address=127.0.0.1", "--admin-address=127.0.0.1"];
    const args = [INGRESS, ...place, ...ports, "--drain-delay=0", ...options];
    const replica = startCommand(process.execPath, args);
    closers.push(async () => {
      replica.child.kill("SIGKILL");
      await replica.ended;
    });
    await replica.says(/"msg":"ready"/);
    return { ...replica, http, https, admin };
  }

  /** Whether the replica with this admin port leads. */
  async function leads(admin: number): Promise<boolean> {
    const metrics = await ask(admin, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return metrics.includes("\nhawser_ingress_leader 1\n");
  }

  const BY_SERVICE = `--publish-service=${SYSTEM}/hawser-ingress`;

  function audited(): readonly AuditEvent[] {
    return readAudit(auditFile).filter(({ user }) => user.username === USER);
  }

  const statusWrites = (): readonly AuditEvent[] =>
    audited().filter(({ verb, objectRef }) => verb === "patch" && objectRef?.subresource === "status");

  it("I-S1 I-S5 publishes the Service's addresses on what it serves, follows them, and touches nothing else", async () => {
    await makeIngress("ours");
    await makeIngress("edge", { ingressClassName: "edge" });
    await makeIngress(
      "legacy",
      { ingressClassName: undefined },
      { annotations: { "kubernetes.io/ingress.class": "hawser" } },
    );
    const foreign = [
      await makeIngress("foreign", { ingressClassName: "nginx" }),
      await makeIngress("same", { ingressClassName: "nginx" }),
      await makeIngress("unknown", { ingressClassName: "nobody" }),
      await makeIngress("classless", { ingressClassName: undefined }),
    ].map(({ metadata }) => metadata.name);
    // Somebody else publishes the very address that is ours.
    await patch(`${INGRESSES}/same/status`, { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } });
    const before = await Promise.all(foreign.map(versionOf));
    await run(BY_SERVICE);
    for (const name of ["ours", "edge", "legacy"]) await untilAddresses(name, "192.0.2.1");
    await publish("192.0.2.2");
    for (const name of ["ours", "edge", "legacy"]) await untilAddresses(name, "192.0.2.2");
    const settled = await versionOf("ours");
    await makeIngress("later");
    await untilAddresses("later", "192.0.2.2");
    expect(await versionOf("ours")).toBe(settled);
    expect(await Promise.all(foreign.map(versionOf))).toEqual(before);
    await publish("192.0.2.1");
    await untilAddresses("ours", "192.0.2.1");
  });

  it("I-C8 takes its address back, once, from an Ingress that goes to another class, also while it was away", async () => {
    await makeIngress("goes");
    await makeIngress("leaves");
    await makeIngress("taken");
    const first = await run(BY_SERVICE);
    for (const name of ["goes", "leaves", "taken"]) await untilAddresses(name, "192.0.2.1");
    await patch(`${INGRESSES}/goes`, { spec: { ingressClassName: "nginx" } });
    await untilAddresses("goes");
    const settled = await versionOf("goes");
    first.child.kill("SIGTERM");
    expect((await first.ended).code).toBe(0);
    expect(await addressesOf("leaves")).toEqual(["192.0.2.1"]);
    for (const name of ["leaves", "taken"])
      await patch(`${INGRESSES}/${name}`, { spec: { ingressClassName: "nginx" } });
    await patch(`${INGRESSES}/taken/status`, { status: { loadBalancer: { ingress: [{ ip: "192.0.2.99" }] } } });
    await run(BY_SERVICE);
    await untilAddresses("leaves");
    expect(await addressesOf("taken")).toEqual(["192.0.2.99"]);
    await patch(`${INGRESSES}/goes`, { spec: { ingressClassName: "hawser" } });
    await untilAddresses("goes", "192.0.2.1");
    expect(await versionOf("goes")).not.toBe(settled);
  });

  it("I-C12 serves the namespaces that --watch-namespace-selector selects, by the labels that they have now", async () => {
    await makeIngress("selected");
    const { http } = await run(BY_SERVICE, "--watch-namespace-selector=team=a,!muted");
    const answered = async (status: number): Promise<void> =>
      vi.waitFor(async () => {
        const text = await ask(http, "GET / HTTP/1.1\r\nHost: selected.com\r\nConnection: close\r\n\r\n");
        expect(statusOf(text)).toBe(status);
      }, eventually);
    const label = async (labels: Entry) => patch(`/api/v1/namespaces/${SHOP}`, { metadata: { labels } });
    await answered(404);
    expect(await addressesOf("selected")).toEqual([]);
    await label({ team: "a" });
    await untilAddresses("selected", "192.0.2.1");
    // The Service does not exist.
    await answered(503);
    await label({ muted: "true" });
    await untilAddresses("selected");
    await answered(404);
    await label({ team: "b", muted: null });
    await answered(404);
    await label({ team: "a" });
    await untilAddresses("selected", "192.0.2.1");
    await label({ team: null });
    await untilAddresses("selected");
  });

  it("publishes on a class that became the default only what API servers would have given it", async () => {
    await makeIngress("classless", { ingressClassName: undefined });
    await run(BY_SERVICE);
    const annotations = { "ingressclass.kubernetes.io/is-default-class": "true" };
    await patch(`${CLASSES}/hawser`, { metadata: { annotations } });
    await untilAddresses("classless", "192.0.2.1");
    await patch(`${CLASSES}/hawser`, { metadata: { annotations: null } });
    await untilAddresses("classless");
  });

  it("serves the Secrets that it names, as they are renewed, and never asks for another", async () => {
    const tls = { type: "kubernetes.io/tls" };
    const dataOf = (name: string): Entry => {
      const { cert, key } = selfSigned(name, Date.now());
      const encode = (text: string): string => Buffer.from(text).toString("base64");
      return { data: { "tls.crt": encode(cert), "tls.key": encode(key) } };
    };
    await post(SECRETS, { ...tls, metadata: { name: "unnamed" }, ...dataOf("unnamed.com") });
    await post(`/api/v1/namespaces/${CLOSED}/secrets`, { ...tls, metadata: { name: "x" }, ...dataOf("x.com") });
    await post(SECRETS, { ...tls, metadata: { name: "cert" }, ...dataOf("one.com") });
    await makeIngress("secure", { tls: [{ hosts: ["secure.com"], secretName: "cert" }] });
    await makeIngress("late", { tls: [{ hosts: ["late.com"], secretName: "late" }] });
    await makeIngress("theirs", { ingressClassName: "nginx", tls: [{ hosts: ["t.com"], secretName: "unnamed" }] });
    const from = audited().length;
    const { https } = await run();
    const nameFor = async (servername: string): Promise<string> => {
      const socket = connect({ port: https, host: "127.0.0.1", rejectUnauthorized: false, servername });
      await once(socket, "secureConnect");
      const { subjectaltname = "" } = socket.getPeerCertificate();
      socket.destroy();
      return subjectaltname;
    };
    expect(await nameFor("secure.com")).toBe("DNS:one.com");
    await patch(`${SECRETS}/cert`, dataOf("two.com"));
    await vi.waitFor(async () => expect(await nameFor("secure.com")).toBe("DNS:two.com"), eventually);
    expect(await nameFor("late.com")).toBe("DNS:hawser.invalid");
    await post(SECRETS, { ...tls, metadata: { name: "late" }, ...dataOf("late.com") });
    await vi.waitFor(async () => expect(await nameFor("late.com")).toBe("DNS:late.com"), eventually);
    const asked = audited()
      .slice(from)
      .filter(({ objectRef }) => objectRef?.resource === "secrets");
    const names = asked.map(({ requestURI }) => new URL(requestURI, "http://x").searchParams.get("fieldSelector"));
    expect(new Set(names)).toEqual(new Set(["metadata.name=cert", "metadata.name=late"]));
    expect(asked.filter(({ requestURI }) => !requestURI.startsWith(`${SECRETS}?`))).toEqual([]);
  });

  it("writes 200 Ingresses once each, and after a restart none", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `i${index}`);
    for (let at = 0; at < names.length; at += 20)
      await Promise.all(names.slice(at, at + 20).map(async (name) => makeIngress(name)));
    const before = statusWrites().length;
    const first = await run(BY_SERVICE);
    await vi.waitFor(() => expect(statusWrites().length - before).toBeGreaterThanOrEqual(200), eventually);
    await untilAddresses("i199", "192.0.2.1");
    first.child.kill("SIGTERM");
    await first.ended;
    const second = await run(BY_SERVICE);
    await second.says(/"leads":true/);
    await makeIngress("after");
    await untilAddresses("after", "192.0.2.1");
    const written = statusWrites().slice(before);
    expect(written).toHaveLength(201);
    expect(new Set(written.map(({ objectRef }) => objectRef?.name)).size).toBe(201);
  });

  it("I-S3 goes on writing when the leader dies, and two replicas never write the same", async () => {
    await makeIngress("first");
    const before = statusWrites().length;
    const replicas = [await run(BY_SERVICE), await run(BY_SERVICE), await run(BY_SERVICE)];
    await untilAddresses("first", "192.0.2.1");
    const found = await Promise.all(replicas.map(async ({ admin }) => leads(admin)));
    expect(found.filter(Boolean)).toHaveLength(1);
    replicas[found.indexOf(true)]?.child.kill("SIGKILL");
    await makeIngress("second");
    await untilAddresses("second", "192.0.2.1");
    const written = statusWrites().slice(before);
    expect(written.map(({ objectRef }) => objectRef?.name)).toEqual(["first", "second"]);
  });

  it("says by one Event of an Ingress of its own that it cannot serve it, and of no other", async () => {
    const annotations = { "nginx.ingress.kubernetes.io/auth-type": "basic" };
    await makeIngress("closed", {}, { annotations });
    await makeIngress("closed-theirs", { ingressClassName: "nginx" }, { annotations });
    const replicas = [await run(BY_SERVICE), await run(BY_SERVICE)];
    const told = async () => {
      const path = `/api/v1/namespaces/${SHOP}/events?fieldSelector=source=hawser-ingress`;
      const { items } = await cluster.api.must<{ items: readonly EventObject[] }>({ path });
      return items.map(({ type, reason: why, count, involvedObject: { kind, name } }) =>
        [type, why, kind, name, count].join(" "),
      );
    };
    await vi.waitFor(async () => expect(await told()).toEqual(["Warning NotServed Ingress closed 1"]), eventually);
    // One that comes to lead after a death says it again: the same Event counts.
    const leading = await Promise.all(replicas.map(async ({ admin }) => leads(admin)));
    replicas[leading.indexOf(true)]?.child.kill("SIGKILL");
    await vi.waitFor(async () => expect(await told()).toEqual(["Warning NotServed Ingress closed 2"]), eventually);
    expect(await addressesOf("closed")).toEqual([]);
    await patch(`${INGRESSES}/closed`, { metadata: { annotations: null } });
    await untilAddresses("closed", "192.0.2.1");
    expect(await told()).toEqual(["Warning NotServed Ingress closed 2"]);
  });

  it("I-S1 publishes the addresses of the nodes that it runs on", async () => {
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } };
    await post("/api/v1/nodes", node);
    const addresses = [
      { type: "InternalIP", address: "10.1.0.1" },
      { type: "Hostname", address: "n1" },
    ];
    await patch("/api/v1/nodes/n1/status", { status: { addresses } });
    await post(SERVICES, { metadata: { name: "hosts" }, spec: { clusterIP: "None", ports: [{ port: 80 }] } });
    await post(`/apis/discovery.k8s.io/v1/namespaces/${SYSTEM}/endpointslices`, {
      metadata: { name: "hosts", labels: { "kubernetes.io/service-name": "hosts" } },
      addressType: "IPv4",
      ports: [{ port: 80 }],
      endpoints: [{ addresses: ["10.1.0.1"], nodeName: "n1", conditions: { ready: true } }],
    });
    await makeIngress("by-node");
    await run(`--publish-service=${SYSTEM}/hosts`, "--publish-node-addresses");
    await untilAddresses("by-node", "10.1.0.1");
  });

  it("I-E2 I-E3 routes to the endpoints that are ready, and to those that end only when there are no others", async () => {
    // No API server takes a loopback address for an endpoint.
    const addresses = ["192.0.2.201", "192.0.2.202"];
    for (const address of addresses) execFileSync("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
    const server = createServer((request, response) => response.end(request.socket.localAddress));
    server.listen(0, "0.0.0.0");
    await once(server, "listening");
    closers.push(
      () => server.closeAllConnections(),
      () => void server.close(),
    );
    const { port } = server.address() as AddressInfo;
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${SHOP}/endpointslices`;
    const endpointsAs = (...conditions: readonly Entry[]): Entry => ({
      endpoints: addresses.map((address, index) => ({ addresses: [address], conditions: conditions[index] })),
    });
    const [ready, ending] = [{ ready: true }, { ready: false, serving: true, terminating: true }];
    await post(`/api/v1/namespaces/${SHOP}/services`, { metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } });
    await post(slices, {
      metadata: { name: "web", labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      ports: [{ name: "", port }],
      ...endpointsAs(ready, ready),
    });
    await makeIngress("routed");
    const { http } = await run();
    const get = async (): Promise<string> => {
      const text = await ask(http, "GET / HTTP/1.1\r\nHost: routed.com\r\nConnection: close\r\n\r\n");
      return statusOf(text) === 200 ? (/192\.0\.2\.\d+/.exec(text)?.[0] ?? text) : String(statusOf(text));
    };
    const answered = async (...wanted: readonly string[]): Promise<void> =>
      vi.waitFor(async () => {
        const got = new Set([await get(), await get(), await get(), await get()]);
        expect([...got].sort()).toEqual(wanted);
      }, eventually);
    await answered(...addresses);
    await patch(`${slices}/web`, endpointsAs(ready, ending));
    await answered(addresses[0]!);
    await patch(`${slices}/web`, endpointsAs({ ready: false, serving: false }, ending));
    await answered(addresses[1]!);
    await patch(`${slices}/web`, endpointsAs({ ready: false }, { ready: false, serving: false, terminating: true }));
    await answered("503");
  });

  // The last one: it looks at all that the tests before it did.
  it("was never refused, and used every right that it was given", () => {
    const all = audited();
    const refused = all.filter(({ responseStatus }) => responseStatus?.code === 403);
    expect(refused.map(({ requestURI }) => requestURI)).toEqual([]);
    const used = new Set(
      all.map(({ verb, objectRef: { resource = "", subresource } = {} }) =>
        [verb, subresource === undefined ? resource : `${resource}/${subresource}`].join(" "),
      ),
    );
    const granted = [...CLUSTER_RULES, ...SECRET_RULES, ...LEASE_RULES].flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
    );
    expect(granted.filter((right) => !used.has(right))).toEqual([]);
  });
});
