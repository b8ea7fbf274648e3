import type { EndpointLoad } from "./endpoint-load.ts";
import type { Policy } from "./policy.ts";

/** After so long without requests an average counts 1/e of what it was, as in ingress-nginx. */
const DECAY_MS = 10_000;

/**
 * Of two endpoints by chance the one with the lower cost: its average response time, as it has faded since, for each
 * request that it has already and for this one. Two are enough to keep away from a slow endpoint, and too few for all
 * requests to go to the one that is the fastest now.
 */
export const lowerCostOfTwo: Policy = ({ loads }, among, { nowMs, chance }) => {
  if (among.length === 1) return among[0]!;
  const first = Math.floor(chance() * among.length);
  const other = Math.floor(chance() * (among.length - 1));
  const [left, right] = [among[first]!, among[other < first ? other : other + 1]!];
  return isCheaper(loads[right]!, loads[left]!, nowMs) ? right : left;
};

function isCheaper(one: EndpointLoad, other: EndpointLoad, nowMs: number): boolean {
  const [cost, otherCost] = [costOf(one, nowMs), costOf(other, nowMs)];
  return cost === otherCost ? one.underWay < other.underWay : cost < otherCost;
}

function costOf(load: EndpointLoad, nowMs: number): number {
  return fadedMs(load, nowMs) * (load.underWay + 1);
}

function fadedMs({ averageMs = 0, averagedMs }: EndpointLoad, nowMs: number): number {
  return averageMs * Math.exp(-(nowMs - averagedMs) / DECAY_MS);
}

/** Takes a response time into the average: a longer one at once, a shorter one the more the longer the last one was ago. */
export function observeResponse(load: EndpointLoad, responseMs: number, nowMs: number): void {
  const { averageMs, averagedMs } = load;
  const weight = Math.exp(-(nowMs - averagedMs) / DECAY_MS);
  const isPeak = averageMs === undefined || responseMs >= averageMs;
  load.averageMs = isPeak ? responseMs : averageMs * weight + responseMs * (1 - weight);
  load.averagedMs = nowMs;
}

/** Gives endpoints without an average that of the others: a new one that counted as fast would get all requests at once. */
export function startAverages(loads: readonly EndpointLoad[], nowMs: number): void {
  const known = loads.filter(({ averageMs }) => averageMs !== undefined);
  if (known.length === 0 || known.length === loads.length) return;
  const meanMs = known.reduce((sum, load) => sum + fadedMs(load, nowMs), 0) / known.length;
  for (const load of loads) {
    if (load.averageMs !== undefined) continue;
    load.averageMs = meanMs;
    load.averagedMs = nowMs;
  }
}
