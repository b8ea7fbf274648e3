import { type Ip, UNSPECIFIED } from "#src/ip/address.ts";
import { ZERO_MAC } from "#src/wire/mac.ts";
import { broadcastArp } from "./broadcast-arp.ts";
import { solicitationFrame } from "./solicitation-frame.ts";

/**
 * The frame that asks whether another machine has the address, and changes no neighbour's table: an ARP probe, which
 * comes from 0.0.0.0 (RFC 5227 section 2.1.1), or a solicitation of duplicate address detection, which comes from ::, has
 * no source link-layer option and goes to the solicited-node group (RFC 4862 section 5.4.2).
 */
export function probeFrame(ip: Ip, mac: Uint8Array): Uint8Array {
  if (ip.family === "ipv6") return solicitationFrame(ip, { source: UNSPECIFIED.ipv6, sourceMac: mac, options: [] });
  const sender = { senderMac: mac, senderIp: UNSPECIFIED.ipv4 };
  return broadcastArp({ operation: "request", ...sender, targetMac: ZERO_MAC, targetIp: ip });
}
