import type { Metric, Registry } from "prom-client";
import type { BucketCounts } from "./engine/bucket-counts.ts";

/** A value of a metric with its labels. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The counts of a histogram with their labels. */
export interface HistogramSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: BucketCounts;
}

interface Description {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/** Registers a metric whose values are kept elsewhere, and are looked at when metrics are asked for. */
export function registerComputed(
  registry: Registry,
  { name, help, labelNames, type }: Description & { readonly type: "counter" | "gauge" },
  samples: () => Iterable<MetricSample>,
): void {
  const get = async () => ({ name, help, type, aggregator: "sum", values: [...samples()] });
  registry.registerMetric({ name, help, labelNames, get } as unknown as Metric);
}

/** Registers a histogram that is counted elsewhere; prom-client's own would have to observe each request. */
export function registerComputedHistogram(
  registry: Registry,
  { name, help, labelNames }: Description,
  samples: () => Iterable<HistogramSample>,
): void {
  const get = async () => {
    const values = [...samples()].flatMap((sample) => valuesOf(name, sample));
    return { name, help, type: "histogram", aggregator: "sum", values };
  };
  registry.registerMetric({ name, help, labelNames, get } as unknown as Metric);
}

function valuesOf(name: string, { labels, counts }: HistogramSample) {
  let total = 0;
  const buckets = Array.from(counts.counts, (count, index) => {
    total += count;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: counts.bounds[index] ?? "+Inf" }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: counts.sum },
    { metricName: `${name}_count`, labels, value: total },
  ];
}
