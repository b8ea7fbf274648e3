/** How many requests of an Ingress have ended, and how many of them with a status of 5xx. */
interface RequestCount {
  readonly requests: number;
  readonly failed: number;
}

/** What one ingress has counted since it started, by Ingress (`namespace/name`). */
export type RequestCounts = ReadonlyMap<string, RequestCount>;

/** Requests a second. */
export interface RequestRate {
  readonly perSecond: number;
  /** Those of them that were answered with 5xx. */
  readonly failedPerSecond: number;
}

/** Requests a second by Ingress (`namespace/name`); or why they are not known. */
export type SeenTraffic =
  | { readonly rates: ReadonlyMap<string, RequestRate>; readonly why: "" }
  | { readonly rates: undefined; readonly why: string };

/** Ingresses whose counts are read of one page of metrics: as many as routes are shown. */
const MAX_INGRESSES = 20_000;
const SAMPLE =
  /^hawser_ingress_object_requests_total\{namespace="([^"]+)",ingress="([^"]+)",status="([^"]+)"\} (\d+(?:\.\d+)?(?:e\+\d+)?)$/gm;

/** Reads what an ingress counted of a page of its metrics (Prometheus text format), whatever else is in it. */
export function readRequestCounts(page: string): RequestCounts {
  const counts = new Map<string, RequestCount>();
  for (const [, namespace = "", name = "", status = "", value = ""] of page.matchAll(SAMPLE)) {
    const key = `${namespace}/${name}`;
    const before = counts.get(key);
    if (before === undefined && counts.size >= MAX_INGRESSES) continue;
    const { requests, failed } = before ?? { requests: 0, failed: 0 };
    const count = Number(value);
    counts.set(key, { requests: requests + count, failed: failed + (status === "5xx" ? count : 0) });
  }
  return counts;
}

/**
 * How many requests a second came for each Ingress between two looks at the same ingresses, by their names. Undefined where no ingress is
 * in both. One that started again counts from 0; what one counted that was not seen before is left out: when it began is not known.
 */
export function requestRates(
  before: ReadonlyMap<string, RequestCounts>,
  after: ReadonlyMap<string, RequestCounts>,
  elapsedMs: number,
): ReadonlyMap<string, RequestRate> | undefined {
  const both = [...after].flatMap(([name, now]) => {
    const then = before.get(name);
    return then === undefined ? [] : [[then, now] as const];
  });
  if (both.length === 0 || elapsedMs <= 0) return undefined;
  const rates = new Map<string, RequestRate>();
  for (const [then, now] of both)
    for (const [key, count] of now) {
      const since = countSince(then.get(key), count);
      const { perSecond, failedPerSecond } = rates.get(key) ?? { perSecond: 0, failedPerSecond: 0 };
      rates.set(key, {
        perSecond: perSecond + (since.requests * 1_000) / elapsedMs,
        failedPerSecond: failedPerSecond + (since.failed * 1_000) / elapsedMs,
      });
    }
  return rates;
}

function countSince(then: RequestCount | undefined, now: RequestCount): RequestCount {
  const hasFallen = then !== undefined && (now.failed < then.failed || servedOf(now) < servedOf(then));
  if (then === undefined || hasFallen) return now;
  return { requests: now.requests - then.requests, failed: now.failed - then.failed };
}

function servedOf({ requests, failed }: RequestCount): number {
  return requests - failed;
}
