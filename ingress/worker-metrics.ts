import { Counter, Gauge, type Registry } from "prom-client";
import type { Servers } from "./server/servers.ts";

const WORKERS = "hawser_ingress_workers";
const DEATHS = "hawser_ingress_worker_deaths_total";
const LAG = "hawser_ingress_worker_lag_seconds";

/**
 * Registers what is to be known of those who serve. To be registered before all metrics that read what these have counted: they are read in
 * this order, and the first of them brings the figures up to date.
 */
export function registerWorkerMetrics(registry: Registry, servers: Pick<Servers, "refresh" | "workers">): void {
  const { workers } = servers;
  registry.registerMetric(
    new Gauge({
      name: WORKERS,
      help: "Threads that serve requests now.",
      registers: [],
      async collect() {
        await servers.refresh();
        this.set(workers.serving());
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      name: DEATHS,
      help: "Threads that served requests and ended because of a fault, each replaced by another.",
      registers: [],
      collect() {
        this.reset();
        this.inc(workers.deaths());
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: LAG,
      help: "The longest that the event loop of a thread that serves requests was late since it was asked last, by thread.",
      labelNames: ["worker"],
      registers: [],
      collect() {
        this.reset();
        for (const [worker, seconds] of workers.lags()) this.set({ worker: String(worker) }, seconds);
      },
    }),
  );
}
