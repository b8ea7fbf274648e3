import { cidrContains, parseCidr } from "#src/ip/cidr.ts";
import { bitsOf, type Ip, parseIp, printIp } from "#src/ip/address.ts";
import { type IpRange, parseRange, printRange, type RangeFault, rangesOverlap } from "#src/ip/range.ts";
import { complain, type ProblemText, type Field, quote } from "./field.ts";
import { fixRange } from "./fix-range.ts";
import type { ProblemCode } from "./problem-codes.ts";

/** A range of a pool and where it is written. */
export interface PlacedRange {
  readonly range: IpRange;
  readonly field: Field;
}

/** Reads one entry of a pool's `addresses`: a CIDR, or first and last address joined by a dash. */
export function readPoolRange(field: Field): PlacedRange | undefined {
  const { value } = field;
  if (typeof value !== "string") {
    const why = "it is not a text";
    const fix = 'Write a CIDR or a range, such as "192.0.2.10-192.0.2.20"';
    return complain(field, "POOL_RANGE_UNREADABLE", { what: `Cannot read range ${quote(value)}`, why, fix });
  }
  const parsed = parseRange(value);
  if (!parsed.ok) {
    const { code, ...text } = explain(value, parsed.fault);
    return complain(field, code, { what: `Cannot read range ${quote(value)}`, ...text });
  }
  warnOfHostBits(field, value, parsed.range);
  warnOfSpecial(field, parsed.range);
  return { range: parsed.range, field };
}

type Explanation = Omit<ProblemText, "what"> & { readonly code: ProblemCode };

function explain(text: string, fault: RangeFault): Explanation {
  const trimmed = text.trim();
  const [first = "", last = ""] = trimmed.split("-").map((part) => part.trim());
  const isV6 = trimmed.includes(":");
  switch (fault) {
    case "reversed":
      return { code: "POOL_RANGE_REVERSED", why: "it ends below its start", fix: `Write "${last}-${first}"` };
    case "bare-address":
      return {
        code: "POOL_RANGE_BARE_ADDRESS",
        why: "it is a single address, and a pool has CIDRs and ranges",
        fix: `Write "${trimmed}/${isV6 ? 128 : 32}" for this one address`,
      };
    case "mixed-families": {
      const why = "it begins in one family and ends in the other";
      return { code: "POOL_RANGE_MIXED_FAMILIES", why, fix: "Write one range for IPv4 and one for IPv6" };
    }
    case "bad-prefix-length":
      return explainPrefix(trimmed, isV6);
    default:
      return {
        code: "POOL_RANGE_UNREADABLE",
        why: "it is neither a CIDR nor two addresses joined by a dash",
        fix: fixRange(trimmed) ?? 'Write a CIDR ("192.0.2.0/28") or a range ("192.0.2.10-192.0.2.20")',
      };
  }
}

function explainPrefix(text: string, isV6: boolean): Explanation {
  const longest = bitsOf(isV6 ? "ipv6" : "ipv4");
  const fix = fixRange(text) ?? `Write a prefix length from 0 to ${longest}`;
  const why = `what follows the slash is not a prefix length from 0 to ${longest}`;
  return { code: "POOL_RANGE_BAD_PREFIX_LENGTH", why, fix };
}

/** `192.0.2.10/28` is the 16 addresses from 192.0.2.0, which its writer may not know. */
function warnOfHostBits(field: Field, text: string, range: IpRange): void {
  const ip = text.includes("/") ? parseIp(text.trim().split("/")[0] ?? "") : undefined;
  if (ip === undefined || ip.value === range.first) return;
  complain(field, "POOL_RANGE_HOST_BITS", {
    what: `Reads ${quote(text)} as ${printRange(range)}`,
    why: `${printIp(ip)} is not the first address of the network`,
    fix: `Write the network, or "${printIp(ip)}-${printIp({ ...ip, value: range.last })}" to begin at that address`,
    severity: "warning",
  });
}

/** Networks that no LAN of Services is in; `isReserved`: a pool never assigns an address of it (src/ip/reserved-use.ts). */
const SPECIAL = [
  { cidr: "0.0.0.0/8", name: '"this network"', isReserved: true },
  { cidr: "127.0.0.0/8", name: "loopback", isReserved: true },
  { cidr: "169.254.0.0/16", name: "link-local", isReserved: true },
  { cidr: "224.0.0.0/4", name: "multicast", isReserved: true },
  { cidr: "240.0.0.0/4", name: "reserved and broadcast", isReserved: false },
  { cidr: "::/127", name: "unspecified and loopback", isReserved: true },
  { cidr: "fe80::/10", name: "link-local", isReserved: true },
  { cidr: "ff00::/8", name: "multicast", isReserved: true },
].flatMap((special) => {
  const network = parseCidr(special.cidr);
  return network === undefined ? [] : [{ ...special, network }];
});

function warnOfSpecial(field: Field, range: IpRange): void {
  const first: Ip = { family: range.family, value: range.first };
  const hit = SPECIAL.find(
    ({ network }) =>
      cidrContains(network, first) ||
      (network.family === range.family && range.first <= network.base && network.base <= range.last),
  );
  if (hit === undefined) return;
  complain(field, "POOL_RANGE_SPECIAL", {
    what: hit.isReserved
      ? `Never assigns all of ${quote(field.value)}`
      : `Uses ${quote(field.value)} though clients cannot reach all of it`,
    why: `it has addresses of ${hit.cidr} (${hit.name})`,
    fix: "Take addresses of the network that the nodes are in",
    severity: "warning",
  });
}

/** Adds a Problem for each range that shares an address with one before it. */
export function complainOfOverlaps(ranges: readonly PlacedRange[]): void {
  const order = ranges.toSorted((left, right) => compare(left.range, right.range));
  let widest: PlacedRange | undefined;
  for (const placed of order) {
    if (widest !== undefined && rangesOverlap(widest.range, placed.range)) complainOfOverlap(widest, placed);
    const isWider = widest?.range.family !== placed.range.family || widest.range.last < placed.range.last;
    if (isWider) widest = placed;
  }
}

function complainOfOverlap(one: PlacedRange, other: PlacedRange): void {
  const { range, field } = other;
  const shared = { ...range, last: range.last < one.range.last ? range.last : one.range.last };
  complain(field, "POOL_RANGES_OVERLAP", {
    what: `Cannot use ${quote(field.value)}`,
    why: `it shares ${printRange(shared)} with ${quote(one.field.value)} at ${one.field.path}`,
    fix: "Take these addresses out of one of the two",
  });
}

function compare(left: IpRange, right: IpRange): number {
  if (left.family !== right.family) return left.family === "ipv4" ? -1 : 1;
  return left.first < right.first ? -1 : left.first > right.first ? 1 : 0;
}
