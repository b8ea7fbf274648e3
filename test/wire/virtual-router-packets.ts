import { type Ip, parseIp } from "#src/ip/address.ts";
import { hex } from "./hex.ts";

function ends(source: string, destination: string): { readonly source: Ip; readonly destination: Ip } {
  const [from, to] = [parseIp(source), parseIp(destination)];
  if (from === undefined || to === undefined) throw new Error(`${source} or ${destination} is no address`);
  return { source: from, destination: to };
}

/** Between the machine that says it and the group of VRRP. */
export const IPV4_ENDS = ends("192.0.2.1", "224.0.0.18");
export const IPV6_ENDS = ends("fe80::ff:fe00:1", "ff02::12");

/** What keepalived 2.2.7 sent as virtual router 51, priority 150. */
export const KEEPALIVED = {
  /** Version 2, two addresses, each second. */
  version2: hex("21 33 96 02 00 01 c336 c00002c8 c00002c9 0000000000000000"),
  /** With a password, in clear. */
  password: hex("21 33 96 01 01 01 1783 c00002c8 7365637265743132"),
  /** Version 3, twice a second; its checksum covers a pseudo header. */
  version3: hex("31 33 96 01 0032 d33f c00002c8"),
  /** Its last word. */
  last: hex("31 33 00 01 0032 6940 c00002c8"),
  /** Over IPv6, each second. */
  ipv6: hex("31 33 96 02 0064 5d4c fe80000000000000000000005e005301 20010db8000000000000000000c0ffee"),
} as const;

/** RFC 9568 section 5.2.8 over IPv4: a checksum of the message alone. */
export const PLAIN_VERSION3 = hex("31 07 64 01 0064 a88b c0000207");

/** What ucarp 1.5.2 sent as virtual router 51, each second. */
export const UCARP = hex("21 33 14 07 00 01 c967 b90647a6ecaf4289 578b32bec6f57f963443ce07eb1564c89f850ef2");
