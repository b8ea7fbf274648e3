import { bitsOf, type Family, type Ip, parseIp, printIp } from "./address.ts";
import { type Cidr, parseCidr } from "./cidr.ts";

/** Addresses of one family from `first` to `last`, both included; only `parseRange` makes one, so first <= last. */
export interface IpRange {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** Why a text is not a range: a closed set, so that callers can word it and suggest the fix. */
export type RangeFault = "not-an-address" | "bare-address" | "mixed-families" | "reversed" | "bad-prefix-length";

export type ParsedRange =
  | { readonly ok: true; readonly range: IpRange }
  | { readonly ok: false; readonly fault: RangeFault };

/** Reads a pool entry: a CIDR (host bits are masked away, as MetalLB does) or `first-last`, spaces around the dash allowed. */
export function parseRange(text: string): ParsedRange {
  const trimmed = text.trim();
  if (trimmed.includes("/")) return parseCidrRange(trimmed);
  const [firstText, lastText, ...more] = trimmed.split("-").map((part) => part.trim());
  const first = parseIp(firstText ?? "");
  if (first === undefined || more.length > 0) return { ok: false, fault: "not-an-address" };
  if (lastText === undefined) return { ok: false, fault: "bare-address" };
  const last = parseIp(lastText);
  if (last === undefined) return { ok: false, fault: "not-an-address" };
  if (first.family !== last.family) return { ok: false, fault: "mixed-families" };
  if (first.value > last.value) return { ok: false, fault: "reversed" };
  return { ok: true, range: { family: first.family, first: first.value, last: last.value } };
}

function parseCidrRange(text: string): ParsedRange {
  const cidr = parseCidr(text);
  if (cidr === undefined) {
    const isAddress = parseIp(text.slice(0, text.indexOf("/"))) !== undefined;
    return { ok: false, fault: isAddress ? "bad-prefix-length" : "not-an-address" };
  }
  return { ok: true, range: rangeOf(cidr) };
}

/** All addresses of a network. */
export function rangeOf({ family, base, prefixLength }: Cidr): IpRange {
  return { family, first: base, last: base + (1n << BigInt(bitsOf(family) - prefixLength)) - 1n };
}

export function printRange(range: IpRange): string {
  return `${printIp({ family: range.family, value: range.first })}-${printIp({ family: range.family, value: range.last })}`;
}

export function rangeContains(range: IpRange, ip: Ip): boolean {
  return range.family === ip.family && range.first <= ip.value && ip.value <= range.last;
}

/** How many addresses: exact also for a /64, so it is a bigint. */
export function rangeSize(range: IpRange): bigint {
  return range.last - range.first + 1n;
}

export function rangesOverlap(left: IpRange, right: IpRange): boolean {
  return left.family === right.family && left.first <= right.last && right.first <= left.last;
}
