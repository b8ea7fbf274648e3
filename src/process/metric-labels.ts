/** The values that a label of a metric may have: a closed list, or in words what bounds them. */
type LabelValues = readonly string[] | string;

/** Of each metric with labels, by its name: each label and its values. docs/metrics.md shows it. */
export type MetricLabels = Readonly<Record<string, Readonly<Record<string, LabelValues>>>>;

/** The members of a closed union as a list. The record has to name each of them: the compiler finds one that is missing. */
export function membersOf<T extends string>(record: Readonly<Record<T, true>>): readonly T[] {
  return Object.keys(record) as T[];
}

/** The labels of what every program shows. */
export const PROCESS_METRIC_LABELS: MetricLabels = {
  hawser_build_info: {
    component: ["controller", "speaker", "ingress"],
    version: "Hawser's version",
    node_version: "the version of Node",
  },
};
