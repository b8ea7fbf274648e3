import type { Alert } from "./alert.ts";

/** Which program a target is, by what it said within a day: these alerts need no name of a job. */
const WAS = "max by (job, instance, component) (last_over_time(hawser_build_info[1d]))";
const IS = "max by (job, instance, component) (hawser_build_info)";

/** Alerts about processes. */
export const PROGRAM_ALERTS: readonly Alert[] = [
  {
    name: "HawserProgramDown",
    severity: "warning",
    expr: `(1 - up) * on (job, instance) group_left (component) ${WAS} > 0`,
    for: "5m",
    summary: "Prometheus no longer reaches a program.",
    description:
      "The {{ $labels.component }} {{ $labels.instance }} does not answer Prometheus: it does not run, or the network between the two is closed.",
  },
  {
    name: "HawserProgramUnseen",
    severity: "warning",
    // A cluster may have no ingress: that one has to have been there.
    expr: `absent(hawser_build_info{component="controller"})
or absent(hawser_build_info{component="speaker"})
or (max by (component) (last_over_time(hawser_build_info{component="ingress"}[1d])) unless on (component) hawser_build_info)`,
    for: "15m",
    summary: "Prometheus sees no replica of a program.",
    description:
      "Prometheus reads the metrics of no {{ $labels.component }}: none runs, or its metrics are not open. Alerts about it cannot fire.",
  },
  {
    name: "HawserProgramRestarting",
    severity: "warning",
    expr: `changes(process_start_time_seconds[1h]) * on (job, instance) group_left (component) ${IS} > 2`,
    summary: "A program starts again and again.",
    description: "The {{ $labels.component }} {{ $labels.instance }} was started {{ $value }} times within an hour.",
  },
];
