import { lowerBound } from "#src/collections/lower-bound.ts";
import { bitsOf, type Family, type Ip } from "#src/ip/address.ts";
import { type Cidr, cidrOf, printCidr } from "#src/ip/cidr.ts";
import { printRange, rangeOf } from "#src/ip/range.ts";
import { widestPrefix } from "#src/ip/widest-prefix.ts";
import { listed } from "./listed.ts";

/** Addresses of any number of networks, so that a search takes a few steps however long the list is. */
export interface NetworkSet {
  readonly ipv4: readonly Span[];
  readonly ipv6: readonly Span[];
}

/** From `first` to `last`, both included. Those of a set are in order, and have others between them. */
interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/** The set of all addresses of these networks. */
export function networkSet(networks: readonly Cidr[]): NetworkSet {
  return { ipv4: spansOf(networks, "ipv4"), ipv6: spansOf(networks, "ipv6") };
}

/** Whether an address is in one of the networks. */
export function networkSetHas(set: NetworkSet, { family, value }: Ip): boolean {
  const spans = set[family];
  const found = spans[lowerBound(spans, ({ last }) => last < value)];
  return found !== undefined && found.first <= value;
}

/** Networks that a text names. */
const NETWORKS_SHOWN = 6;

/** `10.0.0.0/8, 192.0.2.1-192.0.2.3`; of many the first, and how many more; `none` for the empty set. */
export function printNetworkSet({ ipv4, ipv6 }: NetworkSet): string {
  const spans = [
    ...ipv4.map((span) => ({ family: "ipv4", ...span }) as const),
    ...ipv6.map((span) => ({ family: "ipv6", ...span }) as const),
  ];
  const texts = spans.map((span) => {
    const prefixLength = widestPrefix(span);
    const isOne = span.last - span.first + 1n === 1n << BigInt(bitsOf(span.family) - prefixLength);
    const network = isOne ? cidrOf({ family: span.family, value: span.first }, prefixLength) : undefined;
    return network === undefined ? printRange(span) : printCidr(network);
  });
  return texts.length === 0 ? "none" : listed(texts, NETWORKS_SHOWN);
}

function spansOf(networks: readonly Cidr[], wanted: Family): readonly Span[] {
  const spans = networks
    .filter(({ family }) => family === wanted)
    .map((network) => {
      const { first, last } = rangeOf(network);
      return { first, last };
    })
    .sort((left, right) => (left.first < right.first ? -1 : left.first > right.first ? 1 : 0));
  const merged: { first: bigint; last: bigint }[] = [];
  for (const span of spans) {
    const before = merged.at(-1);
    if (before === undefined || span.first > before.last + 1n) merged.push(span);
    else if (span.last > before.last) before.last = span.last;
  }
  return merged;
}
