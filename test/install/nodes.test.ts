import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodePackages } from "#lab/install/node-packages.ts";
import { whyNoInstall } from "#lab/install/why-no-install.ts";
import { RealCluster } from "#lab/install/real-cluster.ts";
import { webApplication } from "#lab/install/web-application.ts";
import { until } from "#lab/rack/until.ts";

const reason = await whyNoInstall();
if (reason !== undefined) console.log(`skipped, no real nodes can be had here: ${reason}`);

describe.skipIf(reason !== undefined)("RealCluster", () => {
  let directory: string;
  let cluster: RealCluster;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-install-"));
    const packages = nodePackages();
    if (packages === undefined) throw new Error("whyNoInstall() promised packages");
    cluster = await RealCluster.start({ nodes: 2, directory, packages });
    await cluster.kubectl(["create", "--filename=-"], webApplication({ name: "web", replicas: 4 }));
    await cluster.kubectl(["rollout", "status", "deployment/web", "--timeout=120s"]);
  });
  afterAll(async () => {
    await cluster?.close();
    rmSync(directory, { recursive: true });
  });

  async function pods(output: string): Promise<readonly string[]> {
    const items = `jsonpath={range .items[*]}${output}{"\\n"}{end}`;
    return (await cluster.kubectl(["get", "pods", `--output=${items}`])).trim().split("\n");
  }

  it("runs pods on every node, which the scheduler spread, without a restart", async () => {
    expect(new Set(await pods("{.spec.nodeName}"))).toEqual(new Set(["n1", "n2"]));
    expect(await pods("{.status.containerStatuses[0].restartCount}")).toEqual(["0", "0", "0", "0"]);
  });

  it("reaches pods of both nodes from a pod by the ClusterIPs of both families", async () => {
    const [pod = ""] = await pods("{.metadata.name}");
    const addresses = await cluster.kubectl(["get", "service", "web", "--output=jsonpath={.spec.clusterIPs}"]);
    // kube-proxy picks at random, and learns of a ready pod a while after it is ready (refused, or never picked until then):
    // each address is asked until every pod has answered. The bound is one that neither reaches.
    const script = `const counts = [];
      for (const ip of ${addresses}) {
        const url = ip.includes(":") ? "http://[" + ip + "]" : "http://" + ip;
        const seen = new Set();
        const endMs = Date.now() + 60_000;
        while (seen.size < 4 && Date.now() < endMs) {
          const answer = await fetch(url, { headers: { connection: "close" } }).catch(() => undefined);
          if (answer !== undefined) seen.add(/pod: (\\S+)/.exec(await answer.text())[1]);
        }
        counts.push(seen.size);
      }
      console.log(counts.join(" "));`;
    const run = ["exec", pod, "--", process.execPath, "--input-type=module", "--eval", script];
    expect((await cluster.kubectl(run)).trim()).toBe("4 4"); // four pods, by two addresses
  });

  it("gives a pod a token that the API server knows and that may do nothing", async () => {
    const [pod = ""] = await pods("{.metadata.name}");
    const script = `import { readFileSync } from "node:fs"; import { get } from "node:https";
      const read = (name) => readFileSync("/var/run/secrets/kubernetes.io/serviceaccount/" + name, "utf8");
      const headers = { Authorization: "Bearer " + read("token") };
      const target = { host: process.env.KUBERNETES_SERVICE_HOST, path: "/api/v1/pods", ca: read("ca.crt"), headers };
      get(target, async (answer) => console.log((await answer.toArray()).join("")));`;
    const run = ["exec", pod, "--", process.execPath, "--input-type=module", "--eval", script];
    const said = JSON.parse(await cluster.kubectl(run)) as { message: string };
    expect(said.message).toContain('User "system:serviceaccount:default:default" cannot list resource "pods"');
  });

  it("takes a node down with all its containers, and up again with its images", async () => {
    const node = cluster.node("n2");
    await node.kill();
    expect(node.host.processes.size).toBe(0);
    await cluster.restart(node);
    const isBack = async (): Promise<boolean> => {
      const starts = await pods("{.spec.nodeName}={.status.containerStatuses[0].restartCount}");
      return starts.includes("n2=1");
    };
    await until("a pod of n2 runs again, in a new container", isBack);
    await cluster.untilReady();
    await cluster.kubectl(["wait", "pods", "--all", "--for=condition=Ready", "--timeout=60s"]);
  });
});
