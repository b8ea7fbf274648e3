/** How urgent an alert is: `critical` wakes a person, `warning` can wait for the morning, `info` for the week. */
type Severity = "critical" | "warning" | "info";

/** An alert of Prometheus. docs/runbooks/NAME.md is its runbook. */
export interface Alert {
  /** `Hawser...`, in Pascal case. */
  readonly name: string;
  readonly severity: Severity;
  /** A PromQL expression; only metrics of docs/metrics.md, and what Prometheus says of each target (`up`). */
  readonly expr: string;
  /** How long the expression has to be true, as Prometheus writes durations; undefined: it fires at once. */
  readonly for?: string;
  /** One sentence without values. */
  readonly summary: string;
  /** A template of Prometheus: the sentence for a person on call, with values. */
  readonly description: string;
}

/** Alerts that are evaluated together. */
export interface AlertGroup {
  /** Letters and dashes. */
  readonly name: string;
  readonly alerts: readonly Alert[];
}
