import { knownMetric, METRIC_LABELS } from "./known-metrics.ts";
import { readExpression } from "./read-expression.ts";
import { targetLabels } from "./target-series.ts";

/** What Prometheus adds to each series by config/monitoring. */
const TARGET = Object.keys(targetLabels("speaker", 1));

/** What an expression names that no program exports: metrics, labels of these, and values of closed labels. */
export function findUnknown(text: string): readonly string[] {
  const { selectors, grouped } = readExpression(text);
  if (selectors.length === 0) return [`no metric in ${text}`];
  const known = selectors.flatMap(({ metric }) => knownMetric(metric)?.labels ?? []);
  const unknownGroups = grouped.filter((label) => ![...known, ...TARGET].includes(label));
  return [...selectors.flatMap(findUnknownIn), ...unknownGroups.map((label) => `label ${label} in ${text}`)];
}

function findUnknownIn({
  metric,
  matchers,
}: ReturnType<typeof readExpression>["selectors"][number]): readonly string[] {
  const known = knownMetric(metric);
  if (known === undefined) return [`metric ${metric}`];
  return matchers.flatMap(({ label, op, value }) => {
    if (![...known.labels, ...TARGET].includes(label)) return [`label ${label} of ${metric}`];
    const values = METRIC_LABELS[metric]?.[label];
    // A variable of a board is not a value.
    if (values === undefined || typeof values === "string" || value.includes("$")) return [];
    // Each alternative of an expression has to match a value.
    const alternatives = op.endsWith("~") ? value.split("|").map((one) => new RegExp(`^(?:${one})$`)) : [value];
    const isUnknown = (one: string | RegExp): boolean =>
      !values.some((each) => (typeof one === "string" ? each === one : one.test(each)));
    return alternatives.some(isUnknown) ? [`value ${value} of ${label} of ${metric}`] : [];
  });
}
