import type { Ip } from "#src/ip/address.ts";
import { neighborAdvertisementFrame } from "./neighbor-advertisement-frame.ts";
import { broadcastArp } from "./broadcast-arp.ts";
import { ZERO_MAC } from "#src/wire/mac.ts";
import { ALL_NODES } from "#src/wire/ndp.ts";
import { multicastMac } from "#src/wire/solicited-node.ts";

/**
 * The frames that tell all hosts on a link, unasked, that the address is at this MAC.
 *
 * IPv4: gratuitous ARP in both forms. The request form (RFC 5227 section 2.3) is the one that old stacks do not
 * overlook; the reply form carries the new MAC as target too (RFC 5944 section 4.6), because Linux takes only such a
 * reply as gratuitous: with any other target it ignores it while its entry is younger than a second.
 *
 * IPv6: an unsolicited neighbor advertisement to all nodes with the override flag (RFC 4861 section 7.2.6), without
 * which neighbours keep the MAC they have.
 */
export function announcementFrames(ip: Ip, mac: Uint8Array): readonly Uint8Array[] {
  if (ip.family === "ipv6") {
    const to = { destination: ALL_NODES, destinationMac: multicastMac(ALL_NODES), solicited: false };
    return [neighborAdvertisementFrame({ target: ip, mac, ...to })];
  }
  const claim = { senderMac: mac, senderIp: ip, targetIp: ip };
  return [
    broadcastArp({ ...claim, operation: "request", targetMac: ZERO_MAC }),
    broadcastArp({ ...claim, operation: "reply", targetMac: mac }),
  ];
}
