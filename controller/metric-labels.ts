import type { MetricLabels } from "#src/process/metric-labels.ts";

/** What a Service comes to: the closed set of the label `state`. */
export const SERVICE_STATES = ["assigned", "incomplete", "pending", "ignored", "unreadable"] as const;

const pools = {
  pool: "the names of the pools, and no name for addresses of pools that are gone",
  family: ["ipv4", "ipv6"],
} as const;

/** The labels of the controller's metrics. */
export const CONTROLLER_METRIC_LABELS: MetricLabels = {
  hawser_pool_addresses: pools,
  hawser_pool_addresses_in_use: pools,
  hawser_pool_addresses_free: pools,
  hawser_pool_addresses_orphaned: pools,
  hawser_pool_addresses_resting: pools,
  hawser_pool_addresses_excluded: pools,
  hawser_services: { state: SERVICE_STATES },
};
