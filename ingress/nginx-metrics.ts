import type { Registry } from "prom-client";
import type { RouteTable } from "#src/routing/route-table.ts";
import type { Certificate } from "#src/tls/read-certificate.ts";
import type { ComputedMetric } from "#src/process/metric-sample.ts";
import { registerComputed, registerComputedHistogram } from "./register-computed.ts";
import type { Counters } from "./engine/counters.ts";
import type { RequestSeries, Series } from "./engine/request-series.ts";
import { forgetOld, shownCertificates } from "./traffic-metrics.ts";

const PREFIX = "nginx_ingress_controller_";
const REQUEST_LABELS = ["status", "method", "path", "namespace", "ingress", "service", "canary", "host"];

/** What these metrics are read from. */
export interface NginxFigures {
  readonly series: RequestSeries;
  readonly counters: Pick<Counters, "connections" | "openConnections" | "requests">;
  readonly table: () => RouteTable;
  readonly certificates: () => ReadonlyMap<string, Certificate>;
  readonly leads: () => boolean;
  /** Route tables that were made. */
  readonly tables: () => { readonly count: number; /** Milliseconds since 1970. */ readonly lastMs: number };
  /** When the program started, in milliseconds since 1970. */
  readonly startedMs: number;
  /** Labels that all have: `controller_class`, `controller_namespace`, `controller_pod`. */
  readonly constant: Readonly<Record<"controller_class" | "controller_namespace" | "controller_pod", string>>;
}

/** Registers what its Grafana boards read of ingress-nginx, under its names and labels (--nginx-metrics). */
export function registerNginxMetrics(registry: Registry, figures: NginxFigures): void {
  const { series, counters, table, certificates, leads, tables, startedMs, constant } = figures;
  const names = Object.keys(constant);
  const register = (
    type: "counter" | "gauge",
    name: string,
    about: {
      readonly help: string;
      readonly labels: readonly string[];
      readonly samples: ComputedMetric["samples"];
    },
  ) =>
    registerComputed(
      registry,
      { name: PREFIX + name, help: about.help, labelNames: [...names, ...about.labels], type },
      function* () {
        for (const sample of about.samples())
          yield sample && { labels: { ...constant, ...sample.labels }, value: sample.value };
      },
    );
  const one = (
    type: "counter" | "gauge",
    name: string,
    { help, value }: { readonly help: string; readonly value: () => number },
  ) => register(type, name, { help, labels: [], samples: () => [{ labels: {}, value: value() }] });
  register("counter", "requests", {
    help: "The total number of client requests",
    labels: REQUEST_LABELS,
    *samples() {
      yield* forgetOld(series, table);
      for (const { labels, requests } of series.all()) yield { labels: { ...labels }, value: requests };
    },
  });
  for (const [name, help, counts] of HISTOGRAMS)
    registerComputedHistogram(
      registry,
      { name: PREFIX + name, help, labelNames: [...names, ...REQUEST_LABELS] },
      function* () {
        for (const all of series.all()) yield { labels: { ...constant, ...all.labels }, counts: counts(all) };
      },
    );
  one("counter", "success", { help: "Cumulative number of route tables made", value: () => tables().count });
  one("gauge", "config_last_reload_successful", {
    help: "Whether a route table is in use",
    value: () => Number(tables().count > 0),
  });
  one("gauge", "config_last_reload_successful_timestamp_seconds", {
    help: "When the last route table was made, in seconds since 1970",
    value: () => tables().lastMs / 1_000,
  });
  one("gauge", "config_hash", { help: "A number that changes with each route table", value: () => tables().count });
  register("gauge", "leader_election_status", {
    help: "1 on the replica that writes statuses",
    labels: ["name"],
    samples: () => [{ labels: { name: "hawser-ingress" }, value: Number(leads()) }],
  });
  register("gauge", "ssl_expire_time_seconds", {
    help: "When the certificate of a host ends, in seconds since 1970",
    labels: ["class", "host", "namespace", "secret_name"],
    *samples() {
      for (const { host, namespace, secret, endSeconds } of shownCertificates(certificates()))
        yield {
          labels: { class: constant.controller_class, host, namespace, secret_name: secret },
          value: endSeconds,
        };
    },
  });
  register("gauge", "nginx_process_connections", {
    help: "Client connections open",
    labels: ["state"],
    samples: () => [{ labels: { state: "active" }, value: counters.openConnections }],
  });
  register("counter", "nginx_process_connections_total", {
    help: "Client connections accepted",
    labels: ["state"],
    samples: () => ["accepted", "handled"].map((state) => ({ labels: { state }, value: counters.connections })),
  });
  one("counter", "nginx_process_requests_total", {
    help: "Requests that have ended",
    value: () => counters.requests.reduce((sum, count) => sum + count, 0),
  });
  one("counter", "nginx_process_cpu_seconds_total", { help: "CPU time of the program", value: cpuSeconds });
  one("gauge", "nginx_process_num_procs", { help: "Processes of the program", value: () => 1 });
  one("gauge", "nginx_process_oldest_start_time_seconds", {
    help: "When it started, in seconds since 1970",
    value: () => startedMs / 1_000,
  });
  one("gauge", "nginx_process_resident_memory_bytes", { help: "Its memory", value: () => process.memoryUsage.rss() });
}

const HISTOGRAMS: readonly (readonly [string, string, (series: Series) => Series["requestSeconds"]])[] = [
  ["request_duration_seconds", "The request processing time in seconds", ({ requestSeconds }) => requestSeconds],
  [
    "response_duration_seconds",
    "The time spent on receiving the response of the endpoint",
    ({ responseSeconds }) => responseSeconds,
  ],
  ["request_size", "The request length (the line, the fields and the body)", ({ requestBytes }) => requestBytes],
  ["response_size", "The response length (the line, the fields and the body)", ({ responseBytes }) => responseBytes],
  ["bytes_sent", "The number of bytes sent to a client", ({ sentBytes }) => sentBytes],
];

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}
