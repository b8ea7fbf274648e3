import { podNetworks } from "./host-addresses.ts";

/** One endpoint of a port: where a connection goes, and on which node that is. */
export interface ServiceTarget {
  readonly address: string;
  readonly port: number;
  readonly node: string;
}

interface ServiceRulesPort {
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
  /** Of both families; each family's addresses go to the targets of that family. */
  readonly targets: readonly ServiceTarget[];
}

/** What a node must forward: the lab's stand-in for a Service as kube-proxy sees it. */
export interface ServiceForRules {
  /** `namespace/name`: rules are sorted by it, so that they have the same names on every node. */
  readonly key: string;
  /** The assigned external addresses, IPv4 and IPv6. */
  readonly addresses: readonly string[];
  readonly ports: readonly ServiceRulesPort[];
  readonly externalTrafficPolicy: "Cluster" | "Local";
  /** `sessionAffinity: ClientIP` with its timeout in seconds; left out: each connection chooses again. */
  readonly affinitySeconds?: number;
}

/** The mark of packets that must leave with the node's own address, as kube-proxy's. */
const MASQUERADE_MARK = "0x4000";

type FamilyWord = "ip" | "ip6";

/**
 * The nftables text that makes one node forward to the services as kube-proxy would: a destination NAT to a ready
 * endpoint, for policy Cluster to any with the node's own address as source, for Local to this node's only (none: the
 * packet is dropped). It replaces all earlier rules at once; an empty list removes them.
 */
export function serviceRules(services: readonly ServiceForRules[], node: string): string {
  const chains = services.flatMap((service) => portChains(service, node));
  const entries = (family: FamilyWord) => chains.filter((chain) => chain.family === family).flatMap(({ keys }) => keys);
  return [
    "add table inet services",
    "delete table inet services",
    "table inet services {",
    ...chains.flatMap(({ text }) => text),
    "  chain services {",
    ...dispatch("ip", entries("ip")),
    ...dispatch("ip6", entries("ip6")),
    "  }",
    "  chain prerouting {",
    "    type nat hook prerouting priority dstnat;",
    "    jump services",
    "  }",
    "  chain output {",
    "    type nat hook output priority -100;",
    "    jump services",
    "  }",
    "  chain postrouting {",
    "    type nat hook postrouting priority srcnat;",
    `    meta mark & ${MASQUERADE_MARK} != 0 masquerade`,
    "  }",
    "}",
    "",
  ].join("\n");
}

interface PortChain {
  readonly family: FamilyWord;
  /** Entries of the dispatching map: address . protocol . port : goto chain. */
  readonly keys: readonly string[];
  readonly text: readonly string[];
}

function dispatch(family: FamilyWord, keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  return [
    `    ${family} daddr . meta l4proto . th dport vmap {`,
    ...keys.map((key, index) => `      ${key}${index === keys.length - 1 ? "" : ","}`),
    "    }",
  ];
}

function portChains(service: ServiceForRules, node: string): PortChain[] {
  return service.ports.flatMap((port) =>
    (["ip", "ip6"] as const).flatMap((family) => {
      const addresses = service.addresses.filter((address) => familyOf(address) === family);
      return addresses.length === 0 ? [] : [portChain({ service, port, family, addresses, node })];
    }),
  );
}

interface PortOfFamily {
  readonly service: ServiceForRules;
  readonly port: ServiceRulesPort;
  readonly family: FamilyWord;
  readonly addresses: readonly string[];
  readonly node: string;
}

function portChain({ service, port, family, addresses, node }: PortOfFamily): PortChain {
  const isLocal = service.externalTrafficPolicy === "Local";
  const name = `${word(service.key)}_${port.protocol.toLowerCase()}_${port.port}_${family}`;
  const protocol = port.protocol.toLowerCase();
  const targets = port.targets.filter(
    (target) => familyOf(target.address) === family && (!isLocal || target.node === node),
  );
  const endpoints = targets.map((_, index) => `ep_${name}_${index + 1}`);
  const affinity = service.affinitySeconds;
  return {
    family,
    keys: addresses.map((address) => `${address} . ${protocol} . ${port.port} : goto svc_${name}`),
    text: [
      ...targets.flatMap((target, index) => endpointChain(`${name}_${index + 1}`, { target, protocol, affinity })),
      `  chain svc_${name} {`,
      ...(isLocal ? [] : [masqueradeLine(family)]),
      ...(affinity === undefined
        ? []
        : endpoints.map((endpoint) => `    ${family} saddr @${affinitySet(endpoint)} goto ${endpoint}`)),
      choiceLine(endpoints),
      "  }",
    ],
  };
}

function endpointChain(
  name: string,
  { target, protocol, affinity }: { target: ServiceTarget; protocol: string; affinity: number | undefined },
): string[] {
  const family = familyOf(target.address);
  const to = family === "ip" ? `${target.address}:${target.port}` : `[${target.address}]:${target.port}`;
  const set = affinitySet(`ep_${name}`);
  const remembered =
    affinity === undefined
      ? []
      : [
          `  set ${set} {`,
          `    type ${family === "ip" ? "ipv4_addr" : "ipv6_addr"}`,
          "    flags dynamic,timeout",
          `    timeout ${affinity}s`,
          "  }",
        ];
  return [
    ...remembered,
    `  chain ep_${name} {`,
    ...(affinity === undefined ? [] : [`    update @${set} { ${family} saddr }`]),
    `    meta l4proto ${protocol} dnat ${family} to ${to}`,
    "  }",
  ];
}

/** Without a ready endpoint the packet is dropped: a refusal would need `reject`, which sends no ICMP on this path. */
function choiceLine(endpoints: readonly string[]): string {
  const [only, ...more] = endpoints;
  if (only === undefined) return "    drop";
  if (more.length === 0) return `    goto ${only}`;
  const map = endpoints.map((endpoint, index) => `${index} : goto ${endpoint}`).join(", ");
  return `    numgen random mod ${endpoints.length} vmap { ${map} }`;
}

function masqueradeLine(family: FamilyWord): string {
  const pods = family === "ip" ? podNetworks.ipv4 : podNetworks.ipv6;
  return `    ${family} saddr != ${pods} meta mark set meta mark | ${MASQUERADE_MARK}`;
}

function affinitySet(endpoint: string): string {
  return `aff_${endpoint}`;
}

function familyOf(address: string): FamilyWord {
  return address.includes(":") ? "ip6" : "ip";
}

/** A name nft accepts: Kubernetes names have only letters, digits, dots and dashes; no two keys become one word. */
function word(key: string): string {
  return key.replaceAll("_", "__").replaceAll("/", "_s_").replaceAll("-", "_d_").replaceAll(".", "_p_");
}
