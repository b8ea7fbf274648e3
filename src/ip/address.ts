import ipaddr from "ipaddr.js";

export type Family = "ipv4" | "ipv6";

/** The family as people write it. */
export function nameOfFamily(family: Family): "IPv4" | "IPv6" {
  return family === "ipv4" ? "IPv4" : "IPv6";
}

/** One address as a number: 32 bits for `ipv4`, 128 bits for `ipv6`. Only the functions of this folder make one. */
export interface Ip {
  readonly family: Family;
  readonly value: bigint;
}

/** The address that stands for "none yet": 0.0.0.0 (RFC 1122 section 3.2.1.3) and :: (RFC 4291 section 2.5.2). */
export const UNSPECIFIED = {
  ipv4: { family: "ipv4", value: 0n },
  ipv6: { family: "ipv6", value: 0n },
} as const satisfies Readonly<Record<Family, Ip>>;

/** The code of the first digit, and how far the dot is from it. */
const ZERO = 48;
const DOT = -2;

/** Bits in an address of the family. */
export function bitsOf(family: Family): 32 | 128 {
  return family === "ipv4" ? 32 : 128;
}

/**
 * Reads an address literal, strictly: four decimal octets without leading zeros, or RFC 4291 section 2.2 text.
 * Undefined for anything else: zone ids, IPv4-mapped IPv6 addresses, and the deprecated `::192.0.2.1` form included.
 */
export function parseIp(text: string): Ip | undefined {
  const colon = text.lastIndexOf(":");
  if (colon === -1) return parseIpv4(text);
  if (text.includes("%")) return undefined;
  const tail = text.slice(colon + 1);
  if (tail.includes(".") && parseIpv4(tail) === undefined) return undefined;
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  const parsed = ipaddr.IPv6.parse(text);
  return parsed.isIPv4MappedAddress() ? undefined : ipFromBytes(Uint8Array.from(parsed.toByteArray()));
}

function parseIpv4(text: string): Ip | undefined {
  // By letters, because each address of 10,000 Services is read at a start.
  let [bits, octet, digits, dots] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit === DOT && digits > 0) {
      bits = bits * 256 + octet;
      dots++;
      octet = digits = 0;
    } else if (digit >= 0 && digit <= 9 && !(digits > 0 && octet === 0)) {
      octet = octet * 10 + digit;
      digits++;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return dots === 3 && digits > 0 ? { family: "ipv4", value: BigInt(bits * 256 + octet) } : undefined;
}

/** The canonical text: dotted decimal, or RFC 5952 for IPv6. */
export function printIp(ip: Ip): string {
  // The key of most maps: a controller of 10,000 Services prints it many times for each.
  if (ip.family === "ipv6") return printIpv6(ip.value);
  const bits = Number(ip.value);
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** RFC 5952 section 4: lower case, no leading zeros, the first of the longest runs of two zero groups or more as "::". */
function printIpv6(value: bigint): string {
  const groups: number[] = [];
  for (const shift of WORD_SHIFTS) {
    const word = Number((value >> shift) & 0xffff_ffffn);
    groups.push(word >>> 16, word & 0xffff);
  }
  let [longest, length] = [0, 1];
  for (let first = 0; first < 8; first++) {
    let end = first;
    while (end < 8 && groups[end] === 0) end++;
    if (end - first > length) [longest, length] = [first, end - first];
    first = end;
  }
  const hex = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(":");
  return length === 1 ? hex(groups) : `${hex(groups.slice(0, longest))}::${hex(groups.slice(longest + length))}`;
}

const WORD_SHIFTS = [96n, 64n, 32n, 0n];

/** An address from 4 or 16 bytes in network order; throws a RangeError for any other length. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  if (bytes.length !== 4 && bytes.length !== 16)
    throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  // Runs for every ARP and NDP frame, so it goes by words and not by bytes.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 4) return { family: "ipv4", value: BigInt(view.getUint32(0)) };
  return { family: "ipv6", value: (view.getBigUint64(0) << 64n) | view.getBigUint64(8) };
}

/** What `ipToBytes` writes before it copies: a view of each new array would take ten times as long, and memory outside of the heap. */
const scratch = new DataView(new ArrayBuffer(16));
const scratchBytes = new Uint8Array(scratch.buffer);

/** The address in network order: 4 or 16 bytes. */
export function ipToBytes(ip: Ip): Uint8Array {
  if (ip.family === "ipv4") {
    scratch.setUint32(0, Number(ip.value));
    return scratchBytes.slice(0, 4);
  }
  scratch.setBigUint64(0, ip.value >> 64n);
  scratch.setBigUint64(8, ip.value);
  return scratchBytes.slice();
}

/** Order for sorting: IPv4 before IPv6, then by number. */
export function compareIps(left: Ip, right: Ip): number {
  if (left.family !== right.family) return left.family === "ipv4" ? -1 : 1;
  return left.value < right.value ? -1 : left.value > right.value ? 1 : 0;
}

export function equalIps(left: Ip, right: Ip): boolean {
  return left.family === right.family && left.value === right.value;
}

/** Whether an address is among others. */
export function includesIp(ips: readonly Ip[], ip: Ip): boolean {
  return ips.some((one) => equalIps(one, ip));
}
