import type { Ip } from "#src/ip/address.ts";
import { encodeEthernet, ETHER_TYPE_IPV6 } from "#src/wire/ethernet.ts";
import { encodeIcmpv6 } from "#src/wire/icmpv6.ts";
import { encodeIpv6, NEXT_HEADER_ICMPV6 } from "#src/wire/ipv6.ts";
import { encodeNeighborSolicitation, NDP_HOP_LIMIT, TYPE_NEIGHBOR_SOLICITATION } from "#src/wire/ndp.ts";
import { multicastMac, solicitedNodeGroup } from "#src/wire/solicited-node.ts";
import { probeFrame } from "./probe-frame.ts";

/** The interface that asks. */
interface AskingLink {
  readonly mac: Uint8Array;
  /** Its link-local IPv6 address; undefined where it has none. */
  readonly linkLocal: Ip | undefined;
}

/**
 * The frame that asks who has an address, so that the answer comes to the asker alone: an ARP probe, or a solicitation from the
 * link-local address (RFC 4861 section 4.3). Without one it is duplicate address detection, which is answered to all nodes.
 */
export function questionFrame(ip: Ip, { mac, linkLocal }: AskingLink): Uint8Array {
  if (ip.family === "ipv4" || linkLocal === undefined) return probeFrame(ip, mac);
  const ends = { source: linkLocal, destination: solicitedNodeGroup(ip) };
  const body = encodeNeighborSolicitation({ target: ip, options: [{ kind: "source-link-layer", mac }] });
  const message = encodeIcmpv6({ type: TYPE_NEIGHBOR_SOLICITATION, code: 0, body }, ends);
  const payload = encodeIpv6({ ...ends, nextHeader: NEXT_HEADER_ICMPV6, hopLimit: NDP_HOP_LIMIT, payload: message });
  const destination = multicastMac(ends.destination);
  return encodeEthernet({ destination, source: mac, etherType: ETHER_TYPE_IPV6, payload });
}
