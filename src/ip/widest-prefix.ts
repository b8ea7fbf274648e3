import { bitsOf } from "./address.ts";
import type { IpRange } from "./range.ts";

/** The length of the shortest prefix among the networks that a range is cut into: of 192.0.2.8-192.0.2.19 it is 29. */
export function widestPrefix({ family, first, last }: IpRange): number {
  const bits = bitsOf(family);
  let hostBits = bits;
  while (!holdsNetwork(first, last, BigInt(hostBits))) hostBits--;
  return bits - hostBits;
}

function holdsNetwork(first: bigint, last: bigint, hostBits: bigint): boolean {
  const size = 1n << hostBits;
  const base = ((first + size - 1n) >> hostBits) << hostBits;
  return base + size - 1n <= last;
}
