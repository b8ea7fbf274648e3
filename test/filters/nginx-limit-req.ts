/** One `limit_req ... nodelay` of nginx, as its documentation and arithmetic have it: whole numbers, by milliseconds. */
export interface LimitReqModel {
  /** Whether each of several limits lets a request through; the last word of all is one. */
  admit(nowMs: number): boolean;
}

/**
 * What nginx's `limit_req` says, for one client and several limits at once (rate in requests for so many seconds). Written
 * by the order in which nginx does it, not by ours: all limits are looked at first, and counted only if none is exceeded.
 */
export function limitReqModel(limits: readonly { requests: number; seconds: number; burst: number }[]): LimitReqModel {
  const nodes = limits.map(({ requests, seconds, burst }) => ({
    rate: BigInt(Math.trunc((requests * 1_000) / seconds)),
    burst: BigInt(burst) * 1_000n,
    node: undefined as { excess: bigint; last: bigint } | undefined,
  }));
  const excessAt = ({ rate, node }: (typeof nodes)[number], now: bigint): bigint => {
    if (node === undefined) return 0n;
    const excess = node.excess - (rate * (now - node.last)) / 1_000n + 1_000n;
    return excess < 0n ? 0n : excess;
  };
  return {
    admit(nowMs) {
      const now = BigInt(nowMs);
      if (nodes.some((one) => excessAt(one, now) > one.burst)) return false;
      for (const one of nodes) one.node = { excess: excessAt(one, now), last: now };
      return true;
    },
  };
}
