import { Counter, Gauge, type Registry } from "prom-client";
import { type Counters, ENDPOINT_FAILURES, PASSTHROUGH_RESULTS } from "./engine/counters.ts";
import { REASON_LIST } from "./engine/response-reason.ts";
import { STATUS_CLASSES } from "./metric-labels.ts";
import type { UnsentBytes } from "./engine/unsent-bytes.ts";
import { LIMIT_COUNTERS, type SharedCounts } from "./limits/shared-counts.ts";
import type { ConnectionGate } from "./io/connection-gate.ts";
import { FETCH_OUTCOMES, type RemoteKeys } from "./auth/remote-keys.ts";
import { MIRROR_OUTCOMES, type MirrorSender } from "./mirror/mirror-sender.ts";
import type { EndpointHealth } from "./engine/endpoints/endpoint-health.ts";
import { registerComputed, registerComputedHistogram } from "./register-computed.ts";

const REQUESTS = "hawser_ingress_requests_total";
const ERRORS = "hawser_ingress_errors_total";
const ENDPOINT_ERRORS = "hawser_ingress_endpoint_errors_total";
const RETRIES = "hawser_ingress_retries_total";
const RETRIES_DENIED = "hawser_ingress_retries_denied_total";
const ACCEPTED = "hawser_ingress_connections_accepted_total";
const CONNECTIONS = "hawser_ingress_connections";
const DISPLACED = "hawser_ingress_connections_displaced_total";
const ABUSIVE = "hawser_ingress_abusive_connections_total";
const REFUSED = "hawser_ingress_connections_refused_total";
const HEADLESS = "hawser_ingress_proxy_header_failures_total";
const SLOW_CLIENTS = "hawser_ingress_slow_clients_closed_total";
const UNSENT = "hawser_ingress_unsent_bytes";
const ENDPOINT_CONNECTIONS = "hawser_ingress_endpoint_connections";
const PASSED = "hawser_ingress_passthrough_connections_total";
const MIRRORED = "hawser_ingress_mirrored_requests_total";
const JWKS_FETCHES = "hawser_ingress_jwks_fetches_total";
const JWKS_STALE = "hawser_ingress_jwks_stale";
const EJECTIONS = "hawser_ingress_ejections_total";
const EJECTED = "hawser_ingress_endpoints_ejected";
const LEADS = "hawser_ingress_leader";
const STATUS_WRITES = "hawser_ingress_status_writes_total";
const DURATION = "hawser_ingress_request_duration_seconds";
const LIMIT_STORE = "hawser_ingress_rate_limit_store_up";
const SHARED_LIMITS = "hawser_ingress_shared_rate_limit_requests_total";
const PROBLEMS = "hawser_ingress_problems";

/** What the ingress's metrics are read from. */
export interface IngressFigures {
  readonly counters: Counters;
  readonly gate: Pick<ConnectionGate, "displaced" | "refused">;
  /** Connections of trusted proxies that did not begin with a header of the PROXY protocol. */
  readonly headless: () => number;
  readonly unsent: Pick<UnsentBytes, "total" | "givenUp">;
  readonly health: Pick<EndpointHealth, "ejections" | "ejectedCount">;
  readonly mirrored: MirrorSender["counts"];
  readonly sharedCounts: Pick<SharedCounts, "isNamed" | "isShared" | "counts">;
  readonly tokenKeys: Pick<RemoteKeys, "counts" | "staleCount">;
  readonly problemCount: () => number;
  /** Whether this program writes the statuses of Ingresses, and how many it wrote. */
  readonly leads: () => boolean;
  readonly statusWrites: () => number;
}

/** Registers the ingress's metrics: they read figures kept elsewhere when asked, and cost requests nothing. */
export function registerIngressMetrics(registry: Registry, figures: IngressFigures): void {
  const {
    counters,
    gate,
    headless,
    unsent,
    health,
    mirrored,
    sharedCounts,
    tokenKeys,
    problemCount,
    leads,
    statusWrites,
  } = figures;
  const registers = [registry];
  const counter = (name: string, help: string, valueOf: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(valueOf());
      },
    });
  const gauge = (name: string, help: string, valueOf: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(valueOf());
      },
    });
  labelled(
    registry,
    { name: REQUESTS, help: "Requests that have ended, by the status class of their answer.", label: "status" },
    () => STATUS_CLASSES.map((name, index) => [name, counters.requests[index + 1] ?? 0]),
  );
  labelled(
    registry,
    { name: ERRORS, help: "Requests that ended without a whole answer from an endpoint, by reason.", label: "reason" },
    () => REASON_LIST.map((reason, index) => [reason, counters.reasons[index] ?? 0]),
  );
  labelled(
    registry,
    { name: ENDPOINT_ERRORS, help: "Failed attempts to get an answer from an endpoint, by reason.", label: "reason" },
    () => ENDPOINT_FAILURES.map((reason, index) => [reason, counters.endpointFailures[index] ?? 0]),
  );
  labelled(
    registry,
    {
      name: PASSED,
      help: "TLS connections for hosts with ssl-passthrough that have ended: passed, or the reason why they were refused or broken off.",
      label: "result",
    },
    () => PASSTHROUGH_RESULTS.map((result, index) => [result, counters.passthroughs[index] ?? 0]),
  );
  labelled(
    registry,
    {
      name: MIRRORED,
      help: "Copies of requests (mirror-target): sent, left out because there were too many or the body was too large or incomplete, or failed.",
      label: "outcome",
    },
    () => MIRROR_OUTCOMES.map((outcome) => [outcome, mirrored[outcome]]),
  );
  labelled(
    registry,
    { name: JWKS_FETCHES, help: "Fetches of the keys of tokens (jwt of HTTPPolicies), by outcome.", label: "outcome" },
    () => FETCH_OUTCOMES.map((outcome) => [outcome, tokenKeys.counts[outcome]]),
  );
  gauge(
    JWKS_STALE,
    "Key sets of tokens whose last fetch failed, so that the keys of an earlier one are used.",
    () => tokenKeys.staleCount,
  );
  counter(RETRIES, "Requests sent again, to another endpoint or over a new connection.", () => counters.retries);
  counter(
    RETRIES_DENIED,
    "Requests not sent again although they could have been, because too many to their backend were.",
    () => counters.retriesDenied,
  );
  counter(ACCEPTED, "Client connections accepted.", () => counters.connections);
  counter(
    ABUSIVE,
    "Client connections by HTTP/2 ended because too much came that costs work and asks for nothing, such as resets.",
    () => counters.abusiveConnections,
  );
  gauge(CONNECTIONS, "Client connections open.", () => counters.openConnections);
  counter(DISPLACED, "Idle client connections closed to make room for new ones.", () => gate.displaced);
  counter(REFUSED, "Client connections refused because the limit was reached and none was idle.", () => gate.refused);
  counter(
    HEADLESS,
    "Connections from --trusted-proxies closed because they did not begin with a header of the PROXY protocol in time.",
    headless,
  );
  counter(SLOW_CLIENTS, "Clients closed because too much memory waited for slow clients.", () => unsent.givenUp);
  gauge(
    UNSENT,
    "Memory for answers that clients have not read and requests that they have not finished.",
    () => unsent.total,
  );
  gauge(
    ENDPOINT_CONNECTIONS,
    "Connections to endpoints open, idle ones included.",
    () => counters.openEndpointConnections,
  );
  counter(
    EJECTIONS,
    "Times an endpoint was skipped: it refused connections, or its node showed signs of death.",
    () => health.ejections,
  );
  gauge(EJECTED, "Endpoints skipped now.", () => health.ejectedCount);
  gauge(LEADS, "1 on the replica that writes the statuses of Ingresses.", () => Number(leads()));
  counter(STATUS_WRITES, "Statuses of Ingresses written.", statusWrites);
  const storeHelp =
    "1 while rate limits with shared: true are counted in --rate-limit-store, otherwise 0. Only where that is given.";
  registerComputed(registry, { name: LIMIT_STORE, help: storeHelp, labelNames: [], type: "gauge" }, () =>
    sharedCounts.isNamed ? [{ labels: {}, value: Number(sharedCounts.isShared) }] : [],
  );
  labelled(
    registry,
    {
      name: SHARED_LIMITS,
      help: "Requests with shared rate limits, by who counted them: store, or this replica alone.",
      label: "counted_by",
    },
    () => LIMIT_COUNTERS.map((by) => [by, sharedCounts.counts[by]]),
  );
  gauge(PROBLEMS, "Object problems currently reported.", problemCount);
  const durationHelp = "Time from a request's head to the end of its answer.";
  registerComputedHistogram(registry, { name: DURATION, help: durationHelp, labelNames: [] }, () => [
    { labels: {}, counts: counters.durations },
  ]);
}

function labelled(
  registry: Registry,
  { name, help, label }: { readonly name: string; readonly help: string; readonly label: string },
  valuesOf: () => readonly (readonly [string, number])[],
): Counter {
  return new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of valuesOf()) this.inc({ [label]: value }, count);
    },
  });
}
