import { type Ip, parseIp } from "#src/ip/address.ts";
import { VRRP_GROUP_MAC } from "#src/layer2/virtual-router-filter.ts";
import { internetChecksum, sumWords } from "#src/wire/checksum.ts";
import { encodeEthernet } from "#src/wire/ethernet.ts";
import { encodeIpv4 } from "#src/wire/ipv4.ts";
import { encodeIpv6, pseudoHeaderSum } from "#src/wire/ipv6.ts";
import { hex } from "#test/wire/hex.ts";
import { KEEPALIVED } from "#test/wire/virtual-router-packets.ts";

/** Frames as keepalived 2.2.7 and ucarp 1.5.2 sent them. */
export const RECORDED = {
  version2: hex(`01005e000012 020000000001 0800 45c0002c00010000ff70188dc0000201e0000012
    213396020001c336c00002c8c00002c90000000000000000`),
  version3: hex(`01005e000012 020000000001 0800 45c0002000010000ff701899c0000201e0000012 313396010032d33fc00002c8`),
  virtualMac: hex(`01005e000012 00005e000133 0800 45c0002000010000ff701899c0000201e0000012 313396010064d30dc00002c8`),
  ipv6: hex(`333300000012 020000000001 86dd 6c0c393a002870fffe80000000000000000000fffe000001ff020000000000000000000000000012
    3133960200645d4cfe80000000000000000000005e00530120010db8000000000000000000c0ffee`),
  carp: hex(`01005e000012 00005e000033 0800 4510003 8e2984000ff70f698c0000201e0000012
    213314070001c967b90647a6ecaf4289578b32bec6f57f963443ce07eb1564c89f850ef2`),
} as const;

function ipOf(text: string): Ip {
  const ip = parseIp(text);
  if (ip === undefined) throw new Error(`${text} is no address`);
  return ip;
}

/** A frame with this message from 192.0.2.1, as far as nothing else is said. */
export function ipv4Router(
  payload: Uint8Array,
  {
    mac = "020000000001",
    source = "192.0.2.1",
    destination = "224.0.0.18",
    timeToLive = 255,
    protocol = 112,
  }: {
    readonly mac?: string;
    readonly source?: string;
    readonly destination?: string;
    readonly timeToLive?: number;
    readonly protocol?: number;
  } = {},
): Uint8Array {
  const ends = { source: ipOf(source), destination: ipOf(destination) };
  const header = { typeOfService: 0xc0, identification: 1, dontFragment: false, timeToLive, protocol };
  const packet = encodeIpv4({ ...header, ...ends, payload });
  return encodeEthernet({
    destination: VRRP_GROUP_MAC.ipv4,
    source: hex(mac),
    etherType: 0x0800,
    payload: packet,
  });
}

/** What keepalived said over IPv6, as this address would say it. */
export function summedFor(source: string): Uint8Array {
  const bytes = Uint8Array.from(KEEPALIVED.ipv6).fill(0, 6, 8);
  const ends = { source: ipOf(source), destination: ipOf("ff02::12") };
  const sum = sumWords(bytes) + pseudoHeaderSum(ends, 112, bytes.length);
  new DataView(bytes.buffer).setUint16(6, internetChecksum(sum));
  return bytes;
}

/** The same as `ipv4Router` over IPv6, from fe80::ff:fe00:1. */
export function ipv6Router(
  payload: Uint8Array,
  { source = "fe80::ff:fe00:1", destination = "ff02::12", hopLimit = 255, nextHeader = 112 } = {},
): Uint8Array {
  const ends = { source: ipOf(source), destination: ipOf(destination) };
  const packet = encodeIpv6({ nextHeader, hopLimit, ...ends, payload });
  return encodeEthernet({
    destination: VRRP_GROUP_MAC.ipv6,
    source: hex("020000000001"),
    etherType: 0x86dd,
    payload: packet,
  });
}
