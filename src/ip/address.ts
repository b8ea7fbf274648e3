import ipaddr from "ipaddr.js";

export type Family = "ipv4" | "ipv6";

/** One address as a number: 32 bits for `ipv4`, 128 bits for `ipv6`. Only the functions of this folder make one. */
export interface Ip {
  readonly family: Family;
  readonly value: bigint;
}

/** Bits in an address of the family. */
export function bitsOf(family: Family): 32 | 128 {
  return family === "ipv4" ? 32 : 128;
}

/**
 * Reads an address literal, strictly: four decimal octets without leading zeros, or RFC 4291 section 2.2 text.
 * Undefined for anything else, zone ids and IPv4-mapped IPv6 addresses included.
 */
export function parseIp(text: string): Ip | undefined {
  if (text.includes("%")) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    if (/(?:^|\.)0\d/.test(text)) return undefined;
    return ipFromBytes(Uint8Array.from(ipaddr.IPv4.parse(text).toByteArray()));
  }
  if (!text.includes(":") || !ipaddr.IPv6.isValid(text)) return undefined;
  const parsed = ipaddr.IPv6.parse(text);
  return parsed.isIPv4MappedAddress() ? undefined : ipFromBytes(Uint8Array.from(parsed.toByteArray()));
}

/** The canonical text: dotted decimal, or RFC 5952 for IPv6. */
export function printIp(ip: Ip): string {
  const bytes = [...ipToBytes(ip)];
  return ip.family === "ipv4" ? bytes.join(".") : new ipaddr.IPv6(bytes).toRFC5952String();
}

/** An address from 4 or 16 bytes in network order; throws a RangeError for any other length. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  if (bytes.length !== 4 && bytes.length !== 16)
    throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return { family: bytes.length === 4 ? "ipv4" : "ipv6", value };
}

/** The address in network order: 4 or 16 bytes. */
export function ipToBytes(ip: Ip): Uint8Array {
  const bytes = new Uint8Array(bitsOf(ip.family) / 8);
  let rest = ip.value;
  for (let index = bytes.length - 1; index >= 0; index--) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** Order for sorting: IPv4 before IPv6, then by number. */
export function compareIps(left: Ip, right: Ip): number {
  if (left.family !== right.family) return left.family === "ipv4" ? -1 : 1;
  return left.value < right.value ? -1 : left.value > right.value ? 1 : 0;
}

export function equalIps(left: Ip, right: Ip): boolean {
  return left.family === right.family && left.value === right.value;
}
