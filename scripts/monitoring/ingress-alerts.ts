import type { Alert } from "./alert.ts";

const DAY = 86_400;

/** Seconds until the certificate of a host ends; the replicas serve the same one, at most a moment apart. */
const LEFT = "min by (host, namespace, secret) (hawser_ingress_certificate_not_after_seconds) - time()";

const OF_INGRESS = "sum by (namespace, ingress)";

/** Alerts about the ingress: certificates, endpoints, answers. */
export const INGRESS_ALERTS: readonly Alert[] = [
  {
    name: "HawserCertificateExpiring",
    severity: "warning",
    expr: `(${LEFT} < ${30 * DAY}) >= ${7 * DAY}`,
    // cert-manager renews a certificate of 90 days with 30 left: it gets its time.
    for: "12h",
    summary: "The certificate of a host ends within 30 days.",
    description:
      "The certificate of {{ $labels.host }} (Secret {{ $labels.namespace }}/{{ $labels.secret }}) ends in {{ $value | humanizeDuration }} and was not renewed.",
  },
  {
    name: "HawserCertificateExpiringSoon",
    severity: "critical",
    expr: `(${LEFT} < ${7 * DAY}) > 0`,
    for: "1h",
    summary: "The certificate of a host ends within 7 days.",
    description:
      "The certificate of {{ $labels.host }} (Secret {{ $labels.namespace }}/{{ $labels.secret }}) ends in {{ $value | humanizeDuration }}.",
  },
  {
    name: "HawserCertificateExpired",
    severity: "critical",
    expr: `${LEFT} <= 0`,
    summary: "The certificate of a host has ended.",
    description:
      "The certificate of {{ $labels.host }} (Secret {{ $labels.namespace }}/{{ $labels.secret }}) has ended: browsers refuse it.",
  },
  {
    name: "HawserEndpointsEjected",
    severity: "warning",
    expr: "max(hawser_ingress_endpoints_ejected) > 0",
    for: "5m",
    summary: "The ingress skips endpoints that refuse connections.",
    description:
      "The ingress skips {{ $value }} endpoints that are ready by their Service, and refuse connections or are on a node that is dying.",
  },
  {
    name: "HawserRequestsFailing",
    severity: "critical",
    expr: `sum(rate(hawser_ingress_requests_total{status="5xx"}[5m])) / sum(rate(hawser_ingress_requests_total[5m])) > 0.1
and sum(increase(hawser_ingress_requests_total{status="5xx"}[5m])) > 50`,
    for: "5m",
    summary: "More than a tenth of all requests are answered with 5xx.",
    description: "{{ $value | humanizePercentage }} of all requests are answered with 5xx.",
  },
  {
    name: "HawserIngressRequestsFailing",
    severity: "warning",
    // Ten at least: of few requests one that fails is a large part.
    expr: `${OF_INGRESS} (rate(hawser_ingress_object_requests_total{status="5xx"}[5m]))
/ ${OF_INGRESS} (rate(hawser_ingress_object_requests_total[5m])) > 0.05
and ${OF_INGRESS} (increase(hawser_ingress_object_requests_total{status="5xx"}[5m])) > 10`,
    for: "5m",
    summary: "More than a twentieth of the requests of an Ingress are answered with 5xx.",
    description:
      "{{ $value | humanizePercentage }} of the requests of the Ingress {{ $labels.namespace }}/{{ $labels.ingress }} are answered with 5xx.",
  },
  {
    name: "HawserPathClosed",
    severity: "warning",
    expr: 'sum by (reason) (increase(hawser_ingress_errors_total{reason=~"closed-.+"}[10m])) > 0',
    for: "5m",
    summary: "Requests come to a path that is closed.",
    description:
      "Requests are answered 503 because their path is closed ({{ $labels.reason }}): what its Ingress or policy asks for cannot be done.",
  },
  {
    name: "HawserTokenKeysStale",
    severity: "warning",
    expr: "max(hawser_ingress_jwks_stale) > 0",
    for: "15m",
    summary: "The keys of an issuer of tokens cannot be fetched.",
    description:
      "{{ $value }} key sets cannot be fetched: earlier keys are in use, and tokens signed with a new key are not accepted.",
  },
  {
    name: "HawserRateLimitStoreAway",
    severity: "warning",
    expr: "min(hawser_ingress_rate_limit_store_up) == 0",
    for: "5m",
    summary: "The store of rate limits does not answer.",
    description:
      "A replica of the ingress counts shared rate limits alone, so more requests come in than the limits say.",
  },
];
