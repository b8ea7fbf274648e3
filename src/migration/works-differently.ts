import { named } from "./named.ts";
import type { MigrationFacts } from "./migration-facts.ts";
import type { MigrationItem } from "./migration-item.ts";

/** What differs whatever the installation is. */
const ALWAYS: readonly MigrationItem[] = [
  {
    topic: "owner",
    objects: [],
    text: "The node that announces an address keeps it until it fails or its speaker ends; when nothing has changed for five minutes, addresses are spread evenly. MetalLB moves an address back as soon as the node that ranks first returns.",
    fix: "To move addresses only by hawser rebalance, run the speakers with --fail-back-after 0.",
  },
  {
    topic: "takeover",
    objects: [],
    text: "Speakers hear each other by signed heartbeats on UDP 7946, and take over after 100 ms of silence. MetalLB has memberlist on TCP and UDP 7946, and takes over after about 5 s.",
    fix: "Let UDP 7946 pass between the nodes. MetalLB's Secret memberlist is not used.",
  },
  {
    topic: "networks",
    objects: [],
    text: "A node announces an address only on interfaces in the network of the address. MetalLB announces on every interface.",
    fix: "For addresses that are in no network of the nodes, name the interfaces with the speakers' --interfaces.",
  },
  {
    topic: "nodes",
    objects: [],
    text: "Hawser's speakers run on every Linux node, whatever its taints. MetalLB's tolerate the taints of control planes only.",
    fix: "To keep a node from announcing, give it the label node.kubernetes.io/exclude-from-external-load-balancers.",
  },
  {
    topic: "requests",
    objects: [],
    text: "A Service that asks for another address or pool keeps what it has until a node answers for the new address. MetalLB takes the old address away first.",
  },
  {
    topic: "released addresses",
    objects: [],
    text: "For 2 minutes a released address is kept for a Service of the same namespace and name. MetalLB assigns it again at once.",
  },
  {
    topic: "addresses of nodes",
    objects: [],
    text: "Addresses of nodes and gateways, and the first and the broadcast address of the nodes' networks, are not assigned. A Service that has the address of a node or a gateway loses it.",
  },
  {
    topic: "dual stack",
    objects: [],
    text: "A Service may have its two addresses from two pools. MetalLB takes both from one pool.",
  },
  {
    topic: "monitoring",
    objects: [],
    text: "Metrics, Events and conditions have names of their own. ServiceL2Status and ConfigurationState are not written.",
    fix: "Change your alerts: docs/metrics.md lists all metrics.",
  },
];

const OF_RESOURCES: readonly MigrationItem[] = [
  {
    topic: "removed pools",
    objects: [],
    text: "An address whose pool is removed or shrinks goes on serving, and is marked as orphaned. MetalLB takes it away and assigns another one.",
    fix: "hawser plan -f FILE says before a change which addresses that would be.",
  },
  {
    topic: "pool order",
    objects: [],
    text: "Of pools with the same priority the older one comes first. MetalLB takes any of them.",
  },
  {
    topic: "mistakes",
    objects: [],
    text: "An object that cannot be used leaves its last good version and all other objects in use. No webhook refuses it.",
    fix: "Run hawser check FILE before you apply it.",
  },
];

const OF_CONFIG_MAP: readonly MigrationItem[] = [
  {
    topic: "removed pools",
    objects: [],
    text: "An address whose pool is removed or shrinks goes on serving, and is marked as orphaned. MetalLB ignores the whole configuration instead.",
    fix: "hawser plan -f FILE says before a change which addresses that would be.",
  },
  {
    topic: "pool order",
    objects: [],
    text: "Pools come in the order written. MetalLB takes any of them.",
  },
];

/** What of an installation of MetalLB works differently in Hawser, and how. */
export function worksDifferently(facts: MigrationFacts): readonly MigrationItem[] {
  const ofEra = facts.metallb.era === "config-map" ? OF_CONFIG_MAP : OF_RESOURCES;
  return [...flagItems(facts), ...objectItems(facts), ...advertisementItems(facts), ...ofEra, ...ALWAYS];
}

function flagItems({ metallb, use }: MigrationFacts): MigrationItem[] {
  const { controller, speaker, namespace, excludesInterfaces } = metallb;
  const items: MigrationItem[] = [];
  if (controller === undefined && speaker === undefined)
    items.push({
      topic: "flags",
      objects: [],
      text: "MetalLB's Deployment and DaemonSet are not among the objects, so the flags of its programs are unknown.",
      fix: `Name a file with them, too: kubectl get deployment,daemonset --namespace ${namespace} -o yaml`,
    });
  if (use.services === 0)
    items.push({
      topic: "Services",
      objects: [],
      text: "No Service with an address is among the objects, so nothing is known of the addresses in use.",
      fix: "Name a file with the Services, too: kubectl get services --all-namespaces -o yaml",
    });
  const lbClass = controller?.flags.get("lb-class") ?? speaker?.flags.get("lb-class");
  if (lbClass !== undefined)
    items.push({
      topic: "--lb-class",
      objects: [],
      text: `MetalLB serves the Services of class ${lbClass} alone. The flag of Hawser is --load-balancer-class, on the controller and on the speakers.`,
      fix: "It is in our form below.",
    });
  if (isIgnoringLabel(speaker?.flags))
    items.push({
      topic: "--ignore-exclude-lb",
      objects: [],
      text: "Nodes with the label node.kubernetes.io/exclude-from-external-load-balancers announce, too. The flag of Hawser's speakers has the same name.",
      fix: "It is in our form below.",
    });
  if (excludesInterfaces)
    items.push({
      topic: "excluded interfaces",
      objects: [],
      text: "The ConfigMap with the interfaces that MetalLB excludes is not read. Speakers ignore interfaces that only hold addresses, and announce an address only on interfaces in its network.",
      fix: "To allow fewer interfaces, name them with the speakers' --interfaces, or in L2Advertisements.",
    });
  return items;
}

/** Whether a program of MetalLB runs with --ignore-exclude-lb. */
export function isIgnoringLabel(flags: ReadonlyMap<string, string> = new Map()): boolean {
  return ["true", "1", "t"].includes(flags.get("ignore-exclude-lb") ?? "");
}

function objectItems({
  metallb: { era, namespace, configMap, addressPools },
  converted,
}: MigrationFacts): MigrationItem[] {
  const items: MigrationItem[] = [];
  if (era === "custom-resources" && configMap !== undefined)
    items.push({
      topic: "old ConfigMap",
      objects: [`${namespace}/${configMap.name}`],
      text: `The ConfigMap ${namespace}/${configMap.name} is not read by MetalLB since version 0.13, and not by Hawser either unless --config-map names it.`,
    });
  if (addressPools.length > 0) {
    const names = addressPools.map(({ name }) => name);
    items.push({
      topic: "AddressPool",
      objects: names,
      text: `AddressPools (${named(names)}) are not read. ${converted.length === 0 ? "IPAddressPools of the same names are there already." : "Our form below has them as IPAddressPools and L2Advertisements."}`,
    });
  }
  return items;
}

function advertisementItems({ seen }: MigrationFacts): MigrationItem[] {
  const layer2 = seen.advertisements.filter((one) => one.kind === "layer2");
  const items: MigrationItem[] = [];
  const withInterfaces = layer2.filter(({ interfaces }) => interfaces.length > 0).map(({ name }) => name);
  if (withInterfaces.length > 0)
    items.push({
      topic: "interfaces",
      objects: withInterfaces,
      text: `Interfaces of L2Advertisements (${named(withInterfaces)}): a node without such an interface is not chosen. MetalLB may choose it, and then it announces nothing.`,
    });
  const withSelectors = layer2.filter(({ serviceSelectors }) => serviceSelectors.length > 0).map(({ name }) => name);
  if (withSelectors.length > 0)
    items.push({
      topic: "service selectors",
      objects: withSelectors,
      text: `Service selectors of L2Advertisements (${named(withSelectors)}): a shared address is announced where the advertisement is for all its Services. MetalLB never announces it then.`,
    });
  return items;
}
