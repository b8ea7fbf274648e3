import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubernetesVersion, whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import type { Host } from "#lab/rack/host.ts";
import { Rack } from "#lab/rack/rack.ts";

import { until } from "#lab/rack/until.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const hasIptables = spawnSync("iptables", ["--version"]).error === undefined;
if (!hasIptables)
  console.log("kube-proxy's mode iptables is not tried: there is no iptables here (apt-get install iptables)");

const SERVICES = "/api/v1/namespaces/default/services";

function service(name: string): object {
  return { metadata: { name }, spec: { type: "LoadBalancer", ports: [{ port: 80, targetPort: 8080 }] } };
}

interface ServiceObject {
  readonly metadata: { readonly uid: string };
  readonly spec: { readonly clusterIP: string };
}

const readServices = {
  role: {
    metadata: { name: "reads-services" },
    rules: [{ apiGroups: [""], resources: ["services"], verbs: ["get", "list"] }],
  },
  binding: (namespace: string, name: string): object => ({
    metadata: { name: "reads-services" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reads-services" },
    subjects: [{ kind: "ServiceAccount", namespace, name }],
  }),
};

describe.skipIf(reason !== undefined)("Cluster on the loopback", () => {
  let directory: string;
  let cluster: Cluster;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-cluster-"));
    const startMs = performance.now();
    const users = [{ name: "guest", groups: ["guests"] }];
    cluster = await Cluster.start({ directory, users, controllerManager: true });
    console.log(`a cluster is ready in ${(performance.now() - startMs).toFixed(0)} ms`);
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  it("is the Kubernetes that go.mod pins", async () => {
    expect(await cluster.api.must({ path: "/version" })).toMatchObject({ gitVersion: kubernetesVersion(), major: "1" });
  });

  it("lets the admin make a Service and read it, with ClusterIPs of its own", async () => {
    const made = await cluster.api.must<ServiceObject>({ path: SERVICES, body: service("made") });
    expect(made.spec.clusterIP).toMatch(/^10\.96\./);
    expect(await cluster.api.must({ path: `${SERVICES}/made` })).toMatchObject({
      metadata: { uid: made.metadata.uid },
    });
  });

  it("shows a certificate that another authority does not vouch for", async () => {
    await expect(fetch(`${cluster.url}/version`)).rejects.toMatchObject({ cause: { code: /SELF_SIGNED|UNABLE_TO/ } });
  });

  it.each([
    { name: "no token", token: () => "", status: 403 },
    { name: "an unknown token", token: () => "0123456789abcdef", status: 401 },
    { name: "a known user without a role", token: () => cluster.tokenOf("guest"), status: 403 },
  ])("refuses $name with $status", async ({ token, status }) => {
    const answer = await cluster.api.request({ path: SERVICES, token: token() });
    expect(answer).toMatchObject({ status, body: { kind: "Status", status: "Failure" } });
  });

  it("lets a ServiceAccount do what its Role says and nothing else", async () => {
    const token = await cluster.serviceAccountToken("default", "reader");
    expect((await cluster.api.request({ path: SERVICES, token })).status).toBe(403);
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    await cluster.api.must({ path: `${rbac}/roles`, body: readServices.role });
    await cluster.api.must({ path: `${rbac}/rolebindings`, body: readServices.binding("default", "reader") });
    await until("the Role counts", async () => (await cluster.api.request({ path: SERVICES, token })).status === 200);
    expect((await cluster.api.request({ path: SERVICES, token, body: service("not-made") })).status).toBe(403);
    expect((await cluster.api.request({ path: "/api/v1/namespaces/kube-system/services", token })).status).toBe(403);
  });

  it("throws for a user it does not have", () => {
    expect(() => cluster.tokenOf("nobody")).toThrow('without a user "nobody"');
  });

  it("writes a kubeconfig that only its owner may read and that needs no other file", async () => {
    const text = readFileSync(cluster.kubeconfigFile, "utf8");
    expect(text).toContain(`server: ${cluster.url}\n`);
    expect(text).toContain(cluster.adminToken);
    expect(text).not.toContain(directory);
  });

  it("keeps its objects, tokens and certificates when the API server is killed and started again", async () => {
    const before = await cluster.api.must<ServiceObject>({ path: SERVICES, body: service("kept") });
    const certificate = readFileSync(cluster.caFile, "utf8");
    await cluster.kill("kube-apiserver");
    await expect(cluster.api.request({ path: SERVICES })).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
    await cluster.restart("kube-apiserver");
    expect(await cluster.api.must({ path: `${SERVICES}/kept` })).toMatchObject({
      metadata: { uid: before.metadata.uid },
    });
    expect(readFileSync(cluster.caFile, "utf8")).toBe(certificate);
  });

  it("is not ready while etcd is dead, and keeps all when it is back", async () => {
    const before = await cluster.api.must<ServiceObject>({ path: SERVICES, body: service("outlives-etcd") });
    await cluster.kill("etcd");
    expect(cluster.part("etcd").exitCode).toBe(137);
    const isUnready = async () => (await cluster.api.request({ path: "/readyz/etcd" })).status === 500;
    await until("the API server sees that etcd is dead", isUnready);
    await cluster.restart("etcd");
    const after = await cluster.api.must<ServiceObject>({ path: `${SERVICES}/outlives-etcd` });
    expect(after.metadata.uid).toBe(before.metadata.uid);
  });
});

describe.skipIf(reason !== undefined)("Cluster on a host of a rack", () => {
  const VIP = "192.0.2.200";
  let directory: string;
  let rack: Rack;
  let cluster: Cluster;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-cluster-"));
    rack = await Rack.build({ nodes: 2 });
    cluster = await Cluster.start({ directory, host: rack.router, controllerManager: true });
    await Promise.all(rack.nodes.map(addNode));
    await Promise.all(rack.nodes.map((node) => cluster.startKubeProxy(node)));
  });
  afterAll(async () => {
    await cluster.stop();
    await rack.close();
    rmSync(directory, { recursive: true });
  });

  function patchStatus(path: string, status: object): Promise<unknown> {
    const contentType = "application/merge-patch+json";
    return cluster.api.must({ method: "PATCH", path: `${path}/status`, contentType, body: { status } });
  }

  async function addNode(node: Host): Promise<void> {
    await cluster.api.must({ path: "/api/v1/nodes", body: { metadata: { name: node.name } } });
    const addresses = node.addresses.map((address) => ({ type: "InternalIP", address }));
    await patchStatus(`/api/v1/nodes/${node.name}`, { addresses, conditions: [{ type: "Ready", status: "True" }] });
  }

  /** Runs a pod in the rack and tells the API of it, as a kubelet would. */
  async function addPod(name: string, node: string): Promise<void> {
    const { addresses } = await rack.startPod({ name, node, tcpPorts: [8080] });
    const pods = "/api/v1/namespaces/default/pods";
    const spec = { nodeName: node, automountServiceAccountToken: false, containers: [{ name: "web", image: "web" }] };
    const body = { metadata: { name, labels: { app: "web" } }, spec };
    // Pods are refused until the controller-manager has made the namespace's ServiceAccount.
    await until(
      `pod ${name} is accepted`,
      async () => (await cluster.api.request({ path: pods, body })).status === 201,
    );
    const podIPs = addresses.map((ip) => ({ ip }));
    const conditions = [{ type: "Ready", status: "True" }];
    await patchStatus(`${pods}/${name}`, { phase: "Running", podIP: addresses[0], podIPs, conditions });
  }

  /** Makes the client send what is for the external address to this node, as a speaker would. */
  async function sendTo(node: Host): Promise<void> {
    const neighbor = ["ip", "neigh", "replace", VIP, "lladdr", node.mac, "dev", "eth0"];
    expect((await rack.client.run(neighbor)).code).toBe(0);
  }

  /** What the first line says that a TCP server sends; undefined where nobody answers. */
  async function greeting(ip: string): Promise<string | undefined> {
    const { code, stdout } = await rack.client.run(["timeout", "2", "bash", "-c", `head -n 1 < /dev/tcp/${ip}/80`]);
    return code === 0 ? stdout.trim() : undefined;
  }

  it("carries a client's connection to the external address of a Service to its pod, by the real kube-proxy", async () => {
    await addPod("web-1", "n2");
    const spec = { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] };
    await cluster.api.must({ path: SERVICES, body: { metadata: { name: "web" }, spec } });
    await patchStatus(`${SERVICES}/web`, { loadBalancer: { ingress: [{ ip: VIP }] } });
    await sendTo(rack.host("n1"));
    const said = await until("the pod greets", () => greeting(VIP));
    expect(said).toBe(`web-1 ${rack.host("n1").ipv4}`); // masqueraded by n1, which forwards to another node's pod
  });

  it.skipIf(!hasIptables)("carries it in mode iptables too", async () => {
    const n2 = rack.host("n2");
    const proxy = [...n2.processes].find(({ name }) => name === "n2/kube-proxy");
    await proxy?.stop();
    await cluster.startKubeProxy(n2, "iptables");
    expect((await n2.run(["nft", "list", "table", "ip", "kube-proxy"])).code).not.toBe(0); // it removed the other's
    await sendTo(n2);
    expect(await until("the pod greets", () => greeting(VIP))).toMatch(/^web-1 /);
  });

  it("is reached from every host of the LAN at its url", async () => {
    const { hostname, port } = new URL(cluster.url);
    expect(hostname).toBe(rack.router.ipv4);
    for (const host of [rack.client, ...rack.nodes]) {
      expect((await host.run(["timeout", "2", "bash", "-c", `exec 3<>/dev/tcp/${hostname}/${port}`])).code).toBe(0);
    }
  });

  it("is reached again by this process, which is on no host, after its API server came back", async () => {
    await cluster.kill("kube-apiserver");
    await expect(cluster.api.request({ path: SERVICES })).rejects.toThrow(/GET .*services: /);
    await cluster.restart("kube-apiserver");
    expect((await cluster.api.request({ path: `${SERVICES}/web` })).status).toBe(200);
  });

  it("ends with all its processes, and starts again in the same directory", async () => {
    await cluster.stop();
    expect(rack.router.processes.size).toBe(0);
    cluster = await Cluster.start({ directory, host: rack.router });
    expect((await cluster.api.request({ path: `${SERVICES}/web` })).status).toBe(200);
  });
});

describe.skipIf(reason !== undefined)("Cluster.start()", () => {
  it("continues what a stopped cluster left in its directory", async () => {
    const directory = mkdtempSync(join(tmpdir(), "hawser-cluster-"));
    const first = await Cluster.start({ directory });
    const { adminToken } = first;
    await first.api.must({ path: SERVICES, body: service("from-before") });
    await first.stop();
    await using second = await Cluster.start({ directory });
    expect(second.adminToken).toBe(adminToken);
    expect((await second.api.request({ path: `${SERVICES}/from-before` })).status).toBe(200);
    await second.stop();
    rmSync(directory, { recursive: true });
  });

  it("rejects with the last words of the part that failed", async () => {
    const directory = mkdtempSync(join(tmpdir(), "hawser-cluster-"));
    const failing = Cluster.start({ directory, apiServerFlags: ["--no-such-flag"] });
    await expect(failing).rejects.toThrow(/kube-apiserver exited 1[^]*unknown flag: --no-such-flag/);
    rmSync(directory, { recursive: true });
  });
});
