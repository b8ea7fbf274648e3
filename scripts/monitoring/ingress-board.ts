import type { Board } from "./board.ts";
import { lines, quantile, quantiles, RATE, stat } from "./panels.ts";
import { programRow } from "./program-row.ts";

/** Series of the chosen replicas. */
const REPLICAS = '{namespace=~"$namespace", pod=~"$pod"}';
/** Series of the chosen Ingresses on these replicas: `namespace` is that of the Ingress. */
const OBJECTS = '{namespace=~"$ingress_namespace", ingress=~"$ingress", pod=~"$pod"}';
/** Of these series those of answers with 5xx. */
const failed = (labels: string): string => labels.replace("{", '{status="5xx", ');

/** The ingress: requests, endpoints, connections, certificates. */
export const INGRESS_BOARD: Board = {
  uid: "hawser-ingress",
  title: "Hawser ingress",
  variables: [
    { name: "namespace", label: "Installation", metric: "hawser_build_info", of: "namespace" },
    { name: "pod", label: "Replica", metric: 'hawser_ingress_connections{namespace=~"$namespace"}', of: "pod" },
    { name: "ingress_namespace", label: "Namespace", metric: "hawser_ingress_object_requests_total", of: "namespace" },
    {
      name: "ingress",
      label: "Ingress",
      metric: 'hawser_ingress_object_requests_total{namespace=~"$ingress_namespace"}',
      of: "ingress",
    },
  ],
  rows: [
    {
      title: "Now",
      panels: [
        stat(
          "Requests",
          "Requests that end, each second.",
          `sum(rate(hawser_ingress_requests_total${REPLICAS}${RATE}))`,
          {
            unit: "reqps",
          },
        ),
        stat(
          "Answered with 5xx",
          "Part of all requests.",
          `sum(rate(hawser_ingress_requests_total${failed(REPLICAS)}${RATE})) / sum(rate(hawser_ingress_requests_total${REPLICAS}${RATE}))`,
          { unit: "percentunit", redFrom: 0.05 },
        ),
        stat(
          "p99",
          "Time from a request's head to the end of its answer.",
          quantile(0.99, `hawser_ingress_request_duration_seconds_bucket${REPLICAS}`),
          {
            unit: "s",
          },
        ),
        stat(
          "Endpoints skipped",
          "Endpoints that refuse connections or whose node is dying.",
          `max(hawser_ingress_endpoints_ejected${REPLICAS})`,
          {
            redFrom: 1,
          },
        ),
        stat(
          "First certificate to end",
          "Time until the first certificate ends.",
          'min(hawser_ingress_certificate_not_after_seconds{pod=~"$pod"}) - time()',
          { unit: "s", redBelow: 604_800 },
        ),
        stat(
          "Problems",
          "Problems of objects that the ingress reports: hawser check --cluster prints them.",
          `max(hawser_ingress_problems${REPLICAS})`,
        ),
      ],
    },
    {
      title: "Requests",
      panels: [
        lines(
          {
            title: "Requests by status",
            description: "All requests, also those that match no rule.",
            unit: "reqps",
            isStacked: true,
          },
          [`sum by (status) (rate(hawser_ingress_requests_total${REPLICAS}${RATE}))`, "{{status}}"],
        ),
        lines(
          { title: "Duration", description: "Time from a request's head to the end of its answer.", unit: "s" },
          ...quantiles([0.5, 0.95, 0.99], `hawser_ingress_request_duration_seconds_bucket${REPLICAS}`),
        ),
        lines(
          {
            title: "Answers of the ingress itself",
            description: "Requests that ended without a whole answer from an endpoint, by reason (docs/errors.md).",
          },
          [`sum by (reason) (rate(hawser_ingress_errors_total${REPLICAS}${RATE})) > 0`, "{{reason}}"],
        ),
      ],
    },
    {
      title: "Ingresses",
      panels: [
        lines({ title: "Requests by Ingress", description: "The ten with the most.", unit: "reqps" }, [
          `topk(10, sum by (namespace, ingress) (rate(hawser_ingress_object_requests_total${OBJECTS}${RATE})))`,
          "{{namespace}}/{{ingress}}",
        ]),
        lines(
          {
            title: "Answered with 5xx by Ingress",
            description: "Part of the requests of each Ingress; the ten with the largest.",
            unit: "percentunit",
          },
          [
            `topk(10, sum by (namespace, ingress) (rate(hawser_ingress_object_requests_total${failed(OBJECTS)}${RATE})) / sum by (namespace, ingress) (rate(hawser_ingress_object_requests_total${OBJECTS}${RATE})) > 0)`,
            "{{namespace}}/{{ingress}}",
          ],
        ),
        lines({ title: "p99 by Ingress", description: "The ten slowest.", unit: "s" }, [
          `topk(10, ${quantile(0.99, `hawser_ingress_object_request_duration_seconds_bucket${OBJECTS}`, "namespace, ingress, le")})`,
          "{{namespace}}/{{ingress}}",
        ]),
        lines(
          {
            title: "Bytes by Ingress",
            description: "Of requests and answers; the ten with the most.",
            unit: "Bps",
            width: 12,
          },
          [
            `topk(10, sum by (namespace, ingress) (rate(hawser_ingress_object_response_bytes_total${OBJECTS}${RATE})))`,
            "answers {{namespace}}/{{ingress}}",
          ],
          [
            `topk(10, sum by (namespace, ingress) (rate(hawser_ingress_object_request_bytes_total${OBJECTS}${RATE})))`,
            "requests {{namespace}}/{{ingress}}",
          ],
        ),
        {
          title: "Certificates",
          description: "Days until the certificate of each host ends.",
          type: "table",
          unit: "d",
          width: 12,
          redBelow: 7,
          queries: [
            {
              expr: '(min by (host, namespace, secret) (hawser_ingress_certificate_not_after_seconds{namespace=~"$ingress_namespace", pod=~"$pod"}) - time()) / 86400',
              legend: "",
            },
          ],
        },
      ],
    },
    {
      title: "Endpoints",
      panels: [
        lines(
          {
            title: "Failed attempts",
            description: "Attempts to get an answer from an endpoint, by reason, and requests that were sent again.",
          },
          [`sum by (reason) (rate(hawser_ingress_endpoint_errors_total${REPLICAS}${RATE})) > 0`, "{{reason}}"],
          [`sum(rate(hawser_ingress_retries_total${REPLICAS}${RATE}))`, "sent again"],
          [`sum(rate(hawser_ingress_retries_denied_total${REPLICAS}${RATE}))`, "too many to be sent again"],
        ),
        lines(
          { title: "Endpoints skipped", description: "Now, and how often one was skipped.", unit: "short" },
          [`sum by (pod) (hawser_ingress_endpoints_ejected${REPLICAS})`, "{{pod}} now"],
          [`sum(increase(hawser_ingress_ejections_total${REPLICAS}${RATE}))`, "times"],
        ),
        lines({ title: "Copies of requests", description: "mirror-target: sent, left out, failed." }, [
          `sum by (outcome) (rate(hawser_ingress_mirrored_requests_total${REPLICAS}${RATE}))`,
          "{{outcome}}",
        ]),
      ],
    },
    {
      title: "Connections",
      panels: [
        lines(
          { title: "Open connections", description: "Of clients and to endpoints, idle ones included.", unit: "short" },
          [`sum by (pod) (hawser_ingress_connections${REPLICAS})`, "{{pod}} clients"],
          [`sum by (pod) (hawser_ingress_endpoint_connections${REPLICAS})`, "{{pod}} endpoints"],
        ),
        lines(
          {
            title: "New connections",
            description: "Accepted, refused at the limit, closed to make room, and without a header that was due.",
          },
          [`sum(rate(hawser_ingress_connections_accepted_total${REPLICAS}${RATE}))`, "accepted"],
          [`sum(rate(hawser_ingress_connections_refused_total${REPLICAS}${RATE}))`, "refused"],
          [`sum(rate(hawser_ingress_connections_displaced_total${REPLICAS}${RATE}))`, "displaced"],
          [`sum(rate(hawser_ingress_slow_clients_closed_total${REPLICAS}${RATE}))`, "slow clients closed"],
          [`sum(rate(hawser_ingress_abusive_connections_total${REPLICAS}${RATE}))`, "closed for abuse of HTTP/2"],
          [`sum(rate(hawser_ingress_proxy_header_failures_total${REPLICAS}${RATE}))`, "without PROXY header"],
        ),
        lines(
          {
            title: "TLS passthrough",
            description: "Connections that ended, passed on unread (ssl-passthrough), or the reason why they were not.",
          },
          [`sum by (result) (rate(hawser_ingress_passthrough_connections_total${REPLICAS}${RATE})) > 0`, "{{result}}"],
        ),
        lines(
          {
            title: "Memory for slow clients",
            description: "Answers that clients have not read, and requests that they have not finished.",
            unit: "bytes",
          },
          [`sum by (pod) (hawser_ingress_unsent_bytes${REPLICAS})`, "{{pod}}"],
        ),
      ],
    },
    {
      title: "Limits, tokens and statuses",
      panels: [
        lines(
          { title: "Shared rate limits", description: "Requests by who counted them: the store, or a replica alone." },
          [
            `sum by (counted_by) (rate(hawser_ingress_shared_rate_limit_requests_total${REPLICAS}${RATE}))`,
            "{{counted_by}}",
          ],
          [`min(hawser_ingress_rate_limit_store_up${REPLICAS})`, "store answers"],
        ),
        lines(
          {
            title: "Keys of tokens",
            description: "Fetches by outcome, and key sets whose last fetch failed.",
            unit: "short",
          },
          [`sum by (outcome) (increase(hawser_ingress_jwks_fetches_total${REPLICAS}${RATE}))`, "{{outcome}}"],
          [`max(hawser_ingress_jwks_stale${REPLICAS})`, "stale"],
        ),
        lines(
          { title: "Statuses of Ingresses", description: "Written by the replica that leads: one.", unit: "short" },
          [`sum(increase(hawser_ingress_status_writes_total${REPLICAS}${RATE}))`, "written"],
          [`sum(hawser_ingress_leader${REPLICAS})`, "leaders"],
        ),
      ],
    },
    {
      title: "Threads",
      panels: [
        lines(
          {
            title: "Threads that serve",
            description: "Now, and how many ended because of a fault and were replaced.",
            unit: "short",
          },
          [`sum by (pod) (hawser_ingress_workers${REPLICAS})`, "{{pod}}"],
          [`sum(increase(hawser_ingress_worker_deaths_total${REPLICAS}${RATE}))`, "ended"],
        ),
        lines(
          {
            title: "Late by",
            description: "The longest that a thread was late, during which its requests waited.",
            unit: "s",
          },
          [`max by (pod, worker) (hawser_ingress_worker_lag_seconds${REPLICAS})`, "{{pod}} {{worker}}"],
        ),
      ],
    },
    programRow("ingress"),
  ],
};
