// MetalLB as older versions left it, without their programs: objects and statuses made by hand.
import { applyManifests } from "#lab/cluster/apply-manifests.ts";
import { install } from "#lab/cluster/definition.ts";
import { metallbDefinition } from "#lab/metallb/metallb-definitions.ts";
import { METALLB_KINDS } from "#src/model/kind.ts";
import type { KubeObject } from "#src/model/object.ts";
import { type FormerMetallb, type MigrateWorld, SERVICES } from "./migrate-world.ts";

/** What MetalLB's programs are here: processes with their names, because nothing of them is asked but that they end. */
const IDLE = ["bash", "-c", "exec sleep infinity"];

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

/** The annotation prefix, the manifests and the Services of a version. */
interface Version {
  readonly prefix: string;
  readonly manifests: string;
  readonly services: Readonly<Record<string, Left>>;
  /** Versions before 0.13.8 wrote no note of the pool. */
  readonly writesNote: boolean;
}

const WITH_ADDRESS_POOLS: Version = {
  prefix: "metallb.io",
  manifests: RESOURCES,
  services: { ...LEFT, before: { ips: ["192.0.2.230"], pool: "before" } },
  writesNote: true,
};
const WITH_CONFIG_MAP: Version = {
  prefix: "metallb.universe.tf",
  manifests: CONFIG_MAP,
  services: LEFT,
  writesNote: false,
};

const byHand = {
  isReal: false,
  writer: "metallb",
  programs: () => ["controller", "speaker"].map((image) => ({ image, command: IDLE })),
} as const;

/** MetalLB 0.13 with custom resources, of which one is an AddressPool. */
export const withAddressPools: FormerMetallb = {
  ...byHand,
  title: "an AddressPool of MetalLB 0.13",
  hasResources: true,
  isConverted: true,
  install: async (world) => leave(world, WITH_ADDRESS_POOLS),
};

/** MetalLB up to 0.12. */
export const withConfigMap: FormerMetallb = {
  ...byHand,
  title: "the ConfigMap of MetalLB 0.12",
  hasResources: false,
  isConverted: false,
  install: async (world) => leave(world, WITH_CONFIG_MAP),
};

async function leave(world: MigrateWorld, version: Version): Promise<void> {
  const { api } = world.cluster;
  await api.must({ path: "/api/v1/namespaces", body: { metadata: { name: "metallb-system" } } });
  if (version === WITH_ADDRESS_POOLS)
    for (const kind of METALLB_KINDS) await install(world.cluster, metallbDefinition(kind));
  await applyManifests(api, version.manifests);
  await applyManifests(api, PROGRAMS);
  await world.untilRunning("metallb-system", 4);
  for (const [name, left] of Object.entries(version.services)) await leaveService(world, version, { name, left });
}

/** As MetalLB writes: the annotation and the status by one update of the status, under the name of its program. */
async function leaveService(
  { cluster: { api } }: MigrateWorld,
  { prefix, writesNote }: Version,
  { name, left }: { readonly name: string; readonly left: Left },
): Promise<void> {
  const { ips, pool, asks = {}, spec = {}, protocol = "TCP" } = left;
  const annotations = Object.fromEntries(Object.entries(asks).map(([key, value]) => [`${prefix}/${key}`, value]));
  const whole = { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80, protocol }], ...spec };
  const made = await api.must<KubeObject>({ path: SERVICES, body: { metadata: { name, annotations }, spec: whole } });
  const note = pool === undefined || !writesNote ? {} : { [`${prefix}/ip-allocated-from-pool`]: pool };
  const body = {
    ...made,
    metadata: { ...made.metadata, annotations: { ...made.metadata.annotations, ...note } },
    status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } },
  };
  await api.must({ method: "PUT", path: `${SERVICES}/${name}/status?fieldManager=${byHand.writer}`, body });
}
