/** A count of addresses as a number: an IPv6 pool may have more of them than a number can count, and then has as many as it can. */
export function safeCount(count: bigint): number {
  return Math.min(Number(count), Number.MAX_SAFE_INTEGER);
}
