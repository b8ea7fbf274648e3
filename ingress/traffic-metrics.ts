import type { Registry } from "prom-client";
import type { RouteTable } from "#src/routing/route-table.ts";
import { rulesOf } from "#src/routing/list-routes.ts";
import { shardedEntries } from "#src/routing/sharded-map.ts";
import type { Certificate } from "#src/tls/read-certificate.ts";
import type { MetricSample } from "#src/process/metric-sample.ts";
import { registerComputed, registerComputedHistogram } from "./register-computed.ts";
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
    registerComputed(registry, { name, help, labelNames: ofIngress, type: "counter" }, function* () {
      for (const [object, one] of traffic.entries()) yield { labels: labelsOf(object), value: valueOf(one) };
    });
  registerComputed(
    registry,
    {
      name: REQUESTS,
      help: "Requests that have ended, by the Ingress whose rule they matched and the status class of their answer.",
      labelNames: [...ofIngress, "status"],
      type: "counter",
    },
    function* () {
      yield* forgetOld(traffic, table);
      for (const [object, { requests }] of traffic.entries()) yield* requestSamples(object, requests);
    },
  );
  counter(RECEIVED, "Bytes of these requests.", ({ receivedBytes }) => receivedBytes);
  counter(SENT, "Bytes of their answers.", ({ sentBytes }) => sentBytes);
  registerComputedHistogram(
    registry,
    { name: DURATION, help: "Time from a request's head to the end of its answer, by Ingress.", labelNames: ofIngress },
    function* () {
      for (const [object, { durations }] of traffic.entries()) yield { labels: labelsOf(object), counts: durations };
    },
  );
  registerComputed(
    registry,
    {
      name: NOT_AFTER,
      help: "When the certificate that is served for a host ends, in seconds since 1970.",
      labelNames: ["host", "namespace", "secret"],
      type: "gauge",
    },
    function* () {
      for (const { host, namespace, secret, endSeconds } of shownCertificates(certificates()))
        yield { labels: { host, namespace, secret }, value: endSeconds };
    },
  );
}

/** By route table, which stays as it is: most are asked for more than once. */
const objectsOfTables = new WeakMap<RouteTable, ReadonlySet<string>>();

/** Hosts that are looked at in one turn of the event loop. */
const HOSTS_A_TURN = 250;

/** Forgets what is counted of Ingresses without rules. Yields undefined where other work may have its turn. */
export function* forgetOld(
  counted: { keepOnly(objects: ReadonlySet<string>): void },
  table: () => RouteTable,
): Generator<undefined, void> {
  const current = table();
  const objects = yield* objectsOf(current);
  // Of one that came meanwhile requests may be counted already: the next page forgets the others.
  if (table() === current) counted.keepOnly(objects);
}

/** The Ingresses that have rules. Yields undefined where other work may have its turn. */
function* objectsOf(table: RouteTable): Generator<undefined, ReadonlySet<string>> {
  const known = objectsOfTables.get(table);
  if (known !== undefined) return known;
  const { hosts, fallback } = table;
  const objects = new Set(fallback === undefined ? [] : [fallback.origin.object]);
  let looked = 0;
  for (const [, routes] of shardedEntries(hosts)) {
    for (const { origin } of rulesOf(routes)) objects.add(origin.object);
    if (++looked % HOSTS_A_TURN === 0) yield undefined;
  }
  objectsOfTables.set(table, objects);
  return objects;
}

/** A class without requests is left out; but not failures, whose first ones `increase()` would not see. */
function requestSamples(object: string, requests: Float64Array): readonly MetricSample[] {
  return STATUS_CLASSES.map((status, index) => ({
    labels: { ...labelsOf(object), status },
    value: requests[index + 1] ?? 0,
  })).filter(({ labels, value }) => value > 0 || labels.status === "5xx");
}

/** Of each host the Secret with its certificate, and when that ends, in seconds since 1970. */
export function* shownCertificates(certificates: ReadonlyMap<string, Certificate>) {
  for (const [host, { secretKey, validToMs }] of [...certificates].slice(0, MAX_HOSTS)) {
    const [namespace = "", secret = ""] = secretKey.split("/");
    yield { host, namespace, secret, endSeconds: validToMs / 1_000 };
  }
}

function labelsOf(object: string): Readonly<Record<string, string>> {
  const [namespace = "", ingress = ""] = object.split("/");
  return { namespace, ingress };
}
