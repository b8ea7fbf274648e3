import { ADDRESS_BOARD } from "./address-board.ts";
import { INGRESS_BOARD } from "./ingress-board.ts";
import { renderBoard } from "./render-board.ts";
import { renderPrometheusRule, renderRulesFile } from "./render-rules.ts";

/** Files of config/monitoring, by their path there -> what is in them; `runbooks` goes before the name of a runbook. */
export function writtenFiles(runbooks?: string): Readonly<Record<string, string>> {
  return {
    "prometheus-rule.yaml": renderPrometheusRule(runbooks),
    "prometheus/hawser.rules.yaml": renderRulesFile(runbooks),
    ...Object.fromEntries(
      [ADDRESS_BOARD, INGRESS_BOARD].map((board) => [`grafana/${board.uid}.json`, renderBoard(board)]),
    ),
  };
}
