import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1Pod, V1PodList } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { Kubelets } from "#lab/kubelet/kubelets.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

const hasIptables = spawnSync("iptables", ["--version"]).error === undefined;
const reason = whyNoCluster() ?? (hasIptables ? undefined : "there is no iptables (apt-get install iptables)");
if (reason !== undefined) console.log(`skipped, kube-proxy's mode iptables is not tried here: ${reason}`);

const CORE = "/api/v1/namespaces/default";
const VIP = { Cluster: "192.0.2.200", Local: "192.0.2.201" } as const;

describe.skipIf(reason !== undefined)("kube-proxy in mode iptables", () => {
  let directory: string;
  let rack: Rack;
  let cluster: Cluster;
  let kubelets: Kubelets;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-kube-proxy-"));
    rack = await Rack.build({ nodes: 2, controlPlane: true });
    cluster = await Cluster.start({ directory, host: rack.controlPlane, controllerManager: true });
    kubelets = await Kubelets.start({ cluster, rack, proxyMode: "iptables" });
    const containers = [{ name: "main", image: "echo", ports: [{ containerPort: 9000, protocol: "UDP" }] }];
    const spec = { nodeSelector: { "kubernetes.io/hostname": "n2" }, containers };
    const template = { metadata: { labels: { app: "echo" } }, spec };
    const selector = { matchLabels: { app: "echo" } };
    const body = { metadata: { name: "echo" }, spec: { selector, template } };
    await cluster.api.must({ path: "/apis/apps/v1/namespaces/default/deployments", body });
    await Promise.all([makeService("Cluster"), makeService("Local")]);
    await until("the pod is ready", async () => (await pod())?.status?.phase === "Running");
  });
  afterAll(async () => {
    await kubelets.close();
    await cluster.stop();
    await rack.close();
    rmSync(directory, { recursive: true });
  });

  /** With its address in the status, as Hawser's controller writes it. */
  async function makeService(externalTrafficPolicy: "Cluster" | "Local"): Promise<void> {
    const name = externalTrafficPolicy.toLowerCase();
    const ports = [{ port: 9000, protocol: "UDP" }];
    const spec = { type: "LoadBalancer", selector: { app: "echo" }, ports, externalTrafficPolicy };
    await cluster.api.must({ path: `${CORE}/services`, body: { metadata: { name }, spec } });
    await cluster.api.must({
      method: "PATCH",
      path: `${CORE}/services/${name}/status`,
      contentType: "application/merge-patch+json",
      body: { status: { loadBalancer: { ingress: [{ ip: VIP[externalTrafficPolicy] }] } } },
    });
  }

  async function pod(): Promise<V1Pod | undefined> {
    return (await cluster.api.must<V1PodList>({ path: `${CORE}/pods?labelSelector=app%3Decho` })).items[0];
  }

  /** What comes back to the client by way of a node: pod and client address as the pod saw it; undefined if nothing. */
  async function echoed(vip: string, node: string): Promise<string | undefined> {
    await rack.client.run(["ip", "neigh", "replace", vip, "lladdr", rack.host(node).mac, "dev", "eth0"]);
    const talk = `exec 3<>/dev/udp/${vip}/9000; echo -n hello >&3; dd bs=200 count=1 status=none <&3`;
    const { stdout } = await rack.client.run(["timeout", "1", "bash", "-c", talk]);
    return stdout === "" ? undefined : stdout;
  }

  it("forwards from a node without the pod to it, with the node's own address as source", async () => {
    const name = (await pod())?.metadata?.name;
    const said = await until("the pod answers by way of n1", () => echoed(VIP.Cluster, "n1"));
    expect(said).toBe(`hello ${name} ${rack.host("n1").ipv4}`);
    expect((await rack.host("n1").run(["nft", "list", "table", "ip", "kube-proxy"])).code).not.toBe(0);
  });

  it("with externalTrafficPolicy Local shows the pod the client's own address, on the pod's node alone", async () => {
    const name = (await pod())?.metadata?.name;
    const said = await until("the pod answers by way of n2", () => echoed(VIP.Local, "n2"));
    expect(said).toBe(`hello ${name} ${rack.client.ipv4}`);
    expect(await echoed(VIP.Local, "n1")).toBeUndefined();
  });
});
