import { type Ip, ipToBytes } from "#src/ip/address.ts";

/** ff02:0:0:0:0:1:ff00::/104. */
const GROUP_BASE = 0xff02_0000_0000_0000_0000_0001_ff00_0000n;

/** The bits of the address that the group keeps. */
const LOW_24_BITS = 0xff_ffffn;

/**
 * The solicited-node group of an IPv6 address (RFC 4291 section 2.7.1), to which solicitations for it are sent.
 * Addresses with the same last 24 bits share one group.
 */
export function solicitedNodeGroup(ip: Ip): Ip {
  return { family: "ipv6", value: GROUP_BASE | (ip.value & LOW_24_BITS) };
}

/** The Ethernet address of an IPv6 multicast group: 33:33 and the last four bytes (RFC 2464 section 7). */
export function multicastMac(group: Ip): Uint8Array {
  const mac = Uint8Array.of(0x33, 0x33, 0, 0, 0, 0);
  mac.set(ipToBytes(group).subarray(12), 2);
  return mac;
}

/** Whether an IPv6 address is a multicast one (RFC 4291 section 2.7). */
export function isMulticast(ip: Ip): boolean {
  return ip.value >> 120n === 0xffn;
}
