import type { openServing } from "#ingress/server/open-serving.ts";
import type { TakenCounts } from "#ingress/engine/counters.ts";
import type { TakenTraffic } from "#ingress/engine/ingress-traffic.ts";
import type { TakenSeries } from "#ingress/engine/request-series.ts";

/** Ingresses, or sets of labels, in one part: some half a millisecond's work. */
const ENTRIES_A_PART = 250;

/** What a worker has counted since it said so last. */
export interface ServerCounts {
  readonly counters: TakenCounts;
  readonly displaced: number;
  readonly refused: number;
  readonly headless: number;
  readonly givenUp: number;
  readonly ejections: number;
  readonly mirrored: Readonly<Record<string, number>>;
  readonly fetches: Readonly<Record<string, number>>;
  readonly sharedCounts: Readonly<Record<string, number>>;
}

/** How it is with a worker now. */
export interface ServerNow {
  readonly openConnections: number;
  readonly openEndpointConnections: number;
  readonly unsentBytes: number;
  readonly ejectedCount: number;
  readonly staleCount: number;
  readonly isShared: boolean;
  readonly problemCount: number;
  /** The longest that its event loop was late since the last report, in seconds. */
  readonly lagSeconds: number;
}

/** One part of what a worker reports; counts and state are in the first. */
export interface ServerReport {
  readonly counts: ServerCounts | undefined;
  readonly now: ServerNow | undefined;
  readonly traffic: readonly (readonly [object: string, traffic: TakenTraffic])[];
  readonly series: readonly (readonly [key: string, series: TakenSeries])[];
}

/** What a worker has counted since the last call, in parts. What is counted is taken at once. */
export function takeReport(
  { engine, gate, access, rateLimits, mirror, preface }: ReturnType<typeof openServing>,
  lagSeconds: number,
): readonly ServerReport[] {
  const { counters, unsent, balancer } = engine;
  const counts: ServerCounts = {
    counters: counters.take(),
    displaced: takeFrom(gate, "displaced"),
    refused: takeFrom(gate, "refused"),
    headless: preface === undefined ? 0 : takeFrom(preface, "failed"),
    givenUp: takeFrom(unsent, "givenUp"),
    ejections: takeFrom(balancer.health, "ejections"),
    mirrored: takeRecord(mirror.counts),
    fetches: takeRecord(access.remoteKeys.counts),
    sharedCounts: takeRecord(rateLimits.shared.counts),
  };
  const now: ServerNow = {
    openConnections: counters.openConnections,
    openEndpointConnections: counters.openEndpointConnections,
    unsentBytes: unsent.total,
    ejectedCount: balancer.health.ejectedCount,
    staleCount: access.remoteKeys.staleCount,
    isShared: rateLimits.shared.isShared,
    problemCount: rateLimits.problemCount(),
    lagSeconds,
  };
  const traffic = [...engine.traffic.take()];
  const series = [...(engine.series?.take() ?? [])];
  const parts: ServerReport[] = [{ counts, now, traffic: [], series: [] }];
  for (let at = 0; at < Math.max(traffic.length, series.length); at += ENTRIES_A_PART) {
    const part = <T>(entries: readonly T[]): readonly T[] => entries.slice(at, at + ENTRIES_A_PART);
    parts.push({ counts: undefined, now: undefined, traffic: part(traffic), series: part(series) });
  }
  return parts;
}

function takeFrom<K extends string>(of: Record<K, number>, name: K): number {
  const taken = of[name];
  of[name] = 0;
  return taken;
}

function takeRecord(counts: Record<string, number>): Readonly<Record<string, number>> {
  const taken = { ...counts };
  for (const name of Object.keys(counts)) counts[name] = 0;
  return taken;
}
