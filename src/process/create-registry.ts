import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { standardLogOutput } from "./log-output.ts";
import { version } from "./version.ts";

/** How often the event loop's lag is sampled: often enough to see a stall, rare enough to cost an idle program nothing. */
const LAG_SAMPLE_MS = 100;

/** Gauges of prom-client with a counter's suffix; each has a sum in the metric of its name without it. */
const MISNAMED = ["handles", "requests", "resources"].map((what) => `nodejs_active_${what}_total`);

/** A registry with the process's own metrics and `hawser_build_info`. All labels come from closed sets. */
export function createRegistry(component: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_SAMPLE_MS });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const info = new Gauge({
    name: "hawser_build_info",
    help: "Always 1; the labels say what runs",
    labelNames: ["component", "version", "node_version"],
    registers: [registry],
  });
  info.set({ component, version, node_version: process.version }, 1);
  registry.registerMetric(droppedLines());
  return registry;
}

/** Counts log lines that LogOutput dropped, read when metrics are asked for. */
function droppedLines(): Counter {
  return new Counter({
    name: "hawser_log_lines_dropped_total",
    help: "Log lines dropped because the output was not read",
    registers: [],
    collect() {
      this.reset();
      this.inc(standardLogOutput().droppedLines);
    },
  });
}
