import type { Metric, Registry } from "prom-client";
import type { ComputedMetric, MetricSample } from "#src/process/metric-sample.ts";
import type { BucketCounts } from "./engine/bucket-counts.ts";

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
  { type, ...description }: Description & { readonly type: "counter" | "gauge" },
  samples: ComputedMetric["samples"],
): void {
  register(registry, description, { type, samples });
}

/** Registers a histogram that is counted elsewhere; prom-client's own would have to observe each request. */
export function registerComputedHistogram(
  registry: Registry,
  description: Description,
  samples: () => Iterable<HistogramSample>,
): void {
  const { name } = description;
  const parts = { bucket: `${name}_bucket`, sum: `${name}_sum`, count: `${name}_count` };
  register(registry, description, {
    type: "histogram",
    *samples() {
      for (const sample of samples()) yield* valuesOf(parts, sample);
    },
  });
}

/** `get` is for prom-client's own pages, which tests read: all values at once. */
function register(
  registry: Registry,
  { name, help, labelNames }: Description,
  { type, samples }: Pick<ComputedMetric, "type" | "samples">,
): void {
  const get = async () => ({ name, help, type, aggregator: "sum", values: [...samples()].flatMap(withBound) });
  const metric: ComputedMetric & Description & { get: typeof get } = { name, help, labelNames, type, samples, get };
  registry.registerMetric(metric as unknown as Metric);
}

function withBound(sample: MetricSample | undefined): readonly MetricSample[] {
  if (sample === undefined) return [];
  const { labels, le, ...others } = sample;
  return [{ ...others, labels: le === undefined ? labels : { ...labels, le } }];
}

/** One whole histogram; its counts must not change between the first sample and the last one, so all are made at once. */
function valuesOf(
  names: Readonly<Record<"bucket" | "sum" | "count", string>>,
  { labels, counts }: HistogramSample,
): readonly MetricSample[] {
  let total = 0;
  const samples: MetricSample[] = [];
  for (const [index, count] of counts.counts.entries()) {
    total += count;
    samples.push({ metricName: names.bucket, labels, le: counts.bounds[index] ?? "+Inf", value: total });
  }
  samples.push({ metricName: names.sum, labels, value: counts.sum });
  samples.push({ metricName: names.count, labels, value: total });
  return samples;
}
