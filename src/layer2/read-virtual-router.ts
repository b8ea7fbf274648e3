import type { Ip } from "#src/ip/address.ts";
import { reservedUse } from "#src/ip/reserved-use.ts";
import { decodeCarp } from "#src/wire/carp.ts";
import { decodeEthernet, ETHER_TYPE_IPV4, ETHER_TYPE_IPV6, type EthernetFrame } from "#src/wire/ethernet.ts";
import { decodeIpv4 } from "#src/wire/ipv4.ts";
import { decodeIpv6 } from "#src/wire/ipv6.ts";
import { equalMacs, isMachineMac } from "#src/wire/mac.ts";
import { decodeVrrp, PROTOCOL_VRRP, VRRP_HOP_LIMIT } from "#src/wire/vrrp.ts";
import { VRRP_GROUP } from "./virtual-router-filter.ts";

/** What a machine that plays a virtual router says of it. */
export interface VirtualRouter {
  readonly protocol: "vrrp" | "carp";
  /** Its number in its protocol, 1 to 255. */
  readonly id: number;
  /** 0 to 255, higher ones come first; 0: the machine gives the addresses up. Undefined in CARP. */
  readonly priority: number | undefined;
  /** Milliseconds until it is said again. */
  readonly intervalMs: number;
  /** An address of the machine. */
  readonly source: Ip;
  /** The Ethernet address that the frame came from: of the machine or, with a virtual one, of the router. */
  readonly mac: Uint8Array;
  /** What the machine has as that router; empty in CARP, which does not say it. */
  readonly addresses: readonly Ip[];
}

/**
 * The virtual router in a frame that came in where `ownMac` is the Ethernet address of the interface: an advertisement of VRRP or CARP
 * from a machine on this link. Undefined for all else, our own frames included. Never throws, whatever the bytes.
 */
export function readVirtualRouter(frame: Uint8Array, ownMac: Uint8Array): VirtualRouter | undefined {
  const ethernet = decodeEthernet(frame);
  if (ethernet === undefined || !isMachineMac(ethernet.source) || equalMacs(ethernet.source, ownMac)) return undefined;
  const packet = packetIn(ethernet);
  if (packet?.protocol !== PROTOCOL_VRRP || packet.hopsLeft !== VRRP_HOP_LIMIT) return undefined;
  const { source, destination, payload } = packet;
  if (destination.value !== VRRP_GROUP[source.family].value || !isMachineIp(source)) return undefined;
  const from = { source, mac: ethernet.source };
  const carp = decodeCarp(payload);
  if (carp !== undefined) return { protocol: "carp", ...carp, ...from, priority: undefined, addresses: [] };
  const vrrp = decodeVrrp(payload, packet);
  if (vrrp === undefined) return undefined;
  const { id, priority, intervalMs, addresses } = vrrp;
  return { protocol: "vrrp", id, priority, intervalMs, ...from, addresses };
}

/** Whether one machine can have the address. Over IPv6 it is a link-local one (RFC 9568 section 5.1.2.1). */
function isMachineIp(ip: Ip): boolean {
  const use = reservedUse(ip);
  return ip.family === "ipv6" ? use === "link-local" : use === undefined || use === "link-local";
}

interface AnyPacket {
  readonly protocol: number;
  readonly hopsLeft: number;
  readonly source: Ip;
  readonly destination: Ip;
  readonly payload: Uint8Array;
}

function packetIn({ etherType, payload }: EthernetFrame): AnyPacket | undefined {
  if (etherType === ETHER_TYPE_IPV4) {
    const decoded = decodeIpv4(payload);
    return decoded.ok ? { ...decoded.packet, hopsLeft: decoded.packet.timeToLive } : undefined;
  }
  const packet = etherType === ETHER_TYPE_IPV6 ? decodeIpv6(payload) : undefined;
  return packet && { ...packet, protocol: packet.nextHeader, hopsLeft: packet.hopLimit };
}
