import { CONTROLLER_METRIC_LABELS } from "#controller/metric-labels.ts";
import { INGRESS_METRIC_LABELS } from "#ingress/metric-labels.ts";
import { SPEAKER_METRIC_LABELS } from "#speaker/metric-labels.ts";
import { PROBLEM_CODES } from "#src/model/problem-codes.ts";
import { createRegistry } from "#src/process/create-registry.ts";
import { type MetricLabels, PROCESS_METRIC_LABELS } from "#src/process/metric-labels.ts";
import { read } from "#test/docs/page.ts";

/** A metric as docs/metrics.md lists it, which test/docs compares with the programs. */
interface KnownMetric {
  readonly type: string;
  readonly labels: readonly string[];
}

/** What Node says of its process, which docs/metrics.md does not list one by one. */
const ofProcess = createRegistry("test")
  .getMetricsAsArray()
  .map(({ name }): [string, KnownMetric] => [name, { type: "gauge", labels: [] }]);

const listed = [...read("docs/metrics.md").matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \| ([^|]*) \|/gm)].map(
  ([, name = "", type = "", labels = ""]): [string, KnownMetric] => [
    name,
    { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label) },
  ],
);

/** The names of docs/metrics.md, in its order. */
export const listedMetrics: readonly string[] = listed.map(([name]) => name);

/** Every metric of the programs, and `up`, which Prometheus makes for each target. */
const METRICS: ReadonlyMap<string, KnownMetric> = new Map([
  ...ofProcess,
  ...listed,
  ["up", { type: "gauge", labels: [] }],
]);

/** The metric that a name in an expression is of, whose labels are those of the series; undefined if there is none. */
export function knownMetric(name: string): KnownMetric | undefined {
  const [, of = "", suffix] = /^(\w+?)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = METRICS.get(of);
  if (histogram?.type !== "histogram") return METRICS.get(name);
  return { type: "counter", labels: suffix === "bucket" ? [...histogram.labels, "le"] : histogram.labels };
}

/** The values of each label, by metric. */
export const METRIC_LABELS: MetricLabels = {
  ...CONTROLLER_METRIC_LABELS,
  ...SPEAKER_METRIC_LABELS,
  ...INGRESS_METRIC_LABELS,
  ...PROCESS_METRIC_LABELS,
  hawser_speaker_problems: { code: Object.keys(PROBLEM_CODES) },
};
