import { renderPrometheusRule, renderRulesFile } from "./render-rules.ts";

/** Files of config/monitoring, by their path there -> what is in them; `runbooks` goes before the name of a runbook. */
export function writtenFiles(runbooks?: string): Readonly<Record<string, string>> {
  return {
    "prometheus-rule.yaml": renderPrometheusRule(runbooks),
    "prometheus/hawser.rules.yaml": renderRulesFile(runbooks),
  };
}
