import { type ArpPacket, encodeArp } from "#src/wire/arp.ts";
import { encodeEthernet, ETHER_TYPE_ARP } from "#src/wire/ethernet.ts";
import { BROADCAST_MAC } from "#src/wire/mac.ts";

/** A whole frame with an ARP packet, from its sender to all hosts on the link. */
export function broadcastArp(packet: ArpPacket): Uint8Array {
  const payload = encodeArp(packet);
  return encodeEthernet({
    destination: BROADCAST_MAC,
    source: packet.senderMac,
    etherType: ETHER_TYPE_ARP,
    payload,
  });
}
