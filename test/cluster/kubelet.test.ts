import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { V1EndpointSliceList, V1Node, V1Pod, V1PodList } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoCluster } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { Kubelets } from "#lab/kubelet/kubelets.ts";
import { Rack } from "#lab/rack/rack.ts";
import { until } from "#lab/rack/until.ts";

const reason = whyNoCluster();
if (reason !== undefined) console.log(`skipped, no Kubernetes can be had here: ${reason}`);

const CORE = "/api/v1/namespaces/default";
const APPS = "/apis/apps/v1/namespaces/default";
const VIP = "192.0.2.200";

function sorted(words: readonly (string | undefined)[]): readonly string[] {
  return words.map((word) => word ?? "").toSorted((a, b) => a.localeCompare(b));
}

/** Says what it finds in its place, and then serves for ever. */
const REPORTER = `
const { readFileSync } = require("node:fs");
const { get } = require("node:https");
const read = (file) => readFileSync(file, "utf8").trim();
const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, ...env } = process.env;
const headers = { authorization: "Bearer " + read(account + "/token") };
const path = "/api/v1/namespaces/" + read(account + "/namespace") + "/pods";
const say = (status) => console.log(JSON.stringify({ env, args: process.argv.slice(1), status, secret: read("/etc/lab-secret/key"), map: read("/etc/lab-map/sub/greeting") }));
get({ host, port, path, headers, ca: read(account + "/ca.crt") }, (answer) => say(answer.statusCode)).on("error", (error) => say(error.message));
setInterval(() => {}, 1000);
process.on("SIGTERM", () => { console.log("told to end"); process.exit(0); });
`;

describe.skipIf(reason !== undefined)("the process-kubelets on a real API server", () => {
  let directory: string;
  let rack: Rack;
  let cluster: Cluster;
  let kubelets: Kubelets;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "hawser-kubelet-"));
    rack = await Rack.build({ nodes: 3, controlPlane: true });
    cluster = await Cluster.start({
      directory,
      host: rack.controlPlane,
      controllerManager: true,
      controllerManagerFlags: ["--node-monitor-grace-period=8s", "--node-monitor-period=1s"],
    });
    kubelets = await Kubelets.start({ cluster, rack });
  });
  afterAll(async () => {
    await kubelets.close();
    await cluster.stop();
    await rack.close();
    rmSync(directory, { recursive: true });
  });

  /** Makes an object; waits for what the controller-manager has to make first. */
  function make(path: string, body: object): Promise<unknown> {
    return until(`${path} takes the object`, () => cluster.api.must({ path, body }));
  }

  function deployment(name: string, replicas: number, container: object, spec: object = {}): object {
    const containers = [{ name: "main", image: "nginx", ...container }];
    const template = { metadata: { labels: { app: name } }, spec: { containers, ...spec } };
    return { metadata: { name }, spec: { replicas, selector: { matchLabels: { app: name } }, template } };
  }

  async function podsOf(app: string): Promise<readonly V1Pod[]> {
    const list = await cluster.api.must<V1PodList>({ path: `${CORE}/pods?labelSelector=app%3D${app}` });
    return list.items.toSorted((a, b) => (a.spec?.nodeName ?? "").localeCompare(b.spec?.nodeName ?? ""));
  }

  function conditionOf(object: V1Pod | V1Node | undefined, type: string): string | undefined {
    return object?.status?.conditions?.find((condition) => condition.type === type)?.status;
  }

  function untilReady(app: string, count: number): Promise<readonly V1Pod[]> {
    return until(
      `${count} pods of ${app} are ready`,
      async () => {
        const pods = await podsOf(app);
        return pods.length === count && pods.every((pod) => conditionOf(pod, "Ready") === "True") && pods;
      },
      { lastSeen: () => kubelets.pods.map((pod) => [pod.key, pod.process()?.lines]) },
    );
  }

  /** The IPv4 addresses that the real endpointslice controller takes for ready. */
  async function readyEndpoints(service: string): Promise<readonly string[]> {
    const path = `/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3D${service}`;
    const { items } = await cluster.api.must<V1EndpointSliceList>({ path });
    return items
      .filter(({ addressType }) => addressType === "IPv4")
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready === true)
      .flatMap(({ addresses }) => addresses);
  }

  function untilEndpoints(service: string, addresses: readonly (string | undefined)[]): Promise<boolean> {
    return until(
      `${service} has the endpoints ${addresses.join(", ")}`,
      async () => sorted(await readyEndpoints(service)).join() === sorted(addresses).join(),
    );
  }

  it("registers the nodes with their addresses and pod networks, and the control plane finds them ready", async () => {
    const node = await cluster.api.must<V1Node>({ path: "/api/v1/nodes/n2" });
    expect(node.spec?.podCIDRs).toEqual(["198.51.100.64/26", "2001:db8:100:2::/64"]);
    expect(node.status?.addresses?.map(({ address }) => address)).toEqual(["192.0.2.12", "2001:db8:0:1::12", "n2"]);
    expect(conditionOf(node, "Ready")).toBe("True");
  });

  it("runs a Deployment of three spread over the nodes, and kube-proxy carries a client to all of them", async () => {
    const container = {
      ports: [{ name: "web", containerPort: 8080 }],
      readinessProbe: { httpGet: { path: "/", port: "web" }, periodSeconds: 1 },
    };
    await make(`${APPS}/deployments`, deployment("web", 3, container));
    const spec = { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80, targetPort: "web" }] };
    await make(`${CORE}/services`, { metadata: { name: "web" }, spec });
    const pods = await untilReady("web", 3);
    expect(pods.map((pod) => pod.spec?.nodeName)).toEqual(["n1", "n2", "n3"]);
    expect(pods[1]?.status).toMatchObject({ phase: "Running", hostIP: "192.0.2.12", podIP: "198.51.100.65" });
    expect(pods[1]?.status?.podIPs).toEqual([{ ip: "198.51.100.65" }, { ip: "2001:db8:100:2::1" }]);
    await untilEndpoints(
      "web",
      pods.map((pod) => pod.status?.podIP),
    );
    await cluster.api.must({
      method: "PATCH",
      path: `${CORE}/services/web/status`,
      contentType: "application/merge-patch+json",
      body: { status: { loadBalancer: { ingress: [{ ip: VIP }] } } },
    });
    await rack.client.run(["ip", "neigh", "replace", VIP, "lladdr", rack.host("n1").mac, "dev", "eth0"]);
    const answered = new Set<string>();
    await until(
      "all three pods have answered the client",
      async () => {
        const { stdout } = await rack.client.run([
          "timeout",
          "5",
          "bash",
          "-c",
          `exec 3<>/dev/tcp/${VIP}/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`,
        ]);
        const pod = /^x-pod: (\S+)/im.exec(stdout)?.[1];
        if (pod !== undefined) answered.add(pod);
        return answered.size === 3;
      },
      { lastSeen: () => [...answered] },
    );
    expect(sorted([...answered])).toEqual(sorted(pods.map((pod) => pod.metadata?.name)));
  });

  it("takes a pod that hangs out of the endpoints by its readiness probe, and back again", async () => {
    const [first, ...others] = await podsOf("web");
    const running = kubelets.pod(`default/${first?.metadata?.name}`).process();
    running?.hang();
    await untilEndpoints(
      "web",
      others.map((pod) => pod.status?.podIP),
    );
    running?.resume();
    await untilEndpoints(
      "web",
      [first, ...others].map((pod) => pod?.status?.podIP),
    );
  });

  it("starts a container again that ended, or that its liveness probe gave up, and counts it", async () => {
    const livenessProbe = { httpGet: { port: 80 }, periodSeconds: 1, failureThreshold: 1 };
    const spec = { terminationGracePeriodSeconds: 1 };
    await make(`${APPS}/deployments`, deployment("mortal", 1, { ports: [{ containerPort: 80 }], livenessProbe }, spec));
    const [pod] = await untilReady("mortal", 1);
    const worker = kubelets.pod(`default/${pod?.metadata?.name}`);
    const untilRestarted = (count: number): Promise<boolean> =>
      until(`it was started ${count} times again`, async () => {
        const [now] = await podsOf("mortal");
        const status = now?.status?.containerStatuses?.[0];
        return status?.restartCount === count && status.ready;
      });
    await worker.process()?.kill();
    await untilRestarted(1);
    const [after] = await podsOf("mortal");
    expect(after?.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 137 });
    worker.process()?.hang(); // and so it does not even end when told to
    await untilRestarted(2);
    await cluster.api.must({ method: "DELETE", path: `${APPS}/deployments/mortal` });
  });

  it("gives a pod its variables, arguments, ServiceAccount, Secrets and ConfigMaps, and reaches the API by ClusterIP", async () => {
    await make(`${CORE}/secrets`, { metadata: { name: "lab" }, stringData: { key: "opensesame" } });
    await make(`${CORE}/configmaps`, { metadata: { name: "lab" }, data: { greeting: "hello" } });
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }];
    await make(`${rbac}/roles`, { metadata: { name: "lists-pods" }, rules });
    await make(`${rbac}/rolebindings`, {
      metadata: { name: "lists-pods" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "lists-pods" },
      subjects: [{ kind: "ServiceAccount", name: "default", namespace: "default" }],
    });
    const field = (fieldPath: string): object => ({ valueFrom: { fieldRef: { fieldPath } } });
    const container = {
      image: "node",
      command: [process.execPath, "-e", REPORTER, "--"],
      args: ["--node=$(NODE)", "--kept=$$(NODE)", "--unknown=$(NOBODY)"],
      env: [
        { name: "NODE", ...field("spec.nodeName") },
        { name: "POD_IP", ...field("status.podIP") },
        { name: "WORD", valueFrom: { secretKeyRef: { name: "lab", key: "key" } } },
      ],
      volumeMounts: [
        { name: "secret", mountPath: "/etc/lab-secret" },
        { name: "map", mountPath: "/etc/lab-map" },
      ],
    };
    const volumes = [
      { name: "secret", secret: { secretName: "lab" } },
      { name: "map", configMap: { name: "lab", items: [{ key: "greeting", path: "sub/greeting" }] } },
    ];
    await make(
      `${APPS}/deployments`,
      deployment("reporter", 1, container, { nodeSelector: { "kubernetes.io/hostname": "n3" }, volumes }),
    );
    const [pod] = await untilReady("reporter", 1);
    expect(pod?.spec?.nodeName).toBe("n3");
    const running = kubelets.pod(`default/${pod?.metadata?.name}`).process();
    const said = JSON.parse((await running?.waitForLine(/^\{/, 60_000)) ?? "{}") as object;
    expect(said).toMatchObject({
      env: { NODE: "n3", POD_IP: pod?.status?.podIP, WORD: "opensesame" },
      args: ["--node=n3", "--kept=$(NODE)", "--unknown=$(NOBODY)"],
      status: 200,
      secret: "opensesame",
      map: "hello",
    });
    await cluster.api.must({ method: "DELETE", path: `${APPS}/deployments/reporter` });
    expect(await running?.exited).toBe(0);
    expect(running?.lines.at(-1)).toBe("told to end");
    await until("the pod is gone", async () => (await podsOf("reporter")).length === 0);
  });

  it("runs a DaemonSet on every node, in the node's own network", async () => {
    const ports = [{ name: "peer", containerPort: 7070 }];
    const spec = {
      hostNetwork: true,
      containers: [
        { name: "main", image: "agent", ports, readinessProbe: { tcpSocket: { port: "peer" }, periodSeconds: 1 } },
      ],
    };
    const template = { metadata: { labels: { app: "agent" } }, spec };
    const selector = { matchLabels: { app: "agent" } };
    await make(`${APPS}/daemonsets`, { metadata: { name: "agent" }, spec: { selector, template } });
    const pods = await untilReady("agent", 3);
    expect(pods.map((pod) => [pod.spec?.nodeName, pod.status?.podIP])).toEqual([
      ["n1", "192.0.2.11"],
      ["n2", "192.0.2.12"],
      ["n3", "192.0.2.13"],
    ]);
    expect(await rack.client.run(["timeout", "5", "bash", "-c", "exec 3<>/dev/tcp/192.0.2.12/7070"])).toMatchObject({
      code: 0,
    });
  });

  it("leaves a pod that fits no node waiting, with the reason in its status", async () => {
    await make(`${CORE}/pods`, {
      metadata: { name: "nowhere" },
      spec: { nodeSelector: { disk: "gold" }, containers: [{ name: "main", image: "nginx" }] },
    });
    const condition = await until("it says why it waits", async () => {
      const pod = await cluster.api.must<V1Pod>({ path: `${CORE}/pods/nowhere` });
      return pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
    });
    expect(condition).toMatchObject({ status: "False", reason: "Unschedulable", message: "none of 3 nodes fits" });
  });

  it("lets a node die whose network is cut: NotReady, its pod no endpoint any more; and all is well when it is back", async () => {
    const pods = await podsOf("web");
    const ready = async (): Promise<string | undefined> =>
      conditionOf(await cluster.api.must<V1Node>({ path: "/api/v1/nodes/n1" }), "Ready");
    await rack.cutSilent(rack.host("n1"));
    await until("n1 is found dead", async () => (await ready()) === "Unknown");
    await untilEndpoints(
      "web",
      pods.slice(1).map((pod) => pod.status?.podIP),
    );
    await rack.restore(rack.host("n1"));
    await until("n1 is ready again", async () => (await ready()) === "True");
    await untilEndpoints(
      "web",
      pods.map((pod) => pod.status?.podIP),
    );
  });
});
