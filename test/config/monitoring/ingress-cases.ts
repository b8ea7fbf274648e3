import type { AlertCase } from "./alert-case.ts";
import { controller, ingress, speaker, targetLabels, type TargetSeries } from "./target-series.ts";

const web = { namespace: "shop", ingress: "web" };
const certificate = { host: "shop.example", namespace: "shop", secret: "web-tls" };
const build = { version: "0.1.0", node_version: "v26.10.0" };
const DAY = 86_400;

/** Requests of an Ingress: so many a minute with 2xx and with 5xx. */
const requests = (good: number, bad: number): readonly TargetSeries[] => [
  ingress(1)("hawser_ingress_object_requests_total", `0+${good}x20`, { ...web, status: "2xx" }),
  ingress(1)("hawser_ingress_object_requests_total", `0+${bad}x20`, { ...web, status: "5xx" }),
];

const allRequests = (good: number, bad: number): readonly TargetSeries[] => [
  ingress(1)("hawser_ingress_requests_total", `0+${good}x20`, { status: "2xx" }),
  ingress(1)("hawser_ingress_requests_total", `0+${bad}x20`, { status: "5xx" }),
];

const builds = (...without: readonly string[]): readonly TargetSeries[] =>
  Object.entries({ controller, speaker, ingress })
    .filter(([component]) => !without.includes(component))
    .map(([component, make]) => make(1)("hawser_build_info", "1x30", { component, ...build }));

/** The end of a certificate that has so many days left when it is looked at after 13 hours; without days it has ended. */
const endsAfter = (days: number): string => `${13 * 3_600 + days * DAY}x60`;

const certificateSays = (words: string): string => `The certificate of shop.example (Secret shop/web-tls) ${words}`;

/** The cases of the ingress and of all programs. */
export const INGRESS_CASES: readonly AlertCase[] = [
  {
    alert: "HawserCertificateExpiring",
    what: "20 days are left",
    at: "13h",
    every: "15m",
    series: [1, 2].map((replica) =>
      ingress(replica)("hawser_ingress_certificate_not_after_seconds", endsAfter(20), certificate),
    ),
    fires: { labels: certificate, says: certificateSays("ends in 20d 0h 0m 0s and was not renewed.") },
  },
  ...[31, 6].map((days): AlertCase => ({
    alert: "HawserCertificateExpiring",
    what: `${days} days are left`,
    at: "13h",
    every: "15m",
    series: [ingress(1)("hawser_ingress_certificate_not_after_seconds", endsAfter(days), certificate)],
  })),
  {
    alert: "HawserCertificateExpiringSoon",
    what: "6 days are left",
    at: "13h",
    every: "15m",
    series: [ingress(1)("hawser_ingress_certificate_not_after_seconds", endsAfter(6), certificate)],
    fires: { labels: certificate, says: certificateSays("ends in 6d 0h 0m 0s.") },
  },
  ...[8, -1].map((days): AlertCase => ({
    alert: "HawserCertificateExpiringSoon",
    what: `${days} days are left`,
    at: "13h",
    every: "15m",
    series: [ingress(1)("hawser_ingress_certificate_not_after_seconds", endsAfter(days), certificate)],
  })),
  {
    alert: "HawserCertificateExpired",
    what: "it ended a quarter of an hour ago",
    at: "13h",
    every: "15m",
    series: [ingress(1)("hawser_ingress_certificate_not_after_seconds", `${13 * 3_600 - 900}x60`, certificate)],
    fires: { labels: certificate, says: certificateSays("has ended: browsers refuse it.") },
  },
  {
    alert: "HawserCertificateExpired",
    what: "a day is left",
    at: "13h",
    every: "15m",
    series: [ingress(1)("hawser_ingress_certificate_not_after_seconds", endsAfter(1), certificate)],
  },
  {
    alert: "HawserEndpointsEjected",
    what: "two endpoints are skipped",
    at: "6m",
    series: [
      ingress(1)("hawser_ingress_endpoints_ejected", "2x10"),
      ingress(2)("hawser_ingress_endpoints_ejected", "0x10"),
    ],
    fires: {
      labels: {},
      says: "The ingress skips 2 endpoints that are ready by their Service, and refuse connections or are on a node that is dying.",
    },
  },
  {
    alert: "HawserEndpointsEjected",
    what: "one is skipped for a rollout",
    at: "6m",
    series: [ingress(1)("hawser_ingress_endpoints_ejected", "0 1 1 0 0 0 0")],
  },
  {
    alert: "HawserRequestsFailing",
    what: "one of five",
    at: "15m",
    series: allRequests(80, 20),
    fires: { labels: {}, says: "20% of all requests are answered with 5xx." },
  },
  { alert: "HawserRequestsFailing", what: "one of fifty", at: "15m", series: allRequests(980, 20) },
  { alert: "HawserRequestsFailing", what: "five of ten, and no others", at: "15m", series: allRequests(1, 1) },
  {
    alert: "HawserIngressRequestsFailing",
    what: "one of ten",
    at: "15m",
    series: requests(45, 5),
    fires: {
      labels: web,
      says: "10% of the requests of the Ingress shop/web are answered with 5xx.",
    },
  },
  { alert: "HawserIngressRequestsFailing", what: "one of a hundred", at: "15m", series: requests(990, 10) },
  { alert: "HawserIngressRequestsFailing", what: "all five of five minutes", at: "15m", series: requests(0, 1) },
  {
    alert: "HawserPathClosed",
    what: "requests to a path whose Secret is missing",
    at: "15m",
    series: [ingress(1)("hawser_ingress_errors_total", "0+3x20", { reason: "closed-secret" })],
    fires: {
      labels: { reason: "closed-secret" },
      says: "Requests are answered 503 because their path is closed (closed-secret): what its Ingress or policy asks for cannot be done.",
    },
  },
  {
    alert: "HawserPathClosed",
    what: "paths are missing, none is closed",
    at: "15m",
    series: [
      ingress(1)("hawser_ingress_errors_total", "0+3x20", { reason: "no-route" }),
      ingress(1)("hawser_ingress_errors_total", "0x20", { reason: "closed-secret" }),
    ],
  },
  {
    alert: "HawserTokenKeysStale",
    what: "an issuer is away",
    at: "16m",
    series: [ingress(1)("hawser_ingress_jwks_stale", "1x20")],
    fires: {
      labels: {},
      says: "1 key sets cannot be fetched: earlier keys are in use, and tokens signed with a new key are not accepted.",
    },
  },
  {
    alert: "HawserTokenKeysStale",
    what: "one fetch failed",
    at: "16m",
    series: [ingress(1)("hawser_ingress_jwks_stale", "0 1 1 1 0x20")],
  },
  {
    alert: "HawserRateLimitStoreAway",
    what: "one of two replicas does not reach it",
    at: "6m",
    series: [
      ingress(1)("hawser_ingress_rate_limit_store_up", "1x10"),
      ingress(2)("hawser_ingress_rate_limit_store_up", "0x10"),
    ],
    fires: {
      labels: {},
      says: "A replica of the ingress counts shared rate limits alone, so more requests come in than the limits say.",
    },
  },
  { alert: "HawserRateLimitStoreAway", what: "there is no store, and so no metric", at: "6m", series: builds() },
  {
    alert: "HawserProgramDown",
    what: "a speaker no longer answers",
    at: "10m",
    series: [
      speaker(1)("up", "1x3 0x20"),
      speaker(1)("hawser_build_info", "1 1 1 stale", { component: "speaker", ...build }),
    ],
    fires: {
      labels: { ...targetLabels("speaker", 1), component: "speaker" },
      says: "The speaker 192.0.2.1:9121 does not answer Prometheus: it does not run, or the network between the two is closed.",
    },
  },
  {
    alert: "HawserProgramDown",
    what: "a program that is not ours is down, ours is up",
    at: "10m",
    series: [speaker(1)("up", "0x20"), ingress(1)("up", "1x20"), ...builds("speaker")],
  },
  {
    alert: "HawserProgramUnseen",
    what: "no speaker is seen",
    at: "16m",
    series: builds("speaker"),
    fires: {
      labels: { component: "speaker" },
      says: "Prometheus reads the metrics of no speaker: none runs, or its metrics are not open. Alerts about it cannot fire.",
    },
  },
  {
    alert: "HawserProgramUnseen",
    what: "the ingress is gone since five minutes",
    at: "25m",
    series: [...builds("ingress"), ingress(1)("hawser_build_info", "1x5 stale", { component: "ingress", ...build })],
    fires: {
      labels: { component: "ingress" },
      says: "Prometheus reads the metrics of no ingress: none runs, or its metrics are not open. Alerts about it cannot fire.",
    },
  },
  { alert: "HawserProgramUnseen", what: "a cluster without an ingress", at: "16m", series: builds("ingress") },
  {
    alert: "HawserProgramRestarting",
    what: "three starts",
    at: "30m",
    series: [...builds(), controller(1)("process_start_time_seconds", "0x9 600x5 900x5 1200x20")],
    fires: {
      labels: { ...targetLabels("controller", 1), component: "controller" },
      says: "The controller 192.0.2.1:9120 was started 3 times within an hour.",
    },
  },
  {
    alert: "HawserProgramRestarting",
    what: "an upgrade, and a program that is not ours",
    at: "30m",
    series: [
      ...builds("speaker"),
      controller(1)("process_start_time_seconds", "0x9 600x20"),
      speaker(1)("process_start_time_seconds", "0+60x30"),
    ],
  },
];
