import { bitsOf, type Family, type Ip, parseIp, printIp } from "./address.ts";

/** A network: `base` has no host bits set. */
export interface Cidr {
  readonly family: Family;
  readonly base: bigint;
  readonly prefixLength: number;
}

/** Reads `192.0.2.0/24` or `2001:db8::/64`; host bits are masked away. Undefined if the text is not a CIDR. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const ip = match?.[1] === undefined ? undefined : parseIp(match[1]);
  return ip === undefined ? undefined : cidrOf(ip, Number(match?.[2]));
}

/** The network of the given length around an address; undefined if the length does not fit the family. */
export function cidrOf(ip: Ip, prefixLength: number): Cidr | undefined {
  const bits = bitsOf(ip.family);
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > bits) return undefined;
  const hostBits = BigInt(bits - prefixLength);
  return { family: ip.family, base: (ip.value >> hostBits) << hostBits, prefixLength };
}

export function printCidr(cidr: Cidr): string {
  return `${printIp({ family: cidr.family, value: cidr.base })}/${cidr.prefixLength}`;
}

export function equalCidrs(left: Cidr, right: Cidr): boolean {
  return left.family === right.family && left.base === right.base && left.prefixLength === right.prefixLength;
}

export function cidrContains(cidr: Cidr, ip: Ip): boolean {
  const hostBits = BigInt(bitsOf(cidr.family) - cidr.prefixLength);
  return cidr.family === ip.family && ip.value >> hostBits === cidr.base >> hostBits;
}
