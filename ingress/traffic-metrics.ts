import type { Registry } from "prom-client";
import type { RouteTable } from "#src/routing/route-table.ts";
import { rulesOf } from "#src/routing/list-routes.ts";
import { shardedEntries } from "#src/routing/sharded-map.ts";
import type { Certificate } from "#src/tls/read-certificate.ts";
import { registerComputed, registerComputedHistogram, type MetricSample } from "./register-computed.ts";
import type { IngressTraffic } from "./engine/ingress-traffic.ts";
import { STATUS_CLASSES } from "./metric-labels.ts";

const REQUESTS = "hawser_ingress_object_requests_total";
const RECEIVED = "hawser_ingress_object_request_bytes_total";
const SENT = "hawser_ingress_object_response_bytes_total";
const DURATION = "hawser_ingress_object_request_duration_seconds";
const NOT_AFTER = "hawser_ingress_certificate_not_after_seconds";

/** Hosts whose certificates are shown at most. */
const MAX_HOSTS = 20_000;

/** What these metrics are read from. */
export interface TrafficFigures {
  readonly traffic: IngressTraffic;
  readonly table: () => RouteTable;
  /** Which certificate is served for which host. */
  readonly certificates: () => ReadonlyMap<string, Certificate>;
}

/** Registers metrics of each Ingress and of each certificate: as many as there are objects, whatever clients send. */
export function registerTrafficMetrics(registry: Registry, { traffic, table, certificates }: TrafficFigures): void {
  const ofIngress = ["namespace", "ingress"];
  const counter = (
    name: string,
    help: string,
    valueOf: (bytes: { receivedBytes: number; sentBytes: number }) => number,
  ) =>
    registerComputed(registry, { name, help, labelNames: ofIngress, type: "counter" }, () =>
      Array.from(traffic.entries(), ([object, one]) => ({ labels: labelsOf(object), value: valueOf(one) })),
    );
  registerComputed(
    registry,
    {
      name: REQUESTS,
      help: "Requests that have ended, by the Ingress whose rule they matched and the status class of their answer.",
      labelNames: [...ofIngress, "status"],
      type: "counter",
    },
    () => {
      traffic.keepOnly(objectsOf(table()));
      return [...traffic.entries()].flatMap(([object, { requests }]) => requestSamples(object, requests));
    },
  );
  counter(RECEIVED, "Bytes of these requests.", ({ receivedBytes }) => receivedBytes);
  counter(SENT, "Bytes of their answers.", ({ sentBytes }) => sentBytes);
  registerComputedHistogram(
    registry,
    { name: DURATION, help: "Time from a request's head to the end of its answer, by Ingress.", labelNames: ofIngress },
    () => Array.from(traffic.entries(), ([object, { durations }]) => ({ labels: labelsOf(object), counts: durations })),
  );
  registerComputed(
    registry,
    {
      name: NOT_AFTER,
      help: "When the certificate that is served for a host ends, in seconds since 1970.",
      labelNames: ["host", "namespace", "secret"],
      type: "gauge",
    },
    () =>
      shownCertificates(certificates()).map(({ host, namespace, secret, endSeconds }) => ({
        labels: { host, namespace, secret },
        value: endSeconds,
      })),
  );
}

/** By route table, which stays as it is: most are asked for more than once. */
const objectsOfTables = new WeakMap<RouteTable, ReadonlySet<string>>();

/** The Ingresses that have rules. */
export function objectsOf(table: RouteTable): ReadonlySet<string> {
  const known = objectsOfTables.get(table);
  if (known !== undefined) return known;
  const { hosts, fallback } = table;
  const objects = new Set(fallback === undefined ? [] : [fallback.origin.object]);
  for (const [, routes] of shardedEntries(hosts)) for (const { origin } of rulesOf(routes)) objects.add(origin.object);
  objectsOfTables.set(table, objects);
  return objects;
}

function requestSamples(object: string, requests: Float64Array): readonly MetricSample[] {
  return STATUS_CLASSES.map((status, index) => ({
    labels: { ...labelsOf(object), status },
    value: requests[index + 1] ?? 0,
  }));
}

/** Of each host the Secret with its certificate, and when that ends, in seconds since 1970. */
export function shownCertificates(certificates: ReadonlyMap<string, Certificate>) {
  return [...certificates].slice(0, MAX_HOSTS).map(([host, { secretKey, validToMs }]) => {
    const [namespace = "", secret = ""] = secretKey.split("/");
    return { host, namespace, secret, endSeconds: validToMs / 1_000 };
  });
}

function labelsOf(object: string): Readonly<Record<string, string>> {
  const [namespace = "", ingress = ""] = object.split("/");
  return { namespace, ingress };
}
