import { stringify } from "yaml";
import type { Alert } from "./alert.ts";
import { ALERT_GROUPS } from "./alert-groups.ts";

/** Where the runbooks are, from the root of the repository. A URL in its place makes links of them. */
export const RUNBOOKS = "docs/runbooks/";

function ruleOf(alert: Alert, runbooks: string): object {
  const { name, expr, severity, summary, description } = alert;
  return {
    alert: name,
    expr,
    ...(alert.for === undefined ? {} : { for: alert.for }),
    labels: { severity },
    annotations: { summary, description, runbook_url: `${runbooks}${name}.md` },
  };
}

function groupsOf(runbooks: string): readonly object[] {
  return ALERT_GROUPS.map(({ name, alerts }) => ({ name, rules: alerts.map((alert) => ruleOf(alert, runbooks)) }));
}

const print = (value: object): string => stringify(value, { lineWidth: 0, indentSeq: false });

/** The alerts as a file for `rule_files` of Prometheus. */
export function renderRulesFile(runbooks = RUNBOOKS): string {
  return `# Made by scripts/manifests.js from scripts/monitoring: alerts for Prometheus without its operator, to be named under rule_files.
${print({ groups: groupsOf(runbooks) })}`;
}

/** The alerts as an object for the Prometheus operator. */
export function renderPrometheusRule(runbooks = RUNBOOKS): string {
  const rule = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: {
      namespace: "hawser-system",
      name: "hawser",
      labels: { "app.kubernetes.io/name": "hawser", "app.kubernetes.io/component": "monitoring" },
    },
    spec: { groups: groupsOf(runbooks) },
  };
  return `# Made by scripts/manifests.js from scripts/monitoring. docs/runbooks has a page for each alert.
${print(rule)}`;
}
