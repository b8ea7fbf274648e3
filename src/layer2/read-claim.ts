import type { Ip } from "#src/ip/address.ts";
import { decodeArp } from "#src/wire/arp.ts";
import { decodeEthernet, ETHER_TYPE_ARP, ETHER_TYPE_IPV6, type EthernetFrame } from "#src/wire/ethernet.ts";
import { decodeIcmpv6 } from "#src/wire/icmpv6.ts";
import { decodeIpv6, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { equalMacs, isMachineMac } from "#src/wire/mac.ts";
import {
  decodeNeighborAdvertisement,
  linkLayerAddress,
  NDP_HOP_LIMIT,
  TYPE_NEIGHBOR_ADVERTISEMENT,
} from "#src/wire/ndp.ts";
import { isMulticast } from "#src/wire/solicited-node.ts";

/** Another machine says on the wire that it has an address. */
export interface WireClaim {
  readonly ip: Ip;
  /** The Ethernet address that it says it has. */
  readonly mac: Uint8Array;
}

/**
 * The claim in a frame that came in where `ownMac` is the Ethernet address of the interface: an ARP packet, request or reply, whose
 * sender has the address (RFC 5227 section 2.4), or a neighbor advertisement for it (RFC 4862 section 5.4.4). Undefined for
 * all else, our own frames included. Never throws, whatever the bytes.
 */
export function readClaim(frame: Uint8Array, ownMac: Uint8Array): WireClaim | undefined {
  const ethernet = decodeEthernet(frame);
  if (ethernet === undefined || equalMacs(ethernet.source, ownMac)) return undefined;
  const claim = claimIn(ethernet);
  return claim === undefined || !isMachineMac(claim.mac) || equalMacs(claim.mac, ownMac) ? undefined : claim;
}

function claimIn(ethernet: EthernetFrame): WireClaim | undefined {
  switch (ethernet.etherType) {
    case ETHER_TYPE_ARP: {
      const packet = decodeArp(ethernet.payload);
      // A probe claims nothing yet.
      if (packet === undefined || packet.senderIp.value === 0n) return undefined;
      return { ip: packet.senderIp, mac: packet.senderMac };
    }
    case ETHER_TYPE_IPV6:
      return claimInIpv6(ethernet);
    default:
      return undefined;
  }
}

/** The checks of RFC 4861 section 7.1.2. An answer to one machine may leave the option out: then the frame's sender is meant. */
function claimInIpv6({ source, payload }: EthernetFrame): WireClaim | undefined {
  const packet = decodeIpv6(payload);
  if (packet?.nextHeader !== NEXT_HEADER_ICMPV6 || packet.hopLimit !== NDP_HOP_LIMIT) return undefined;
  const icmpv6 = decodeIcmpv6(packet.payload, packet);
  if (!icmpv6.ok || icmpv6.message.type !== TYPE_NEIGHBOR_ADVERTISEMENT || icmpv6.message.code !== 0) return undefined;
  const advertisement = decodeNeighborAdvertisement(icmpv6.message.body);
  if (advertisement === undefined || isMulticast(advertisement.target)) return undefined;
  if (advertisement.solicited && isMulticast(packet.destination)) return undefined;
  return { ip: advertisement.target, mac: linkLayerAddress(advertisement, "target-link-layer") ?? source };
}
