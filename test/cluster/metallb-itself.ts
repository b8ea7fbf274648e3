import { readFileSync } from "node:fs";
import { join } from "node:path";
import { applyManifests } from "#lab/cluster/apply-manifests.ts";
import { metallbFolder, metallbVersion } from "#lab/metallb/build-metallb.ts";
import { until } from "#lab/rack/until.ts";
import type { KubeObject } from "#src/model/object.ts";
import { ingressOf } from "#src/model/service-status.ts";
import { PATIENT } from "./migrate-patience.ts";
import { type FormerMetallb, type MigrateWorld, SERVICES } from "./migrate-world.ts";

/** Without a BGPPeer: from version 1.36 on Kubernetes takes none by the definition of this MetalLB (its issue 3034). */
const CONFIGURATION = `
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
{ apiVersion: metallb.io/v1beta1, kind: L2Advertisement, metadata: { namespace: metallb-system, name: all }, spec: {} }
---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata: { namespace: metallb-system, name: costly }
spec: { ipAddressPools: [costly] }
`;

interface Wanted {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly protocol?: "UDP";
}

/** Services of all kinds: plain, shared, of two families, requested in two ways, from a pool by name, for local endpoints. */
const WANTED: Readonly<Record<string, Wanted>> = {
  web: {},
  "dns-tcp": { annotations: { "metallb.io/allow-shared-ip": "dns", "metallb.io/loadBalancerIPs": "192.0.2.210" } },
  "dns-udp": {
    annotations: { "metallb.io/allow-shared-ip": "dns", "metallb.io/loadBalancerIPs": "192.0.2.210" },
    protocol: "UDP",
  },
  both: { spec: { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] } },
  asked: { annotations: { "metallb.universe.tf/loadBalancerIPs": "192.0.2.215" } },
  "asked-in-spec": { spec: { loadBalancerIP: "192.0.2.214" } },
  paid: { annotations: { "metallb.io/address-pool": "costly" } },
  local: { spec: { externalTrafficPolicy: "Local" } },
};

/**
 * MetalLB as it is: its manifest as people apply it, its own controller and speakers, its webhooks. It assigns the addresses,
 * and answers for them.
 */
export const metallbItself: FormerMetallb = {
  title: `MetalLB ${metallbVersion()} itself`,
  hasResources: true,
  isConverted: false,
  isReal: true,
  writer: "controller",
  programs: () => ["controller", "speaker"].map((image) => ({ image, command: [join(metallbFolder(), image)] })),
  install: installMetallb,
};

async function installMetallb(world: MigrateWorld): Promise<void> {
  world.write("metallb-native.yaml", readFileSync(join(metallbFolder(), "metallb-native.yaml"), "utf8"));
  const { code, stderr } = await world.shell("kubectl apply -f metallb-native.yaml > /dev/null");
  if (code !== 0) throw new Error(`MetalLB's manifest cannot be applied: ${stderr}`);
  await world.untilRunning("metallb-system", 4);
  const { api } = world.cluster;
  // Its controller makes the certificate of its webhooks first.
  await until(
    "MetalLB's webhooks take its configuration",
    async () => applyManifests(api, CONFIGURATION).then(() => true),
    PATIENT,
  );
  for (const [name, { annotations = {}, spec = {}, protocol = "TCP" }] of Object.entries(WANTED)) {
    const whole = { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80, protocol }], ...spec };
    await api.must({ path: SERVICES, body: { metadata: { name, annotations }, spec: whole } });
  }
  const waiting = async (): Promise<readonly string[]> =>
    (await world.services()).filter((object) => !hasAll(object)).map(({ metadata }) => metadata.name);
  const isDone = async (): Promise<boolean> => (await waiting()).length === 0;
  await until("MetalLB gave every Service its addresses", isDone, { ...PATIENT, lastSeen: () => world.saidLast() });
}

/** Whether MetalLB wrote an address of each family, and its note of the pool. */
function hasAll(object: KubeObject): boolean {
  const { ipFamilies = [] } = object["spec"] as { readonly ipFamilies?: readonly string[] };
  const note = object.metadata.annotations?.["metallb.io/ip-allocated-from-pool"];
  return ingressOf(object).length === ipFamilies.length && note !== undefined;
}
