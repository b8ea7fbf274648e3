import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FolderKubelet } from "#lab/folder/folder-kubelet.ts";
import { Prober } from "#lab/probes/prober.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";
import { readWorkloads } from "#lab/folder/workloads.ts";

const vip = "192.0.2.200";

function manifests(replicas: number): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "nginx:1.19", ports: [{ name: http, containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  ipFamilyPolicy: PreferDualStack
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
`;
}

describe.skipIf(process.env["HAWSER_RACK"] !== "1")("FolderKubelet", () => {
  let folder: string;
  let rack: Rack;
  let kubelet: FolderKubelet;

  beforeAll(async () => {
    folder = mkdtempSync("/run/manifests-");
    writeFileSync(join(folder, "web.yaml"), manifests(3));
    rack = await Rack.build({ nodes: 3 });
    kubelet = await FolderKubelet.start({ rack, folder });
  });
  afterAll(async () => {
    await kubelet.close();
    await rack.close();
    rmSync(folder, { recursive: true });
  });

  const slices = () => {
    const file = join(folder, "endpoints/default.web.yaml");
    return readWorkloads([{ file, text: readFileSync(file, "utf8") }]).endpoints;
  };
  const readyOn = () => slices()[0]?.addresses.map(({ node }) => node);
  const running = () => kubelet.pods.map(({ name }) => name).sort();

  it("spreads the pods of a Deployment over the nodes and writes their endpoints of both families", () => {
    expect(kubelet.pods.map(({ name, node }) => `${name} ${node}`)).toEqual(["web-1 n1", "web-2 n2", "web-3 n3"]);
    const ports = [{ name: "", protocol: "TCP", port: 8080 }];
    const addresses = (family: 0 | 1) =>
      kubelet.pods.map((pod) => ({ address: pod.addresses[family], node: pod.node }));
    expect(slices()).toEqual([
      { serviceKey: "default/web", addresses: addresses(0), ports },
      { serviceKey: "default/web", addresses: addresses(1), ports },
    ]);
    expect(readdirSync(join(folder, "nodes"))).toEqual(["n1.yaml", "n2.yaml", "n3.yaml"]);
    expect(readFileSync(join(folder, "nodes/n2.yaml"), "utf8")).toContain("address: 192.0.2.12");
  });

  it("follows the number of replicas", async () => {
    writeFileSync(join(folder, "web.yaml"), manifests(4));
    await until("four pods run", () => kubelet.pods.length === 4);
    await until("four endpoints are written", () => slices()[0]?.addresses.length === 4);
    writeFileSync(join(folder, "web.yaml"), manifests(2));
    await until("two endpoints are left", () => slices()[0]?.addresses.length === 2);
    expect(running()).toEqual(["web-1", "web-2"]);
  });

  it("keeps what runs while a file is no YAML, and says so", async () => {
    writeFileSync(join(folder, "broken.yaml"), "a: b: c: [");
    expect(await until("the problem is said", () => kubelet.problem)).toContain("broken.yaml");
    expect(running()).toEqual(["web-1", "web-2"]);
    rmSync(join(folder, "broken.yaml"));
    await until("the problem is gone", () => kubelet.problem === undefined);
  });

  it("makes the nodes forward once the status holds an address, and no more when it is gone", async () => {
    const status = join(folder, ".hawser/status/Service/default");
    mkdirSync(status, { recursive: true });
    writeFileSync(join(status, "web.yaml"), `status: { loadBalancer: { ingress: [{ ip: ${vip} }] } }\n`);
    const n3 = rack.host("n3");
    await rack.client.run(["ip", "neigh", "replace", vip, "lladdr", n3.mac, "dev", "eth0", "nud", "permanent"]);
    const prober = await Prober.start(rack.client, { mode: "http", target: vip, port: 80, everyMs: 10 });
    await prober.waitForGood(20);
    const records = await prober.stop();
    expect(new Set(records.map(({ pod }) => pod).filter((pod) => pod !== undefined))).toEqual(
      new Set(["web-1", "web-2"]),
    );
    rmSync(join(status, "web.yaml"));
    await until("n3 forwards no more", async () => {
      const { stdout } = await n3.run(["nft", "list", "ruleset"]);
      return !stdout.includes(vip);
    });
  });

  it("replaces a pod that died", async () => {
    const [first] = kubelet.pods;
    await first?.process.kill();
    await until("web-1 runs again", () =>
      kubelet.pods.some((pod) => pod.name === "web-1" && pod.process.exitCode === undefined),
    );
    await until("both are ready again", () => readyOn()?.length === 2);
  });

  it("believes a dead node alive until it is told", async () => {
    const node = kubelet.pods.find(({ name }) => name === "web-2")?.node ?? "";
    await rack.powerOff(rack.host(node));
    await kubelet.sync();
    expect(readyOn()).toContain(node);
    await kubelet.markNodeDead(node);
    expect(readyOn()).not.toContain(node);
    expect(readyOn()).toHaveLength(1);
    expect(running()).toEqual(["web-1", "web-2"]);
  });
});
