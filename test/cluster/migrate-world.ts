// A cluster with MetalLB in it as its controller and speakers leave it, and a shell in which the printed procedure is played.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { V1PodList } from "@kubernetes/client-node";
import { applyManifests } from "#lab/cluster/apply-manifests.ts";
import { clusterProgram } from "#lab/cluster/build-cluster.ts";
import { Cluster } from "#lab/cluster/cluster.ts";
import { install } from "#lab/cluster/definition.ts";
import { Kubelets } from "#lab/kubelet/kubelets.ts";
import { metallbDefinition } from "#lab/metallb/metallb-definitions.ts";
import { Rack } from "#lab/rack/rack.ts";
import type { CommandResult } from "#lab/rack/run-command.ts";
import { until } from "#lab/rack/until.ts";
import { METALLB_KINDS } from "#src/model/kind.ts";
import { conditionOf, ingressOf } from "#src/model/service-status.ts";
import type { KubeObject } from "#src/model/object.ts";
import { config } from "#test/config/kustomization.ts";

const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const SERVICES = "/api/v1/namespaces/shop/services";
/** What MetalLB's programs are here: processes with their names, because nothing of them is asked but that they end. */
const IDLE = ["bash", "-c", "exec sleep infinity"];
/** The API server takes minutes to say the same on a machine with many suites. */
const PATIENT = { timeoutMs: 200_000 } as const;

export type Era = "custom resources" | "a ConfigMap";

const PROGRAMS = `
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: metallb-system, name: controller, labels: { app: metallb, component: controller } }
spec:
  selector: { matchLabels: { app: metallb, component: controller } }
  template:
    metadata: { labels: { app: metallb, component: controller } }
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: controller, image: "quay.io/metallb/controller:v0", args: [--port=7472] }] }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { namespace: metallb-system, name: speaker, labels: { app: metallb, component: speaker } }
spec:
  selector: { matchLabels: { app: metallb, component: speaker } }
  template:
    metadata: { labels: { app: metallb, component: speaker } }
    spec:
      hostNetwork: true
      terminationGracePeriodSeconds: 2
      nodeSelector: { kubernetes.io/os: linux }
      containers:
      - name: speaker
        image: quay.io/metallb/speaker:v0
        args: [--port=7472]
        ports: [{ name: memberlist-udp, containerPort: 7946, protocol: UDP }]
`;

const RESOURCES = `
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { namespace: metallb-system, name: lan }
spec: { addresses: [192.0.2.200-192.0.2.219, "2001:db8:0:1::200-2001:db8:0:1::20f"] }
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { namespace: metallb-system, name: costly }
spec: { addresses: [192.0.2.240/29], autoAssign: false }
---
apiVersion: metallb.io/v1beta1
kind: AddressPool
metadata: { namespace: metallb-system, name: before }
spec: { protocol: layer2, addresses: [192.0.2.230/31] }
---
{ apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: { namespace: metallb-system, name: all }, spec: {} }
---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata: { namespace: metallb-system, name: router }
spec: { myASN: 64500, peerASN: 64501, peerAddress: 192.0.2.1 }
---
{ apiVersion: metallb.io/v1beta1, kind: BGPAdvertisement, metadata: { namespace: metallb-system, name: all }, spec: {} }
---
# As MetalLB's manifest has it: its server is MetalLB's controller.
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: metallb-webhook-configuration }
webhooks:
- name: ipaddresspoolvalidationwebhook.metallb.io
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  clientConfig: { service: { namespace: metallb-system, name: metallb-webhook-service, path: /validate } }
  rules: [{ apiGroups: [metallb.io], apiVersions: [v1beta1], operations: [CREATE, UPDATE], resources: [ipaddresspools] }]
`;

const CONFIG_MAP = `
apiVersion: v1
kind: ConfigMap
metadata: { namespace: metallb-system, name: config }
data:
  config: |
    peers:
    - { my-asn: 64500, peer-asn: 64501, peer-address: 192.0.2.1 }
    address-pools:
    - name: lan
      protocol: layer2
      addresses: [192.0.2.200-192.0.2.219, "2001:db8:0:1::200-2001:db8:0:1::20f"]
    - name: costly
      protocol: layer2
      auto-assign: false
      addresses: [192.0.2.240/29]
`;

/** A Service as MetalLB leaves it. */
interface Left {
  readonly ips: readonly string[];
  /** The pool in MetalLB's note; undefined: of a version that wrote none. */
  readonly pool?: string;
  /** MetalLB's annotations without their prefix. */
  readonly asks?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly protocol?: "UDP";
}

/** Of all kinds: plain, shared, of two families, requested in two ways, from a pool by name, for local endpoints. */
const LEFT: Readonly<Record<string, Left>> = {
  web: { ips: ["192.0.2.203"], pool: "lan" },
  "dns-tcp": { ips: ["192.0.2.201"], pool: "lan", asks: { "allow-shared-ip": "dns" } },
  "dns-udp": { ips: ["192.0.2.201"], pool: "lan", asks: { "allow-shared-ip": "dns" }, protocol: "UDP" },
  both: {
    ips: ["192.0.2.202", "2001:db8:0:1::202"],
    pool: "lan",
    spec: { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] },
  },
  asked: { ips: ["192.0.2.215"], pool: "lan", asks: { loadBalancerIPs: "192.0.2.215" } },
  "asked-in-spec": { ips: ["192.0.2.214"], pool: "lan", spec: { loadBalancerIP: "192.0.2.214" } },
  paid: { ips: ["192.0.2.241"], pool: "costly", asks: { "address-pool": "costly" } },
  local: { ips: ["192.0.2.210"], pool: "lan", spec: { externalTrafficPolicy: "Local" } },
  old: { ips: ["192.0.2.219"] },
};

/** What MetalLB left; with custom resources also a Service of an AddressPool, which is converted. */
export function leftOf(era: Era): Readonly<Record<string, Left>> {
  return era === "a ConfigMap" ? LEFT : { ...LEFT, before: { ips: ["192.0.2.230"], pool: "before" } };
}

interface Changed {
  readonly type: string;
  readonly object: KubeObject & { readonly metadata: { readonly managedFields?: readonly ManagedField[] } };
}

/** The API server leaves out annotations where there are none. */
interface Written extends Omit<KubeObject["metadata"], "annotations"> {
  readonly annotations?: Readonly<Record<string, string>>;
}

interface ManagedField {
  readonly manager?: string;
  readonly fieldsV1?: unknown;
}

export class MigrateWorld {
  readonly cluster: Cluster;
  readonly rack: Rack;
  readonly #kubelets: Kubelets;
  readonly #directory: string;
  readonly #closing = new AbortController();
  /** What was seen of a Service and should not be. */
  readonly faults: string[] = [];
  /** How many versions of Services were seen. */
  seen = 0;

  private constructor(parts: { rack: Rack; cluster: Cluster; kubelets: Kubelets; directory: string }) {
    this.rack = parts.rack;
    this.cluster = parts.cluster;
    this.#kubelets = parts.kubelets;
    this.#directory = parts.directory;
  }

  static async start(era: Era): Promise<MigrateWorld> {
    const directory = mkdtempSync(join(tmpdir(), "hawser-migrate-"));
    const rack = await Rack.build({ nodes: 3, controlPlane: true });
    const options = { directory: join(directory, "cluster"), host: rack.controlPlane, controllerManager: true };
    const cluster = await Cluster.start(options);
    const programs = [
      { image: "hawser", command: [process.execPath, CLI] },
      { image: "controller", command: IDLE },
      { image: "speaker", command: IDLE },
    ];
    const kubelets = await Kubelets.start({ cluster, rack, programs });
    // Where README.md has it after `npm run image`.
    symlinkSync(join(config, "expose"), join(directory, "install"));
    const world = new MigrateWorld({ rack, cluster, kubelets, directory });
    await world.#installMetallb(era);
    await world.#leaveServices(era);
    await world.#watch();
    return world;
  }

  async #installMetallb(era: Era): Promise<void> {
    const { api } = this.cluster;
    for (const name of ["metallb-system", "shop"])
      await api.must({ path: "/api/v1/namespaces", body: { metadata: { name } } });
    if (era === "custom resources")
      for (const kind of METALLB_KINDS) await install(this.cluster, metallbDefinition(kind));
    await applyManifests(api, era === "custom resources" ? RESOURCES : CONFIG_MAP);
    await applyManifests(api, PROGRAMS);
    const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web" }] } };
    const spec = { replicas: 1, selector: { matchLabels: { app: "web" } }, template };
    await api.must({ path: "/apis/apps/v1/namespaces/shop/deployments", body: { metadata: { name: "web" }, spec } });
    await this.untilRunning("metallb-system", 4);
    await this.untilRunning("shop", 1);
  }

  /** As MetalLB writes: the annotation and the status by one update of the status, under the name of its program. */
  async #leaveServices(era: Era): Promise<void> {
    const { api } = this.cluster;
    const prefix = era === "custom resources" ? "metallb.io" : "metallb.universe.tf";
    for (const [name, { ips, pool, asks = {}, spec = {}, protocol = "TCP" }] of Object.entries(leftOf(era))) {
      const annotations = Object.fromEntries(Object.entries(asks).map(([key, value]) => [`${prefix}/${key}`, value]));
      const ports = [{ port: 80, protocol }];
      const whole = { type: "LoadBalancer", selector: { app: "web" }, ports, ...spec };
      const made = await api.must<KubeObject>({
        path: SERVICES,
        body: { metadata: { name, annotations }, spec: whole },
      });
      // Versions that read a ConfigMap wrote none.
      const note = pool === undefined || era === "a ConfigMap" ? {} : { [`${prefix}/ip-allocated-from-pool`]: pool };
      const body = {
        ...made,
        metadata: { ...made.metadata, annotations: { ...made.metadata.annotations, ...note } },
        status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } },
      };
      const path = `${SERVICES}/${name}/status?fieldManager=metallb`;
      await api.must({ method: "PUT", path, body });
    }
  }

  /** Looks at every version of every Service from now on. */
  async #watch(): Promise<void> {
    const { api } = this.cluster;
    const list = await api.must<{ metadata: { resourceVersion: string }; items: KubeObject[] }>({ path: SERVICES });
    const before = new Map(list.items.map((object) => [object.metadata.name, object]));
    const take = (event: unknown): void => {
      const { type, object } = event as Changed;
      if (type === "BOOKMARK") return;
      this.seen += 1;
      this.faults.push(...faultsOf(type, object, before.get(object.metadata.name)));
    };
    const path = `${SERVICES}?watch=1&timeoutSeconds=3600&resourceVersion=${list.metadata.resourceVersion}`;
    const watching = api.watch(path, take, this.#closing.signal);
    const broken = (why: string) => {
      if (!this.#closing.signal.aborted) this.faults.push(`the watch ended: ${why}`);
    };
    watching.then(
      () => broken("it was closed"),
      (error: Error) => broken(error.message),
    );
  }

  /** Writes a file of our form. */
  write(name: string, text: string): void {
    const path = join(this.#directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Runs lines of a shell as a person does, on the host of the API server, in the folder with the files. */
  async shell(lines: string): Promise<CommandResult> {
    const { kubeconfigFile } = this.cluster;
    const programs = [
      `cd ${this.#directory}`,
      `kubectl() { ${clusterProgram("kubectl")} --cache-dir=${this.#directory}/cache --kubeconfig ${kubeconfigFile} "$@"; }`,
      `hawser() { ${process.execPath} ${CLI} "$@" --kubeconfig ${kubeconfigFile}; }`,
    ];
    return this.rack.controlPlane.run(["bash", "-ec", [...programs, lines].join("\n")]);
  }

  /** Whether a client in the LAN is answered by a pod behind an address. */
  async isServed(ip: string): Promise<boolean> {
    const url = `http://${ip.includes(":") ? `[${ip}]` : ip}/`;
    const { code } = await this.rack.client.run(["curl", "--silent", "--max-time", "10", "--globoff", url]);
    return code === 0;
  }

  /**
   * A client that knows an address already, at the first node, and asks for a page again and again. Resolves when it got
   * one; `stop` resolves with the exit codes of all its requests.
   */
  async askAsKnown(ip: string): Promise<{ stop(): Promise<readonly string[]> }> {
    const { client } = this.rack;
    const neighbor = async (...words: readonly string[]) => client.run(["ip", "neigh", ...words, "dev", "eth0"]);
    await neighbor("replace", ip, "lladdr", this.rack.host("n1").mac, "nud", "permanent");
    const codes: string[] = [];
    const loop = `while true; do curl --silent --output /dev/null --max-time 10 http://${ip}/ && echo 0 || echo $?; sleep 0.05; done`;
    const command = ["bash", "-c", loop];
    const asker = await client.spawn({ name: "asker", command, onLine: (line) => void codes.push(line) });
    await until(`${ip} is served by the first node`, () => codes.includes("0"), PATIENT);
    codes.length = 0;
    const stop = async (): Promise<readonly string[]> => {
      const count = codes.length;
      await until("another answer is there", () => codes.length > count, PATIENT);
      await asker.kill();
      await neighbor("del", ip);
      return codes;
    };
    return { stop };
  }

  async services(): Promise<readonly Changed["object"][]> {
    return (await this.cluster.api.must<{ items: Changed["object"][] }>({ path: SERVICES })).items;
  }

  /** Resolves when a condition of all Services is True. */
  async untilAll(type: string): Promise<void> {
    const missing = async (): Promise<readonly string[]> =>
      (await this.services())
        .filter((object) => conditionOf(object, type)?.["status"] !== "True")
        .map(({ metadata }) => metadata.name);
    const lastSeen = (): unknown => this.#kubelets.pods.map((pod) => [pod.key, pod.process()?.lines.slice(-3)]);
    await until(`${type} of all Services is True`, async () => (await missing()).length === 0, {
      ...PATIENT,
      lastSeen,
    });
  }

  async untilRunning(namespace: string, count: number): Promise<void> {
    const running = async (): Promise<number> => {
      const { items } = await this.cluster.api.must<V1PodList>({ path: `/api/v1/namespaces/${namespace}/pods` });
      return items.filter(({ status }) => status?.phase === "Running").length;
    };
    await until(`${count} pods run in ${namespace}`, async () => (await running()) === count, PATIENT);
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    await this.#kubelets.close();
    await this.cluster.stop();
    await this.rack.close();
    rmSync(this.#directory, { recursive: true });
  }
}

/** What a version of a Service lacks of what MetalLB left: addresses, spec, and annotations. */
function faultsOf(type: string, object: KubeObject, before: KubeObject | undefined): readonly string[] {
  const { name, annotations = {}, resourceVersion } = object.metadata as Written;
  const at = `${name} at ${resourceVersion}`;
  if (before === undefined || type === "DELETED") return [`${at}: ${type}`];
  const has = ingressOf(object).map(({ ip }) => ip);
  const had = ingressOf(before).map(({ ip }) => ip);
  const lost = Object.entries((before.metadata as Written).annotations ?? {}).filter(
    ([key, value]) => annotations[key] !== value,
  );
  return [
    ...(has.join() === had.join() ? [] : [`${at} has ${has.join()}, and had ${had.join()}`]),
    ...(JSON.stringify(object["spec"]) === JSON.stringify(before["spec"]) ? [] : [`${at} has another spec`]),
    ...lost.map(([key]) => `${at} lost ${key}`),
  ];
}

/** The programs that wrote the addresses in a status, by what the API server keeps of it. */
export function writersOfAddresses({ metadata }: Changed["object"]): readonly string[] {
  return (metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes('"f:loadBalancer":'))
    .map(({ manager = "" }) => manager);
}
