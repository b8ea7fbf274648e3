import {
  client,
  controlPlane,
  nodeAddresses,
  outside,
  podAddresses,
  podNetworks,
  podSlice,
  type RackHostAddresses,
  router,
} from "./host-addresses.ts";

/** One host's set-up, done in one visit to its namespace: sysctls first (`name=value`), then an `ip -batch` text. */
export interface HostSetup {
  readonly namespace: string;
  readonly sysctls: readonly string[];
  readonly batch: readonly string[];
}

/** All commands that build the rack, in order: namespaces with links, then each host. */
export interface Wiring {
  readonly namespaces: readonly string[];
  readonly links: readonly string[];
  readonly setups: readonly HostSetup[];
}

/**
 * No duplicate address detection: IPv6, and forwarding of it (whose solicitations come from link-local addresses),
 * would fail for the first one to two seconds. It is off only where `all` and the interface both say so.
 */
const noDad = [
  "net/ipv6/conf/all/accept_dad=0",
  "net/ipv6/conf/default/accept_dad=0",
  "net/ipv6/conf/eth0/accept_dad=0",
];
/**
 * How the nodes' own ARP and NDP ask for a neighbour: again after 100 ms, so that a healed partition is whole at once,
 * yet for the usual three seconds in all. With the usual three tries a third of a second without CPU would be enough to
 * take a neighbour for gone, and to lose requests that no real node loses.
 */
const patientNeighbors = ["ipv4", "ipv6"].flatMap((family) => [
  `net/${family}/neigh/eth0/retrans_time_ms=100`,
  `net/${family}/neigh/eth0/ucast_solicit=30`,
  `net/${family}/neigh/eth0/mcast_solicit=30`,
]);
/** Nodes forward what comes for a service address, also back out of the port it came in by (so redirects are off). */
const nodeSysctls = [
  "net/ipv4/ip_forward=1",
  "net/ipv6/conf/all/forwarding=1",
  "net/ipv4/conf/all/rp_filter=0",
  "net/ipv4/conf/eth0/rp_filter=0",
  "net/ipv4/conf/all/send_redirects=0",
  "net/ipv4/conf/eth0/send_redirects=0",
  ...patientNeighbors,
];
const routerSysctls = [
  "net/ipv6/conf/wan0/accept_dad=0",
  "net/ipv4/ip_forward=1",
  "net/ipv6/conf/all/forwarding=1",
  "net/ipv4/fib_multipath_hash_policy=1",
  "net/ipv6/fib_multipath_hash_policy=1",
];

/**
 * Interface numbers at the switch start here and never equal the host's (2): the kernel takes a veth whose two ends
 * have the same number for one without a link below it, and then lets it work only after up to a second.
 */
const FIRST_PORT_INDEX = 100;

/** The name of the switch's port that a host is plugged into; at most 15 characters, as for any interface. */
export function portOf(hostName: string): string {
  return `p-${hostName}`;
}

export interface RackPlan {
  readonly nodes: number;
  readonly multicastSnooping: boolean;
  readonly controlPlane: boolean;
}

/**
 * Pure: the wiring of a rack of n1..nN, client and router (and the control plane's host) at one switch, and a remote
 * host behind the router.
 */
export function wiringOf(plan: RackPlan): Wiring {
  const numbers = Array.from({ length: plan.nodes }, (_, index) => index + 1);
  const lan: [string, RackHostAddresses][] = [
    ["client", client],
    ["router", router],
    ...numbers.map((number): [string, RackHostAddresses] => [`n${number}`, nodeAddresses(number)]),
    ...(plan.controlPlane ? [["control", controlPlane] satisfies [string, RackHostAddresses]] : []),
  ];
  const far = outside.remote;
  return {
    namespaces: ["sw", "remote", ...lan.map(([name]) => name)],
    links: [
      ...lan.map(
        ([name, { mac }], at) =>
          `link add name eth0 index 2 address ${mac} netns ${name} type veth peer name ${portOf(name)} index ${FIRST_PORT_INDEX + at} netns sw`,
      ),
      `link add name eth0 index 2 address ${far.mac} netns remote type veth peer name wan0 index 3 address ${outside.router.mac} netns router`,
    ],
    setups: [
      switchSetup(
        lan.map(([name]) => portOf(name)),
        plan.multicastSnooping,
      ),
      { namespace: "client", sysctls: noDad, batch: [...upWith(client, 24, 64), ...defaultVia(router)] },
      {
        namespace: "router",
        sysctls: [...noDad, ...routerSysctls],
        batch: [...upWith(router, 24, 64), ...upWith(outside.router, 25, 64, "wan0")],
      },
      { namespace: "remote", sysctls: noDad, batch: [...upWith(far, 25, 64), ...defaultVia(outside.router)] },
      ...numbers.map((number) => nodeSetup(number, numbers)),
      ...(plan.controlPlane
        ? [{ namespace: "control", sysctls: noDad, batch: [...upWith(controlPlane, 24, 64), ...defaultVia(router)] }]
        : []),
    ],
  };
}

function switchSetup(ports: readonly string[], multicastSnooping: boolean): HostSetup {
  // With snooping the switch is querier too, with short intervals (in hundredths of a second): as a real one
  // would have been for hours, it knows within a second who joined what.
  const snooping = multicastSnooping
    ? "mcast_snooping 1 mcast_querier 1 mcast_mld_version 2 mcast_query_interval 200 mcast_query_response_interval 50 mcast_startup_query_interval 50"
    : "mcast_snooping 0";
  return {
    namespace: "sw",
    // Without snooping the switch itself says nothing; a querier needs a link-local address to ask from.
    sysctls: multicastSnooping
      ? noDad.slice(0, 2)
      : ["net/ipv6/conf/all/disable_ipv6=1", "net/ipv6/conf/default/disable_ipv6=1"],
    batch: [
      `link add name br0 type bridge stp_state 0 forward_delay 0 ageing_time 30000 ${snooping}`,
      "link set br0 up",
      ...ports.map((port) => `link set ${port} master br0 up`),
    ],
  };
}

function nodeSetup(number: number, numbers: readonly number[]): HostSetup {
  const routes = numbers
    .filter((other) => other !== number)
    .flatMap((other) => {
      const via = nodeAddresses(other);
      const slice = podSlice(other, numbers.length);
      return [`route add ${slice.ipv4} via ${via.ipv4}`, `route add ${slice.ipv6} via ${via.ipv6}`];
    });
  return {
    namespace: `n${number}`,
    sysctls: [...noDad, ...nodeSysctls],
    batch: [...upWith(nodeAddresses(number), 24, 64), ...defaultVia(router), ...routes],
  };
}

/** The link of a pod: born in place between its own namespace and its node's. */
export function podLink(pod: { namespace: string; node: string; index: number }, at: NodePosition): string {
  const { mac, nodeMac } = podAddresses(at.nodeNumber, pod.index, at.nodes);
  return `link add name eth0 index 2 address ${mac} netns ${pod.namespace} type veth peer name pod-${pod.index} address ${nodeMac} netns ${pod.node}`;
}

/** Which node of how many: what a pod's addresses follow from. */
export interface NodePosition {
  readonly nodeNumber: number;
  readonly nodes: number;
}

/** A pod has a /32 and a /128 and reaches everything through its node, which answers as 169.254.1.1 and fe80::1. */
export function podSetups(pod: { namespace: string; node: string; index: number }, at: NodePosition): HostSetup[] {
  const { ipv4, ipv6 } = podAddresses(at.nodeNumber, pod.index, at.nodes);
  const link = `pod-${pod.index}`;
  const node = nodeAddresses(at.nodeNumber);
  return [
    {
      namespace: pod.namespace,
      sysctls: noDad,
      batch: [
        ...upWith({ ipv4, ipv6 }, 32, 128),
        "route add 169.254.1.1 dev eth0",
        "route add default via 169.254.1.1 dev eth0",
        "route add default via fe80::1 dev eth0",
      ],
    },
    {
      namespace: pod.node,
      sysctls: [],
      batch: [
        `link set ${link} addrgenmode none`,
        `link set ${link} up`,
        `addr add 169.254.1.1/32 dev ${link}`,
        `addr add fe80::1/64 dev ${link} nodad`,
        `route add ${ipv4}/32 dev ${link} src ${node.ipv4}`,
        `route add ${ipv6}/128 dev ${link} src ${node.ipv6}`,
      ],
    },
  ];
}

function upWith(at: { ipv4: string; ipv6: string }, length4: number, length6: number, link = "eth0"): string[] {
  return [
    "link set lo up",
    `link set ${link} up`,
    `addr add ${at.ipv4}/${length4} dev ${link}`,
    `addr add ${at.ipv6}/${length6} dev ${link} nodad`,
  ];
}

function defaultVia(gateway: { ipv4: string; ipv6: string }): string[] {
  return [`route add default via ${gateway.ipv4}`, `route add default via ${gateway.ipv6}`];
}

/** Loaded into a node to learn whether the kernel can do what service rules need; leaves nothing behind. */
export const natProbe = `table inet probe {
  chain post {
    type nat hook postrouting priority srcnat;
    ip saddr != ${podNetworks.ipv4} masquerade
  }
}
delete table inet probe
`;
