import type { Ip } from "#src/ip/address.ts";
import { encodeEthernet, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { encodeIcmpv6 } from "#src/wire/icmpv6.ts";
import { encodeIpv6, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { encodeNeighborAdvertisement, NDP_HOP_LIMIT, TYPE_NEIGHBOR_ADVERTISEMENT } from "#src/wire/ndp.ts";

export interface NeighborAdvertisementOptions {
  /** The address that is at `mac`. */
  readonly target: Ip;
  readonly mac: Uint8Array;
  readonly destination: Ip;
  readonly destinationMac: Uint8Array;
  /** True for the answer to a solicitation from an address (RFC 4861 section 7.2.4). */
  readonly solicited: boolean;
}

/**
 * A whole frame with a neighbor advertisement for an announced address: override set, since we are neither a proxy nor
 * anycast, and router never, since clients would then route through us.
 *
 * Its IPv6 source is the announced address itself and not our link-local one: to neighbours we are the machine that has
 * the address, and such a machine answers from it (Linux does). A switch that checks source addresses against the
 * announced ones sees one consistent claim, and an interface without a link-local address can serve too.
 */
export function neighborAdvertisementFrame(options: NeighborAdvertisementOptions): Uint8Array {
  const { target, mac, destination, destinationMac, solicited } = options;
  const ends = { source: target, destination };
  const flags = { router: false, solicited, override: true };
  const body = encodeNeighborAdvertisement({ target, ...flags, options: [{ kind: "target-link-layer", mac }] });
  const message = encodeIcmpv6({ type: TYPE_NEIGHBOR_ADVERTISEMENT, code: 0, body }, ends);
  const packet = encodeIpv6({ ...ends, nextHeader: NEXT_HEADER_ICMPV6, hopLimit: NDP_HOP_LIMIT, payload: message });
  return encodeEthernet({ destination: destinationMac, source: mac, etherType: ETHER_TYPE_IPV6, payload: packet });
}
