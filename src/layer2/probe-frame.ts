import { type Ip, UNSPECIFIED } from "#src/ip/address.ts";
import { encodeArp } from "#src/wire/arp.ts";
import { encodeEthernet, ETHER_TYPE_ARP, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { encodeIcmpv6 } from "#src/wire/icmpv6.ts";
import { encodeIpv6, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { BROADCAST_MAC, ZERO_MAC } from "#src/wire/mac.ts";
import { encodeNeighborSolicitation, NDP_HOP_LIMIT, TYPE_NEIGHBOR_SOLICITATION } from "#src/wire/ndp.ts";
import { multicastMac, solicitedNodeGroup } from "#src/wire/solicited-node.ts";

/**
 * The frame that asks whether another machine has the address, and changes no neighbour's table: an ARP probe, which
 * comes from 0.0.0.0 (RFC 5227 section 2.1.1), or a solicitation of duplicate address detection, which comes from ::, has
 * no source link-layer option and goes to the solicited-node group (RFC 4862 section 5.4.2).
 */
export function probeFrame(ip: Ip, mac: Uint8Array): Uint8Array {
  if (ip.family === "ipv4") {
    const payload = encodeArp({
      operation: "request",
      senderMac: mac,
      senderIp: UNSPECIFIED.ipv4,
      targetMac: ZERO_MAC,
      targetIp: ip,
    });
    return encodeEthernet({ destination: BROADCAST_MAC, source: mac, etherType: ETHER_TYPE_ARP, payload });
  }
  const ends = { source: UNSPECIFIED.ipv6, destination: solicitedNodeGroup(ip) };
  const body = encodeNeighborSolicitation({ target: ip, options: [] });
  const message = encodeIcmpv6({ type: TYPE_NEIGHBOR_SOLICITATION, code: 0, body }, ends);
  const payload = encodeIpv6({ ...ends, nextHeader: NEXT_HEADER_ICMPV6, hopLimit: NDP_HOP_LIMIT, payload: message });
  return encodeEthernet({
    destination: multicastMac(ends.destination),
    source: mac,
    etherType: ETHER_TYPE_IPV6,
    payload,
  });
}
