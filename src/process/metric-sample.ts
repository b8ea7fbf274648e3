/** One line of a page of metrics. */
export interface MetricSample {
  /** Of a part of a histogram; left out: the metric's own name. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Upper bound of a bucket of a histogram, written as a further label. */
  readonly le?: string | number;
  readonly value: number;
}

/** A metric whose values are kept elsewhere and are read one by one while the page is written, so that there may be many. */
export interface ComputedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** undefined: work was done that gives no line, and other work may have its turn. */
  readonly samples: () => Iterable<MetricSample | undefined>;
}

/** Whether a metric of a registry is read one by one; those of prom-client give all values at once. */
export function isComputed(metric: object): metric is ComputedMetric {
  return "samples" in metric;
}
