import type { MetricLabels } from "#src/process/metric-labels.ts";
import { ENDPOINT_FAILURES, PASSTHROUGH_RESULTS } from "./engine/counters.ts";
import { REASON_LIST } from "./engine/response-reason.ts";
import { LIMIT_COUNTERS } from "./limits/shared-counts.ts";
import { FETCH_OUTCOMES } from "./auth/remote-keys.ts";
import { MIRROR_OUTCOMES } from "./mirror/mirror-sender.ts";

/** Status classes by their first digit; from 600 on they have no meaning in HTTP. */
export const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"] as const;

const OF_INGRESS = {
  namespace: "namespaces of Ingresses that have rules",
  ingress: "names of Ingresses that have rules, at most 20,000; empty for `--default-backend-service`",
} as const;

/** The labels of the ingress's metrics. */
export const INGRESS_METRIC_LABELS: MetricLabels = {
  hawser_ingress_requests_total: { status: STATUS_CLASSES },
  hawser_ingress_object_requests_total: { ...OF_INGRESS, status: STATUS_CLASSES },
  hawser_ingress_object_request_bytes_total: OF_INGRESS,
  hawser_ingress_object_response_bytes_total: OF_INGRESS,
  hawser_ingress_object_request_duration_seconds: OF_INGRESS,
  hawser_ingress_certificate_not_after_seconds: {
    host: "hosts of `tls` entries, at most 20,000",
    namespace: "namespaces of their Secrets",
    secret: "names of their Secrets",
  },
  hawser_ingress_errors_total: { reason: REASON_LIST },
  hawser_ingress_endpoint_errors_total: { reason: ENDPOINT_FAILURES },
  hawser_ingress_passthrough_connections_total: { result: PASSTHROUGH_RESULTS },
  hawser_ingress_mirrored_requests_total: { outcome: MIRROR_OUTCOMES },
  hawser_ingress_shared_rate_limit_requests_total: { counted_by: LIMIT_COUNTERS },
  hawser_ingress_worker_lag_seconds: { worker: "numbers of threads, 1 to `--workers`" },
  hawser_ingress_jwks_fetches_total: { outcome: FETCH_OUTCOMES },
};
