import { Counters } from "#ingress/engine/counters.ts";
import { IngressTraffic } from "#ingress/engine/ingress-traffic.ts";
import { RequestSeries } from "#ingress/engine/request-series.ts";
import { FETCH_OUTCOMES } from "#ingress/auth/remote-keys.ts";
import { LIMIT_COUNTERS } from "#ingress/limits/shared-counts.ts";
import { MIRROR_OUTCOMES } from "#ingress/mirror/mirror-sender.ts";
import type { ServedFigures } from "#ingress/server/servers.ts";
import type { ServerCounts, ServerNow, ServerReport } from "./server-report.ts";

/** What all workers have counted, those included that have ended; and how it is with those that run. */
export class SummedFigures implements ServedFigures {
  readonly counters = new Counters();
  readonly gate = { displaced: 0, refused: 0 };
  readonly unsent = { total: 0, givenUp: 0 };
  readonly health = { ejections: 0, ejectedCount: 0 };
  readonly mirrored = zeros(MIRROR_OUTCOMES);
  readonly tokenKeys = { counts: zeros(FETCH_OUTCOMES), staleCount: 0 };
  readonly sharedCounts: ServedFigures["sharedCounts"] & { isShared: boolean };
  readonly traffic = new IngressTraffic();
  readonly series: RequestSeries | undefined;
  /** By worker that runs; none before its first report. */
  readonly now = new Map<number, ServerNow>();
  #lags = new Map<number, number>();
  #headless = 0;

  constructor({ countsSeries, hasLimitStore }: { readonly countsSeries: boolean; readonly hasLimitStore: boolean }) {
    this.series = countsSeries ? new RequestSeries() : undefined;
    this.sharedCounts = {
      isNamed: hasLimitStore,
      isShared: false,
      counts: zeros(LIMIT_COUNTERS),
    };
  }

  readonly headless = (): number => this.#headless;

  /** Of one worker: each says the same of the store that all have. */
  readonly problemCount = (): number => Math.max(0, ...[...this.now.values()].map((one) => one.problemCount));

  /** Adds what a worker says. */
  add(worker: number, { counts, now, traffic, series }: ServerReport): void {
    if (counts !== undefined) this.#addCounts(counts);
    if (now !== undefined) {
      this.now.set(worker, now);
      this.#lags.set(worker, Math.max(this.#lags.get(worker) ?? 0, now.lagSeconds));
      this.#sumNow();
    }
    for (const [object, taken] of traffic) this.traffic.add(object, taken);
    for (const [key, taken] of series) this.series?.add(key, taken);
  }

  /** The longest that the event loop of each worker was late since the last call, in seconds, by its index. */
  takeLags(): ReadonlyMap<number, number> {
    const taken = this.#lags;
    this.#lags = new Map();
    return taken;
  }

  /** A worker has ended: what it has counted stays, and it has nothing open. */
  forget(worker: number): void {
    this.now.delete(worker);
    this.#sumNow();
  }

  #addCounts(counts: ServerCounts): void {
    this.counters.add(counts.counters);
    this.gate.displaced += counts.displaced;
    this.gate.refused += counts.refused;
    this.#headless += counts.headless;
    this.unsent.givenUp += counts.givenUp;
    this.health.ejections += counts.ejections;
    addRecord(this.mirrored, counts.mirrored);
    addRecord(this.tokenKeys.counts, counts.fetches);
    addRecord(this.sharedCounts.counts, counts.sharedCounts);
  }

  #sumNow(): void {
    const all = [...this.now.values()];
    const sum = (valueOf: (now: ServerNow) => number): number => all.reduce((total, one) => total + valueOf(one), 0);
    // Workers look at the same endpoints, and at the same keys.
    const most = (valueOf: (now: ServerNow) => number): number => Math.max(0, ...all.map(valueOf));
    this.counters.openConnections = sum((one) => one.openConnections);
    this.counters.openEndpointConnections = sum((one) => one.openEndpointConnections);
    this.unsent.total = sum((one) => one.unsentBytes);
    this.health.ejectedCount = most((one) => one.ejectedCount);
    this.tokenKeys.staleCount = most((one) => one.staleCount);
    this.sharedCounts.isShared = all.length > 0 && all.every((one) => one.isShared);
  }
}

function zeros<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
}

function addRecord(counts: Record<string, number>, others: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(others)) counts[name] = (counts[name] ?? 0) + count;
}
