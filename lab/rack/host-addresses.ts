/** Most nodes a rack can have: each gets a slice of 198.51.100.0/24 for its pods, and two addresses are the least. */
export const MOST_NODES = 128;

/** The pods' networks: only the nodes have routes to them, so that a packet that missed its NAT is seen as lost. */
export const podNetworks = { ipv4: "198.51.100.0/24", ipv6: "2001:db8:100::/48" } as const;

/** Where a host stands: its addresses (documentation ranges, RFC 5737 and RFC 3849) and its deterministic MAC. */
export interface RackHostAddresses {
  readonly ipv4: string;
  readonly ipv6: string;
  readonly mac: string;
}

export const router: RackHostAddresses = { ipv4: "192.0.2.1", ipv6: "2001:db8:0:1::1", mac: "02:00:00:00:00:01" };
export const client: RackHostAddresses = { ipv4: "192.0.2.2", ipv6: "2001:db8:0:1::2", mac: "02:00:00:00:00:02" };

/** The host of a cluster's API server, in racks that have one. */
export const controlPlane: RackHostAddresses = { ipv4: "192.0.2.3", ipv6: "2001:db8:0:1::3", mac: "02:00:00:00:00:05" };

/** The router's side and the far side of the link to the host outside the LAN. */
export const outside = {
  router: { ipv4: "203.0.113.129", ipv6: "2001:db8:300::1", mac: "02:00:00:00:00:03" },
  remote: { ipv4: "203.0.113.130", ipv6: "2001:db8:300::2", mac: "02:00:00:00:00:04" },
} as const;

/** Node `number` (from 1): 192.0.2.11 and 2001:db8:0:1::11 are n1, and so on. */
export function nodeAddresses(number: number): RackHostAddresses {
  const last = 10 + number;
  return { ipv4: `192.0.2.${last}`, ipv6: `2001:db8:0:1::${last}`, mac: `02:00:00:00:01:${hexByte(number)}` };
}

/** The part of the pods' networks that lies behind a node: as large as an even split between `nodes` allows. */
export function podSlice(number: number, nodes: number): { readonly ipv4: string; readonly ipv6: string } {
  const size = sliceSize(nodes);
  return {
    ipv4: `198.51.100.${(number - 1) * size}/${32 - Math.log2(size)}`,
    ipv6: `2001:db8:100:${number.toString(16)}::/64`,
  };
}

/** How many pods a node can hold in a rack of `nodes`: 63 of 3, 15 of 16, 3 of 50. */
export function podsPerNode(nodes: number): number {
  return Math.min(254, sliceSize(nodes) - 1);
}

/** The `index`th pod (from 1 to `podsPerNode`) of a node, and the MAC of the node's side of its link. */
export function podAddresses(
  nodeNumber: number,
  index: number,
  nodes: number,
): RackHostAddresses & { readonly nodeMac: string } {
  return {
    ipv4: `198.51.100.${(nodeNumber - 1) * sliceSize(nodes) + index}`,
    ipv6: `2001:db8:100:${nodeNumber.toString(16)}::${index.toString(16)}`,
    mac: `02:00:00:02:${hexByte(nodeNumber)}:${hexByte(index)}`,
    nodeMac: `02:00:00:03:${hexByte(nodeNumber)}:${hexByte(index)}`,
  };
}

function sliceSize(nodes: number): number {
  return 256 / 2 ** Math.ceil(Math.log2(nodes));
}

function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}
