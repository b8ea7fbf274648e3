import { type Cidr, cidrContains, parseCidr } from "./cidr.ts";
import type { Ip } from "./address.ts";
import { type IpRange, rangeOf, rangesOverlap } from "./range.ts";

/** What an address is reserved for, so that no Service can have it. A closed set, shown in problems and conditions. */
export type ReservedUse = "unspecified" | "loopback" | "link-local" | "multicast" | "broadcast";

/** IANA special-purpose registries (RFC 6890), as far as no host on a LAN can own such an address for a Service. */
const RESERVED: readonly (readonly [network: string, use: ReservedUse])[] = [
  ["0.0.0.0/8", "unspecified"], // RFC 1122 section 3.2.1.3: "this network"
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"], // RFC 3927
  ["224.0.0.0/4", "multicast"],
  ["255.255.255.255/32", "broadcast"],
  ["::/128", "unspecified"],
  ["::1/128", "loopback"],
  ["fe80::/10", "link-local"], // RFC 4291 section 2.5.6
  ["ff00::/8", "multicast"],
];

const NETWORKS = RESERVED.map(([text, use]) => ({ network: networkOf(text), use }));
const NETWORKS_OF = Map.groupBy(NETWORKS, ({ network }) => network.family);

/**
 * What the address is reserved for by its own bits, whatever any object says; undefined for an ordinary unicast address.
 * An IPv4-mapped IPv6 address (`::ffff:0:0/96`) is judged as "unspecified": it never appears on a wire.
 */
export function reservedUse(ip: Ip): ReservedUse | undefined {
  if (ip.family === "ipv6" && ip.value >> 32n === 0xffffn) return "unspecified";
  return NETWORKS_OF.get(ip.family)?.find(({ network }) => cidrContains(network, ip))?.use;
}

/** IPv4-mapped IPv6 addresses, which never appear on a wire (RFC 4291 section 2.5.5.2). */
const MAPPED: Cidr = { family: "ipv6", base: 0xffffn << 32n, prefixLength: 96 };

/** The parts of a range that are not reserved for anything, in order; none where all of it is reserved. */
export function withoutReserved(range: IpRange): readonly IpRange[] {
  let parts: readonly IpRange[] = [range];
  for (const network of [...NETWORKS.map(({ network }) => network), MAPPED])
    parts = parts.flatMap((part) => withoutNetwork(part, network));
  return parts;
}

function withoutNetwork(range: IpRange, network: Cidr): readonly IpRange[] {
  const taken = rangeOf(network);
  if (!rangesOverlap(range, taken)) return [range];
  const before = { ...range, last: taken.first - 1n };
  const after = { ...range, first: taken.last + 1n };
  return [before, after].filter(({ first, last }) => first <= last);
}

function networkOf(text: string): Cidr {
  const network = parseCidr(text);
  if (network === undefined) throw new Error(`not a network: ${text}`);
  return network;
}
