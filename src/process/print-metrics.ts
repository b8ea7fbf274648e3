import { setImmediate as nextTurn } from "node:timers/promises";
import type { Registry } from "prom-client";
import { type ComputedMetric, isComputed, type MetricSample } from "./metric-sample.ts";

/** Characters of a page that are made in one turn of the event loop: some half a millisecond's work, little beside a request's. */
export const SLICE_LENGTH = 16_384;

/**
 * The page of metrics in the text format of Prometheus, in slices. Other work has its turn after each, and a slice is made only when the
 * one before was taken: however many metrics there are, requests go on and memory stays the same. Rejects where a metric cannot be read.
 */
export async function* printMetrics(registry: Registry): AsyncGenerator<string, void, undefined> {
  let slice = "";
  for (const metric of registry.getMetricsAsArray() as readonly { readonly name: string }[])
    for (const line of isComputed(metric) ? linesOf(metric) : [await registry.getSingleMetricAsString(metric.name)]) {
      if (line === undefined) {
        await nextTurn();
        continue;
      }
      slice += `${line}\n`;
      if (slice.length < SLICE_LENGTH) continue;
      yield slice;
      slice = "";
      await nextTurn();
    }
  yield slice;
}

function* linesOf({ name, help, type, samples }: ComputedMetric): Generator<string | undefined> {
  yield `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`;
  yield `# TYPE ${name} ${type}`;
  // Samples of one object come one after the other, and share its labels.
  let last: { readonly labels: MetricSample["labels"]; readonly text: string } | undefined;
  for (const sample of samples()) {
    if (sample === undefined) {
      yield undefined;
      continue;
    }
    const { metricName = name, labels, le, value } = sample;
    if (last?.labels !== labels) last = { labels, text: printLabels(labels) };
    const all = le === undefined ? last.text : `${last.text}${last.text === "" ? "" : ","}le="${le}"`;
    yield `${metricName}${all === "" ? "" : `{${all}}`} ${printValue(value)}`;
  }
}

function printLabels(labels: MetricSample["labels"]): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(String(value))}"`)
    .join(",");
}

function escapeLabel(text: string): string {
  return /[\\\n"]/.test(text) ? text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"') : text;
}

function printValue(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return Number.isNaN(value) ? "NaN" : String(value);
  return value > 0 ? "+Inf" : "-Inf";
}
