import type { MetricLabels } from "#src/process/metric-labels.ts";
import { ENDPOINT_FAILURES } from "./engine/counters.ts";
import { REASON_LIST } from "./engine/response-reason.ts";

/** Status classes by their first digit; from 600 on they have no meaning in HTTP. */
export const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"] as const;

/** The labels of the ingress's metrics. */
export const INGRESS_METRIC_LABELS: MetricLabels = {
  hawser_ingress_requests_total: { status: STATUS_CLASSES },
  hawser_ingress_errors_total: { reason: REASON_LIST },
  hawser_ingress_endpoint_errors_total: { reason: ENDPOINT_FAILURES },
};
