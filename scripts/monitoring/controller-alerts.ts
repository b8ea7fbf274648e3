import type { Alert } from "./alert.ts";

/** Alerts about the controller and the configuration. */
export const CONTROLLER_ALERTS: readonly Alert[] = [
  {
    name: "HawserControllerWithoutLeader",
    severity: "critical",
    expr: "sum(hawser_controller_leader) == 0 or absent(hawser_controller_leader)",
    for: "2m",
    summary: "No controller leads.",
    description: "No controller leads, or Prometheus sees none: no Service gets an address, and no status is written.",
  },
  {
    name: "HawserConfigStale",
    severity: "warning",
    expr: "max(hawser_config_stale) == 1",
    for: "5m",
    summary: "The configuration cannot be used, the last good one stays in use.",
    description: "The configuration cannot be used. Addresses are served as before; changes of pools have no effect.",
  },
  {
    name: "HawserConfigMissing",
    severity: "warning",
    expr: "max(hawser_controller_leader) == 1 unless on () count(hawser_pool_addresses) > 0",
    for: "10m",
    summary: "A controller leads and has no pool.",
    description: "No configuration with a pool was loaded since the controller started: no Service gets an address.",
  },
];
